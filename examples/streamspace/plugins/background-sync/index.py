import asyncio

from plugin_sdk.kinds import ApiIntegration


class BackgroundSync(ApiIntegration):
    async def on_load(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(self.config["host"], self.config["port"])
        # Ends by itself when the plugin is unloaded
        await self.schedule.every(self.sync_data, seconds=60, name="sync-data")

    async def sync_data(self) -> None:
        sessions = await self.host.sessions.list()
        self.writer.write(f"{len(sessions)}\n".encode())
        await self.writer.drain()

    async def on_unload(self) -> None:
        self.writer.close()
        await self.writer.wait_closed()
