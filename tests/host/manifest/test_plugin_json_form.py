from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host.errors import Fault
from host.manifest import read_package
from host.manifest.schema_words import DIALECT
from protocol.manifest import Manifest, Requires
from protocol.messages.provides import Endpoint
from protocol.permissions import Permission

SAMPLE: dict[str, Any] = {
    "name": "my-awesome-plugin",
    "version": "1.0.0",
    "description": "An awesome plugin for PlexiChat",
    "author": "Your Name",
    "email": "your.email@example.com",
    "license": "MIT",
    "type": "ai_provider",
    "category": "productivity",
    "tags": ["ai", "chat", "automation"],
    "plexichat_version": ">=1.0.0",
    "python_version": ">=3.8",
    "dependencies": {"requests": ">=2.25.0", "asyncio": ">=3.4.3"},
    "permissions": ["network_access", "file_system_read", "user_data_access"],
    "entry_point": "main:AwesomePlugin",
    "config_schema": {"api_key": {"type": "string", "required": True, "description": "API key"}},
    "ui_components": {"settings_panel": "ui/settings.html", "dashboard_widget": "ui/widget.html"},
    "api_endpoints": [{"path": "/api/v1/awesome", "method": "GET", "handler": "api_handler"}],
}


def test_a_plugin_json_of_a_chat_application_is_read(
    read_json: Callable[..., Manifest], caplog: pytest.LogCaptureFixture
):
    manifest = read_json(SAMPLE, "plugin.json")
    assert manifest == Manifest(
        id="my-awesome-plugin",
        version="1.0.0",
        type="ai_provider",
        name="my-awesome-plugin",
        description="An awesome plugin for PlexiChat",
        author="Your Name",
        email="your.email@example.com",
        license="MIT",
        category="productivity",
        tags=("ai", "chat", "automation"),
        entry_points=("main:AwesomePlugin",),
        permissions=(
            Permission("network", "connect"),
            Permission("files", "read"),
            Permission("users", "read"),
        ),
        requires=Requires(python=">=3.8", application={"plexichat": ">=1.0.0"}),
        package_dependencies={"requests": ">=2.25.0"},
        config_schema={
            "$schema": DIALECT,
            "type": "object",
            "properties": {"api_key": {"type": "string", "description": "API key"}},
            "required": ["api_key"],
        },
        endpoints=(Endpoint("api_handler", "GET", "/api/v1/awesome"),),
    )
    assert "asyncio" in caplog.text
    assert "ui/settings.html" in caplog.text


def test_unknown_keys_are_passed_over(read_json: Callable[..., Manifest]):
    odd = {
        "model_config": 1,
        "identity": 2,
        "(list)": 3,
        "command": "sh",
        "__class__": 4,
        "schema_version": "draft",
    }
    manifest = read_json(odd, "plugin.json")
    assert manifest.command == ()
    assert manifest.requires == Requires()


def test_null_reads_as_not_written(read_json: Callable[..., Manifest]):
    assert read_json({"email": None, "permissions": None}, "plugin.json").permissions == ()


def test_plughost_version_is_about_the_host_itself(read_json: Callable[..., Manifest]):
    assert read_json({"plughost_version": "^0.1"}, "plugin.json").requires == Requires(plughost="<0.2,>=0.1")


@pytest.mark.parametrize("name", ["plugin.json", "manifest.json"])
def test_ranges_may_stand_in_one_table(name: str, read_json: Callable[..., Manifest]):
    ranges = {"plughost": ">=99", "python": ">=3.8", "plexichat": ">=1"}
    assert read_json({"requires": ranges}, name).requires == Requires(">=99", ">=3.8", {"plexichat": ">=1"})


def test_a_table_of_ranges_is_read_from_a_python_document_too(folder: Path):
    (folder / "manifest.py").write_text(
        "MANIFEST = {'name': 'p', 'version': '1', 'requires': {'plughost': '>=99'}}\n"
    )
    assert read_package(folder).manifest.requires == Requires(plughost=">=99")


def test_ranges_that_are_none_or_are_written_twice_are_faults(json_faults: Callable[..., dict[str, Fault]]):
    faults = json_faults({"requires": {"plughost": "new"}}, "plugin.json")
    assert faults["requires.plughost"].found == "'new'"
    assert "requires" in json_faults({"requires": ["plughost"]}, "plugin.json")
    faults = json_faults({"requires": {"python": ">=3"}, "python_version": ">=3.8"}, "plugin.json")
    assert faults["python_version"].allowed == "one of it and requires.python"


def test_an_application_version_that_is_no_range_is_a_fault(json_faults: Callable[..., dict[str, Fault]]):
    assert set(json_faults({"plexichat_version": "newest"}, "plugin.json")) == {"plexichat_version"}


def test_a_name_that_is_no_id_is_a_fault_that_proposes_one(json_faults: Callable[..., dict[str, Fault]]):
    fault = json_faults({"name": "My Plugin"}, "plugin.json")["name"]
    assert fault.allowed.endswith("such as my-plugin")


def test_a_missing_name_is_a_fault(json_faults: Callable[..., dict[str, Fault]]):
    assert json_faults({"name": None}, "plugin.json")["name"].found == "nothing"


def test_a_named_entry_point_of_each_kind_is_kept_once(folder: Path, read_json: Callable[..., Manifest]):
    (folder / "web.py").touch()
    entries = {"webhook": "web.py", "api": "web.py", "main": "main:Plugin"}
    assert read_json({"entry_points": entries}, "plugin.json").entry_points == ("main:Plugin", "web.py")
