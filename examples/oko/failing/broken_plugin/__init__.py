"""Needs a library that is not there."""

import a_library_that_is_not_there  # pyright: ignore[reportMissingImports, reportUnusedImport]  # noqa: F401

from plugin_sdk import Plugin


class BrokenPlugin(Plugin):
    pass
