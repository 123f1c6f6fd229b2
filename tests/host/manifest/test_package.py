import json
from collections.abc import Callable
from pathlib import Path

import pytest

from host.errors import Fault, ManifestError
from host.manifest import read_package
from protocol.manifest import Limits, Manifest


def faults_of(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(ManifestError) as caught:
        read_package(folder)
    return caught.value.faults


def test_three_faults_in_a_manifest_are_told_at_once(toml_faults: Callable[[str], dict[str, Fault]]):
    faults = toml_faults('type = "extention"\npermissions = ["sessions"]\n[limits]\nmemory = "lots"')
    assert set(faults) == {"type", "permissions.0", "limits.memory"}
    assert faults["type"].found == "'extention'"
    assert "extension" in faults["type"].allowed
    assert faults["limits.memory"].file == "plugin.toml"


def test_faults_of_values_of_the_folder_and_of_defaults_are_told_together(folder: Path):
    (folder / "plugin.toml").write_text('id = "Bad Id"\nversion = "1"\nentry_point = "gone.py"')
    (folder / "host").mkdir()
    (folder / "config").mkdir()
    (folder / "config" / "default.json").write_text("[1]")
    assert {(fault.file, fault.path) for fault in faults_of(folder)} == {
        ("plugin.toml", "id"),
        ("plugin.toml", "entry_point"),
        ("host", ""),
        ("config/default.json", ""),
    }


def test_plugin_toml_goes_before_plugin_json_and_that_before_manifest_json(folder: Path):
    for name in ("manifest.json", "plugin.json"):
        (folder / name).write_text(json.dumps({"name": name.replace(".", "-"), "version": "1"}))
    assert read_package(folder).manifest.id == "plugin-json"
    (folder / "plugin.toml").write_text('id = "plugin-toml"\nversion = "1"')
    package = read_package(folder)
    assert package.manifest.id == "plugin-toml"
    assert package.file == folder.resolve() / "plugin.toml"


def test_a_folder_without_a_manifest_says_which_files_it_looks_for(folder: Path):
    (fault,) = faults_of(folder)
    assert "plugin.toml, plugin.json, manifest.json" in fault.allowed


def test_a_folder_that_is_not_there_is_a_manifest_error(folder: Path):
    (fault,) = faults_of(folder / "gone")
    assert fault.found == "No such file or directory"


def test_default_configuration_is_read_from_config_default_json(
    folder: Path, read_toml: Callable[[str], Manifest]
):
    assert read_toml("").id == "reports"
    (folder / "config").mkdir()
    (folder / "config" / "default.json").write_text('{"retries": 3}')
    assert read_package(folder).config_defaults == {"retries": 3}


def test_the_folder_of_a_package_is_resolved(
    folder: Path, tmp_path: Path, read_toml: Callable[[str], Manifest]
):
    read_toml("")
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert read_package(link).folder == folder.resolve()


@pytest.mark.parametrize("name", ["host", "protocol", "plugin_sdk"])
def test_a_module_that_would_hide_ours_is_a_fault(folder: Path, name: str):
    (folder / "plugin.toml").write_text('id = "reports"\nversion = "1"')
    (folder / f"{name}.py").touch()
    assert [fault.file for fault in faults_of(folder)] == [f"{name}.py"]
    (folder / f"{name}.py").unlink()
    (folder / name).mkdir()
    assert [fault.file for fault in faults_of(folder)] == [name]


def test_names_that_only_begin_like_ours_or_are_no_modules_are_fine(
    folder: Path, read_toml: Callable[[str], Manifest]
):
    for name in ("hosts.py", "host.txt", "protocol"):
        (folder / name).touch()
    assert read_toml("").id == "reports"


def test_limits_that_are_not_asked_for_stay_at_the_hosts_defaults(folder: Path):
    (folder / "plugin.toml").write_text('id = "reports"\nversion = "1"\nlimits = {cpu = 0.5}')
    limits = read_package(folder, Limits(memory_bytes=1 << 30, threads=8)).manifest.limits
    assert (limits.cpu_cores, limits.memory_bytes, limits.threads) == (0.5, 1 << 30, 8)


def test_the_display_name_is_the_id_where_none_is_given(read_toml: Callable[[str], Manifest]):
    assert read_toml("").name == "reports"
    assert read_toml('name = "Weekly reports"').name == "Weekly reports"


def test_a_plugin_that_depends_on_itself_is_a_fault(toml_faults: Callable[[str], dict[str, Fault]]):
    assert toml_faults('dependencies = ["reports"]')["dependencies"].found == "the plugin itself"


def test_a_folders_name_reaches_the_message_without_control_characters(tmp_path: Path):
    folder = tmp_path / "evil\x1b[2J"
    folder.mkdir()
    with pytest.raises(ManifestError) as caught:
        read_package(folder)
    assert "\x1b" not in str(caught.value)
