"""Dev debug: where `plughost dev --debug` finds debugpy, and what it says about attaching."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from host.manifest import Package
from host.supervision.debugging import Debugging

DEBUG_PORT: Final = 5678
"""As debugpy's own documents and editors have it."""


def debugging_at(port: int, package: Package) -> Debugging:
    """Return what has a plugin wait at a port of this machine.

    One in the plugin's own `.venv` needs none beside the host; the plugin says so where it finds neither.

    Raises:
        click.UsageError: The plugin is another program than Python's.
    """
    if package.manifest.command or not package.manifest.has_program:
        raise click.UsageError(f"--debug is for plugins in Python; {package.manifest.id} is none")
    spec = find_spec("debugpy")
    return Debugging(port, None if spec is None or spec.origin is None else Path(spec.origin).parent)
