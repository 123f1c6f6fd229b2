"""VerbFirst: a family of commands that says where a plugin's id goes when it stands in the verb's place."""

import difflib
from typing import ClassVar

import click


class VerbFirst(click.Group):
    """Derive from it, and name the verb that people mean when they leave it out."""

    MEANT: ClassVar[str] = ""

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
