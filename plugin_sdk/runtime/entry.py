"""Entry points: from `main:Class` or `main.py` to the classes.

Owns the plugin's place on `sys.path` and what is said when its code can't be imported. Whatever the code
raises that is not the author's spelling (a network error, say) passes through.
"""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from types import ModuleType

from plugin_sdk.plugin import Plugin

PACKAGE = "plugin_package"
"""What a plugin's folder is called when its `__init__.py` is the entry point."""

_NO_PACKAGE = (
    "; plugins have packages of their own: `python -m venv .venv` in its folder, and pip install there"
)


class EntryFault(Exception):
    """The entry point names nothing that can be run; trying again would not help."""


def put_on_path(folder: str, shelf: str | None) -> None:
    """Have imports find the standard library, the SDK, the plugin's own environment, and its folder.

    `shelf` is where a host put the SDK (`PLUGHOST_SDK`). None where there is none, as in a plugin that was
    started by hand: then the folder comes behind the standard library and before all other packages.
    """
    if shelf is None:
        place = next((i for i, entry in enumerate(sys.path) if entry.endswith("-packages")), len(sys.path))
        sys.path.insert(place, folder)
        return
    library = os.path.dirname(os.__file__)  # noqa: PTH120 - pathlib's way dirties memory that plugins share
    version = sys.version_info
    archive = f"python{version.major}{version.minor}.zip"
    own = f"{folder}/.venv/lib/python{version.major}.{version.minor}/site-packages"
    sys.path[:] = [
        *(one for one in sys.path if one in (library, f"{library}/lib-dynload") or one.endswith(archive)),
        shelf,
        *([own] if os.path.isdir(own) else ()),  # noqa: PTH112
        folder,
    ]
    # Finders of the host's installation, such as those of editable packages, are not the plugin's.
    sys.meta_path[:] = [one for one in sys.meta_path if _module_of(one).startswith("_frozen_importlib")]


def _module_of(finder: object) -> str:
    return str(getattr(finder, "__module__", ""))


def load_classes(entry_points: Sequence[str]) -> list[type[Plugin]]:
    """Import every entry module and return the plugin classes, each once, in the order of their entry points.

    Raises:
        EntryFault: A module or class is not there, is no plugin, or can't be compiled.
    """
    classes: list[type[Plugin]] = []
    for entry in entry_points:
        found = _load_one(entry)
        if found not in classes:
            classes.append(found)
    return classes


def _load_one(entry: str) -> type[Plugin]:
    module_name, _, class_name = entry.partition(":")
    if not class_name:
        module_name = module_name.removesuffix(".py").replace("/", ".")
    if "" in module_name.split("."):
        raise EntryFault(f"entry point {entry!r} names no module; write `module:Class` or `module.py`")
    try:
        module = _import_package() if module_name == "__init__" else importlib.import_module(module_name)
    except (ImportError, SyntaxError) as exc:
        missing = isinstance(exc, ModuleNotFoundError) and exc.name != module_name.partition(".")[0]
        hint = _NO_PACKAGE if missing else ""
        raise EntryFault(f"entry point {entry!r} can't be imported: {_place(exc)}{hint}") from exc
    if class_name:
        cls = getattr(module, class_name, None)
        if cls is None:
            place = getattr(module, "__file__", None) or module_name
            raise EntryFault(f"entry point {entry!r}: {place} has no class {class_name!r}")
        if not (isinstance(cls, type) and issubclass(cls, Plugin)):
            raise EntryFault(
                f"entry point {entry!r}: {class_name} is not a class derived from plugin_sdk.Plugin"
            )
        return cls
    own = _plugins_of(module)
    if len(own) != 1:
        names = ", ".join(cls.__name__ for cls in own) or "none"
        raise EntryFault(
            f"entry point {entry!r} must hold one class derived from plugin_sdk.Plugin; found: {names}"
        )
    return own[0]


def _plugins_of(module: ModuleType) -> list[type[Plugin]]:
    """Return a module's plugin classes; where it defines none, those it imports from the plugin's folder."""
    every = [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Plugin)]
    classes = list(dict.fromkeys(every))
    defined = [cls for cls in classes if cls.__module__ == module.__name__]
    if defined:
        return defined
    folder = _folder_of(module)
    imported = [cls for cls in classes if _lies_in(folder, cls)]
    # What others of them derive from is their base, and not what is to run.
    return [cls for cls in imported if not any(cls is not one and issubclass(one, cls) for one in imported)]


def _folder_of(module: ModuleType) -> str:
    """Return the plugin's folder, from how deep in it a module lies; empty for one without a file."""
    place = getattr(module, "__file__", None) or ""
    depth = module.__name__.count(".") + (module.__name__ != PACKAGE and place.endswith("/__init__.py"))
    for _ in range(depth + 1):
        place = os.path.dirname(place)  # noqa: PTH120
    return place


def _lies_in(folder: str, cls: type[Plugin]) -> bool:
    place = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
    return bool(folder) and place.startswith(f"{folder}/") and not place.startswith(f"{folder}/.venv/")


def _import_package() -> ModuleType:
    """Import the plugin's own `__init__.py` as a package, so that relative imports in it work."""
    from importlib.util import find_spec, module_from_spec, spec_from_file_location

    if PACKAGE in sys.modules:
        return sys.modules[PACKAGE]
    found = find_spec("__init__")
    if found is None or found.origin is None:
        raise ImportError("there is no __init__.py")
    folder = found.origin.removesuffix("__init__.py")
    spec = spec_from_file_location(PACKAGE, found.origin, submodule_search_locations=[folder])
    if spec is None or spec.loader is None:
        raise ImportError("__init__.py can't be read")
    module = sys.modules[PACKAGE] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[PACKAGE]
        raise
    return module


def _place(exc: ImportError | SyntaxError) -> str:
    if isinstance(exc, SyntaxError):
        return f"{exc.msg} ({exc.filename}, line {exc.lineno})"
    frames = traceback.extract_tb(exc.__traceback__)
    last = next((frame for frame in reversed(frames) if "importlib" not in frame.filename), None)
    where = f" ({last.filename}, line {last.lineno})" if last and "plugin_sdk" not in last.filename else ""
    return f"{exc}{where}"
