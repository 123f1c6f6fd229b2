"""VerbFirst: a family of commands that says where an id or an option goes that stands before the verb."""

import difflib
from typing import ClassVar

import click


class VerbFirst(click.Group):
    """Derive from it, and name the verb that people mean when they leave it out."""

    MEANT: ClassVar[str] = ""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words before the verb. Raises click.UsageError, which says where a verb's option goes."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            takers = [verb for verb in self.list_commands(ctx) if _takes(self, ctx, verb, exc.option_name)]
            if not takers:
                raise
            meant = self.MEANT if self.MEANT in takers else takers[0]
            raise click.UsageError(
                f"{exc.option_name} goes behind the verb: {ctx.command_path} {meant} {exc.option_name}"
                f" ...; allowed with: {', '.join(takers)}",
                ctx,
            ) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb. Raises click.UsageError, which says how it is meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            verbs = self.list_commands(ctx)
            # What is misspelt is told by click itself, with the verb that is near.
            if args[0].startswith("-") or difflib.get_close_matches(args[0], verbs):
                raise
            family = ctx.command_path
            raise click.UsageError(
                f"{args[0]}: is no verb; allowed: {', '.join(verbs)}; for a plugin of this id: "
                f"{family} {self.MEANT} {args[0]}",
                ctx,
            ) from None


def _takes(family: click.Group, ctx: click.Context, verb: str, option: str) -> bool:
    command = family.get_command(ctx, verb)
    return command is not None and any(option in one.opts for one in command.params)
