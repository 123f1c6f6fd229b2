"""Descriptors: whether this process may open as many as further plugins need. Asked before loads."""

from host.errors import TooFewDescriptors
from host.process.descriptors import PER_PLUGIN, RESERVE, free, limit
from host.watchdog import KEPT_PER_PLUGIN


def check_descriptors(plugins: int) -> None:
    """Raise TooFewDescriptors where this process may not open enough for so many more plugins."""
    needed = plugins * (PER_PLUGIN + KEPT_PER_PLUGIN) + RESERVE
    bound, left = limit(), free()
    if plugins and bound is not None and left is not None and needed > left:
        raise TooFewDescriptors(plugins, needed, left, bound)
