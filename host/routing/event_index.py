"""Event index: patterns of topics and who is behind each; found part by part, however many there are."""

from typing import Generic, TypeVar

_T = TypeVar("_T")


class _Node(Generic[_T]):
    __slots__ = ("children", "here", "rest")

    def __init__(self) -> None:
        self.children: dict[str, _Node[_T]] = {}
        self.here: list[_T] = []
        """Who wants the topic that ends here."""
        self.rest: list[_T] = []
        """Who wants every topic that goes on from here."""


class TopicIndex(Generic[_T]):
    """Patterns to values; a value may be behind several."""

    def __init__(self) -> None:
        self._root: _Node[_T] = _Node()

    def add(self, pattern: str, value: _T) -> None:
        """Put a value behind a valid pattern."""
        node = self._root
        for part in pattern.split("."):
            if part == "**":
                node.rest.append(value)
                return
            node = node.children.setdefault(part, _Node())
        node.here.append(value)

    def remove(self, pattern: str, value: _T) -> None:
        """Take it away; nothing happens if it is not there."""
        parts = pattern.split(".")
        path = [self._root]
        for part in parts:
            if part == "**":
                break
            node = path[-1].children.get(part)
            if node is None:
                return
            path.append(node)
        values = path[-1].rest if parts[-1] == "**" else path[-1].here
        if value in values:
            values.remove(value)
        # Nothing is left of patterns that nobody has, however many there were.
        for depth in range(len(path) - 1, 0, -1):
            node = path[depth]
            if node.children or node.here or node.rest:
                break
            del path[depth - 1].children[parts[depth - 1]]

    def find(self, topic: str) -> list[_T]:
        """Return every value whose pattern a topic matches, once for each such pattern."""
        found: list[_T] = []
        nodes = [self._root]
        for part in topic.split("."):
            following: list[_Node[_T]] = []
            for node in nodes:
                found += node.rest
                if (exact := node.children.get(part)) is not None:
                    following.append(exact)
                if (any_ := node.children.get("*")) is not None:
                    following.append(any_)
            nodes = following
        for node in nodes:
            found += node.here
        return found
