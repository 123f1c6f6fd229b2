"""Rows for staged hosts: a plugin in every state, hostile names, and as many as a test wants."""

from typing import Any

import msgspec

from host.facade.rows import HostRow, PluginRow, ProblemRow

NOW_S = 1_790_000_000.0
"""When the staged clock stands still: a day in September 2026."""

MIB = 2**20

HOSTILE = "\x1b[31mred\x1b]52;c;ZXZpbA==\x07\u202e[bold]x[/bold]\r\n\x9b2J\u0301\u0301\u0301\u0301"
"""What a plugin may send to do harm to a terminal."""


def plugin_row(plugin: str, **changes: Any) -> PluginRow:
    """Return the row of a plugin that is well."""
    row = PluginRow(
        id=plugin,
        name=plugin,
        version="1.0.0",
        update="",
        type="service",
        tags=(),
        state="active",
        reason="",
        pid=4711,
        session=f"{plugin}-1",
        enabled=True,
        wanted="running",
        started_at_s=NOW_S - 4_000,
        retry_at_s=None,
        restarts=0,
        cpu_cores=0.02,
        cpu_limit_cores=1.0,
        memory_bytes=40 * MIB,
        memory_basis="RSS",
        memory_limit_bytes=512 * MIB,
        threads=4,
        descriptors=12,
        children=0,
        throttled_to=None,
        calls=1_200,
        errors=0,
        calls_per_s=2.0,
        errors_pct=0.0,
        in_flight=0,
        p50_s=0.0012,
        p99_s=0.018,
        faults=0,
        late=0,
        waiting_permissions=(),
        manifest_faults=(),
    )
    return msgspec.structs.replace(row, **changes)


def not_running(plugin: str, state: str, **changes: Any) -> PluginRow:
    """Return the row of a plugin without a process."""
    nothing: dict[str, Any] = {
        "pid": None,
        "session": None,
        "started_at_s": None,
        "cpu_cores": None,
        "memory_bytes": None,
        "memory_basis": None,
        "threads": None,
        "descriptors": None,
        "children": None,
        "calls": 0,
        "calls_per_s": 0.0,
        "p50_s": None,
        "p99_s": None,
    }
    return plugin_row(plugin, state=state, **(nothing | changes))


def host_row(rows: list[PluginRow], problems: int = 0, **changes: Any) -> HostRow:
    """Return the row of a host with these plugins."""
    states: dict[str, int] = {}
    for row in rows:
        states[row.state] = states.get(row.state, 0) + 1
    row = HostRow(
        name="chatserver",
        app_version="4.2.0",
        version="0.3.0",
        pid=4000,
        started_at_s=NOW_S - 271_000,
        loop="uvloop",
        warden_pid=4001,
        cpu_cores=0.12,
        rss_bytes=81 * MIB,
        loop_lag_s=0.0021,
        states=states,
        problems=problems,
        calls=1_234_567,
        calls_per_s=118.0,
        errors=31,
        events=45_210,
        clients=1,
    )
    return msgspec.structs.replace(row, **changes)


def every_state() -> list[PluginRow]:
    """Return a plugin in each state, with something to see of each."""
    return [
        plugin_row(
            "github",
            name="GitHub sync",
            version="2.4.1",
            update="2.5.0",
            tags=("net", "ci"),
            cpu_cores=0.234,
            memory_bytes=143 * MIB,
            calls_per_s=34.2,
            in_flight=3,
            p50_s=0.0031,
            p99_s=0.088,
            calls=88_123,
        ),
        plugin_row("weather", version="0.9.2", cpu_cores=0.004, memory_bytes=31 * MIB, calls_per_s=0.4),
        plugin_row(
            "indexer",
            version="3.0.0-rc.1",
            cpu_cores=0.97,
            memory_bytes=488 * MIB,
            throttled_to=0.5,
            calls_per_s=2_210.0,
            p50_s=0.00042,
            p99_s=1.84,
            errors_pct=4.2,
            errors=840,
            restarts=1,
            in_flight=64,
        ),
        plugin_row(
            "translator",
            state="loading",
            started_at_s=NOW_S - 2,
            calls=0,
            calls_per_s=0.0,
            p50_s=None,
            p99_s=None,
        ),
        plugin_row("ledger", state="unloading", reason="stopped by the operator", wanted="stopped"),
        not_running(
            "mailer",
            "backoff",
            reason="exited with code 7 after 3 s",
            retry_at_s=NOW_S + 14,
            restarts=4,
            errors_pct=22.0,
            errors=12,
        ),
        plugin_row(
            "scraper",
            state="unresponsive",
            reason="event loop blocked in fetch_page for 9 s",
            cpu_cores=1.0,
            in_flight=12,
            p99_s=5.0,
        ),
        not_running(
            "legacy-auth",
            "error",
            reason="its manifest asks for protocol 9",
            manifest_faults=("plugin.toml: protocol: found 9; allowed: 1",),
        ),
        not_running("ocr", "quarantined", reason="5 crashes in 5 min", restarts=5),
        not_running("calendar", "discovered", wanted="stopped"),
        not_running("old-theme", "disabled", enabled=False, type="theme"),
    ]


def hostile() -> list[PluginRow]:
    """Return plugins whose texts do all they can."""
    return [
        plugin_row("evil", name=HOSTILE, version="1[red]", reason=HOSTILE, tags=(HOSTILE, "[link=x]y")),
        plugin_row("wide", name="日本語のとても長い名前のプラグイン" * 4, version="1.0.0", tags=("日本",)),
        not_running("long", "error", reason="x" * 4_000, manifest_faults=("y\x1b[2J" * 300,)),
    ]


def many(number: int) -> list[PluginRow]:
    """Return that many plugins, some of them ill."""
    rows: list[PluginRow] = []
    for place in range(number):
        plugin = f"plugin-{place:03d}"
        if place % 17 == 5:
            rows.append(not_running(plugin, "backoff", retry_at_s=NOW_S + place, restarts=2))
        else:
            rows.append(
                plugin_row(
                    plugin,
                    cpu_cores=(place * 37 % 100) / 100,
                    memory_bytes=(10 + place) * MIB,
                    calls_per_s=float(place * 13 % 90),
                )
            )
    return rows


def problem(kind: str, plugin: str = "", **changes: Any) -> ProblemRow:
    """Return a problem."""
    row = ProblemRow(
        id=f"{kind}:{plugin}" if plugin else kind,
        kind=kind,
        plugin=plugin,
        severity="warning",
        title=kind.replace("_", " ").capitalize(),
        evidence=("It was seen.",),
        remedy="Look at its log.",
        fix="",
        since_s=NOW_S - 300,
        last_s=NOW_S - 5,
        count=1,
        acknowledged=False,
        muted_until_s=None,
    )
    return msgspec.structs.replace(row, **changes)


def every_problem() -> list[ProblemRow]:
    """Return problems of the plugins of `every_state`."""
    return [
        problem(
            "crash_loop",
            "ocr",
            severity="error",
            title="Crash loop",
            count=5,
            fix="plugin_reset",
            evidence=(
                "It crashed 5 times in 5 min; the last time it exited with code 139 (SIGSEGV) after 2.1 s.",
                "Last method: recognise; its memory was 212 MiB.",
            ),
            remedy="Mend it or update it, then end the quarantine.",
        ),
        problem(
            "unresponsive",
            "scraper",
            severity="error",
            title="Event loop blocked",
            fix="plugin_restart",
            evidence=("3 pings of 3 s were missed; it is blocked in fetch_page for 9 s.",),
            remedy="Restart it; move blocking work into a thread.",
        ),
        problem(
            "manifest",
            "legacy-auth",
            severity="error",
            title="Broken manifest",
            evidence=("plugin.toml: protocol: found 9; allowed: 1",),
            remedy="Mend plugin.toml and rescan.",
        ),
        problem(
            "limit",
            "indexer",
            title="CPU at its limit",
            count=14,
            evidence=("97 % of 100 % over 3 samples; throttled to 50 %.",),
            remedy="Give it more, or let it do less.",
        ),
        problem(
            "consent",
            "github",
            title="Waits for consent",
            fix="permission_consent",
            evidence=("It asks for network:api.github.com since 2.4.1.",),
            remedy="Look at its permissions, then grant.",
        ),
        problem(
            "update",
            "github",
            title="Update waits",
            evidence=("2.5.0 is there, 2.4.1 runs.",),
            remedy="Update it.",
        ),
        problem(
            "host_lag",
            title="The host's loop lags",
            evidence=("The longest of the last 10 s was 340 ms.",),
            remedy="Look for what blocks it.",
        ),
    ]
