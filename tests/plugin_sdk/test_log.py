"""What authors write to a log, in each spelling, and what reaches the host."""

import logging
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from plugin_sdk.api.log import Log
from plugin_sdk.api.logger import Logger, ToHost


class Wire:
    """Takes log lines, as the host would."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.plugin_id = "sample"
        self.lines: list[dict[str, Any]] = []
        self.open = True

    def send(self, line: bytes) -> bool:
        if self.open:
            self.lines.append(msgspec.json.decode(line))
        return self.open

    def notify_host(self, method: str, params: bytes) -> bool:
        assert method == "log.write"
        return self.send(params)


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def log(wire: Wire) -> Log:
    return Log(wire.send)


@pytest.fixture
def logger(wire: Wire) -> logging.Logger:
    return Logger(wire)  # pyright: ignore[reportArgumentType] - the two methods that it needs


def test_a_plugins_name_a_code_and_data(log: Log, wire: Wire) -> None:
    log.error("my-plugin", "notification-failed", {"error": "no route", "sessionId": 7})
    log.warning("my-plugin", "slow")
    assert wire.lines == [
        {"level": "error", "message": "notification-failed", "data": {"error": "no route", "sessionId": 7}},
        {"level": "warning", "message": "slow"},
    ]


def test_a_level_a_message_and_data(log: Log, wire: Wire) -> None:
    log("info", "Session created", {"sessionId": 1}, user="ada")
    log("WARN", "careful")
    assert wire.lines == [
        {"level": "info", "message": "Session created", "data": {"sessionId": 1, "user": "ada"}},
        {"level": "warning", "message": "careful"},
    ]
    with pytest.raises(ValueError, match="no log level 'loud'"):
        log("loud", "x")


def test_percent_formatting_with_fields(log: Log, wire: Wire) -> None:
    log.info("%d of %s", 3, "four", job=7)
    log.info("100 % sure")
    log.info("%d", "no number")
    assert [line["message"] for line in wire.lines[:2]] == ["3 of four", "100 % sure"]
    assert wire.lines[0]["data"] == {"job": 7}
    assert "no number" in wire.lines[2]["message"]
    assert "TypeError" in wire.lines[2]["message"]


def test_arguments_that_fit_nothing_are_kept(log: Log, wire: Wire) -> None:
    log.info("text", 1, 2, 3)
    assert wire.lines == [{"level": "info", "message": "text", "data": {"args": [1, 2, 3]}}]


def test_a_logger_formats_and_takes_exceptions_and_extra(logger: logging.Logger, wire: Wire) -> None:
    logger.info("Plugin %s", "started")
    logger.warning("Potential issue detected", extra={"order": 7})
    try:
        raise ValueError("broken")
    except ValueError:
        logger.error("Operation failed", exc_info=True)
        logger.exception("again")
    logger.critical("the end", stack_info=True)
    logger.log(logging.DEBUG, "detail")
    levels = [line["level"] for line in wire.lines]
    assert levels == ["info", "warning", "error", "error", "critical", "debug"]
    assert wire.lines[0]["message"] == "Plugin started"
    assert wire.lines[1]["data"] == {"order": 7}
    assert "ValueError: broken" in wire.lines[2]["exception"]
    assert "ValueError: broken" in wire.lines[3]["exception"]
    assert "Stack (most recent call last)" in wire.lines[4]["exception"]
    assert logger.isEnabledFor(logging.DEBUG)


def test_a_bad_format_loses_no_line(logger: logging.Logger, wire: Wire) -> None:
    logger.info("%d", "text")
    logger.info("%s", object(), extra={"what": object()})
    assert "'%d' % ('text',)" in wire.lines[0]["message"]
    assert wire.lines[1]["data"]["what"].startswith("<object object")


def test_a_logger_has_a_level_of_its_own_and_passes_nothing_on(
    logger: logging.Logger, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    logger.setLevel(logging.ERROR)
    logger.info("quiet")
    logger.error("loud")
    assert [line["message"] for line in wire.lines] == ["loud"]
    assert not caplog.records


def test_libraries_logs_are_captured_where_that_is_asked_for(log: Log, wire: Wire) -> None:
    library = logging.getLogger("a_library")
    handler = log.capture("debug", "a_library")
    assert log.capture("info", "a_library") is not handler
    try:
        library.debug("detail")
        library.getChild("part").warning("retrying %s", "once")
    finally:
        for one in [one for one in library.handlers if isinstance(one, ToHost)]:
            library.removeHandler(one)
        library.setLevel(logging.NOTSET)
    assert wire.lines == [
        {"level": "warning", "message": "retrying once", "data": {"logger": "a_library.part"}}
    ]
    with pytest.raises(ValueError, match="no log level"):
        log.capture("loud")


def test_lines_that_were_dropped_are_counted_in_the_next(logger: logging.Logger, wire: Wire) -> None:
    wire.open = False
    logger.info("one")
    logger.info("two")
    wire.open = True
    logger.info("three")
    assert wire.lines == [{"level": "info", "message": "three", "dropped": 2}]


def test_who_does_not_use_a_logger_does_not_pay_for_logging() -> None:
    code = "import sys, plugin_sdk.api.log; sys.exit('plugin_sdk.api.logger' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_a_line_may_be_awaited_and_there_is_nothing_to_wait_for(log: Log, wire: Wire):
    await log.error("my-plugin", "notification-failed", {"error": "no route"})
    written = await log("info", "ready")
    assert written is None
    assert [line["message"] for line in wire.lines] == ["notification-failed", "ready"]
    assert msgspec.json.encode(log.info("as the result of a method")) == b"null"
