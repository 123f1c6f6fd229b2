"""Abilities: which modes have what a test can ask for. The table in docs/testing.md is held against it."""

from typing import Final

from plugin_sdk.testing.refusals import NotInThisMode

ALL: Final = ("memory", "process", "live")
OWN_HOST: Final = ("memory", "process")
"""Modes in which the host is the test's own, so that the test may say what it answers and what time it is."""

ABILITIES: Final = {
    "call": ALL,
    "stream": ALL,
    "emit": ALL,
    "hook": ALL,
    "command": ALL,
    "request": ALL,
    "configure": ALL,
    "health": ALL,
    "cancel": ALL,
    "crash": ALL,
    "restart": ALL,
    "logged": ALL,
    "assert_conforms": ALL,
    "config": OWN_HOST,
    "clock": OWN_HOST,
    "answer": OWN_HOST,
    "calls": OWN_HOST,
    "notifications": OWN_HOST,
    "emitted": OWN_HOST,
    "wire": ("memory",),
}
"""By the name of what a test uses."""

_WHY: Final = {
    "config": "the configuration is the running host's; plugin.configure(...) changes it",
    "clock": "the clock of a running host can't be moved",
    "answer": "a running host answers by itself",
    "calls": "what a plugin asks of a running host is not noted for a test",
    "notifications": "what people are told by a running host is not noted for a test",
    "emitted": "what a plugin emits in a running host is not noted for a test",
    "wire": "the wire of a real process can't be touched",
}


def check(ability: str, mode: str) -> None:
    """Raise NotInThisMode unless a mode has what is asked for; a test of pytest's is skipped then."""
    modes = ABILITIES[ability]
    if mode not in modes:
        marked = ", ".join(f'"{one}"' for one in modes)
        raise NotInThisMode(
            f"{ability}: not in the mode {mode}: {_WHY[ability]}; a test that is for other modes alone is "
            f"marked @pytest.mark.plughost(modes=[{marked}])"
        )
