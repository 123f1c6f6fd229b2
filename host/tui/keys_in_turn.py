"""KeysInTurn: a key counts only once what the key before it did is there, such as a screen that it opened.

Over a slow line keys come in one burst, and Textual hands each to whatever has the keyboard at that moment:
the second of `Enter l` would go to the screen that the first is about to leave. Owns keys that wait.
"""

import time
from collections import deque
from typing import Final

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

APART_S: Final = 0.25
"""Keys so far apart are not of one burst; also the longest time that one waits for the one before."""

MAX_WAITING: Final = 500
"""Keys that wait; a cat on the keyboard has no more."""


class KeysInTurn(App[None]):
    """A program that takes keys so."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._waiting: deque[events.Key] = deque(maxlen=MAX_WAITING)
        self._pressed_s = 0.0
        self._turn = 0

    async def on_event(self, event: events.Event) -> None:
        """Take a key in its turn, and everything else at once."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self._waiting:
            self._waiting.append(event)
        elif time.monotonic() - self._pressed_s >= APART_S:
            await self._press(event)
        else:
            self._waiting.append(event)
            self._await_turn()

    async def _press(self, event: events.Key) -> None:
        self._pressed_s = time.monotonic()
        await super().on_event(event)

    def _await_turn(self) -> None:
        """Have the first that waits pressed once what the one before did has gone its way.

        A key goes up from what has the keyboard to the program, through the queue of each on the way, and is
        acted on there; what that makes a widget say goes up the same way. What is put into these queues one
        after the other is behind both.
        """
        self._turn += 1
        screen, target = self.screen, self.focused or self.screen
        self.set_timer(APART_S, lambda turn=self._turn: self._take_turn(turn))
        path: list[MessagePump] = [target, *target.ancestors]
        self._pass_on(path + path, screen, self._turn)

    def _pass_on(self, nodes: list[MessagePump], screen: MessagePump, turn: int) -> None:
        while nodes:
            node = nodes.pop(0)
            if node.call_later(self._pass_on, nodes, screen, turn):
                return
        if self.screen is not screen:
            # It was opened by the key before: what it is made of, and what has the keyboard, comes first.
            opened: MessagePump = self.screen
            self._pass_on([opened, self, opened, self], opened, turn)
        else:
            self.call_later(self._take_turn, turn)

    async def _take_turn(self, turn: int) -> None:
        if turn != self._turn or not self._waiting:
            return
        event = self._waiting[0]
        await self._press(event)
        self._waiting.popleft()
        if self._waiting:
            self._await_turn()
