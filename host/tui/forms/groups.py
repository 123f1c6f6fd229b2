"""Groups: the settings of a form under the settings pages that their plugin contributes.

Pure. A page has the settings that it names, or all below such a name; one that names none has all that no
other page has. A form without pages is one list, as it is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from host.facade.figures import many
from host.facade.pages import ContributionRow
from host.tui.border import clean
from host.tui.columns import Cell
from host.tui.forms.fields import Field

MAX_PAGES: Final = 50
MAX_KEYS: Final = 200

OTHER: Final = "Other settings"


@dataclass(frozen=True, slots=True)
class Group:
    """The heading of some settings."""

    title: str
    description: str
    size: int
    """How many settings stand below it."""
    page: ContributionRow | None
    """What was contributed; None for settings that no page has."""

    @property
    def shows(self) -> bool:
        """Whether there is something to look at beside the settings."""
        return self.page is not None and bool(self.page.data.get("component"))


def grouped(fields: Mapping[str, Field], pages: Sequence[ContributionRow]) -> dict[str, Field | Group]:
    """Return the lines of a form by key: each heading, then its settings. Headings have no setting's key."""
    if not pages:
        return dict(fields)
    left = dict(fields)
    chosen: list[tuple[ContributionRow, dict[str, Field]]] = []
    for page in pages[:MAX_PAGES]:
        mine = {key: field for key, field in left.items() if _names(page, key)}
        left = {key: field for key, field in left.items() if key not in mine}
        chosen.append((page, mine))
    whole = next((place for place, (page, _) in enumerate(chosen) if not _keys(page)), None)
    if whole is not None:
        chosen[whole] = (chosen[whole][0], left)
        left = {}
    lines: dict[str, Field | Group] = {}
    for page, mine in chosen:
        title = " ".join((page.title or page.name).split())
        lines[f"\0page {page.name}"] = Group(title, str(page.data.get("description") or ""), len(mine), page)
        lines |= mine
    if left:
        lines["\0other"] = Group(OTHER, "", len(left), None)
        lines |= left
    return lines


def or_heading(column: str, cell: Callable[[Field], Cell]) -> Callable[[Field | Group], Cell]:
    """Return what a column shows of a setting, and in its place of a heading."""

    def shown(row: Field | Group) -> Cell:
        if isinstance(row, Field):
            return cell(row)
        match column:
            case "key":
                return Cell(f"── {clean(row.title)[:60]}", "title")
            case "value":
                return Cell(clean(row.description) or many(row.size, "setting"), "dim")
            case "fault" if row.shows:
                return Cell("Enter shows more", "dim")
            case _:
                return Cell("")

    return shown


def _names(page: ContributionRow, key: str) -> bool:
    return any(key == name or key.startswith(f"{name}.") for name in _keys(page))


def _keys(page: ContributionRow) -> list[str]:
    keys: Any = page.data.get("keys")
    return [str(key) for key in cast("Sequence[Any]", keys)][:MAX_KEYS] if isinstance(keys, list) else []
