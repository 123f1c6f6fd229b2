from pathlib import Path

import pytest

from host.devtools.refused import Refused
from host.devtools.workspace import init, plugins_folder
from host.settings import load_settings


def test_a_workspace_has_settings_that_can_be_read(tmp_path: Path):
    written, kept = init(tmp_path / "new")
    assert set(written) == {"plughost.toml", "plugins/.gitkeep", ".gitignore", "pytest.ini"}
    assert kept == ()
    settings = load_settings(tmp_path / "new" / "plughost.toml", environ={})
    assert settings.plugins == (tmp_path / "new" / "plugins",)
    assert settings.data == tmp_path / "new" / ".plughost"


def test_what_is_there_stays(tmp_path: Path):
    (tmp_path / ".gitignore").write_text("mine")
    written, kept = init(tmp_path)
    assert kept == (".gitignore",)
    assert (tmp_path / ".gitignore").read_text() == "mine"
    again, all_kept = init(tmp_path)
    assert again == ()
    assert len(all_kept) == len(written) + 1


def test_new_plugins_belong_below_plugins_in_a_workspace_only(tmp_path: Path):
    assert plugins_folder(tmp_path) == tmp_path
    init(tmp_path)
    assert plugins_folder(tmp_path) == tmp_path / "plugins"


def test_a_place_that_can_not_be_written_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="can't be made a workspace"):
        init(tmp_path / "file")
