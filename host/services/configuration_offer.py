"""The offer of a configuration to a running plugin, which may refuse it, and what its answer means."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import anyio
import msgspec

from host.errors import (
    ConfigurationRefused,
    InvalidResult,
    PlughostError,
    PluginDied,
    PluginError,
    PluginIncident,
)
from host.facade import Joining
from host.masking import known
from host.rpc import from_wire
from protocol import errors as wire
from protocol import jsonrpc
from protocol.choices import told
from protocol.errors import RpcError
from protocol.messages.config import ConfigChanged, Configure, Configured

logger = logging.getLogger(__name__)

OFFER_S: Final = 5.0
"""How long a plugin may think about a configuration."""

MAX_SAID_CHARS: Final = 2_000
"""Of what a plugin says of a configuration."""

_METHOD: Final = "plugin.configure"


async def offer(
    session: Joining, config: Mapping[str, Any], revision: int, *, restarts: bool
) -> ConfigChanged:
    """Offer a configuration, and return what becomes of it once it is saved.

    Raises:
        ConfigurationRefused: The plugin refuses.
        CallError: It did not answer as it should.
    """
    params = Configure(dict(config), revision, restarts)
    try:
        raw = await session.peer.outgoing.request(_METHOD, jsonrpc.encode(params), timeout_s=OFFER_S)
        answer = msgspec.json.decode(raw, type=Configured)
    except RpcError as exc:
        if exc.code != wire.METHOD_NOT_FOUND:
            raise from_wire(exc, session.plugin, _METHOD) from None
        answer = Configured(applied="restart")  # it knows of no changes while it runs
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidResult(
            f"the result of {session.plugin}.{_METHOD} can't be read: {told(exc, Configured)}"
        ) from None
    if not answer.success:
        reason = known.beginning(answer.message, MAX_SAID_CHARS) or "it gave no reason"
        raise ConfigurationRefused(
            f"plugin {session.plugin!r} does not take this configuration: {reason}",
            plugin=session.plugin,
            reason=reason,
        )
    said = known.beginning(answer.message, MAX_SAID_CHARS)
    return ConfigChanged(revision, "restart" if restarts else answer.applied, said)


async def offer_safely(
    session: Joining,
    former: tuple[Mapping[str, Any], int],
    new: tuple[Mapping[str, Any], int],
    *,
    restarts: bool,
) -> ConfigChanged:
    """Offer a configuration, each with its revision; where nobody knows what became of the offer, because no
    answer came in time or none that can be read, the plugin is given the former one back. See `offer`.
    """
    try:
        return await offer(session, *new, restarts=restarts)
    except (ConfigurationRefused, PluginError, PluginIncident, PluginDied):
        raise  # it said no, or is gone
    except BaseException:
        with anyio.CancelScope(shield=True):
            await take_back(session, *former)
        raise


async def take_back(session: Joining, config: Mapping[str, Any], revision: int) -> None:
    """Give a plugin its former configuration back, because the one that it may have taken was not saved."""
    try:
        await offer(session, config, revision, restarts=False)
    except PluginDied:
        return
    except PlughostError as exc:
        logger.error(
            "a plugin may run with a configuration that was not saved",
            extra={"fields": {"plugin": session.plugin, "fault": str(exc)}},
        )
