"""Kinds of plugins, and plugins as they are written for other systems, through real processes."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import LoadRefused, PluginHost

Write = Callable[..., Path]

PROVIDER = """
from plugin_sdk.kinds import AIProviderPlugin


class OpenAIProvider(AIProviderPlugin):
    def __init__(self):
        super().__init__()
        self.name = "OpenAI Provider"
        self.version = "1.0.0"
        self.client = None

    async def initialize(self):
        self.client = self.get_config().get("api_key")

    async def cleanup(self):
        self.log.info("cleaned up")

    async def generate_response(self, prompt: str, context: dict) -> str:
        return f"{self.client}: {context.get('system_prompt', '')} {prompt}"

    async def stream_response(self, prompt: str, context: dict):
        for word in prompt.split():
            yield word
"""
WORKFLOWS = """
from plugin_sdk.kinds import AutomationPlugin


class WorkflowPlugin(AutomationPlugin):
    def __init__(self):
        super().__init__()
        self.name = "Workflow Automation"
        self.seen = []

    async def execute_workflow(self, workflow_id: str, data: dict):
        return {"ran": workflow_id, **data}

    def register_triggers(self):
        return [{"event": "message_received", "handler": self.on_message_received}]

    async def on_message_received(self, data):
        self.seen.append(data)

    @method
    async def what_was_seen(self) -> list[Any]:
        return self.seen
"""
PAGES = """
from plugin_sdk.kinds import InterfacePlugin


class CustomUIPlugin(InterfacePlugin):
    def __init__(self):
        super().__init__()
        self.name = "Custom UI"

    def register_routes(self, app):
        @app.route("/custom")
        async def custom_page():
            return {"message": "Custom page", "by": self.name}
"""
HALF = """
class One(Plugin):
    async def generate_response(self, prompt, context):
        return ""
"""


async def test_the_methods_of_a_kind_are_published_by_themselves(plugins: Path, write_plugin: Write) -> None:
    write_plugin("openai", PROVIDER, 'type = "ai_provider"\nname = "OpenAI Provider"\n')
    config = {"openai": {"api_key": "key"}}
    async with PluginHost([plugins], config=config) as host:
        assert host.providers("ai_provider") == ()
        await host.load("openai")
        assert [view.id for view in host.providers("ai_provider")] == ["openai"]
        assert host.providers("security") == ()
        answer = await host.call(
            "openai", "generate_response", {"prompt": "hello", "context": {"system_prompt": "be kind"}}
        )
        assert answer == "key: be kind hello"
        words = host.stream("openai", "stream_response", {"prompt": "one two", "context": {}})
        assert [word async for word in words] == ["one", "two"]


async def test_older_names_of_the_beginning_and_the_end_are_called(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("openai", PROVIDER, 'type = "ai_provider"\nname = "Other"\n', version="1.1.0")
    with caplog.at_level(logging.INFO):
        async with PluginHost([plugins], autoload=True) as host:
            await host.unload("openai")
    assert "the name in code is not the manifest's" in caplog.text
    assert "the version in code is not the manifest's" in caplog.text
    assert "cleaned up" in caplog.text


async def test_initialize_may_take_a_context_and_destroy_ends_it(
    plugins: Path, write_plugin: Write, caplog: pytest.LogCaptureFixture
) -> None:
    code = """
    class ExamplePlugin(Plugin):
        async def initialize(self, context):
            self.context = context
            await context.api.on_message(self.handle_message)

        async def destroy(self):
            self.log.info("destroyed")

        async def handle_message(self, data):
            self.log.info("handled", text=data["text"])

        @method
        async def names(self) -> list[str]:
            return [self.name, self.version, str(self.context.events is self.events)]
    """
    write_plugin("example", code, 'name = "Example Plugin"\n')
    with caplog.at_level(logging.INFO):
        async with PluginHost([plugins], autoload=True) as host:
            assert await host.call("example", "names") == ["Example Plugin", "1.0.0", "True"]
            await host.emit("message", {"text": "hello"})
            await host.call("example", "names")
            await host.unload("example")
    assert "destroyed" in caplog.text


@pytest.mark.parametrize(
    ("manifest", "code", "fault"),
    [
        ("ai_provider", "class One(Plugin):\n    pass\n", "generate_response and stream_response"),
        (
            "ai_provider",
            HALF,
            "has to have stream_response",
        ),
        (
            "ai_provider",
            HALF + "    async def stream_response(self, prompt, context):\n        return ''\n",
            "stream_response of a plugin of type ai_provider is a stream",
        ),
        ("security", "class One(Plugin):\n    pass\n", "scan_message and scan_file"),
        ("automation", "class One(Plugin):\n    pass\n", "execute_workflow"),
        ("interface", "class One(Plugin):\n    pass\n", "register_routes or register_gui_components"),
        ("extension", PROVIDER, "manifest says type 'extension', its class is of the kind 'ai_provider'"),
    ],
)
async def test_what_is_missing_for_a_type_is_named_at_load(
    plugins: Path, write_plugin: Write, manifest: str, code: str, fault: str
) -> None:
    write_plugin("one", code, f'type = "{manifest}"\n')
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused, match=fault):
            await host.load("one")


async def test_a_plain_plugin_of_a_type_is_taken_by_its_methods(plugins: Path, write_plugin: Write) -> None:
    code = (
        "class One(Plugin):\n    async def execute_workflow(self, workflow_id, data):\n        return data\n"
    )
    write_plugin("one", code, 'type = "automation"\n')
    async with PluginHost([plugins], autoload=True) as host:
        params = {"workflow_id": "w", "data": {"a": 1}}
        assert await host.call("one", "execute_workflow", params) == {"a": 1}


async def test_triggers_become_subscriptions(plugins: Path, write_plugin: Write) -> None:
    write_plugin("workflows", WORKFLOWS, 'type = "automation"\nname = "Workflow Automation"\n')
    async with PluginHost([plugins], autoload=True) as host:
        params = {"workflow_id": "w", "data": {"a": 1}}
        assert await host.call("workflows", "execute_workflow", params) == {"ran": "w", "a": 1}
        await host.emit("message_received", {"text": "hello"})
        # Events and calls go through one pipe, in order; the handler may need one more turn.
        seen: list[Any] = []
        with anyio.fail_after(20):
            while not seen:
                seen = await host.call("workflows", "what_was_seen")
        assert seen == [{"text": "hello"}]


async def test_recorded_routes_become_endpoints(plugins: Path, write_plugin: Write) -> None:
    from host import Request

    write_plugin("pages", PAGES, 'type = "interface"\nname = "Custom UI"\n')
    async with PluginHost([plugins], autoload=True) as host:
        paths = [one.path for one in host.endpoints.list()]
        response = await host.dispatch(Request("GET", paths[0]))
        assert response.status == 200
