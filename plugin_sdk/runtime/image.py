"""Image: what the warden has loaded for plugins that are forked from it.

Loaded when the first plugin is to be forked: a host whose plugins are all programs of their own keeps a small
warden. What is loaded is what every Python plugin has at its start anyway, and nothing that holds state of
one process: `multiprocessing`, for one, keeps a secret of each that it is loaded in.
"""

import gc
import os
import sys
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any

from plugin_sdk.runtime.placard import Placard

REHEARSALS = 10
"""Sessions that are rehearsed: an interpreter specialises code that has run eight times. Measured with a
hundred plugins: 0.4 MiB less memory of each one's own."""


SIZES = range(48, 513, 16)
POOL_BYTES = 16 * 1024
"""How CPython's allocator of small objects sorts them: by size, in pools."""

MOST_PER_SIZE = 8_192
"""Bound on what is made to fill gaps, where the allocator is another one."""


class Image:
    """Empty until `load`; then a child may `fit` itself into it and `live` there."""

    def __init__(self) -> None:
        self.tried = False
        self.fault = ""
        """Why it could not be loaded; children execute their programs then."""
        self._placard: Placard | None = None
        self._originals: list[CodeType] = []
        self._filling: list[bytes] = []
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
        from plugin_sdk.runtime import compaction, forked, loop, rehearsal, trial

        self._placard = Placard()
        self._forked = forked
        if os.environ.get(loop.LOOP) == "uvloop":
            _load_uvloop()
        rehearsal.rehearse()
        _refuse_threads()
        self._originals = compaction.bring_together(trial.code_of_a_life(self.fit))
        gc.collect()
        gc.freeze()
        for _ in range(REHEARSALS):
            rehearsal.rehearse()
            gc.collect()
        self._filling = fill_gaps()
        gc.freeze()
        _refuse_threads()

    def fit(self, spec: dict[str, Any]) -> None:
        """In a child: see `forked.fit`."""
        assert self._forked is not None
        self._forked.fit(spec, self._placard)

    def live(self) -> None:
        """In a child: see `forked.live`."""
        assert self._forked is not None
        self._forked.live()


def _refuse_threads() -> None:
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 - pathlib costs imports here
    if threads > 1:
        raise RuntimeError(
            f"{threads} threads run in the warden, and a forked process would have one of them: "
            "something in this interpreter's site-packages starts them"
        )


def fill_gaps() -> list[bytes]:
    """Fill the gaps between the image's small objects, and return what fills them.

    A child's new objects would go into them, a few on each page, and each such page would be copied; behind
    a full image they go together on pages of their own.
    """
    filling: list[bytes] = []
    head = sys.getsizeof(b"")
    for size in SIZES:
        last, in_a_row = 0, 0
        # A whole pool of neighbours means that no pool with a gap was left.
        for _ in range(MOST_PER_SIZE):
            one = bytes(size - head)
            filling.append(one)
            in_a_row = in_a_row + 1 if id(one) - last == size else 0
            if in_a_row >= POOL_BYTES // size - 2:
                break
            last = id(one)
    return filling


def _load_uvloop() -> None:
    try:
        import_module("uvloop")
    except ImportError:
        return  # each plugin says so on its own stderr, where its author looks
