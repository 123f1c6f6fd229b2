from collections import Counter
from typing import Any

from plugin_sdk import Plugin


class Ui(Plugin):
    async def on_load(self) -> None:
        # A dashboard widget
        await self.ui.register_widget(
            "session-stats",
            title="Session Statistics",
            kind="key-value",
            component=self.session_stats,
            position="top",
            width="full",
        )
        # A settings page: without a component it is the form of the configuration
        await self.ui.register_settings_page("my-settings", title="Plugin Settings", icon="settings")
        # A menu item
        await self.ui.add_menu_item(
            label="Custom Feature", icon="star", path="/custom-feature", component="session-stats"
        )

    async def session_stats(self) -> dict[str, Any]:
        """What the component in React showed: the host asks for the data and draws them."""
        sessions = await self.host.sessions.list()
        states = Counter(session["state"] for session in sessions)
        return {
            "Total": len(sessions),
            "Running": states["running"],
            "Hibernated": states["hibernated"],
        }
