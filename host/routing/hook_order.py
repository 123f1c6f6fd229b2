"""The order of a hook's handlers: a pure function of who wants to be before or after whom."""

import heapq
from collections.abc import Sequence

from protocol.messages.provides import HookHandler

Place = tuple[str, HookHandler]
"""A handler and the id of its plugin."""


class CircleError(Exception):
    """There is no order; `plugins` are those of one circle, the first one again at the end."""

    def __init__(self, plugins: tuple[str, ...]) -> None:
        super().__init__(" before ".join(plugins))
        self.plugins = plugins


def ordered(places: Sequence[Place]) -> list[Place]:
    """Return the handlers in an order that all agree with; where nobody says anything, by plugin's id.

    Wishes about plugins that have no handler here are ignored.

    Raises:
        CircleError: There is none.
    """
    by_id = sorted(places, key=lambda place: (place[0], place[1].name))
    of_plugin: dict[str, list[int]] = {}
    for number, (plugin, _) in enumerate(by_id):
        of_plugin.setdefault(plugin, []).append(number)
    later: list[set[int]] = [set() for _ in by_id]
    for number, (plugin, handler) in enumerate(by_id):
        for other in handler.before:
            later[number].update(of_plugin.get(other, ()) if other != plugin else ())
        for other in handler.after:
            for earlier in of_plugin.get(other, ()) if other != plugin else ():
                later[earlier].add(number)
    waits_for = [0] * len(by_id)
    for numbers in later:
        for number in numbers:
            waits_for[number] += 1
    free = [number for number, count in enumerate(waits_for) if not count]
    order: list[int] = []
    while free:
        number = heapq.heappop(free)
        order.append(number)
        for other in later[number]:
            waits_for[other] -= 1
            if not waits_for[other]:
                heapq.heappush(free, other)
    if len(order) < len(by_id):
        rest = {number for number, count in enumerate(waits_for) if count}
        raise CircleError(tuple(by_id[number][0] for number in _circle(rest, later)))
    return [by_id[number] for number in order]


def _circle(rest: set[int], later: Sequence[set[int]]) -> list[int]:
    """Return one circle: what is left may also hang behind one, so go backwards, where everything waits."""
    earlier: dict[int, int] = {}
    for number in rest:
        for other in later[number] & rest:
            earlier[other] = number
    path: list[int] = []
    at = min(earlier)
    while at not in path:
        path.append(at)
        at = earlier[at]
    circle = [*path[path.index(at) :], at]
    circle.reverse()
    return circle
