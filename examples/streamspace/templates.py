"""Templates: what a session may be made of. The namespace `templates` of the plugins' API."""

from typing import Never

import msgspec

from examples.streamspace.database import Database, Table
from host import PluginError, PluginHost


class Template(msgspec.Struct, frozen=True):
    """One template."""

    name: str
    display_name: str
    description: str = ""
    category: str = ""
    base_image: str = ""
    repository: str = ""


class Templates:
    """All templates."""

    def __init__(self, host: PluginHost, database: Database) -> None:
        self._table = Table(database, "templates", Template)
        host.api("templates.list", permission="templates:read")(self.all)
        host.api("templates.get", permission="templates:read")(self.get)
        host.api("templates.create", permission="templates:write")(self.create)
        host.api("templates.update", permission="templates:write")(self.update)
        host.api("templates.delete", permission="templates:write")(self.delete)

    async def all(self) -> list[Template]:
        """Return every template."""
        return await self._table.all()

    async def get(self, name: str) -> Template:
        """Return one template."""
        return await self._table.get(name) or _missing(name)

    async def create(
        self,
        name: str,
        display_name: str = "",
        description: str = "",
        category: str = "",
        base_image: str = "",
        repository: str = "",
    ) -> Template:
        """Create a template."""
        template = Template(name, display_name or name, description, category, base_image, repository)
        if not await self._table.add(name, template):
            raise PluginError(f"there is a template {name!r} already", {"code": "taken"})
        return template

    async def update(
        self,
        name: str,
        display_name: str | None = None,
        description: str | None = None,
        category: str | None = None,
        base_image: str | None = None,
    ) -> Template:
        """Change a template."""
        changed = await self._table.change(
            name,
            display_name=display_name,
            description=description,
            category=category,
            base_image=base_image,
        )
        _, template = changed or _missing(name)
        return template

    async def delete(self, name: str) -> None:
        """Delete a template."""
        if await self._table.remove(name) is None:
            _missing(name)


def _missing(name: str) -> Never:
    raise PluginError(f"there is no template {name!r}", {"code": "not_found"})
