"""`plughost prompts`: what plugins ask of whoever operates the host, and the answers."""

from collections.abc import Sequence
from typing import Any

import click
import msgspec

from host.cli.asking import confirmed, may_ask
from host.cli.attached import ask, host_options
from host.cli.config_values import asked_of, changes_of, page_of
from host.cli.listing import Listing, listing_options
from host.cli.output import print_error
from host.cli.values import read_object
from host.errors import ContributionNotFound, InvalidParams
from host.facade.facade import Facade
from host.facade.figures import clock
from host.facade.rows import PromptRow
from host.logs import clean
from host.services.configuration_schema import Schema


@click.group("prompts", invoke_without_command=True)
@listing_options
@host_options
@click.pass_context
def command(context: click.Context, listing: Listing, data: str | None, socket: str | None) -> int:
    """List what plugins ask and nobody answered yet; `answer` and `dismiss` end one."""
    context.obj = (data, socket)
    if context.invoked_subcommand is not None:
        return 0
    found = ask(lambda facade: facade.prompts(), data=data, socket=socket, name="prompts")
    listing.show(
        [msgspec.to_builtins(one) for one in found],
        {"PROMPT": "id", "PLUGIN": "plugin", "ASKED": "since_s", "UNTIL": "until_s", "TITLE": "title"},
        units={"since_s": "seconds", "until_s": "seconds"},
        text=lambda row: (
            row["id"],
            row["plugin"],
            clock(row["since_s"]),
            clock(row["until_s"]),
            row["title"],
        ),
    )
    return 0


@command.command("answer")
@click.argument("prompt", metavar="[ID]", required=False)
@click.argument("words", nargs=-1, metavar="[KEY=VALUE|KEY=@FILE|KEY=-|KEY... | JSON]")
@click.option("--yes", is_flag=True, help="Answer a yes-or-no prompt with yes, and ask nothing.")
@host_options
@click.pass_context
def answer(
    context: click.Context,
    prompt: str | None,
    words: tuple[str, ...],
    yes: bool,
    data: str | None,
    socket: str | None,
) -> int:
    """Answer the prompt ID, or the one that there is.

    What is not given as a word is asked for at the terminal; a secret is never an argument.
    """
    _take_place(context, data, socket)
    if prompt is not None and ("=" in prompt or prompt[:1] in ("{", "@")):
        prompt, words = None, (prompt, *words)  # the one that there is
    row = _chosen(context, prompt)
    is_question = not row.schema.get("properties")
    if is_question and not yes and not words:
        _say(row)
        if not confirmed("Yes?"):
            _dismiss(context, row)
            return 0
    values = _given(row, words)
    while True:
        if not words and not is_question:
            _say(row)
            values = asked_of(page_of(row.plugin, row.schema), (), needed=True)
        try:
            _ask(context, row, values)
        except InvalidParams as exc:
            if words or is_question or not may_ask():
                raise
            print_error(exc, as_json=False)
        else:
            click.echo(f"{row.plugin}: answered")
            return 0


@command.command("dismiss")
@click.argument("prompt", metavar="ID")
@host_options
@click.pass_context
def dismiss(context: click.Context, prompt: str, data: str | None, socket: str | None) -> int:
    """Tell a plugin that its prompt ID gets no answer."""
    _take_place(context, data, socket)
    _dismiss(context, _chosen(context, prompt))
    return 0


def _take_place(context: click.Context, data: str | None, socket: str | None) -> None:
    """Have the host that is named behind the verb asked, where one is named there."""
    if data is not None or socket is not None:
        context.obj = (data, socket)


def _chosen(context: click.Context, prompt: str | None) -> PromptRow:
    """Return the prompt that is meant. Raises ContributionNotFound, click.UsageError."""
    data, socket = context.obj
    found: Sequence[PromptRow] = ask(
        lambda facade: facade.prompts(), data=data, socket=socket, name="prompts"
    )
    if prompt is None:
        if len(found) > 1:
            raise click.UsageError("several wait; which one? " + ", ".join(one.id for one in found[:10]))
        if not found:
            raise ContributionNotFound("prompt that waits for an answer", "any")
        return found[0]
    for one in found:
        if one.id == prompt:
            return one
    raise ContributionNotFound("prompt that waits for an answer", prompt[:80], [one.id for one in found][:3])


def _given(row: PromptRow, words: tuple[str, ...]) -> dict[str, Any]:
    if len(words) == 1 and (words[0] == "-" or words[0][:1] in ("{", "@")):
        values = read_object(words[0])
        if words[0].startswith("{") and Schema(row.schema).secrets(values):
            raise click.UsageError(
                "there is a secret in it, and arguments can be seen by others: give it as @FILE or as -"
            )
        return values
    return changes_of(page_of(row.plugin, row.schema), words)


def _say(row: PromptRow) -> None:
    """Show what is asked, and who asks: the plugin's own words are indented below its name."""
    click.echo(f"{clean(row.plugin)} asks: {clean(row.title)}", err=True)
    for line in row.text.split("\n"):
        if line:
            click.echo(f"  {clean(line)}", err=True)


def _ask(context: click.Context, row: PromptRow, values: dict[str, Any]) -> None:
    data, socket = context.obj

    async def body(facade: Facade) -> None:
        await facade.prompt_answer(row.id, values)

    ask(body, data=data, socket=socket, name="prompts")


def _dismiss(context: click.Context, row: PromptRow) -> None:
    data, socket = context.obj

    async def body(facade: Facade) -> None:
        await facade.prompt_dismiss(row.id)

    ask(body, data=data, socket=socket, name="prompts")
    click.echo(f"{row.plugin}: dismissed")
