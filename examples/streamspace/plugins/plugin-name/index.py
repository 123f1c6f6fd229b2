from plugin_sdk import Plugin


class PluginName(Plugin):
    async def on_load(self) -> None:
        self.log.info("Plugin loaded!")

    async def on_unload(self) -> None:
        self.log.info("Plugin unloaded!")
