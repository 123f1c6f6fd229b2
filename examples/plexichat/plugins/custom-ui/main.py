from typing import Any

from plugin_sdk.kinds import InterfacePlugin


class CustomUIPlugin(InterfacePlugin):
    def register_routes(self, app: Any) -> None:
        """Register web routes."""

        @app.route("/custom")
        async def custom_page() -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
            return {"message": "Custom page"}

    def register_gui_components(self, gui: Any) -> None:
        """Register GUI components."""
        gui.add_menu_item("Custom", self.show_custom_dialog)

    async def show_custom_dialog(self) -> dict[str, str]:
        return {"title": "Custom", "text": "A dialog of the plugin"}
