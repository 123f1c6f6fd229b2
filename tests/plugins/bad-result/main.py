"""Returns values that JSON can't express, or not as they are."""

from typing import Any

from plugin_sdk import Plugin, method


class BadResult(Plugin):
    @method
    async def an_object(self) -> Any:
        return object()

    @method
    async def a_set_of_bytes(self) -> Any:
        return {b"\xff"}

    @method
    async def not_a_number(self) -> float:
        return float("nan")

    @method
    async def a_huge_integer(self) -> int:
        return 2**4_000

    @method
    async def a_circle(self) -> Any:
        circle: list[Any] = []
        circle.append(circle)
        return circle

    @method
    async def answer(self) -> int:
        return 42
