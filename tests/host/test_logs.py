import io
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from host.logs import clean, configure
from host.settings import LogSettings

_log = logging.getLogger("host.example")


@pytest.fixture(autouse=True)
def _root_as_before() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def text() -> io.StringIO:
    stream = io.StringIO()
    configure(LogSettings(), stream)
    return stream


@pytest.fixture
def lines() -> io.StringIO:
    stream = io.StringIO()
    configure(LogSettings(format="json"), stream)
    return stream


def _fields(**fields: object) -> dict[str, object]:
    return {"fields": fields}


def _fail() -> None:
    try:
        raise ValueError("\x1b[31mred\x1b[0m")
    except ValueError:
        _log.exception("it failed", extra=_fields(plugin="chat"))


def test_a_text_line_has_time_level_logger_message_and_fields(text: io.StringIO) -> None:
    _log.info("plugin started", extra=_fields(plugin="chat", pid=7))
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{3} INFO    host\.example  plugin started  plugin=chat  pid=7\n", text.getvalue()
    )


def test_records_under_the_level_are_not_shown(text: io.StringIO) -> None:
    _log.debug("unseen")
    assert text.getvalue() == ""


def test_the_level_of_the_settings_holds() -> None:
    stream = io.StringIO()
    configure(LogSettings(level="debug"), stream)
    _log.debug("seen")
    assert "seen" in stream.getvalue()


def test_a_second_call_takes_the_place_of_the_first(text: io.StringIO) -> None:
    second = io.StringIO()
    configure(LogSettings(), second)
    _log.info("once")
    assert text.getvalue() == ""
    assert second.getvalue().count("once") == 1


def test_handlers_of_others_stay(text: io.StringIO) -> None:
    other = logging.NullHandler()
    logging.getLogger().addHandler(other)
    configure(LogSettings(), text)
    assert other in logging.getLogger().handlers


def test_a_newline_in_a_message_becomes_an_indented_continuation(text: io.StringIO) -> None:
    _log.info("one\n12:00:00.000 ERROR   host  forged")
    assert text.getvalue().splitlines()[1] == "    | 12:00:00.000 ERROR   host  forged"


def test_a_field_value_can_not_pass_for_another_field(text: io.StringIO) -> None:
    _log.info("x", extra=_fields(name='a" pid=1', empty="", path="a\\b", line="a\nb"))
    assert text.getvalue().endswith('x  name="a\\" pid=1"  empty=""  path="a\\\\b"  line="a\\x0ab"\n')


def test_nothing_that_a_plugin_says_reaches_the_terminal_raw(text: io.StringIO) -> None:
    hostile = "\x1b]0;t\x07\x9b2J\x7f\u202e\u2066\u200f\u061c\r"
    logging.getLogger(f"plugin.{hostile}").info(hostile, extra={"fields": {hostile: hostile}})
    assert not set(hostile) - set("]0;t2J") & set(text.getvalue())


def test_a_traceback_follows_its_line_and_is_cleaned(text: io.StringIO) -> None:
    _fail()
    first, *rest = text.getvalue().splitlines()
    assert first.endswith("it failed  plugin=chat")
    assert rest[0] == "    | Traceback (most recent call last):"
    assert rest[-1] == "    | ValueError: \\x1b[31mred\\x1b[0m"
    assert all(line.startswith("    | ") for line in rest)


def test_a_stack_that_was_asked_for_is_shown(text: io.StringIO) -> None:
    _log.info("here", stack_info=True)
    assert "    | Stack (most recent call last):" in text.getvalue()


def test_exc_info_without_an_exception_adds_nothing(text: io.StringIO) -> None:
    _log.info("calm", exc_info=True)
    assert text.getvalue().endswith("calm\n")


def test_a_json_line_has_the_same_facts(lines: io.StringIO) -> None:
    _log.warning("plugin died", extra=_fields(plugin="chat", code=9))
    entry = json.loads(lines.getvalue())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", entry.pop("time"))
    assert entry == {
        "level": "warning",
        "logger": "host.example",
        "message": "plugin died",
        "fields": {"plugin": "chat", "code": 9},
    }


def test_a_json_line_is_one_line_without_control_characters_and_reads_back_whole(lines: io.StringIO) -> None:
    hostile = "a\nb\x1b\x9b\x7f\u202eü"
    _log.info("%s", hostile)
    shown = lines.getvalue()
    assert shown.endswith("}\n")
    assert clean(shown[:-1]) == shown[:-1]
    assert json.loads(shown)["message"] == hostile
    assert "ü" in shown


def test_a_json_line_carries_the_traceback(lines: io.StringIO) -> None:
    _fail()
    assert json.loads(lines.getvalue())["exception"].endswith("ValueError: \x1b[31mred\x1b[0m")


@pytest.mark.parametrize("fields", [{"rate": float("nan")}, {"table": {(1, 2): 3}}])
def test_fields_that_json_lacks_become_text_rather_than_losing_the_line(
    lines: io.StringIO, fields: dict[str, object]
) -> None:
    _log.info("x", extra={"fields": fields})
    assert json.loads(lines.getvalue())["fields"] == {key: str(value) for key, value in fields.items()}


@pytest.mark.parametrize("settings", [LogSettings(), LogSettings(format="json")])
def test_half_of_a_surrogate_pair_is_shown_as_a_stream_can_take_it(settings: LogSettings) -> None:
    stream = io.StringIO()
    configure(settings, stream)
    # Past the root logger, whose other handlers belong to the test runner and can't encode it.
    (handler,) = [each for each in logging.getLogger().handlers if type(each).__module__ == "host.logs"]
    handler.handle(logging.makeLogRecord({"name": "plugin", "msg": "half \ud800"}))
    assert "half \\ud800" in stream.getvalue()
    stream.getvalue().encode()


def test_fields_that_are_no_mapping_are_left_out(text: io.StringIO) -> None:
    _log.info("plain", extra={"fields": ["x"]})
    assert text.getvalue().endswith("plain\n")


def test_clean_writes_control_characters_out() -> None:
    assert clean("a\x1b[2J\nb\x9b\u202e") == "a\\x1b[2J\\x0ab\\x9b\\u202e"


def test_clean_gives_harmless_text_back_as_it_is() -> None:
    harmless = "Grüße, 世界 👋"
    assert clean(harmless) is harmless


def test_importing_the_library_configures_no_logging() -> None:
    program = "import logging, host.logs, host.settings, host.state.lock; print(logging.getLogger().handlers)"
    shown = subprocess.check_output([sys.executable, "-c", program], text=True, timeout=30)
    assert shown == "[]\n"
