from collections.abc import Callable, Iterator

import pytest

from tests.host.watchdog.sampled import Child, Watch


@pytest.fixture
def start() -> Iterator[Callable[[], Child]]:
    children: list[Child] = []

    def start() -> Child:
        children.append(Child())
        return children[-1]

    yield start
    for child in children:
        child.close()


@pytest.fixture
def child(start: Callable[[], Child]) -> Child:
    return start()


@pytest.fixture
def watch(child: Child) -> Watch:
    return Watch(child)
