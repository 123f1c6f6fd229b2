"""What the tests of a plugin's author use: the plugin, loaded, beside a host that notes what it is asked.

Names are imported when they are first used. `plugin_sdk.testing.pytest_plugin` makes fixtures of them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plugin_sdk.testing.conformance import assert_conforms, check_conformance
    from plugin_sdk.testing.driven_clock import DrivenClock
    from plugin_sdk.testing.fake_host import FakeHost
    from plugin_sdk.testing.harness import PluginHarness
    from plugin_sdk.testing.plugin_folder import PluginFolder, read_folder
    from plugin_sdk.testing.refusals import NotInThisMode, refusal

_HOMES = {
    "DrivenClock": "plugin_sdk.testing.driven_clock",
    "FakeHost": "plugin_sdk.testing.fake_host",
    "NotInThisMode": "plugin_sdk.testing.refusals",
    "PluginFolder": "plugin_sdk.testing.plugin_folder",
    "PluginHarness": "plugin_sdk.testing.harness",
    "assert_conforms": "plugin_sdk.testing.conformance",
    "check_conformance": "plugin_sdk.testing.conformance",
    "read_folder": "plugin_sdk.testing.plugin_folder",
    "refusal": "plugin_sdk.testing.refusals",
}

__all__ = [
    "DrivenClock",
    "FakeHost",
    "NotInThisMode",
    "PluginFolder",
    "PluginHarness",
    "assert_conforms",
    "check_conformance",
    "read_folder",
    "refusal",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
