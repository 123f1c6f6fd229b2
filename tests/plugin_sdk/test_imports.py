"""What an import loads, read from `sys.modules` of a fresh interpreter."""

import json
import subprocess
import sys

OWN = {"msgspec", "plugin_sdk", "protocol"}
OF_MSGSPEC = {"typing_extensions"}
"""What msgspec imports by itself where it is installed, and does without where it is not."""


def loaded_by(statement: str) -> set[str]:
    """Return the modules that a statement adds to those that every start has."""
    code = (
        "import sys; before = set(sys.modules)\n"
        f"{statement}\n"
        "import json; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    run = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True, timeout=50
    )
    return set(json.loads(run.stdout))


def foreign(modules: set[str]) -> set[str]:
    tops = {module.partition(".")[0] for module in modules}
    return {
        top
        for top in tops - OWN - OF_MSGSPEC
        if top not in sys.stdlib_module_names and not top.startswith("__")
    }


def test_the_sdk_loads_the_standard_library_and_msgspec_only() -> None:
    modules = loaded_by("import plugin_sdk")
    assert "plugin_sdk.plugin" in modules
    assert foreign(modules) == set()
    assert not any(module.startswith("host") for module in modules)


def test_the_program_of_a_plugin_loads_the_standard_library_and_msgspec_only() -> None:
    modules = loaded_by("import plugin_sdk.runtime.run")
    assert "plugin_sdk.runtime.session" in modules
    assert foreign(modules) == set()


def test_envelopes_need_no_event_loop() -> None:
    modules = loaded_by("import protocol.jsonrpc, protocol.signatures, protocol.methods")
    assert "protocol.jsonrpc" in modules
    assert "asyncio" not in modules
    assert foreign(modules) == set()


def test_discovery_is_loaded_when_somebody_asks() -> None:
    assert "plugin_sdk.runtime.discovery" not in loaded_by("import plugin_sdk.runtime.run")
