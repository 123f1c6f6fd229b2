"""Image: what the warden has loaded for plugins that are forked from it.

Loaded when the first plugin is to be forked: a host whose plugins are all programs of their own keeps a small
warden. What is loaded is what every Python plugin has at its start anyway, and nothing that holds state of
one process: `multiprocessing`, for one, keeps a secret of each that it is loaded in.
"""

import gc
import os
from importlib import import_module
from types import ModuleType
from typing import Any

from plugin_sdk.runtime.placard import Placard

REHEARSALS = 10
"""Sessions that are rehearsed: an interpreter specialises code that has run eight times. Measured with a
hundred plugins: 0.4 MiB less memory of each one's own, and 1 ms less until it answers."""


class Image:
    """Empty until `load`; then a child may `fit` itself into it and `live` there."""

    def __init__(self) -> None:
        self.tried = False
        self.fault = ""
        """Why it could not be loaded; children execute their programs then."""
        self._placard: Placard | None = None
        self._forked: ModuleType | None = None

    def load(self) -> None:
        """Load everything, once."""
        self.tried = True
        # What the collector frees here would be holes, which each child would fill, and so copy the memory
        # around them; what it looks at in a child would be copied too.
        gc.disable()
        try:
            self._load()
        except Exception as exc:  # noqa: BLE001 - anything may be broken in what is loaded here
            self.fault = f"{type(exc).__name__}: {exc}"
        gc.enable()

    def _load(self) -> None:
        from plugin_sdk.runtime import forked, loop, rehearsal

        self._placard = Placard()
        self._forked = forked
        if os.environ.get(loop.LOOP) == "uvloop":
            _load_uvloop()
        gc.freeze()
        for _ in range(REHEARSALS):
            rehearsal.rehearse()
            gc.collect()
        gc.freeze()
        threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - pathlib costs imports here
        if threads > 1:
            raise RuntimeError(
                f"{threads} threads run in the warden, and a forked process would have one of them: "
                "something in this interpreter's site-packages starts them"
            )

    def fit(self, spec: dict[str, Any]) -> None:
        """In a child: see `forked.fit`."""
        assert self._forked is not None
        self._forked.fit(spec, self._placard)

    def live(self) -> None:
        """In a child: see `forked.live`."""
        assert self._forked is not None
        self._forked.live()


def _load_uvloop() -> None:
    try:
        import_module("uvloop")
    except ImportError:
        return  # each plugin says so on its own stderr, where its author looks
