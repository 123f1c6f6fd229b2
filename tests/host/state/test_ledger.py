import logging
from pathlib import Path

import msgspec
import pytest

from host.ids import PluginId, SessionId, new_session_id
from host.state.ledger import Ledger, LedgerRow


def _row(session: str, pid: int = 42) -> LedgerRow:
    return LedgerRow(
        session=SessionId(session),
        plugin=PluginId("chat"),
        pid=pid,
        start_ticks=123_456,
        host_pid=7,
        host_start_ticks=99,
        boot_id="6f1c",
        pid_namespace="pid:[4026531836]",
    )


def test_rows_are_read_by_the_next_host(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(_row("b"))
    ledger.add(_row("a"))
    assert Ledger(tmp_path).rows() == [_row("a"), _row("b")]
    assert (tmp_path / "run" / "a.json").is_file()


def test_a_session_has_one_row(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(_row("a", pid=1))
    ledger.add(_row("a", pid=2))
    assert ledger.rows() == [_row("a", pid=2)]


def test_in_a_folder_that_goes_with_the_host_no_row_is_written(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, ephemeral=True)
    ledger.add(_row("a"))
    assert ledger.rows() == []
    ledger.remove(SessionId("a"))
    with pytest.raises(ValueError, match="is not a session's id"):
        ledger.add(_row("../a"))


def test_a_removed_row_is_gone_and_need_not_have_been_there(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    session = new_session_id()
    ledger.add(_row(session))
    ledger.remove(session)
    ledger.remove(session)
    assert ledger.rows() == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"session":"bad"}', '{"session":1}', "[" * 100_000])
def test_a_file_that_is_no_row_is_removed_and_costs_its_neighbours_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    ledger = Ledger(tmp_path)
    ledger.add(_row("good"))
    (tmp_path / "run" / "bad.json").write_text(text)
    with caplog.at_level(logging.WARNING):
        assert ledger.rows() == [_row("good")]
    assert not (tmp_path / "run" / "bad.json").exists()
    assert len(caplog.records) == 1


def test_a_row_under_another_name_is_no_row(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    (tmp_path / "run" / "a.json").write_bytes(msgspec.json.encode(_row("b")))
    assert ledger.rows() == []


@pytest.mark.parametrize("name", ["../a", "", "a/b", "a.b", "a\n"])
def test_what_is_no_session_names_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is not a session's id"):
        Ledger(tmp_path).add(_row(name))
