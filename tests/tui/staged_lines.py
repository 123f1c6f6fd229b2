"""Lines and the page of a staged host: logs, events, calls, methods, and the host itself."""

from typing import Any

from tui.staged_rows import MIB, NOW_S

from host.facade.pages import ClientPage, DatabasePage, HostPage
from host.facade.rows import MethodRow
from host.facade.tails import EventRow, LogRow, TraceRow


def log_rows(plugins: list[str], number: int = 40, start: int = 1) -> list[LogRow]:
    """Return lines of logs, the oldest first."""
    texts = (
        (20, "log", "synchronised 214 issues in 1.8 s"),
        (10, "log", "cache hit for /repos/acme/widgets"),
        (30, "log", "rate limit: 42 requests left until 14:30"),
        (20, "stdout", "progress 40 %"),
        (40, "stderr", "ConnectionResetError: [Errno 104] Connection reset by peer"),
        (30, "log", "retrying in 2 s"),
    )
    rows: list[LogRow] = []
    for place in range(number):
        level, source, text = texts[place % len(texts)]
        plugin = plugins[place % len(plugins)]
        rows.append(
            LogRow(
                seq=start + place,
                at_s=NOW_S - (number - place) * 1.5,
                plugin=plugin,
                session=f"{plugin}-1",
                level=level,
                source=source,
                text=text,
            )
        )
    return rows


def event_rows(number: int = 30) -> list[EventRow]:
    """Return events of every kind, the oldest first."""
    texts: tuple[tuple[Any, str, str, str, Any], ...] = (
        ("lifecycle", "plugin.state", "github", "active after 0.8 s", "info"),
        ("lifecycle", "plugin.state", "mailer", "exited with code 7 after 3 s; tried again in 4 s", "error"),
        ("security", "permission.denied", "weather", "network:evil.example was denied", "warning"),
        ("configuration", "config.changed", "github", "interval_s: 60 is now 30", "info"),
        ("plugin", "plugin.github.synced", "github", "214 issues", "info"),
        ("host", "host.lag", "", "the loop lagged 340 ms", "warning"),
        ("audit", "verb.plugin_restart", "scraper", "restart by plughost top (uid 1000)", "info"),
    )
    rows: list[EventRow] = []
    for place in range(number):
        kind, topic, plugin, text, severity = texts[place % len(texts)]
        rows.append(
            EventRow(
                seq=place + 1,
                at_s=NOW_S - (number - place) * 20,
                kind=kind,
                plugin=plugin,
                topic=topic,
                text=text,
                severity=severity,
                by="uid 1000" if kind == "audit" else "",
                data={"n": place},
            )
        )
    return rows


def trace_rows(plugin: str, number: int = 24) -> list[TraceRow]:
    """Return calls of one plugin, with children, errors and one that is open."""
    rows: list[TraceRow] = []
    session = f"{plugin}-1"
    for place in range(number):
        at_s = NOW_S - (number - place) * 0.7
        parent = f"{session}:in:{place // 3 * 3}" if place % 3 else ""
        inward = place % 3 == 0
        bad = place % 8 == 5
        rows.append(
            TraceRow(
                key=f"{session}:{'in' if inward else 'out'}:{place}",
                at_s=at_s,
                plugin=plugin,
                session=session,
                direction="in" if inward else "out",
                kind="stream" if place % 12 == 9 else "request",
                id=str(place),
                method="sync" if inward else "storage.get" if place % 3 == 1 else "http.fetch",
                parent=parent,
                ended_s=None if place == number - 1 else at_s + (place % 5 + 0.3) * 0.013,
                code=-32603 if bad else 0,
                error="disk full" if bad else "",
                request_bytes=120 + place,
                response_bytes=2_400 * (place % 4),
                items=7 if place % 12 == 9 else 0,
                params={"repo": "acme/widgets"},
                result={"ok": True},
            )
        )
    return rows


def method_rows() -> list[MethodRow]:
    """Return methods of a plugin."""
    return [
        MethodRow(
            name="sync",
            stream=False,
            calls=80_120,
            errors=12,
            calls_per_s=31.0,
            p50_s=0.003,
            p95_s=0.04,
            p99_s=0.088,
        ),
        MethodRow(
            name="issues", stream=True, calls=900, errors=0, calls_per_s=2.1, p50_s=0.4, p95_s=1.1, p99_s=2.4
        ),
        MethodRow(
            name="search",
            stream=False,
            calls=7_103,
            errors=3,
            calls_per_s=1.1,
            p50_s=0.011,
            p95_s=0.03,
            p99_s=0.05,
        ),
        MethodRow(
            name="never", stream=False, calls=0, errors=0, calls_per_s=0.0, p50_s=None, p95_s=None, p99_s=None
        ),
    ]


def host_page(**changes: Any) -> HostPage:
    """Return a host's page."""
    known: dict[str, Any] = {
        "name": "chatserver",
        "app_version": "4.2.0",
        "version": "0.3.0",
        "control_version": 1,
        "python": "3.12.7",
        "platform": "Linux 6.8 x86_64",
        "loop": "uvloop",
        "pid": 4000,
        "user": "ops",
        "is_root": False,
        "started_at_s": NOW_S - 271_000,
        "data_folder": "/var/lib/chat/plughost",
        "plugin_folders": ("/srv/chat/plugins", "/home/ops/.plugins"),
        "socket": "/run/chat/control.sock",
        "warden": "4001",
        "polling": False,
        "read_only": False,
        "settings": {"wire.frame_mib": 16, "log.level": "info", "mail.password": "•••"},
        "limits": {"memory": "512 MiB", "cpu": "1.0 core"},
        "databases": (
            DatabasePage(name="storage", path="/var/lib/chat/plughost/storage.db", bytes=18 * MIB),
            DatabasePage(name="events", path="/var/lib/chat/plughost/events.db", bytes=402 * MIB),
        ),
        "clients": (
            ClientPage(
                id="c1",
                name="plughost top",
                pid=9001,
                uid=1000,
                since_s=NOW_S - 80,
                subscriptions=3,
                dropped=0,
            ),
            ClientPage(
                id="c2",
                name="plughost logs",
                pid=9044,
                uid=1000,
                since_s=NOW_S - 3_600,
                subscriptions=1,
                dropped=12,
            ),
        ),
        "event_statistics": {
            "emitted": 45_210,
            "logged": 45_000,
            "delivered": 120_400,
            "dropped": 3,
            "dead": 1,
        },
        "recorder_fault": "",
    }
    return HostPage(**(known | changes))
