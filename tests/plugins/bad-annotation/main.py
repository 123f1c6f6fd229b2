"""A method asks for a parameter that JSON can't be read into."""

from plugin_sdk import Plugin, method


class Connection:
    """A class that nobody can send."""


class BadAnnotation(Plugin):
    @method
    async def use(self, connection: Connection) -> str:
        return repr(connection)
