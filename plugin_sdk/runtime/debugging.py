"""Debugging: waits for a debugger before a plugin's code is imported, where its host asks for that.

Imported only then. Owns nothing but the wait: debugpy is found where the host says, or in the plugin's own
`.venv`, and nothing else of the host's packages with it.
"""

import importlib.util
import sys
from typing import Any

from plugin_sdk.runtime.entry import EntryFault

ATTACH = "waiting for a debugger at %s: attach to it, Python's DAP (debugpy)"


def wait_for_debugger(place: str, folder: str) -> None:
    """Listen at `host:port` and return once a debugger is attached. `folder` is debugpy's package, if any.

    Raises:
        EntryFault: debugpy is not there, or the port is taken.
    """
    debugpy = _debugpy(folder)
    address, _, port = place.rpartition(":")
    try:
        debugpy.listen((address, int(port)))
    except Exception as exc:  # noqa: BLE001 - it raises RuntimeError, OSError and others for the same
        raise EntryFault(
            f"the debugger can't listen at {place}: {exc}; choose another port: --debug=PORT"
        ) from None
    sys.stderr.write(ATTACH % place + "\n")
    sys.stderr.flush()
    debugpy.wait_for_client()
    sys.stderr.write("the debugger is attached\n")
    sys.stderr.flush()


def _debugpy(folder: str) -> Any:
    try:
        return importlib.import_module("debugpy")  # the plugin's own
    except ImportError:
        pass
    if not folder:
        raise EntryFault(
            "debugpy is not installed: pip install 'plughost[debug]', or debugpy in its own .venv"
        )
    spec = importlib.util.spec_from_file_location(
        "debugpy", f"{folder}/__init__.py", submodule_search_locations=[folder]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["debugpy"] = module
    spec.loader.exec_module(module)
    return module
