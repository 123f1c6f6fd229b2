from plugin_sdk import Plugin


class MyPlugin(Plugin):
    async def on_load(self) -> None:
        await self.ui.register_widget(
            "my-widget", title="My Custom Widget", component="components/my_widget.md"
        )
        self.log.info("Plugin loaded!")

    async def on_unload(self) -> None:
        self.log.info("Plugin unloaded!")
