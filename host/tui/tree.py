"""Tree: plugins in the order of who needs whom, with what stands before each name."""

from collections.abc import Mapping, Sequence


def dependency_tree(
    plugins: Sequence[str], needs: Mapping[str, Sequence[str]]
) -> tuple[list[str], dict[str, str]]:
    """Return plugins with what they need below them, and the lines that stand before each.

    One that several need stands below the first of them; the roots are those that nobody needs. Rings are
    broken where they close.
    """
    known = set(plugins)
    needed = {other for plugin in plugins for other in needs.get(plugin, ()) if other in known}
    order: list[str] = []
    indents: dict[str, str] = {}
    placed: set[str] = set()

    def place(root: str) -> None:
        # An own stack: a chain may be as long as there are plugins.
        stack = [(root, "", "")]
        while stack:
            plugin, indent, below = stack.pop()
            if plugin in placed:
                continue
            placed.add(plugin)
            order.append(plugin)
            indents[plugin] = indent
            children = [other for other in sorted(needs.get(plugin, ())) if other in known - placed]
            for number, child in reversed(list(enumerate(children))):
                last = number == len(children) - 1
                stack.append((child, below + ("└ " if last else "├ "), below + ("  " if last else "│ ")))

    for plugin in sorted(plugins):
        if plugin not in needed:
            place(plugin)
    for plugin in sorted(plugins):
        place(plugin)
    return order, {key: indent for key, indent in indents.items() if indent}
