"""The pytest plugin: fixtures `plugin`, `fake_host` and `clock`, and `--plughost=memory|process|live`.

Needs pytest, msgspec and the standard library. It runs the coroutine tests that use its fixtures, each on an
event loop of its own, whatever other plugins are there. Everything else is imported when a test needs it.
"""

import asyncio
import inspect
import sys
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from plugin_sdk.testing.driven_clock import DrivenClock
    from plugin_sdk.testing.fake_host import FakeHost
    from plugin_sdk.testing.harness import PluginHarness
    from plugin_sdk.testing.plugin_folder import PluginFolder

MODES = ("memory", "process", "live")
TIMEOUT_S = 60.0
"""Longest time of a coroutine test, its fixtures apart; the ini option `plughost_timeout_s` sets another."""

_RUNNER = "plughost_runner"
_SHOWN = 50
"""Log lines of the plugin that a failure shows."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("plughost", "Plughost plugins")
    group.addoption(
        "--plughost",
        choices=MODES,
        default="memory",
        help="How the plugin under test runs: in memory, in a real process, in a running host.",
    )
    group.addoption("--plughost-data", default=None, help="Data folder of the running host, for live.")
    parser.addini("plughost_plugin", "The plugin's folder, from the root; default: from the test upward.")
    parser.addini(
        "plughost_timeout_s", "Longest time of a coroutine test, in seconds.", default=str(TIMEOUT_S)
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line(
        "markers",
        "plughost(plugin=FOLDER, modes=[MODE...], config={...}): which plugin the test is of, in which modes "
        "it can be run, and how the plugin is configured.",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give coroutine tests with the mark a loop, though they use no fixture."""
    for item in items:
        if not isinstance(item, pytest.Function) or item.get_closest_marker("plughost") is None:
            continue
        if inspect.iscoroutinefunction(item.obj) and _RUNNER not in item.fixturenames:
            item.fixturenames.append(_RUNNER)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run a coroutine test on the loop that its fixtures live on."""
    test: Any = pyfuncitem.obj
    if _RUNNER not in pyfuncitem.fixturenames or not inspect.iscoroutinefunction(test):
        return (yield)
    runner = pyfuncitem.funcargs[_RUNNER]
    assert isinstance(runner, PlughostRunner)

    def run(**arguments: Any) -> None:
        runner.run(test(**arguments), pyfuncitem.name)

    pyfuncitem.obj = run
    try:
        return (yield)
    finally:
        pyfuncitem.obj = test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skip a test that asks for what its mode has not; show with a failure what the plugin logged."""
    if call.excinfo is not None and _is_not_in_this_mode(call.excinfo.value):
        why = str(call.excinfo.value)
        call.excinfo = pytest.CallInfo.from_call(lambda: pytest.skip(why), call.when).excinfo
    report = yield
    host: Any = getattr(item, "funcargs", {}).get("fake_host")
    if report.failed and host is not None:
        lines = [f"{line.level}: {line.message} {line.data or ''}{line.exception}" for line in host.logged]
        lines += [f"fault: {fault}" for fault in host.faults]
        if lines:
            report.sections.append(("What the plugin logged", "\n".join(lines[-_SHOWN:])))
    return report


def _is_not_in_this_mode(error: BaseException) -> bool:
    refusals = sys.modules.get("plugin_sdk.testing.refusals")
    if refusals is None:
        return False
    return isinstance(error, refusals.NotInThisMode) and not isinstance(error, refusals.NoHostToGoTo)


class PlughostRunner:
    """One test's event loop."""

    def __init__(self, timeout_s: float) -> None:
        self._runner = asyncio.Runner()
        self._timeout_s = timeout_s

    def run(self, work: Coroutine[Any, Any, Any], what: str) -> Any:
        """Run a coroutine to its end; fail where it takes too long."""
        return self._runner.run(self._bounded(work, what))

    def close(self) -> None:
        """Close the loop."""
        self._runner.close()

    async def _bounded(self, work: Coroutine[Any, Any, Any], what: str) -> Any:
        limit = asyncio.timeout(self._timeout_s)
        try:
            async with limit:
                return await work
        except TimeoutError:
            if limit.expired():
                pytest.fail(f"{what} did not end within {self._timeout_s:g} s (plughost_timeout_s)")
            raise


@pytest.fixture
def plughost_runner(request: pytest.FixtureRequest) -> Generator[PlughostRunner]:
    """The loop of this test."""
    runner = PlughostRunner(float(request.config.getini("plughost_timeout_s")))
    yield runner
    runner.close()


@pytest.fixture
def clock() -> "DrivenClock":
    """A clock that stands still: `await clock.advance(hours=24)` runs what is due until then."""
    from plugin_sdk.testing.driven_clock import DrivenClock

    return DrivenClock()


@pytest.fixture
def fake_host() -> "FakeHost":
    """What the plugin asked its host, and what that is to answer."""
    from plugin_sdk.testing.fake_host import FakeHost

    return FakeHost()


@pytest.fixture
def plughost_folder(request: pytest.FixtureRequest) -> "PluginFolder":
    """The folder of the plugin under test: by the mark, the ini option, or from the test's file upward."""
    from plugin_sdk.testing.plugin_folder import find_folder, read_folder

    asked = _asked(request).get("plugin") or request.config.getini("plughost_plugin")
    if asked:
        place = Path(str(asked))
        return read_folder(place if place.is_absolute() else request.config.rootpath / place)
    found = find_folder(request.path.parent)
    if found is None:
        pytest.fail(
            f"no plugin: there is no plugin.toml from {request.path.parent} upward; say where it is by "
            "`plughost_plugin = FOLDER` in pytest's settings, or by @pytest.mark.plughost(plugin=FOLDER)",
            pytrace=False,
        )
    return read_folder(found)


@pytest.fixture
def plugin(
    request: pytest.FixtureRequest,
    plughost_folder: "PluginFolder",
    fake_host: "FakeHost",
    clock: "DrivenClock",
    plughost_runner: PlughostRunner,
) -> "Generator[PluginHarness]":
    """The plugin, loaded."""
    from plugin_sdk.testing.harness import PluginHarness

    asked = _asked(request)
    mode = str(request.config.getoption("--plughost"))
    modes = asked.get("modes", MODES)
    if mode not in modes:
        pytest.skip(f"not in the mode {mode}; it is for {', '.join(modes)}")
    harness = PluginHarness(
        plughost_folder,
        mode=mode,
        fake_host=fake_host,
        clock=clock,
        config=asked.get("config"),
        data=request.config.getoption("--plughost-data"),
    )
    plughost_runner.run(harness.__aenter__(), "loading the plugin")
    yield harness
    plughost_runner.run(harness.close(), "unloading the plugin")


def _asked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return what marks of the test, its class and its module say, the nearest one first."""
    said: dict[str, Any] = {}
    for mark in request.node.iter_markers("plughost"):
        said = {**mark.kwargs, **said}
    return said
