"""What a plugin asks while an author tries it: answered at the terminal, told how to answer, or dismissed.

Owns who hears of a prompt under `plughost inspect` and `plughost dev`. What is asked, and whether an answer
fits, is `host.services.prompts`.
"""

import asyncio
import sys
import termios
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from shlex import quote
from typing import Any

import anyio
import click

from host.cli.asking import confirmed, may_ask
from host.cli.config_values import asked_of, page_of
from host.errors import InvalidParams, PlughostError
from host.logs import clean
from host.services.prompts import Prompt, Prompts


class PromptsAtTerminal:
    """Answers the prompts of one host by asking whoever sits at the terminal, one at a time."""

    def __init__(self, prompts: Prompts, *, asks: bool) -> None:
        """`asks`: stdin is free for answers; without, or without a terminal, each prompt is dismissed."""
        self._prompts = prompts
        self._asks = asks and may_ask()
        self._turn = anyio.Lock()
        prompts.on(self._take)

    async def _take(self, prompt: Prompt) -> None:
        async with self._turn:
            _say(f"{prompt.plugin} asks: {prompt.title}")
            for line in filter(None, prompt.text.split("\n")):
                _say(f"  {line}")
            if not self._asks:
                self._prompts.dismiss(prompt.id)
                _say(
                    "  dismissed: there is no terminal to ask at; give the line as an argument at a "
                    "terminal, or run it by `plughost dev DIR --data D` and answer by `plughost prompts`"
                )
                return
            try:
                with _as_it_was():
                    await self._ask(prompt)
            except anyio.get_cancelled_exc_class():
                # Its thread still waits for a line; a second one would get half of what is typed.
                self._asks = False
                _say("  it waits for no answer any more")
                raise

    async def _ask(self, prompt: Prompt) -> None:
        while True:
            values = await _in_a_thread(lambda: _answer(prompt))
            try:
                if values is None:
                    self._prompts.dismiss(prompt.id)
                    _say("  dismissed")
                else:
                    self._prompts.answer(prompt.id, values)
            except InvalidParams as exc:
                _say(f"  {clean(exc.message)}")
            except PlughostError:
                _say("  it waits for no answer any more")
                return
            else:
                return


def tell_how_to_answer(prompts: Prompts, say: Callable[[str], None], data: str | None) -> None:
    """Say of each prompt by which command it is answered; where none can be, dismiss it and say so."""

    def take(prompt: Prompt) -> None:
        if data is not None:
            say(f"{prompt.title}; answer it: plughost prompts --data {quote(data)} answer {prompt.id}")
            return
        prompts.dismiss(prompt.id)
        say(
            f"{prompt.title}; dismissed, because nothing can answer it here: run it by "
            "`plughost dev DIR --data D` and answer by `plughost prompts --data D answer`"
        )

    prompts.on(take)


def _answer(prompt: Prompt) -> dict[str, Any] | None:
    """Return what was typed; None where the answer is a no, or stdin has ended."""
    with suppress(click.Abort):
        if not prompt.schema.get("properties"):
            return {} if confirmed("Yes?") else None
        return asked_of(page_of(prompt.plugin, prompt.schema), (), needed=True)
    return None


async def _in_a_thread(work: Callable[[], dict[str, Any] | None]) -> dict[str, Any] | None:
    """Do what waits for somebody to type; a thread of anyio's would hold up the program's end meanwhile."""
    done = anyio.Event()
    found: list[dict[str, Any] | None] = []
    loop = asyncio.get_running_loop()

    def run() -> None:
        with suppress(click.ClickException):
            found.append(work())
        with suppress(RuntimeError):  # the host has ended
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, name="prompt", daemon=True).start()
    await done.wait()
    return found[0] if found else None


@contextmanager
def _as_it_was() -> Generator[None]:
    """Leave the terminal as it is now: a secret is typed unseen, and may never come."""
    try:
        was = termios.tcgetattr(sys.stdin)
    except termios.error:
        yield
        return
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, was)


def _say(line: str) -> None:
    sys.stderr.write(f"{clean(line)}\n")
    sys.stderr.flush()
