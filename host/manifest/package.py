"""Package: one plugin folder, read: its manifest, where it lies, and its lowest configuration layer.

Owns the order of the checks and that all of their faults are told at once. The forms own their keys; nothing
of the plugin is run. Called by discovery, by `validate` and by the store.
"""

import importlib.machinery
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from host.ids import fold_id
from host.manifest.config_schema import normalise
from host.manifest.declared import hooks_of, subscriptions_of
from host.manifest.declared_ui import items_of_components
from host.manifest.dependencies import package_ranges, plugin_ranges
from host.manifest.documents import is_there, read_document
from host.manifest.faults import NOTHING, FaultList, show_name
from host.manifest.form import Form, read_form, read_sections
from host.manifest.manifest_json_form import ManifestJsonForm
from host.manifest.permission_slips import slip_of
from host.manifest.plugin_json_form import PluginJsonForm
from host.manifest.program import DEFAULT_ENTRY, ENTRY_ALLOWED, Program, check_program, named_entries
from host.manifest.text_fields import split_author
from host.manifest.toml_form import TomlForm
from protocol.manifest import Limits, Manifest, Requires
from protocol.messages.provides import UiItem

logger = logging.getLogger(__name__)

FORMS: Final[dict[str, type[Form]]] = {
    "plugin.toml": TomlForm,
    "plugin.json": PluginJsonForm,
    "manifest.json": ManifestJsonForm,
    "manifest.py": ManifestJsonForm,
}
"""File name to form; the first that a folder has is read, the others are not looked at."""

UI_FILE: Final = "ui.yaml"
"""Sections of user interfaces, beside a manifest of any form."""

DEFAULT_CONFIG: Final = "config/default.json"

RESERVED_MODULES: Final = frozenset({"host", "protocol", "plugin_sdk"})
"""Top-level names that would be imported in place of ours."""

ANSWERED_ALLOWED: Final = (
    f"beside an entry point ({ENTRY_ALLOWED}, a file {DEFAULT_ENTRY}, or a command in plugin.toml); "
    "what only adds to interfaces has no process"
)
_CONTRIBUTION_ONLY: Final = frozenset({"theme"})
_ENTRY_KEYS: Final = frozenset({"main", "entry_point", "entry_points", "entrypoints", "command"})


@dataclass(frozen=True, slots=True)
class Package:
    """One readable plugin folder."""

    manifest: Manifest
    folder: Path
    """Resolved."""
    file: Path
    """The manifest's file."""
    config_defaults: dict[str, Any] = field(default_factory=dict[str, Any])
    """Content of `config/default.json`: the lowest layer of the plugin's configuration."""
    warnings: tuple[str, ...] = ()
    """What the manifest says without effect, in sentences that begin with the file's name."""


def find_manifest(folder: Path) -> Path | None:
    """Return the manifest's file of a folder, or None if it is no plugin folder. Raises OSError."""
    for name in FORMS:
        if is_there(folder / name):
            return folder / name
    return None


def read_package(folder: Path, defaults: Limits = Limits()) -> Package:  # noqa: B008 - Limits is frozen
    """Read one plugin folder. `defaults` holds for every limit that the manifest does not ask for.

    Raises:
        ManifestError: It can't be used; `faults` names everything that is wrong.
    """
    try:
        resolved = folder.resolve(strict=True)
        file = find_manifest(resolved)
    except (OSError, RuntimeError) as exc:
        faults = FaultList(show_name(folder), show_name(folder.name))
        faults.add("", getattr(exc, "strerror", None) or "a loop of links", "a folder that the host can read")
        raise faults.as_error() from None
    if file is None:
        faults = FaultList(show_name(folder), next(iter(FORMS)))
        faults.add("", NOTHING, f"a manifest: one of {', '.join(FORMS)}")
        raise faults.as_error()

    faults = FaultList(show_name(folder), file.name)
    manifest = _read_manifest(resolved, file.name, defaults, faults)
    _check_names(resolved, faults)
    config_defaults = _read_config_defaults(resolved, faults)
    if manifest is None or len(faults):
        raise faults.as_error()
    for sentence in faults.warnings:
        logger.warning("%s: %s", manifest.id, sentence)
    return Package(manifest, resolved, file, config_defaults, tuple(faults.warnings))


def _read_manifest(folder: Path, name: str, defaults: Limits, faults: FaultList) -> Manifest | None:
    document = read_document(folder, name, faults)
    if document is None:
        return None
    # Programs that write JSON often write null for what is not there.
    written = {key: value for key, value in document.items() if value is not None}
    form, broken = read_form(FORMS[name], written, faults)
    before = len(faults)
    sections = _read_sections(folder, faults)
    shows = bool(sections) or len(faults) > before  # what can't be read might have shown something
    program = _read_program(form, folder, broken, faults, shows=shows)
    plugin_id, display_name = ("", "") if broken & {"id", "name"} else form.identity(faults)
    plugins = plugin_ranges(form.dependencies)
    if plugin_id and fold_id(plugin_id) in map(fold_id, plugins):
        faults.add("dependencies", "the plugin itself", "other plugins")
    ranges = form.version_ranges(faults)
    components = list(items_of_components(form.ui_components, faults))
    config_schema = _read_config_schema(form, faults)
    if unused := form.unused():
        faults.warn(f"{', '.join(unused)}: kept, and not used: the plugin runs as a process of its own")
    for slip in filter(None, map(slip_of, form.permissions_asked())):
        faults.warn(slip)
    if len(faults):
        return None
    author, email = split_author(form.author)
    return Manifest(
        id=plugin_id,
        version=form.version,
        type=form.type,
        name=display_name or plugin_id,
        description=form.description,
        author=author,
        email=form.email or email,
        publisher=form.publisher,
        license=form.license,
        homepage=form.homepage,
        repository=form.repository,
        icon=form.icon,
        category=form.category,
        tags=tuple(form.tags),
        entry_points=program.entry_points,
        command=program.command,
        permissions=tuple(form.permissions_asked()),
        limits=form.limits_over(defaults),
        requires=Requires(
            plughost=ranges.pop("plughost", ""), python=ranges.pop("python", ""), application=ranges
        ),
        plugin_dependencies=plugins,
        package_dependencies=package_ranges(form.dependencies, faults),
        environment=form.variables(),
        config_schema=config_schema,
        capabilities=tuple(form.capabilities),
        topics=tuple(topic.topic(plugin_id) for topic in form.topics),
        subscriptions=subscriptions_of([*form.subscriptions, *form.triggers]),
        hooks=hooks_of(form.hooks),
        commands=tuple(command.command() for command in form.commands),
        endpoints=tuple(asked.endpoint() for asked in [*form.endpoints, *form.api_endpoints]),
        schedules=tuple(asked.schedule() for asked in form.schedules),
        ui=(*(asked.item() for asked in form.ui), *components, *sections),
        theme=form.theme,
        unused=unused,
        critical=form.loads_first(),
        preload=form.may_be_forked(),
    )


def _read_sections(folder: Path, faults: FaultList) -> list[UiItem]:
    try:
        if not is_there(folder / UI_FILE):
            return []
    except OSError:
        pass  # reading it says why
    document = read_document(folder, UI_FILE, faults, "an object with `sections`, a list")
    if document is None:
        return []
    noted = FaultList("", UI_FILE)
    sections = read_sections(document, noted)
    faults.take(noted)
    return [section.item(number) for number, section in enumerate(sections, 1)]


def _read_config_schema(form: Form, faults: FaultList) -> dict[str, Any] | None:
    key, written = form.schema_of_configuration()
    if written is None:
        return None
    schema, found = normalise(written)
    for fault in found:
        faults.add(f"{key}.{fault.path}" if fault.path else key, fault.found, fault.allowed)
    return schema


def _read_program(
    form: Form, folder: Path, broken: frozenset[str], faults: FaultList, *, shows: bool
) -> Program:
    tables = {"entry_points": form.entry_points, "entrypoints": form.entrypoints}
    before = len(faults)
    entries = named_entries({"main": form.main, "entry_point": form.entry_point}, tables, faults)
    command = form.command_words()
    unclear = len(faults) > before or bool(broken & _ENTRY_KEYS)
    if unclear and not entries and not command:
        return Program()
    contributes = (
        shows
        or form.theme is not None
        or bool(form.ui or form.ui_components)
        or form.type in _CONTRIBUTION_ONLY
    )
    # Of a type that can't be read nobody knows whether it starts anything.
    required = "type" not in broken and not contributes
    program = check_program(folder, entries, command, faults, required=required)
    if contributes and not (program.entry_points or program.command or len(faults) > before):
        for key in form.answered():
            faults.add(key, "no entry point that answers them", ANSWERED_ALLOWED)
    return program


def _check_names(folder: Path, faults: FaultList) -> None:
    suffixes = tuple(importlib.machinery.all_suffixes())
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as exc:
        faults.add("", exc.strerror or type(exc).__name__, "a folder that the host can list", file=".")
        return
    for entry in entries:
        name = entry.name
        if name.partition(".")[0] not in RESERVED_MODULES:
            continue
        if name.endswith(suffixes) or (name in RESERVED_MODULES and not entry.is_file(follow_symlinks=False)):
            faults.add("", "a module of this name", "another name: it would hide Plughost's own", file=name)


def _read_config_defaults(folder: Path, faults: FaultList) -> dict[str, Any]:
    try:
        if not is_there(folder / DEFAULT_CONFIG):
            return {}
    except OSError:
        pass  # reading it says why
    return read_document(folder, DEFAULT_CONFIG, faults) or {}
