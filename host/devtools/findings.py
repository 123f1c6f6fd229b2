"""Finding: one thing that is wrong, or may be, with a plugin's code: where, what, and what to do."""

from typing import Literal

import msgspec

Level = Literal["fault", "warning"]


class Finding(msgspec.Struct, frozen=True, order=True):
    """One."""

    file: str
    """Relative to the plugin's folder."""
    line: int
    """From 1; 0 for the whole file."""
    level: Level
    """`fault`: the plugin can't do what the code says. `warning`: it may not be meant so."""
    rule: str
    """Name of the rule, such as `permission-undeclared`; `# plughost: ok RULE` in the line silences it."""
    what: str
    """One sentence without a full stop."""
    remedy: str

    def __str__(self) -> str:
        """Return it as one line."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.level} [{self.rule}] {self.what}; {self.remedy}"
