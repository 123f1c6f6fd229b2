from typing import Any

from plugin_sdk import PluginError
from plugin_sdk.kinds import AutomationPlugin

WORKFLOWS = {"help": "{name}, help is on its way", "welcome": "Welcome, {name}!"}


class WorkflowPlugin(AutomationPlugin):
    async def execute_workflow(self, workflow_id: str, data: dict[str, Any]) -> str:
        """Say what the workflow is for; returns what was said."""
        if workflow_id not in WORKFLOWS:
            raise PluginError(f"workflow_id: found {workflow_id!r}; allowed: {', '.join(WORKFLOWS)}")
        content = WORKFLOWS[workflow_id].replace("{name}", str(data.get("name", "friend")))
        await self.host.messages.send(content=content)
        return content

    def register_triggers(self) -> list[dict[str, Any]]:
        """Return what starts a workflow; the manifest has one more."""
        return [{"event": "message_received", "handler": self.on_message_received}]

    async def on_message_received(self, message: dict[str, Any]) -> None:
        # Whoever answers what plugins say may end up talking to itself.
        if not message["by_plugin"] and self.config["keyword"] in message["content"]:
            await self.execute_workflow("help", {"name": message["sender"]})

    async def on_user_login(self, user: dict[str, Any]) -> None:
        await self.execute_workflow("welcome", user)
