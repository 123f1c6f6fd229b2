"""A rehearsal runs a whole session and leaves nothing of it."""

import gc
import os
import sys
import threading

import pytest

from plugin_sdk.plugin import Plugin

if sys.platform != "linux":
    pytest.skip("only Linux has a warden", allow_module_level=True)

from plugin_sdk.runtime import rehearsal


def test_nothing_is_left_but_what_it_warmed_up() -> None:
    gc.collect()
    before = (os.listdir("/proc/self/fd"), threading.active_count(), Plugin.__subclasses__())  # noqa: PTH208
    rehearsal.rehearse()
    gc.collect()
    after = (os.listdir("/proc/self/fd"), threading.active_count(), Plugin.__subclasses__())  # noqa: PTH208
    assert after == before
    assert "plugin_sdk.runtime.rehearsed" not in sys.modules
    assert not hasattr(sys.modules["plugin_sdk.runtime"], "rehearsed")


def test_one_that_goes_wrong_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    absent: tuple[str, object] = ("absent", None)
    monkeypatch.setattr(rehearsal, "CALLS", (*rehearsal.CALLS, absent))
    with pytest.raises(RuntimeError, match="there is no method 'absent'"):
        rehearsal.rehearse()
