"""RowMessage: what a table tells its owner: something happened to one row."""

from typing import TYPE_CHECKING, Any

from textual.message import Message

if TYPE_CHECKING:
    from host.tui.table import RowTable


class RowMessage(Message):
    """Something about one row of a table."""

    def __init__(self, table: "RowTable[Any]", key: str) -> None:
        super().__init__()
        self.table = table
        self.key = key

    @property
    def control(self) -> "RowTable[Any]":
        """The table."""
        return self.table
