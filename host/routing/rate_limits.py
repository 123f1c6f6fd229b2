"""Rate limits: how often a plugin may call an API of the host. Off until somebody sets one.

A limit is named by a method (`sessions.list`), a namespace (`sessions`) or `*`; the most precise one counts,
and each plugin has its own. A refused call says when to try again.
"""

from collections.abc import Callable, Mapping
from typing import Final

from host.choices import check_table
from host.errors import RateLimited, SettingsError
from host.settings.keys import LIMIT, LIMIT_ALLOWED

_SECONDS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def parse_limit(text: str) -> tuple[int, float]:
    """Return how many calls in how many seconds. Raises ValueError that says what is allowed."""
    match = LIMIT.fullmatch(str(text).strip())
    if match is None:
        raise ValueError(LIMIT_ALLOWED)
    return int(match[1]), _SECONDS[match[2][0]]


class _Bucket:
    """Calls that are left, refilled as time goes on."""

    __slots__ = ("at_s", "left", "most", "per_s")

    def __init__(self, most: int, window_s: float, now_s: float) -> None:
        self.most = float(most)
        self.per_s = most / window_s
        self.left = self.most
        self.at_s = now_s

    def take(self, now_s: float) -> float:
        """Take one call; return how many seconds are missing for it, 0 if it may go on."""
        self.left = min(self.most, self.left + (now_s - self.at_s) * self.per_s)
        self.at_s = now_s
        if self.left < 1.0:
            return (1.0 - self.left) / self.per_s
        self.left -= 1.0
        return 0.0


class RateLimits:
    """All limits of one host."""

    def __init__(self, limits: Mapping[str, str], now: Callable[[], float]) -> None:
        """Raises SettingsError for a limit that can't be read."""
        self._now = now
        self._limits: dict[str, tuple[int, float]] = {}
        check_table("rate_limits", limits, SettingsError)
        for name, text in limits.items():
            try:
                self._limits[name] = parse_limit(text)
            except ValueError as exc:
                raise SettingsError(f"rate_limits.{name}: found {text!r}; allowed: {exc}") from None

    def __bool__(self) -> bool:
        """Whether anything is limited."""
        return bool(self._limits)

    def gate(self, plugin: str) -> "GateLimits | None":
        """Return the limits of one session; None where there are none, so that nothing is checked."""
        return GateLimits(plugin, self._limits, self._now) if self._limits else None


class GateLimits:
    """The limits of one session."""

    def __init__(
        self, plugin: str, limits: Mapping[str, tuple[int, float]], now: Callable[[], float]
    ) -> None:
        self._plugin = plugin
        self._limits = limits
        self._now = now
        self._buckets: dict[str, _Bucket] = {}
        self._names: dict[str, str] = {}

    def check(self, method: str) -> None:
        """Let a call go on, or refuse it.

        Raises:
            RateLimited: There were too many; `retry_after_s` in the data says when the next one may come.
        """
        name = self._names.get(method)
        if name is None:
            choices = (method, method.partition(".")[0], "*")
            name = self._names[method] = next((one for one in choices if one in self._limits), "")
        if not name:
            return
        now_s = self._now()
        # `*` counts each namespace for itself.
        key = method.partition(".")[0] if name == "*" else name
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(*self._limits[name], now_s)
        missing_s = bucket.take(now_s)
        if missing_s:
            calls, window_s = self._limits[name]
            raise RateLimited(
                f"plugin {self._plugin!r} calls {method} more than {calls} times in {window_s:.0f} s",
                remedy=f"try again in {missing_s:.2f} s",
                plugin=self._plugin,
                method=method,
                retry_after_s=missing_s,
            )
