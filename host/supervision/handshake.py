"""The two steps by which a plugin becomes active: say who you are, then take your configuration and start.

Owns what each answer means for what happens next: a start that may be tried again, or one that must not.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from host.logs import clean
from host.masking import known
from host.supervision.restart import Cause
from host.timing import Timing
from protocol import errors as wire
from protocol import jsonrpc
from protocol.choices import told
from protocol.errors import RpcError
from protocol.manifest import Manifest
from protocol.messages.contract import HealthAnswer
from protocol.messages.meta import Progress
from protocol.messages.plugin import InitializeParams, InitializeResult, LoadParams, Product
from protocol.messages.provides import NOTHING, Provides
from protocol.methods import METHODS
from protocol.namespaces import RESERVED_NAMESPACES
from protocol.peer import Peer
from protocol.version import PROTOCOL_VERSIONS, RELEASE
from protocol.waiter import DeadlinePassed

MAX_METHODS = 1_000
MAX_TOLD_CHARS = 2_000
"""Of what a plugin says why it did not start."""
SDK = "plughost-sdk"
"""What plugins on our SDK say that they are built on."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}\Z")
_SIGNALS = frozenset({"SIGUSR1", "SIGUSR2"})
_NEVER_RETRIED = frozenset({wire.LOAD_FAULT, wire.VERSION_MISMATCH, wire.DENIED})


class StartFailure(Exception):
    """The plugin did not become active; `cause` says whether to try again."""

    def __init__(self, cause: Cause, message: str) -> None:
        self.message = known.cleared(message)
        super().__init__(self.message)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Provided:
    """What a plugin said of itself."""

    methods: Mapping[str, bool] | None
    """Name to whether it is a stream; None if it did not say."""
    stack_dump_signal: str | None
    provides: Provides
    """What else it provides; the registries say whether they take it."""


async def initialize(
    peer: Peer, manifest: Manifest, session: str, timing: Timing, spent_s: float, polls: bool
) -> Provided:
    """First step; `spent_s` of its time has passed since the spawn.

    Raises:
        StartFailure: No answer in time, or one that rules the plugin out.
        PlughostError: The connection ended.
    """
    params = InitializeParams(
        PROTOCOL_VERSIONS,
        Product("plughost", RELEASE),
        manifest.id,
        manifest.version,
        session,
        polls,
        manifest.type,
        manifest.name,
        _declared(manifest),
    )
    left_s = max(0.1, timing.handshake_s - spent_s)
    raw = await _ask(peer, "plugin.initialize", params, left_s, timing, None)
    try:
        result = msgspec.json.decode(raw, type=InitializeResult)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        why = told(exc, InitializeResult)
        raise StartFailure(Cause.REFUSED, f"its answer to plugin.initialize can't be read: {why}") from None
    if result.protocol_version not in PROTOCOL_VERSIONS:
        raise StartFailure(
            Cause.REFUSED,
            f"it speaks protocol version {result.protocol_version}, this host {_list(PROTOCOL_VERSIONS)}: "
            "install a plugin release for this host, or a host for this plugin",
        )
    peer.outgoing.sends_meta = result.capabilities.meta
    signal = result.capabilities.stack_dump_signal
    provides = result.provides
    if result.sdk is None or result.sdk.name != SDK:
        provides = _with_declared(provides, manifest)
    return Provided(_methods(result), signal if signal in _SIGNALS else None, provides)


async def load(
    peer: Peer,
    config: Mapping[str, Any],
    grants: tuple[str, ...],
    timing: Timing,
    on_progress: Callable[[Progress], None],
) -> None:
    """Second step.

    Raises:
        StartFailure: on_load failed or took too long.
        PlughostError: The connection ended.
    """
    await _ask(peer, "plugin.load", LoadParams(dict(config), grants), timing.load_s, timing, on_progress)


async def prove_healthy(peer: Peer, timing: Timing) -> None:
    """Third step of a run that is to take over from another one: it says itself how it is.

    Raises:
        StartFailure: It is unhealthy, or can't say. One that has no health check is as well as it was loaded.
        PlughostError: The connection ended.
    """
    try:
        raw = await peer.outgoing.request("plugin.health", b"{}", timeout_s=timing.health_s, bounded=False)
        answer = msgspec.json.decode(raw, type=HealthAnswer)
    except DeadlinePassed as exc:
        raise StartFailure(Cause.LOAD_FAILED, f"its health check did not answer: {exc.message}") from None
    except RpcError as exc:
        if exc.code == wire.METHOD_NOT_FOUND:
            return
        raise StartFailure(Cause.LOAD_FAILED, f"its health check failed: {_told(exc.message)}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        why = told(exc, HealthAnswer)
        raise StartFailure(Cause.LOAD_FAILED, f"its answer to plugin.health can't be read: {why}") from None
    if answer.status == "unhealthy":
        reason = clean(known.beginning(answer.reason, 1_000)) or "it gave no reason"
        raise StartFailure(Cause.LOAD_FAILED, f"its health check says unhealthy: {reason}")


async def _ask(
    peer: Peer,
    method: str,
    params: msgspec.Struct,
    idle_s: float,
    timing: Timing,
    on_progress: Callable[[Progress], None] | None,
) -> msgspec.Raw:
    try:
        return await peer.outgoing.request(
            method,
            jsonrpc.encode(params),
            timeout_s=timing.start_total_s,
            idle_s=idle_s,
            on_progress=on_progress,
            bounded=False,
        )
    except DeadlinePassed as exc:
        raise StartFailure(Cause.LOAD_FAILED, exc.message) from None
    except RpcError as exc:
        cause = Cause.REFUSED if exc.code in _NEVER_RETRIED else Cause.LOAD_FAILED
        raise StartFailure(cause, f"{method} failed: {_told(exc.message)}") from None


def _told(message: str) -> str:
    """Return why a plugin says that it did not start, as one line; a secret may be cut off in the middle."""
    text, cut, incident = message[:MAX_TOLD_CHARS].rpartition(f"{jsonrpc.CUT}; ")
    text = (
        known.cleared(text, cut=True) if cut else known.cleared(incident, cut=len(message) > MAX_TOLD_CHARS)
    )
    return clean(" ".join(f"{text}{cut}{incident if cut else ''}".split()))


def _declared(manifest: Manifest) -> Provides:
    """Return what a manifest declares that methods of the plugin answer."""
    listed = (
        *(manifest.subscriptions, manifest.hooks),
        *(manifest.commands, manifest.endpoints, manifest.schedules),
    )
    if not any(listed):
        return NOTHING
    return Provides(
        subscriptions=manifest.subscriptions,
        hooks=manifest.hooks,
        commands=manifest.commands,
        endpoints=manifest.endpoints,
        schedules=manifest.schedules,
    )


def _with_declared(provides: Provides, manifest: Manifest) -> Provides:
    """Return what a plugin provides, with the subscriptions and hooks of its manifest that it does not tell.

    Our SDK tells them itself; a program that knows nothing of them is sent what it declares all the same.
    """
    names = {one.name for one in provides.subscriptions}
    hooks = {one.name for one in provides.hooks}
    return msgspec.structs.replace(
        provides,
        subscriptions=(
            *provides.subscriptions,
            *(one for one in manifest.subscriptions if one.name not in names),
        ),
        hooks=(*provides.hooks, *(one for one in manifest.hooks if one.name not in hooks)),
    )


def _methods(result: InitializeResult) -> Mapping[str, bool] | None:
    if result.methods is None:
        return None
    if len(result.methods) > MAX_METHODS:
        raise StartFailure(
            Cause.REFUSED, f"it provides {len(result.methods)} methods; {MAX_METHODS} are allowed"
        )
    for method in result.methods:
        if method.name in METHODS or method.name in RESERVED_NAMESPACES or not _NAME.match(method.name):
            raise StartFailure(
                Cause.REFUSED,
                f"it provides a method {method.name[:100]!r}; a name is letters, digits, _ and -, "
                f"and none of {_list(sorted(RESERVED_NAMESPACES))}",
            )
    return {method.name: method.stream for method in result.methods}


def _list(values: Any) -> str:
    return ", ".join(str(value) for value in values)
