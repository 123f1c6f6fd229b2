"""plugin.json: the form of older Python plugin systems. Lenient: a key that nobody knows is passed over.

Its `name` is the id unless there is an `id` too; ranges for applications are keys such as
`plexichat_version`.
"""

import re

from pydantic import ConfigDict, Field

from host.manifest.faults import NOTHING, FaultList, show
from host.manifest.form import Form
from host.manifest.ranges import parse_range
from host.manifest.text_fields import ID_ALLOWED, IdText, RangeText, Text, check_id, clean_text

_APPLICATION_VERSION = re.compile(r"([a-z][a-z0-9_-]{0,63})_version\Z")
_OTHER_VERSIONS = frozenset({"api", "config", "file", "format", "manifest", "schema"})
"""`<word>_version` keys of other tools that speak of the document, not of an application."""


class PluginJsonForm(Form, frozen=True):
    """The keys of plugin.json."""

    model_config = ConfigDict(extra="allow")

    id: IdText | None = None
    name: Text = ""
    display_name: Text = Field("", alias="displayName")
    python_version: RangeText = ""

    def identity(self, faults: FaultList) -> tuple[str, str]:
        """Return id and display name; the id is checked here if it is written as `name`."""
        if self.id is not None:
            return self.id, self.display_name or self.name
        if not self.name:
            faults.add("name", NOTHING, f"the plugin's id: {ID_ALLOWED}")
            return "", self.display_name
        try:
            return check_id(self.name), self.display_name
        except ValueError as exc:
            faults.add("name", show(self.name), str(exc))
            return "", self.display_name

    def version_ranges(self, faults: FaultList) -> dict[str, str]:
        """Return `requires`, `python_version` and each `<application>_version`; plughost is the host."""
        written = {"python": self.python_version} if self.python_version else {}
        for key, value in (self.model_extra or {}).items():
            match = _APPLICATION_VERSION.match(key)
            if match is None or match[1] in _OTHER_VERSIONS or not isinstance(value, str):
                continue
            try:
                written[match[1]] = parse_range(clean_text(value))
            except ValueError as exc:
                faults.add(key, show(value), str(exc))
        for name in sorted(written.keys() & self.requires.keys()):
            faults.add(f"{name}_version", "the range a second time", f"one of it and requires.{name}")
        return written | self.requires
