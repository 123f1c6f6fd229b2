import importlib.metadata
import platform
import sys
from pathlib import Path

import pytest

from host.manifest import unmet_requirements
from protocol.manifest import Manifest, Requires
from protocol.version import RELEASE

NOWHERE = Path("/nowhere")


def manifest(requires: Requires = Requires(), packages: dict[str, str] | None = None) -> Manifest:  # noqa: B008
    return Manifest(id="reports", version="1", requires=requires, package_dependencies=packages or {})


def test_a_manifest_that_asks_for_nothing_has_all():
    assert unmet_requirements(manifest(), NOWHERE) == []


def test_what_fits_is_not_told():
    requires = Requires(plughost=f">={RELEASE}", python=">=3.11", application={"plexichat": ">=1.0,<2"})
    packages = {"msgspec": ">=0.1", "plughost": ""}
    found = unmet_requirements(
        manifest(requires, packages), NOWHERE, application="PlexiChat", application_version="1.2.0rc1"
    )
    assert found == []


def test_each_unmet_range_says_what_is_needed_and_what_is_there():
    requires = Requires(plughost=">=99", python="<3", application={"plexichat": ">=2"})
    assert unmet_requirements(
        manifest(requires), NOWHERE, application="plexichat", application_version="1.2.0"
    ) == [
        f"needs Plughost >=99, and this is {RELEASE}",
        f"needs Python <3, and this is {platform.python_version()}",
        "needs plexichat >=2, and this is 1.2.0",
    ]


def test_a_range_for_another_application_is_passed_over():
    requires = Requires(application={"plexichat": ">=2"})
    assert unmet_requirements(manifest(requires), NOWHERE) == []
    assert unmet_requirements(manifest(requires), NOWHERE, application="other", application_version="1") == []


@pytest.mark.parametrize(
    ("version", "end"), [("", "was not told which version of it runs"), ("spring", "is spring")]
)
def test_an_application_version_that_can_not_be_compared_is_told(version: str, end: str):
    requires = Requires(application={"plexichat": ">=2"})
    (sentence,) = unmet_requirements(
        manifest(requires), NOWHERE, application="plexichat", application_version=version
    )
    assert sentence.endswith(end)


def with_packages(folder: Path, **versions: str) -> Path:
    version = sys.version_info
    packages = folder / ".venv" / "lib" / f"python{version.major}.{version.minor}" / "site-packages"
    packages.mkdir(parents=True)
    for name, number in versions.items():
        (packages / f"{name}-{number}.dist-info").mkdir()
        (packages / f"{name}-{number}.dist-info" / "METADATA").write_text(
            f"Name: {name}\nVersion: {number}\n"
        )
    return folder


def test_a_package_in_the_environment_of_the_plugins_folder_is_there(tmp_path: Path):
    folder = with_packages(tmp_path, no_such_distribution_here="1.5")
    assert unmet_requirements(manifest(packages={"no-such-distribution-here[x]": ">=1,<2"}), folder) == []


def test_a_package_of_the_host_is_none_of_the_plugins():
    (sentence,) = unmet_requirements(manifest(packages={"hypothesis": ""}), NOWHERE)
    assert sentence.startswith("needs the Python package hypothesis, and it is not installed; run: ")


def test_a_missing_package_comes_with_the_lines_that_install_it_where_the_plugin_finds_it():
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert unmet_requirements(manifest(packages={"no-such-distribution-here": ">=1"}), NOWHERE) == [
        "needs the Python package no-such-distribution-here>=1, and it is not installed; "
        f"run: {python} -m venv /nowhere/.venv && "
        "/nowhere/.venv/bin/pip install 'no-such-distribution-here>=1'"
    ]


def test_a_package_of_another_version_comes_with_the_line_to_run(tmp_path: Path):
    folder = with_packages(tmp_path, something="2.1")
    assert unmet_requirements(manifest(packages={"something": "<2"}), folder) == [
        "needs the Python package something<2, and 2.1 is installed; "
        f"run: {folder}/.venv/bin/pip install 'something<2'"
    ]


def test_of_several_ranges_one_that_fits_is_enough_and_the_last_one_is_installed(tmp_path: Path):
    folder = with_packages(tmp_path, something="2.1")
    assert unmet_requirements(manifest(packages={"something": "<2 || >=2,<3"}), folder) == []
    (sentence,) = unmet_requirements(manifest(packages={"something": "<1 || >=3"}), folder)
    assert sentence.endswith(f"run: {folder}/.venv/bin/pip install 'something>=3'")


def test_what_comes_with_the_sdk_is_compared_with_what_the_host_has():
    installed = importlib.metadata.version("msgspec")
    (sentence,) = unmet_requirements(manifest(packages={"msgspec": "<0.1"}), NOWHERE)
    assert f"and {installed} is installed" in sentence


def test_packages_of_a_program_in_any_language_are_its_own_business():
    program = Manifest(id="p", version="1", command=("./p",), package_dependencies={"no-such-thing": ""})
    assert unmet_requirements(program, NOWHERE) == []
