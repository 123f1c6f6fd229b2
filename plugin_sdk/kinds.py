"""Kinds: what a plugin of each type has to do, as classes to derive from.

The methods of a kind are published without `@method`: the application calls them by name. A plugin whose
manifest says the type and that derives from plain `Plugin` has to have the same methods.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any, ClassVar

from plugin_sdk.plugin import Plugin


class Extension(Plugin):
    """Adds anything to the application."""

    kind: ClassVar[str] = "extension"


class Webhook(Plugin):
    """Sends the application's events elsewhere, or takes them from there."""

    kind: ClassVar[str] = "webhook"


class ApiIntegration(Plugin):
    """Ties the application to another service."""

    kind: ClassVar[str] = "api_integration"


class Theme(Plugin):
    """Changes how the application looks."""

    kind: ClassVar[str] = "theme"


class Cli(Plugin):
    """Adds commands."""

    kind: ClassVar[str] = "cli"


class AIProvider(Plugin):
    """Answers prompts."""

    kind: ClassVar[str] = "ai_provider"

    async def generate_response(self, prompt: str, context: dict[str, Any]) -> str:
        """Return the whole answer."""
        raise NotImplementedError

    def stream_response(self, prompt: str, context: dict[str, Any]) -> AsyncIterator[str]:
        """Yield the answer piece by piece; an async generator."""
        raise NotImplementedError


Scan = Mapping[str, Any] | bool
"""What a scan returns."""


class Security(Plugin):
    """Looks at messages and files before they go on.

    Both methods, `async` or not, return a mapping with `safe`, and details such as `threats`, `confidence`
    and `reason`; or a bool. They take part in the hooks `security.scan_message` and `security.scan_file`,
    which forbid where no answer comes.
    """

    kind: ClassVar[str] = "security"

    def scan_message(self, message: str) -> Awaitable[Scan] | Scan:
        """Look at a text."""
        raise NotImplementedError

    def scan_file(self, file_path: str) -> Awaitable[Scan] | Scan:
        """Look at a file: a copy that is there until this returns, and can only be read."""
        raise NotImplementedError


class Interface(Plugin):
    """Adds pages and items to the application; has at least one of `register_routes(app)` and
    `register_gui_components(gui)`.
    """

    kind: ClassVar[str] = "interface"


class Automation(Plugin):
    """Runs workflows; `register_triggers()` may return `[{"event": topic, "handler": method}]`."""

    kind: ClassVar[str] = "automation"

    async def execute_workflow(self, workflow_id: str, data: dict[str, Any]) -> Any:
        """Run one."""
        raise NotImplementedError


BasePlugin = Plugin
AIProviderPlugin = AIProvider
SecurityPlugin = Security
InterfacePlugin = Interface
AutomationPlugin = Automation
