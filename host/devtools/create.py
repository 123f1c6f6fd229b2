"""Create: a new plugin from a template, one for each kind, with tests that pass at once.

Templates are texts in a folder beside this file, `<kind>.main.txt`, `<kind>.test.txt` and `<kind>.toml.txt`;
in them `$id`, `$class_name` and `$title` stand for the new plugin's.
"""

from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

from host.devtools.refused import Refused
from host.manifest.text_fields import TYPE_NAMES, check_id
from protocol.version import RELEASE

SUMMARIES: Final = {
    "extension": "Adds anything to the application.",
    "webhook": "Sends the application's events elsewhere, and takes some from there.",
    "api_integration": "Ties the application to another service.",
    "theme": "Changes how the application looks.",
    "cli": "Adds commands.",
    "ai_provider": "Answers prompts.",
    "security": "Looks at messages and files before they go on.",
    "interface": "Adds a page to the application.",
    "automation": "Runs workflows.",
}
"""What the template of each kind makes, in a sentence."""

_HEAD: Final = Template("""\
id = "$id"
version = "0.1.0"
type = "$kind"
name = "$title"
description = "$summary"
entry_point = "main:$class_name"
""")
_REQUIRES: Final = f'\n[requires]\nplughost = ">={RELEASE}"\n'


def create(name: str, kind: str, parent: Path) -> tuple[Path, tuple[str, ...]]:
    """Write a plugin into a new folder of its name; return the folder and the files in it.

    Raises:
        Refused: The name is no id, the kind is none, or something of the name is there.
    """
    kind = kind.replace("-", "_")
    try:
        check_id(name)
    except ValueError as exc:
        raise Refused(f"{name}: no name for a plugin; allowed: {exc}") from None
    if kind not in SUMMARIES:
        raise Refused(f"{kind}: no kind of plugin; there are {', '.join(TYPE_NAMES)}")
    folder = parent / name
    if folder.exists() or folder.is_symlink():
        raise Refused(f"{folder}: is there already; choose another name, or another place by --dir")
    texts = _texts(name, kind)
    try:
        for place, text in texts.items():
            file = folder / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise Refused(f"{folder}: can't be written: {exc.strerror}") from None
    return folder, tuple(texts)


def _texts(name: str, kind: str) -> dict[str, str]:
    words = [word for word in name.replace("_", "-").split("-") if word]
    class_name = "".join(word.capitalize() for word in words)
    values = {
        "id": name,
        "kind": kind,
        "title": " ".join(words).capitalize(),
        "summary": SUMMARIES[kind],
        "class_name": class_name if class_name[0].isalpha() else f"Plugin{class_name}",
    }
    manifest = _HEAD.substitute(values) + _read(f"{kind}.toml", values) + _REQUIRES
    return {
        "plugin.toml": manifest,
        "main.py": _read(f"{kind}.main", values),
        f"tests/test_{name.replace('-', '_')}.py": _read(f"{kind}.test", values),
        "README.md": _read("README.md", values),
    }


def _read(name: str, values: dict[str, str]) -> str:
    text = (files("host.devtools") / "templates" / f"{name}.txt").read_text(encoding="utf-8")
    return Template(text).substitute(values)
