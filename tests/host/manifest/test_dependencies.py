from collections.abc import Callable

import pytest

from host.errors import Fault
from protocol.manifest import Manifest

TomlFaults = Callable[[str], dict[str, Fault]]


def test_a_list_of_dependencies_names_plugins(read_json: Callable[..., Manifest]):
    manifest = read_json({"dependencies": ["mailer", "charts >=1.2", "pdf@^2.0"]})
    assert manifest.plugin_dependencies == {"mailer": "", "charts": ">=1.2", "pdf": "<3,>=2.0"}
    assert manifest.package_dependencies == {}


def test_a_map_of_dependencies_names_packages(read_json: Callable[..., Manifest]):
    manifest = read_json({"dependencies": {"httpx": "^1.6.0", "uvicorn[standard]": "*", "plugins": "1.0"}})
    assert manifest.package_dependencies == {
        "httpx": "<2,>=1.6.0",
        "uvicorn[standard]": "",
        "plugins": "==1.0",
    }
    assert manifest.plugin_dependencies == {}


def test_two_tables_name_both(read_toml: Callable[[str], Manifest]):
    manifest = read_toml('[dependencies]\nplugins = ["mailer"]\npackages = {httpx = "~1.2"}')
    assert manifest.plugin_dependencies == {"mailer": ""}
    assert manifest.package_dependencies == {"httpx": "<1.3,>=1.2"}


def test_modules_of_python_itself_are_dropped_with_a_warning(
    read_json: Callable[..., Manifest], caplog: pytest.LogCaptureFixture
):
    assert read_json({"dependencies": {"asyncio": ">=3.4.3"}}).package_dependencies == {}
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "reports: manifest.json: dependencies.asyncio: dropped" in record.getMessage()


def test_every_faulty_dependency_is_named(toml_faults: TomlFaults):
    faults = toml_faults(
        '[dependencies.plugins]\n"Bad.Id" = "1"\nmailer = "new"\n'
        '[dependencies.packages]\nhttpx = 5\n"x y" = "1"\n'
    )
    assert set(faults) == {
        "dependencies.plugins.'Bad.Id'",
        "dependencies.plugins.mailer",
        "dependencies.packages.httpx",
        "dependencies.packages.'x y'",
    }


def test_a_package_beside_the_two_tables_is_a_fault(toml_faults: TomlFaults):
    faults = toml_faults('[dependencies]\nhttpx = "1"\nplugins = ["mailer"]')
    assert faults["dependencies.httpx"].allowed == "one of packages, plugins"


@pytest.mark.parametrize("written", ["5", '"httpx"', "true"])
def test_another_shape_is_a_fault(toml_faults: TomlFaults, written: str):
    assert toml_faults(f"dependencies = {written}")["dependencies"].allowed.startswith(
        "a list of plugins' ids"
    )


@pytest.mark.parametrize("entry", ["Mailer", "", ".", "mailer new", "mailer >=", 5])
def test_a_faulty_entry_of_a_list_is_named_by_its_place(
    json_faults: Callable[..., dict[str, Fault]], entry: object
):
    assert set(json_faults({"dependencies": ["charts", entry]})) == {"dependencies.1"}


@pytest.mark.parametrize(
    "name", ["httpx>=1", "httpx @ https://example.com/x.whl", "httpx; python_version>'3'", ""]
)
def test_a_packages_name_is_a_name_only(json_faults: Callable[..., dict[str, Fault]], name: str):
    assert len(json_faults({"dependencies": {name: ""}})) == 1
