"""Code check: what can be told of a plugin's code without running it. Called by `validate` and `package`."""

from collections.abc import Iterator
from typing import Final

import msgspec

from host.devtools.entry_check import check_entries
from host.devtools.findings import Finding
from host.devtools.handler_check import check_handlers
from host.devtools.module_check import check_modules
from host.devtools.permission_check import check_permissions
from host.devtools.risk_check import check_document, check_risks
from host.devtools.source_tree import read_source
from host.manifest import Package
from host.manifest.package import DEFAULT_CONFIG

_PICTURES: Final = (".png", ".svg", ".ico", ".jpg", ".jpeg", ".gif", ".webp")
"""How the name of an icon ends that is a file and no name of the application's."""


def check_code(package: Package) -> tuple[Finding, ...]:
    """Return the findings of a plugin's folder, by file and line."""
    manifest = package.manifest
    source = read_source(package.folder)
    found = [*source.findings, *check_entries(manifest, source), *check_risks(source)]
    found += [*check_handlers(package, source), *check_modules(package, source), *_of_icon(package)]
    for one in check_permissions(manifest, source):
        # What is declared in vain has its place in the manifest.
        found.append(one if one.file else msgspec.structs.replace(one, file=package.file.name))
    for name in (package.file.name, DEFAULT_CONFIG):
        found += check_document(package.folder, name)
    exempt = {file.name: file.exempt for file in source.files}
    return tuple(
        sorted({one for one in found if one.rule not in exempt.get(one.file, {}).get(one.line, frozenset())})
    )


def _of_icon(package: Package) -> Iterator[Finding]:
    icon = package.manifest.icon
    if not icon.lower().endswith(_PICTURES) or "://" in icon or (package.folder / icon).is_file():
        return
    what = f"icon: {icon} looks like a file, and there is none in the plugin's folder"
    yield Finding(package.file.name, 0, "warning", "icon-missing", what, "add the file, or correct its name")
