"""PermissionsTab: what a plugin asks for, has, used and was denied, and what bounds it."""

import shlex
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Final, cast

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from host.base_error import PlughostError
from host.facade.facade import Facade
from host.facade.figures import age, count
from host.facade.pages import PermissionRow, PermissionsPage
from host.facade.plugin_pages import MechanismPage
from host.tui.border import cleaned
from host.tui.columns import Cell, Column
from host.tui.fit import fit
from host.tui.ink import InkName
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Parts
from host.tui.keys import ACT, SHOW
from host.tui.log_lines import MIN_TEXT_CELLS, wrapped
from host.tui.table import RowTable
from host.tui.tabs.tab import PluginTab

_STATES: Final[dict[str, tuple[str, InkName]]] = {
    "granted": ("✓", "good"),
    "refused": ("✖", "bad"),
    "revoked": ("✖", "bad"),
    "waiting": ("▲", "warn"),
    "undeclared": ("✖", "warn"),
}
MOST_BOUNDS: Final = 8
BOUND_CELLS: Final = 29
"""Left of what is said of a bound: whether it holds, and its name."""


def _state(row: PermissionRow) -> Cell:
    glyph, ink = _STATES.get(row.state, ("·", "plain"))
    return Cell(f"{glyph} {row.state}", ink)


class PermissionsTab(PluginTab):
    """One line for each permission, and below them what the host holds the plugin to."""

    DEFAULT_CSS = "PermissionsTab #bounds { height: auto; border-top: solid $panel; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("G", "grant", "grant", group=ACT),
        Binding("V", "revoke", "revoke", group=ACT),
        Binding("ctrl+g", "consent", "grant all that waits", group=ACT),
        Binding("g", "reload", "read again", group=SHOW, show=False),
    ]

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self._page: PermissionsPage | None = None
        self._bounds: tuple[MechanismPage, ...] = ()

    def compose(self) -> ComposeResult:
        """Permissions and bounds."""
        columns: tuple[Column[PermissionRow], ...] = (
            Column(
                "permission",
                "PERMISSION",
                24,
                lambda row: Cell(row.permission, "strong"),
                lambda row: row.permission,
                stretch=1,
            ),
            Column("state", "STATE", 12, _state, lambda row: row.state),
            Column(
                "asked",
                "ASKED",
                5,
                lambda row: Cell("yes" if row.asked else "no", "plain" if row.asked else "warn"),
                lambda row: row.asked,
            ),
            Column(
                "used",
                "USED",
                5,
                lambda row: Cell(count(row.used)),
                lambda row: row.used,
                right=True,
                falling=True,
            ),
            Column(
                "denied",
                "DENIED",
                6,
                lambda row: Cell(count(row.denied), "bad" if row.denied else "dim"),
                lambda row: row.denied,
                right=True,
                falling=True,
            ),
            Column("last", "LAST", 7, self._last, lambda row: row.last_s, right=True, falling=True, fold=2),
            Column("reason", "WHY", 16, lambda row: Cell(row.reason, "dim"), None, stretch=1, fold=1),
        )
        table = RowTable[PermissionRow](columns, sort="permission", empty="It asks for no permission.")
        table.add_class("main")
        yield table
        yield InkedLines(id="bounds")

    def _last(self, row: PermissionRow) -> Cell:
        if row.last_s is None:
            return Cell("never", "dim")
        return Cell(age(monitor(self).clock.wall() - row.last_s))

    @property
    def table(self) -> RowTable[PermissionRow]:
        """The permissions."""
        return cast("RowTable[PermissionRow]", self.query_one(RowTable))

    def on_resize(self) -> None:
        """Break lines where there is room."""
        self._show()

    def entered(self) -> None:
        """Read them."""
        self.action_reload()

    def action_reload(self) -> None:
        """Read them again."""
        monitor(self).start(self._read)

    async def _read(self) -> None:
        app = monitor(self)
        if app.link.facade is None:
            return
        try:
            self._page = cleaned(await app.link.facade.permissions(self.plugin))
        except (PlughostError, OSError) as error:
            app.say_error(error)
            return
        page = await app.page_of(self.plugin)
        self._bounds = () if page is None else page.bounds
        if self.is_attached:
            self._show()

    def _show(self) -> None:
        if self._page is not None:
            self.table.show({row.permission: row for row in self._page.rows})
        lines: list[Parts] = [[(" What holds it", "title")]]
        for bound in self._bounds[:MOST_BOUNDS]:
            held: Parts = [(" ✓ enforced     ", "good")] if bound.enforced else [(" ▲ not enforced ", "warn")]
            first, *more = wrapped(bound.detail, max(MIN_TEXT_CELLS, self.size.width - BOUND_CELLS))
            lines.append([*held, (fit(bound.name, 12), "strong"), (f" {first}", "dim")])
            lines += [[(" " * BOUND_CELLS + one, "dim")] for one in more]
        if len(self._bounds) > MOST_BOUNDS:
            lines.append([(f"   and {len(self._bounds) - MOST_BOUNDS} more", "dim")])
        bounds = self.query_one("#bounds", InkedLines)
        bounds.styles.height = len(lines) + 1
        bounds.show(lines)

    # Keys

    def action_grant(self) -> None:
        """Grant the permission under the cursor."""
        permission = self.table.cursor_key
        self._change(
            lambda f: f.permission_grant(self.plugin, permission), f"{self.plugin}: {permission} granted"
        )

    def action_revoke(self) -> None:
        """Take the permission under the cursor away."""
        permission = self.table.cursor_key
        self._change(
            lambda f: f.permission_revoke(self.plugin, permission), f"{self.plugin}: {permission} taken away"
        )

    def action_consent(self) -> None:
        """Grant all that waits."""
        if self._page is None or not self._page.waiting:
            monitor(self).say("Nothing waits for consent")
            return
        names = ", ".join(self._page.waiting)
        self._change(lambda f: f.permission_consent(self.plugin), f"{self.plugin}: {names} granted")

    def _change(self, what: Callable[[Facade], Awaitable[Any]], done: str) -> None:
        async def change(facade: Facade) -> None:
            await what(facade)
            await self._read()

        if self.table.cursor_key:
            monitor(self).acts.ask(change, done)
        else:
            monitor(self).say("There is no permission here to do that to", "warning")

    def hints(self, action: str) -> bool:
        """Whether there is a permission to change, or one that waits."""
        if action == "consent":
            return self._page is not None and bool(self._page.waiting)
        return action not in ("grant", "revoke") or bool(self.table.cursor_key)

    def copied(self) -> str:
        """The permission under the cursor."""
        return self.table.cursor_key

    def command_line(self) -> str:
        """The same on the command line."""
        return f"plughost perms list {shlex.quote(self.plugin)}"

    def written(self) -> tuple[str, list[str], Any]:
        """All of them."""
        rows = self._page.rows if self._page is not None else ()
        lines = [f"{row.permission}\t{row.state}\t{row.used}\t{row.denied}\t{row.reason}" for row in rows]
        return f"{self.plugin}-permissions", lines, [msgspec.to_builtins(row) for row in rows]
