"""Faults of services: what a plugin asks of its host fails, is denied, or is never answered; time jumps."""

from collections.abc import Sequence
from typing import Any, Final

import anyio

from host.base_error import PlughostError
from host.devtools.chaos.fault import Fault, NotHere, Wrong, none_of
from host.devtools.chaos.odd_values import properties_of, resolved, types_of
from host.devtools.chaos.trial import CALL_S, PING_S, Trial, brief
from host.errors import (
    ConfigurationRefused,
    DatabaseFault,
    DeadlineExceeded,
    DiskFull,
    InvalidConfiguration,
    Overloaded,
    PluginDied,
    PluginIncident,
    QuotaExceeded,
)

DAY_S: Final = 86_400.0


def _trouble(name: str, prefix: str, error: PlughostError, does: str, lacks: str) -> Fault:
    async def strike(trial: Trial) -> None:
        with trial.victim.troubled(prefix, error) as asked:
            found = await trial.exercise(late_is_fine=False)
            await trial.victim.ping(PING_S)
        if not asked:
            raise NotHere(lacks)
        none_of([*found, *await trial.victim.incidents(trial.began_s)], trial.tried)

    return Fault(
        name,
        does + ", while everything it offers is asked for",
        "it answers, or passes the error on; nothing unexpected is raised, and it works again afterwards",
        "let RpcError pass, or catch it and say what that means for the caller",
        strike,
    )


async def _silent(trial: Trial) -> None:
    with trial.victim.troubled("", None) as asked:
        # What waits for the host may not answer in time; what does not must.
        await trial.exercise(late_is_fine=True)
        await trial.victim.ping(PING_S)
    if not asked:
        raise NotHere("it asks nothing of its host")


async def _denied(trial: Trial) -> None:
    if not trial.victim.surface.permissions:
        raise NotHere("it has no permissions")
    async with trial.victim.denied():
        found = await trial.exercise(late_is_fine=False)
        await trial.victim.ping(PING_S)
    none_of([*found, *await trial.victim.incidents(trial.began_s)], trial.tried)


async def _edges(trial: Trial) -> None:
    found: list[str] = []
    schema = trial.victim.surface.config
    for name, described in properties_of(schema).items():
        for value in _edges_of(resolved(schema, described)):
            found.append(await _configured(trial, name, value))
    if not trial.tried:
        raise NotHere("its configuration has no bounds or choices")
    none_of(found, trial.tried)


async def _configured(trial: Trial, name: str, value: Any) -> str:
    trial.tried += 1
    what = f"{name} = {value!r}"
    try:
        await trial.victim.configure({name: value})
    except (InvalidConfiguration, ConfigurationRefused):
        return ""  # it, or a rule between values, says no in order
    except PlughostError as exc:
        return f"{what}: {exc.code}: {brief(exc)}"
    found = "" if await trial.victim.active(CALL_S * 5) else f"with {what} it is {trial.victim.state}"
    try:
        await trial.victim.unconfigure()
    except PlughostError as exc:
        return found or f"{what} could not be taken back: {brief(exc)}"
    await trial.victim.active(CALL_S * 5)
    return found


async def _refused(trial: Trial) -> None:
    schema = trial.victim.surface.config
    for name, described in properties_of(schema).items():
        for value in _outside(resolved(schema, described)):
            trial.tried += 1
            try:
                await trial.victim.configure({name: value})
            except (InvalidConfiguration, ConfigurationRefused):
                continue
            await trial.victim.unconfigure()
            raise Wrong(f"{name} = {value!r} was taken, against the schema")
    if not trial.tried:
        raise NotHere("its configuration has no schema that something could be outside of")


async def _jumped(trial: Trial) -> None:
    victim, found = trial.victim, list[str]()
    names = victim.surface.schedules
    if not names:
        raise NotHere("it has no schedules")
    jumped_s = 0.0
    try:
        for seconds in (DAY_S, 30 * DAY_S, -DAY_S):
            victim.jump(seconds)
            jumped_s += seconds
            for name in names:
                found.append(await _ticked(trial, name))
    finally:
        victim.jump(-jumped_s)
    none_of(found, trial.tried)


async def _ticked(trial: Trial, name: str) -> str:
    trial.tried += 1
    with anyio.move_on_after(CALL_S * 5):
        try:
            await trial.victim.tick(name)
        except (PluginIncident, PluginDied, DeadlineExceeded) as exc:
            return f"schedule {name}: {exc.code}: {brief(exc)}"
        except PlughostError:
            pass  # refused in order
    return ""


def _edges_of(schema: Any) -> Sequence[Any]:
    found: list[Any] = []
    kinds = types_of(schema)
    for word, step in (
        ("minimum", 0), ("maximum", 0), ("exclusiveMinimum", 1), ("exclusiveMaximum", -1),
    ):  # fmt: skip
        bound = schema.get(word)
        if isinstance(bound, int | float):
            found.append(bound + step)
    if isinstance(schema.get("enum"), list):
        found += schema["enum"]
    if "boolean" in kinds:
        found += [True, False]
    for word in ("minLength", "maxLength"):
        bound = schema.get(word)
        if isinstance(bound, int) and bound <= 100_000 and "pattern" not in schema and "format" not in schema:
            found.append("x" * bound)
    if "array" in kinds and not schema.get("minItems"):
        found.append([])
    if "null" in kinds:
        found.append(None)
    return found


def _outside(schema: Any) -> Sequence[Any]:
    found: list[Any] = []
    minimum, maximum = schema.get("minimum"), schema.get("maximum")
    if isinstance(minimum, int | float):
        found.append(minimum - 1)
    if isinstance(maximum, int | float):
        found.append(maximum + 1)
    if isinstance(schema.get("enum"), list):
        found.append("no such choice")
    kinds = types_of(schema)
    if kinds and "object" not in kinds:
        found.append({"no": "such type"})
    return found


_STORAGE = "it keeps nothing in storage, as far as it was asked"

SERVICE_FAULTS: Final = (
    _trouble(
        "storage-full", "storage.", QuotaExceeded("the storage of this plugin is full"),
        "its storage takes nothing more (quota_exceeded)", _STORAGE,
    ),
    _trouble(
        "storage-broken", "storage.", DatabaseFault("the database can't be read"),
        "its storage can't be read or written (database_fault)", _STORAGE,
    ),
    _trouble(
        "disk-full", "", DiskFull("the disk is full"),
        "every request to its host fails because the disk is full (disk_full)", "it asks nothing of its host",
    ),
    _trouble(
        "host-overloaded", "", Overloaded("too much is waiting already"),
        "every request to its host is turned away (overloaded)", "it asks nothing of its host",
    ),
    Fault(
        "host-silent",
        "nothing that it asks of its host is answered, while everything it offers is asked for",
        "calls end at their deadline; it goes on, and works again afterwards",
        "give what you await a deadline (`timeout_s`), and hold no lock while you wait",
        _silent,
    ),
    Fault(
        "permissions-revoked",
        "the operator takes its permissions away while it runs",
        "what needs them fails by denied; nothing unexpected is raised, and it works again afterwards",
        "expect RpcError `denied` from whatever you ask of the host",
        _denied,
    ),
    Fault(
        "config-edges",
        "its configuration is set to each bound and each choice of its schema",
        "it takes it, or refuses it in order, and stays active",
        "let on_configure check what the schema can't say, and raise PluginError for what you refuse",
        _edges,
        keeps_process=False,
    ),
    Fault(
        "config-outside",
        "its configuration is set to what its schema does not allow",
        "the host refuses it, and the plugin goes on",
        "write bounds, choices and types into config_schema",
        _refused,
    ),
    Fault(
        "clock-jump",
        "the host's clock jumps by a day, by a month and back, and its schedules run at each moment",
        "each run ends without an unexpected error",
        "measure with time.monotonic(), and do not reckon with the time of the last run",
        _jumped,
    ),
)  # fmt: skip
