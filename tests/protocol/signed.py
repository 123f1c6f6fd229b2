"""Types that annotations name in tests of signatures, and how a signature is read there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from protocol.signatures import Signature, read_signature


class Point(msgspec.Struct):
    x: int
    y: float = 0.0


@dataclass
class Place:
    name: str
    at: Point


class Tree(msgspec.Struct):
    children: list["Tree"]


class Injected:
    """What the caller of a function fills in."""


def read(function: Callable[..., Any]) -> Signature:
    return read_signature(function, inject=lambda _parameter, annotation: annotation is Injected)
