"""Dev debug: where `plughost dev --debug` finds debugpy, and what it says about attaching."""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from host.supervision.debugging import Debugging

DEBUG_PORT: Final = 5678
"""As debugpy's own documents and editors have it."""


def debugging_at(port: int) -> Debugging:
    """Return what has the plugin wait at a port of this machine.

    Raises:
        click.UsageError: debugpy is not installed beside the host; one in the plugin's own `.venv` needs no
            other.
    """
    spec = find_spec("debugpy")
    if spec is None or spec.origin is None:
        raise click.UsageError("--debug needs debugpy: pip install 'plughost[debug]'")
    return Debugging(port, Path(spec.origin).parent)
