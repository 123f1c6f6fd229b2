"""A plugin with endpoints, for their tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.host.services.endpoints.analytics_plugin import ANALYTICS

Write = Callable[..., Path]


@pytest.fixture
def place(plugins: Path, write_plugin: Write) -> Path:
    write_plugin("session-analytics", ANALYTICS, 'permissions = ["sessions:read"]\n')
    return plugins
