from collections.abc import Callable
from pathlib import Path

import pytest

from host.errors import Fault, ManifestError
from host.manifest import read_package
from host.manifest.schema_words import DIALECT
from protocol.manifest import Manifest, Requires
from protocol.permissions import Permission

FULL = """
name = "Weekly reports"
type = "api-integration"
description = '''
Sends a report
each week.
'''
author = "Ada Example <ada@example.com>"
publisher = "example"
license = "MIT"
homepage = "https://example.com"
repository = "https://example.com/reports.git"
icon = "icon.png"
category = "Productivity"
tags = ["mail", "weekly"]
permissions = ["sessions:read", "storage"]
critical = true
preload = false
entry_point = "main:Reports"

[dependencies.plugins]
mailer = "^1.2"
[dependencies.packages]
httpx = ">=0.27"
[requires]
plughost = ">=0.1"
python = ">=3.11"
streamspace = "1.x"
[env]
REPORT_ZONE = "UTC"
[config_schema]
type = "object"
"""


def test_every_key_reaches_the_manifest(read_toml: Callable[[str], Manifest]):
    manifest = read_toml(FULL)
    assert manifest == Manifest(
        id="reports",
        version="1.2.0",
        type="api_integration",
        name="Weekly reports",
        description="Sends a report each week.",
        author="Ada Example",
        email="ada@example.com",
        publisher="example",
        license="MIT",
        homepage="https://example.com",
        repository="https://example.com/reports.git",
        icon="icon.png",
        category="Productivity",
        tags=("mail", "weekly"),
        entry_points=("main:Reports",),
        permissions=(Permission("sessions", "read"), Permission("storage", "use")),
        requires=Requires(plughost=">=0.1", python=">=3.11", application={"streamspace": "==1.*"}),
        plugin_dependencies={"mailer": "<2,>=1.2"},
        package_dependencies={"httpx": ">=0.27"},
        environment={"REPORT_ZONE": "UTC"},
        config_schema={"$schema": DIALECT, "type": "object"},
        critical=True,
        preload=False,
    )


def test_an_unknown_key_is_a_fault_that_names_near_ones(toml_faults: Callable[[str], dict[str, Fault]]):
    faults = toml_faults('permisions = []\n[limits]\nmemroy = "1g"')
    assert faults["permisions"].allowed == "did you mean permissions?"
    assert faults["limits.memroy"].allowed == "did you mean memory?"


def test_a_missing_id_and_a_missing_version_are_two_faults(folder: Path):
    (folder / "plugin.toml").write_text('name = "x"')
    with pytest.raises(ManifestError) as caught:
        read_package(folder)
    faults = {fault.path: fault for fault in caught.value.faults}
    assert set(faults) == {"id", "version"}
    assert faults["id"].found == "nothing"
    assert faults["version"].allowed == "a version such as 1.2.0 or 1.2.0rc1"


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "PYTHONPATH", "PLUGHOST_DATA_DIR", "ld_preload", "1A", "A-B", ""]
)
def test_a_variable_that_is_the_hosts_or_no_name_is_a_fault(
    toml_faults: Callable[[str], dict[str, Fault]], name: str
):
    assert len(toml_faults(f'[env]\n"{name}" = "x"')) == 1


def test_a_plugin_is_preloaded_unless_it_says_no(
    read_toml: Callable[[str], Manifest], toml_faults: Callable[[str], dict[str, Fault]]
):
    assert read_toml(FULL.replace("preload = false", "")).preload
    assert set(toml_faults("preload = 0")) == {"preload"}


def test_a_plugin_may_choose_its_event_loop(read_toml: Callable[[str], Manifest]):
    manifest = read_toml(FULL.replace('REPORT_ZONE = "UTC"', 'PLUGHOST_LOOP = "asyncio"'))
    assert manifest.environment == {"PLUGHOST_LOOP": "asyncio"}


def test_a_variables_value_must_be_text(toml_faults: Callable[[str], dict[str, Fault]]):
    assert set(toml_faults('[env]\nA = 1\nB = "\\u0000"')) == {"env.A", "env.B"}


@pytest.mark.parametrize("command", ['["sh", "-c", "true"]', '"sh -c true"', "\"sh -c 'true'\""])
def test_a_command_is_a_list_or_one_text(read_toml: Callable[[str], Manifest], command: str):
    assert read_toml(f"command = {command}").command == ("sh", "-c", "true")


@pytest.mark.parametrize("command", ["5", "[]", '""', '["sh", 1]', '"sh \'"', '["sh", "\\u001b"]', '[""]'])
def test_a_command_of_another_shape_is_a_fault(toml_faults: Callable[[str], dict[str, Fault]], command: str):
    assert set(toml_faults(f"command = {command}")) == {"command"}


def test_an_application_range_that_is_none_is_a_fault(toml_faults: Callable[[str], dict[str, Fault]]):
    assert set(toml_faults('[requires]\npython = "new"\nApp = "1"')) == {"requires.python", "requires.App"}
