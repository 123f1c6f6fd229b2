"""PromptDialog: what a plugin asks of the operator, framed with its name, and a form for the answer.

It stays open until it is answered, dismissed or closed; one that nobody waits for any more says so. Closing
it answers nothing: the prompt waits on, in Problems and in the palette.
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from textual.binding import Binding, BindingType

from host.facade.facade import Facade
from host.facade.figures import clock
from host.facade.rows import PromptRow
from host.tui.border import clean
from host.tui.forms.params import flat
from host.tui.inked import monitor
from host.tui.inked_lines import Parts
from host.tui.log_lines import wrapped
from host.tui.params_dialog import ParamsDialog

MAX_LINES: Final = 8
"""Of the plugin's text; the whole of it is on the command line."""

LOOK_S: Final = 0.5


class PromptDialog(ParamsDialog):
    """One prompt."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+d,f8", "refuse", "give no answer", priority=True),
    ]
    heading = " asks"
    nothing = "It is a yes or a no."
    words = "answer"
    done = "answered"

    def __init__(self, prompt: PromptRow) -> None:
        super().__init__(prompt.schema)
        self._prompt = prompt
        self._ended = False
        self.plugin = prompt.plugin
        if not self.fields:
            self.words = "yes"

    def on_mount(self) -> None:
        """Look whether it is still asked."""
        super().on_mount()
        self.set_interval(LOOK_S, self._look)

    def _look(self) -> None:
        model = monitor(self).model
        if not self._ended and model.link == "live" and self._prompt.id not in model.prompts:
            self._ended = True
            self._say_ended()
            self.show_keys()

    def _say_ended(self) -> None:
        said = "▲ it is asked no longer: it was answered elsewhere, or taken back"
        self.say([(said, "warn"), ("; ", "dim"), ("Esc", "title"), (" closes", "dim")])

    def about(self) -> Sequence[Parts]:
        """What it asks, and until when."""
        prompt = self._prompt
        lines = [line for text in prompt.text.split("\n") for line in wrapped(text, self.room) if line]
        if len(lines) > MAX_LINES:
            lines = [*lines[: MAX_LINES - 1], "…"]
        until: Parts = [(f"asked at {clock(prompt.since_s)}, until {clock(prompt.until_s)}", "dim")]
        title: list[Parts] = [[(line, "strong")] for line in wrapped(clean(prompt.title), self.room)]
        return [*title, *([(line, "plain")] for line in lines), until]

    def keys(self) -> Sequence[tuple[str, str]]:
        """None to answer it with where it is asked no longer."""
        return (("Esc", "close"),) if self._ended else super().keys()

    def more_keys(self) -> Sequence[tuple[str, str]]:
        """The one for no answer first."""
        return (("^d", "no answer" if self.fields else "no"), *super().more_keys())

    async def sent(self, facade: Facade, params: dict[str, Any]) -> tuple[Parts, Sequence[Parts]]:
        """Answer it."""
        await facade.prompt_answer(self._prompt.id, params)
        return self._close("answered")

    def action_send(self) -> None:
        """Answer it, if it is still asked."""
        if self._ended:
            self._say_ended()
        else:
            super().action_send()

    def action_refuse(self) -> None:
        """Give no answer."""
        if self._ended:
            self._say_ended()
            return

        async def refuse(facade: Facade) -> tuple[Parts, Sequence[Parts]]:
            await facade.prompt_dismiss(self._prompt.id)
            return self._close("dismissed")

        self.attempt(refuse)

    def _close(self, said: str) -> tuple[Parts, Sequence[Parts]]:
        self._ended = True
        monitor(self).say(f"{self._prompt.plugin}: {said}")
        if self.is_attached:
            self.dismiss(None)
        return [(f"✓ {said}", "good")], []

    def command_line(self, params: Mapping[str, Any]) -> str:
        """`plughost prompts answer`; what is secret is asked for there."""
        given = flat(params, self.fields)
        secrets = [key for key in given if self.fields[key].secret]
        plain = {key: value for key, value in given.items() if key not in secrets}
        words = [f"{key}={_word(value)}" for key, value in plain.items()]
        if not secrets and (given.keys() != params.keys() or any(map(_is_read, plain.values()))):
            # As a word it would be another thing there: a file, stdin, or nothing.
            words = [json.dumps(params, ensure_ascii=False)]
        shown = " ".join(shlex.quote(one) for one in (*words, *secrets))
        return f"plughost prompts answer {self._prompt.id} {shown}".rstrip()


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_read(value: Any) -> bool:
    """Tell whether a command line reads something else where a value stands."""
    return isinstance(value, str) and (value == "-" or value.startswith("@"))
