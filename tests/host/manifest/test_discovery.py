import os
from pathlib import Path

import pytest

from host.manifest import Discovery, discover
from protocol.manifest import Limits


def make_plugin(folder: Path, plugin_id: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(f'id = "{plugin_id}"\nversion = "1"')
    (folder / "main.py").touch()
    return folder


def ids(discovery: Discovery) -> list[str]:
    return [package.manifest.id for package in discovery.packages]


def test_a_place_is_a_plugin_folder_or_a_folder_of_them(tmp_path: Path):
    single = make_plugin(tmp_path / "single", "single")
    many = tmp_path / "many"
    for name in ("b", "a", "c"):
        make_plugin(many / name, f"plugin-{name}")
    discovery = discover([single, many])
    assert ids(discovery) == ["single", "plugin-a", "plugin-b", "plugin-c"]
    assert discovery.broken == ()


def test_what_is_no_plugin_is_passed_over(tmp_path: Path):
    make_plugin(tmp_path / ".hidden", "hidden")
    make_plugin(tmp_path / "__pycache__", "cache")
    make_plugin(tmp_path / "docs" / "deep", "deep")
    (tmp_path / "README").touch()
    assert discover([tmp_path]) == Discovery((), ())


def test_a_broken_plugin_costs_its_neighbours_nothing(tmp_path: Path):
    make_plugin(tmp_path / "good", "good")
    bad = make_plugin(tmp_path / "bad", "Bad")
    discovery = discover([tmp_path])
    assert ids(discovery) == ["good"]
    ((folder, error),) = discovery.broken
    assert folder == bad
    assert [fault.path for fault in error.faults] == ["id"]


def test_the_second_of_two_ids_that_fold_to_the_same_is_broken(tmp_path: Path):
    first = make_plugin(tmp_path / "1", "my-plugin")
    second = make_plugin(tmp_path / "2", "my_plugin")
    discovery = discover([tmp_path])
    assert ids(discovery) == ["my-plugin"]
    ((folder, error),) = discovery.broken
    assert folder == second
    (fault,) = error.faults
    assert (fault.path, fault.found) == ("id", "'my_plugin'")
    assert str(first.resolve()) in fault.allowed


def test_a_place_that_does_not_exist_is_broken_with_a_clear_fault(tmp_path: Path):
    discovery = discover([tmp_path / "gone"])
    ((place, error),) = discovery.broken
    assert place == tmp_path / "gone"
    assert error.faults[0].found == "nothing"
    assert error.faults[0].allowed == "a plugin folder, or a folder of plugin folders"


def test_a_place_that_is_a_file_or_a_loop_of_links_is_broken(tmp_path: Path):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    broken = discover([tmp_path / "file", tmp_path / "loop"]).broken
    assert [place.name for place, _ in broken] == ["file", "loop"]


def test_a_folder_that_is_reached_twice_counts_once(tmp_path: Path):
    folder = make_plugin(tmp_path / "plugins" / "a", "a")
    (tmp_path / "plugins" / "b").symlink_to(folder)
    discovery = discover([tmp_path / "plugins", folder, tmp_path / "plugins" / "b"])
    assert ids(discovery) == ["a"]
    assert discovery.broken == ()


def test_a_broken_folder_that_is_reached_twice_is_told_once(tmp_path: Path):
    folder = make_plugin(tmp_path / "a", "Bad")
    assert len(discover([tmp_path, folder]).broken) == 1


def test_a_manifest_that_links_to_nowhere_is_broken_not_passed_over(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "plugin.toml").symlink_to("gone")
    assert len(discover([tmp_path]).broken) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_can_not_be_read_is_broken(tmp_path: Path):
    folder = make_plugin(tmp_path / "a", "a")
    folder.chmod(0)
    broken = discover([tmp_path]).broken
    folder.chmod(0o700)
    assert [place for place, _ in broken] == [folder]


def test_the_hosts_default_limits_reach_every_package(tmp_path: Path):
    make_plugin(tmp_path / "a", "a")
    (package,) = discover([tmp_path], Limits(threads=7)).packages
    assert package.manifest.limits.threads == 7
