import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import host.manifest.reference
from host.manifest.asked_limits import AskedLimits
from host.manifest.manifest_json_form import ManifestJsonForm
from host.manifest.plugin_json_form import PluginJsonForm
from host.manifest.reference import editor_schema, reference_page
from host.manifest.reference.meanings import LIMITS, MEANINGS
from host.manifest.reference.page import keys_of
from host.manifest.toml_form import TomlForm
from protocol.interface import SLOTS

ROOT = Path(__file__).parents[4]
EVERYTHING = """
id = "reports"
name = "Weekly reports"
version = "1.2.0"
type = "api_integration"
tags = ["mail"]
permissions = ["sessions:read", {resource = "messages", actions = ["read"]}]
command = "node plugin.js"
capabilities = ["exec.reports.run"]
topics = ["ready", {name = "sent", durable = true}]
theme = {colors = {primary = "#fff"}}
ui_components = {panel = "panel", help = {component = "help.md", title = "Help"}}
triggers = [{event = "user.login", handler = "greet"}]
subscriptions = [{topics = "session.*", handler = "seen", durable = true}]
hooks = [{hook = "message.before_send", handler = "scan", budget = "500ms", fail = "closed"}]
endpoints = [{path = "/stats", handler = "stats", permissions = ["sessions:read"]}]
schedules = [{handler = "report", every = "24h"}]
ui = [{kind = "section", name = "panel", slot = "drawer"}]
[commands]
sync = "Fetch everything."
[dependencies.plugins]
mailer = "^1.2"
[dependencies.packages]
httpx = ">=0.27"
[requires]
python = ">=3.11"
[env]
ZONE = "UTC"
[limits]
memory = "512m"
cpu = "1000m"
timeout = 5000
on_cpu = "stop"
[config_schema.key]
type = "string"
"""


@pytest.fixture(scope="module")
def check() -> Any:
    schema = json.loads(editor_schema())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_generated_files_are_fresh():
    folder = Path(host.manifest.reference.__file__).parent
    written = (folder / "plugin.schema.json").read_text(encoding="utf-8")
    assert written == editor_schema(), "it is stale: run `make schema`"
    page = (ROOT / "docs" / "manifest.md").read_text(encoding="utf-8")
    assert page == reference_page(), "it is stale: run `make schema`"


def test_every_key_of_every_form_has_its_meaning():
    keys = {key for form in (TomlForm, PluginJsonForm, ManifestJsonForm) for key in keys_of(form)}
    assert set(MEANINGS) == keys
    assert set(LIMITS) == set(AskedLimits.model_fields)


def test_the_schema_allows_what_the_host_reads(check: Any):
    document = tomllib.loads(EVERYTHING)
    assert [error.message for error in check.iter_errors(document)] == []
    TomlForm.model_validate(document)


def test_the_examples_manifests_fit_the_schema(check: Any):
    manifests = [*(ROOT / "examples" / "plugins").glob("*/plugin.toml")]
    assert manifests
    for manifest in manifests:
        assert check.is_valid(tomllib.loads(manifest.read_text())), manifest


@pytest.mark.parametrize(
    "line",
    [
        'vresion = "1"',
        'type = "nope"',
        'id = "Bad Id"',
        "critical = 1",
        "limits = {memroy = 1}",
        "theme = {x = 1}",
    ],
)
def test_the_schema_marks_slips(check: Any, line: str):
    document = {"id": "a", "version": "1"} | tomllib.loads(line)
    assert not check.is_valid(document)


def test_the_schema_completes_the_six_slots():
    schema = json.loads(editor_schema())
    assert schema["$defs"]["AskedUi"]["properties"]["slot"]["enum"] == list(SLOTS)


def test_the_page_names_every_key_and_every_spelling():
    page = reference_page()
    for key in (*MEANINGS, *LIMITS, "network_access", "read:sessions", "^1.6.0", *SLOTS):
        assert f"`{key}" in page, key
