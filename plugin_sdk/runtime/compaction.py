"""Compaction: code that every plugin runs, brought together in the warden's image.

Running a function writes to its code object: who runs it is counted there. In a forked process that copies
the page on which it lies, and what a plugin runs at its start lies scattered among ten times as much that it
does not. So copies of these code objects are made one after the other, and their functions get them; nobody
can tell the difference but by identity. Called by the image, before it rehearses.
"""

import gc
from collections.abc import Sequence
from types import CodeType, FunctionType


def bring_together(ran: Sequence[int]) -> list[CodeType]:
    """Give functions whose code has one of these ids copies of it that lie together, in this order.

    Returns the originals, to be kept: what they leave would be gaps, which each child would fill. Functions
    that are frozen, to the collector, are not found.
    """
    place = {code: number for number, code in enumerate(ran)}
    functions = [one for one in gc.get_objects() if type(one) is FunctionType and id(one.__code__) in place]
    functions.sort(key=lambda one: place[id(one.__code__)])
    originals = [one.__code__ for one in functions]
    copies: dict[int, CodeType] = {}
    for one in functions:
        one.__code__ = _copy(one.__code__, copies)
    return originals


def _copy(code: CodeType, copies: dict[int, CodeType]) -> CodeType:
    """Return a copy; those of functions that are made in it come with it."""
    # By identity: equal code may be of different files.
    copy = copies.get(id(code))
    if copy is None:
        consts = tuple(_copy(one, copies) if type(one) is CodeType else one for one in code.co_consts)
        copy = copies[id(code)] = code.replace(co_consts=consts)
    return copy
