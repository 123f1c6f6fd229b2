from plugin_sdk import Plugin, command


class Commands(Plugin):
    @command("count-sessions", description="Count the sessions of a user, or of all")
    async def count_sessions(self, user: str | None = None) -> int:
        return len(await self.host.sessions.list(user=user))
