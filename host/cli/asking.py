"""Asking: values that a person types at the terminal, one after the other, as their schema describes them.

What is secret is not shown while it is typed. What does not fit is said, and asked for again; the host has
the last word. Texts of the schema are a plugin's.
"""

import asyncio
import contextlib
import getpass
import json
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

import click

from host.tui.border import clean
from host.tui.forms.fields import Field
from host.tui.forms.params import value_faults
from host.tui.forms.typed import allowed, brief, read

_YES: Final = frozenset({"y", "yes", "true", "on", "1"})
_NO: Final = frozenset({"n", "no", "false", "off", "0"})
MAX_DESCRIPTION_LINES: Final = 10

_T = TypeVar("_T")


def may_ask() -> bool:
    """Tell whether somebody is there: both ends are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def asked(fields: Iterable[Field], *, needed: bool) -> dict[str, Any]:
    """Ask for each of these, and return by key what was typed; nothing typed leaves a value as it is.

    With `needed`, what has no value and must have one is asked for until it has.

    Raises:
        click.UsageError: Nobody is there to ask.
        click.Abort: Whoever is asked goes away.
    """
    given: dict[str, Any] = {}
    for field in fields:
        if not may_ask():
            raise click.UsageError(
                f"{clean(field.key)}: there is no terminal to ask at; give it as KEY=VALUE or KEY=@FILE"
            )
        found = _asked(field, needed=needed)
        if found is not None:
            given[field.key] = found[0]
    return given


def confirmed(question: str) -> bool:
    """Ask for a yes or a no; nothing typed is a no. Raises as `asked` does."""
    if not may_ask():
        raise click.UsageError("there is no terminal to ask at; answer with --yes or dismiss it")
    while True:
        typed = _line(f"{question} [y/N] ", hidden=False).strip().lower()
        if typed in _YES:
            return True
        if not typed or typed in _NO:
            return False


async def beside(ask: Callable[[], _T]) -> _T:
    """Ask while an event loop goes on; whoever interrupts ends it, the question left unanswered.

    In a thread of its own that nobody waits for: a read of a terminal can't be called off.
    """
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    outcome: list[_T] = []
    error: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(ask())
        except BaseException as exc:  # noqa: BLE001 - raised below, where it is waited for
            error.append(exc)
        with contextlib.suppress(RuntimeError):  # the loop is over
            loop.call_soon_threadsafe(done.set)

    threading.Thread(target=run, daemon=True).start()
    await done.wait()
    if error:
        raise error[0]
    return outcome[0]


def _asked(field: Field, *, needed: bool) -> tuple[Any] | None:
    title = clean(field.title)
    words = allowed(field)
    _say(f"{title}{f' ({words})' if words else ''}")
    for line in clean(field.description, lines=True).split("\n")[:MAX_DESCRIPTION_LINES]:
        if line:
            _say(f"  {line}")
    now = field.value if field.has_value else field.schema.get("default")
    has = field.has_value or "default" in field.schema
    shown = f" [{brief(field, now)}]" if has else ""
    while True:
        typed = _line(f"{clean(field.key)}{shown}: ", hidden=field.secret)
        if not typed:
            if has or not field.required or not needed:
                return None
            _say("  it is needed")
            continue
        try:
            value = _read(field, typed)
        except ValueError as error:
            # What it found is what was typed, and that is hidden.
            _say(f"  it does not fit: {words or 'see above'}" if field.secret else f"  {clean(str(error))}")
            continue
        if faults := value_faults(field, value):
            _say(f"  {clean('; '.join(faults))}")
            continue
        return (value,)


def _read(field: Field, typed: str) -> Any:
    """Return what was typed as a value. Raises ValueError, which says why it is none."""
    if field.shape == "boolean":
        word = typed.strip().lower()
        if word not in _YES | _NO:
            raise ValueError(f"found {typed!r}; allowed: yes or no")
        return word in _YES
    if field.choices:
        for choice in field.choices:
            if typed.strip() in (choice, json.dumps(choice, ensure_ascii=False)):
                return choice
        raise ValueError(f"found {typed!r}; {allowed(field)}")
    if field.shape == "list":
        return [part.strip() for part in typed.split(",") if part.strip()]
    return read(field, typed)


def _line(prompt: str, *, hidden: bool) -> str:
    try:
        if hidden:
            return getpass.getpass(prompt)
        # On stderr: what the command prints may be piped.
        sys.stderr.write(prompt)
        sys.stderr.flush()
        # Unbuffered: a thread that waits inside of a buffered reader would hold up the interpreter's end.
        with open(0, "rb", buffering=0, closefd=False) as stdin:
            line = stdin.readline().decode(sys.stdin.encoding, errors="replace")
        if not line:
            raise EOFError
        return line.removesuffix("\n")
    except EOFError:
        raise click.Abort from None


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
