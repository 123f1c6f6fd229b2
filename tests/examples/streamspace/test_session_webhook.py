"""A plugin as its author tests it: without a host, its surroundings replaced."""

import importlib.util
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from examples.streamspace.service import PLUGINS


@pytest.fixture
def plugin() -> Any:
    place = PLUGINS / "session-webhook" / "index.py"
    spec = importlib.util.spec_from_file_location("session_webhook", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    plugin: Any = module.SessionWebhook()
    plugin.log = Mock()
    plugin.notify = Mock(user=AsyncMock())
    return plugin


async def test_it_notifies_the_user_of_a_created_session(plugin: Any) -> None:
    session = {"id": "123", "user": "testuser", "template": "firefox"}
    await plugin.on_session_created(session)
    plugin.notify.user.assert_awaited_once_with(
        "testuser", title="Session Created", message="Your firefox session is ready!"
    )


async def test_it_logs_who_logged_in(plugin: Any) -> None:
    await plugin.on_user_login({"username": "ada"})
    plugin.log.info.assert_called_once_with("User ada logged in")
    plugin.notify.user.assert_not_awaited()
