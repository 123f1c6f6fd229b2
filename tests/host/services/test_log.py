"""Log lines of plugins: whose they are, how loud, and what happens to bad ones."""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from host.facade import Caller
from host.ids import PluginId, SessionId
from host.services.log import MAX_LINE_BYTES, MAX_MESSAGE_CHARS, LogService

Line = tuple[str, int, str, dict[str, Any], str]


@pytest.fixture
def lines() -> list[Line]:
    return []


@pytest.fixture
def service(lines: list[Line]) -> LogService:
    def write(caller: Caller, level: int, message: str, fields: Mapping[str, Any], exception: str) -> None:
        lines.append((caller.plugin, level, message, dict(fields), exception))

    return LogService(write)


def send(service: LogService, text: bytes) -> None:
    caller = Caller(PluginId("one"), SessionId("1"), (), None)
    service.write(caller, "log.write", msgspec.Raw(text))


@pytest.mark.parametrize("name", ["debug", "info", "warning", "error", "critical"])
def test_levels_are_those_of_the_hosts_log(service: LogService, lines: list[Line], name: str) -> None:
    send(service, b'{"level":"%b","message":"hi","data":{"a":1}}' % name.encode())
    assert lines == [("one", logging.getLevelNamesMapping()[name.upper()], "hi", {"a": 1}, "")]


def test_the_name_is_the_sessions_whatever_the_line_says(service: LogService, lines: list[Line]) -> None:
    send(service, b'{"level":"info","message":"hi","plugin":"another","data":{"plugin":"another"}}')
    assert lines[0][0] == "one"


def test_an_exception_comes_beside_the_message(service: LogService, lines: list[Line]) -> None:
    send(service, b'{"level":"error","message":"broken","exception":"Traceback\\nValueError: x\\n"}')
    assert lines[0][2] == "broken"
    assert lines[0][4] == "Traceback\nValueError: x"


def test_lines_that_the_plugin_dropped_are_said(service: LogService, lines: list[Line]) -> None:
    send(service, b'{"level":"info","message":"hi","dropped":7}')
    assert [line[1] for line in lines] == [logging.WARNING, logging.INFO]
    assert "dropped 7 log lines" in lines[0][2]


@pytest.mark.parametrize(
    "text",
    [
        b"{}",
        b"[]",
        b"7",
        b'{"level":"loud","message":"hi"}',
        b'{"level":"info"}',
        b'{"level":"info","message":7}',
        b'{"level":"info","message":"\xff"}',
        b'{"level":"info","message":"hi","data":[]}',
        b'{"level":"info","message":"hi","data":' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    ],
)
def test_a_line_that_cannot_be_read_is_a_line_that_says_so(
    service: LogService, lines: list[Line], text: bytes
) -> None:
    send(service, text)
    ((plugin, level, message, _, _),) = lines
    assert (plugin, level) == ("one", logging.WARNING)
    assert message.startswith("a log line could not be read")


def test_control_characters_are_written_out_everywhere_but_line_ends_stay(
    service: LogService, lines: list[Line]
) -> None:
    send(
        service,
        b'{"level":"info","message":"a\\u001b[2Jb\\nc","data":{"k\\u202e":["\\u0007"]},'
        b'"exception":"x\\u009b\\ny"}',
    )
    assert lines == [("one", logging.INFO, "a\\x1b[2Jb\nc", {"k\\u202e": ["\\x07"]}, "x\\x9b\ny")]


def test_of_a_line_that_is_too_large_level_and_message_are_taken(
    service: LogService, lines: list[Line]
) -> None:
    text = b'{"level":"error","message":"%b","data":{"a":"%b"}}' % (b"m" * 20_000, b"x" * MAX_LINE_BYTES)
    send(service, text)
    ((_, level, message, fields, _),) = lines
    assert (level, message) == (logging.ERROR, "m" * MAX_MESSAGE_CHARS)
    assert fields == {"left_out_bytes": len(text)}
