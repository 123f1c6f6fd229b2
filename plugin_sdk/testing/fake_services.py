"""What else a host answers, in memory: notifications and mail are taken, nobody else is there."""

from collections import Counter
from typing import Any

from plugin_sdk.testing.fake_contributions import no_plugin
from plugin_sdk.testing.fake_storage import Function
from protocol.messages.analytics import ActionCount, AnalyticsStats, AnalyticsTrack
from protocol.messages.email import EmailSend, EmailSent
from protocol.messages.notify import Notified
from protocol.messages.plugins import HostInfo, OtherPlugin, PluginsCall
from protocol.messages.ui import UiAnswer
from protocol.methods import METHODS
from protocol.version import PROTOCOL_VERSIONS, RELEASE


class FakeServices:
    """Of one plugin's host."""

    def __init__(self, plugin: str, session: str) -> None:
        self._plugin = plugin
        self._session = session
        self._number = 0
        self._tracked: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._metadata: dict[str, dict[str, Any]] = {}

    def functions(self) -> dict[str, Function]:
        """Return what answers each method."""
        return {
            "host.info": self._info,
            "rpc.discover": self._discover,
            "plugins.list": self._plugins,
            "plugins.call": self._call,
            "plugins.stream": self._call,
            "notify.user": self._notify,
            "notify.all": self._notify,
            "notify.admins": self._notify,
            "email.send": self._send,
            "ui.prompt": self._prompt,
            "analytics.track": self._track,
            "analytics.stats": self._stats,
        }

    async def _info(self, _asked: Any) -> HostInfo:
        return HostInfo("plughost", RELEASE, PROTOCOL_VERSIONS, self._plugin, self._session)

    async def _discover(self, _asked: Any) -> dict[str, Any]:
        methods = [
            {"name": row.name, "summary": row.summary}
            for row in METHODS.values()
            if row.direction != "to_plugin" and row.kind != "notification"
        ]
        return {"openrpc": "1.3.2", "info": {"title": "plughost", "version": RELEASE}, "methods": methods}

    async def _plugins(self, _asked: Any) -> list[OtherPlugin]:
        return []

    async def _call(self, asked: PluginsCall) -> Any:
        raise no_plugin(asked.plugin)

    async def _notify(self, _asked: Any) -> Notified:
        self._number += 1
        return Notified(f"n{self._number}", 1)

    async def _send(self, asked: EmailSend) -> EmailSent:
        self._number += 1
        to = (asked.to,) if isinstance(asked.to, str) else asked.to
        return EmailSent(f"<{self._number}@plughost.test>", to)

    async def _prompt(self, _asked: Any) -> UiAnswer:
        # Nobody is there; a test that wants an answer gives it with `fake_host.answer`.
        return UiAnswer("dismissed")

    async def _track(self, asked: AnalyticsTrack) -> dict[str, Any]:
        self._tracked[asked.action] += 1
        self._failed[asked.action] += asked.error is not None
        self._metadata[asked.action] = asked.metadata or {}
        return {}

    async def _stats(self, _asked: Any) -> AnalyticsStats:
        actions = {
            action: ActionCount(count, self._failed[action], None, self._metadata[action])
            for action, count in self._tracked.items()
        }
        return AnalyticsStats(self._plugin, self._tracked.total(), self._failed.total(), None, {}, actions)
