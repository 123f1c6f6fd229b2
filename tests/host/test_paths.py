import sys
from pathlib import Path

import pytest

from host.errors import SettingsError
from host.paths import default_config_folder, default_data_folder, written_path


@pytest.fixture
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")


@pytest.mark.usefixtures("linux")
def test_the_data_folder_lies_where_the_user_keeps_data() -> None:
    assert default_data_folder({"HOME": "/home/ada", "XDG_DATA_HOME": "/srv/data"}) == Path(
        "/srv/data/plughost"
    )
    assert default_data_folder({"HOME": "/home/ada"}) == Path("/home/ada/.local/share/plughost")


@pytest.mark.usefixtures("linux")
def test_the_config_folder_lies_where_the_user_keeps_configuration() -> None:
    assert default_config_folder({"HOME": "/home/ada", "XDG_CONFIG_HOME": "/srv/conf"}) == Path(
        "/srv/conf/plughost"
    )
    assert default_config_folder({"HOME": "/home/ada"}) == Path("/home/ada/.config/plughost")


@pytest.mark.usefixtures("linux")
@pytest.mark.parametrize("value", ["", "relative/share"])
def test_an_empty_or_relative_xdg_folder_is_ignored(value: str) -> None:
    environ = {"HOME": "/home/ada", "XDG_DATA_HOME": value}
    assert default_data_folder(environ) == Path("/home/ada/.local/share/plughost")


def test_on_macos_both_folders_are_the_application_support_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    environ = {"HOME": "/Users/ada", "XDG_DATA_HOME": "/srv/data"}
    support = Path("/Users/ada/Library/Application Support/plughost")
    assert default_data_folder(environ) == support
    assert default_config_folder(environ) == support


@pytest.mark.usefixtures("linux")
def test_without_an_argument_the_process_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/srv/data")
    assert default_data_folder() == Path("/srv/data/plughost")


def test_without_home_the_user_database_is_asked() -> None:
    assert default_data_folder({}).is_absolute()


def test_a_user_without_a_home_folder_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nowhere)
    with pytest.raises(SettingsError, match="set HOME"):
        default_data_folder({})


@pytest.mark.parametrize(
    ("text", "path"),
    [("~", "/home/ada"), ("~/x", "/home/ada/x"), ("x/y", "/base/x/y"), ("/x", "/x"), ("~x", "/base/~x")],
)
def test_a_written_path_starts_at_home_or_at_its_base(text: str, path: str) -> None:
    assert written_path(text, Path("/base"), {"HOME": "/home/ada"}) == Path(path)
