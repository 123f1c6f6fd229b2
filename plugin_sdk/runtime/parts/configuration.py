"""Answers `plugin.configure`: asks the plugin's `on_configure`, then has `self.config` show the new values.

`async def on_configure(self, config)` gets all of the new values while `self.config` still shows the old
ones. It refuses by raising `PluginError` or `ValueError` with the reason, or by returning False; it returns
`"restart"` for values that it takes at its next start only.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from plugin_sdk.api.config import Config
from plugin_sdk.api.host import Link
from plugin_sdk.runtime.source import Source
from protocol import errors
from protocol.errors import PluginError, RpcError
from protocol.incoming import Inbound
from protocol.messages.config import Configure, Configured


class ConfigurationPart:
    """One session's."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._sources: Sequence[Source] = ()
        self.controls = {"plugin.configure": self.configure}

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Return nothing: every plugin can be configured."""
        return {}

    def bind(self, sources: Sequence[Source]) -> None:
        """Take the instances."""
        self._sources = sources

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Nothing is told."""

    async def stop(self) -> None:
        """Nothing is under way."""

    async def configure(self, inbound: Inbound) -> Configured:
        """Offer the new configuration to each of the plugin's classes; all must take it."""
        try:
            offered = msgspec.json.decode(inbound.params, type=Configure)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise RpcError(errors.INVALID_PARAMS, f"{inbound.method}: {exc}") from None
        restart = offered.restart
        for source in self._sources:
            handler = getattr(source.instance, "on_configure", None)
            if handler is None:
                continue
            try:
                answer = await self._link.invoke(handler, dict(offered.config))
            except (PluginError, ValueError) as exc:
                return Configured(success=False, message=str(exc))
            outcome = _outcome(answer)
            if not outcome.success:
                return outcome
            restart = restart or outcome.applied == "restart"
        if restart:
            return Configured(applied="restart")
        self._link.config = offered.config
        for source in self._sources:
            config = vars(source.instance).get("config")
            if isinstance(config, Config):
                config.renew(offered.config)
        return Configured()


def _outcome(answer: Any) -> Configured:
    """Read what `on_configure` returned: nothing, a bool, `"restart"`, or `{success, applied, message}`."""
    match answer:
        case None | True:
            return Configured()
        case False:
            return Configured(success=False, message="on_configure refused it")
        case "restart":
            return Configured(applied="restart")
        case dict():
            fields = cast("dict[str, Any]", answer)
            applied = "restart" if fields.get("applied") == "restart" else "live"
            return Configured(
                bool(fields.get("success", True)), applied, str(fields.get("message") or "")[:1_000]
            )
        case _:
            return Configured(message=str(answer)[:1_000])
