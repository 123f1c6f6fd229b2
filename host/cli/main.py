"""The `plughost` command: finds the command that is meant, and turns errors into exit codes.

Commands are imported when they are named, so that `plughost --version` loads next to nothing.
"""

import difflib
import sys
from importlib import import_module

import click

from protocol.version import RELEASE

COMMANDS = {
    "call": "Start a plugin, call a method, print the result, stop.",
    "commands": "List the commands of plugins, and run one.",
    "config": "Show the host's settings; show and change plugins' configuration.",
    "create": "Write a new plugin, with a test of its own.",
    "demo": "Show what the host does, told line by line.",
    "dev": "Run a plugin, and reload it when its files change.",
    "init": "Make a folder into a workspace for plugins.",
    "inspect": "Ask a plugin line by line, typed or from a script.",
    "package": "Pack a plugin into one file.",
    "perms": "Show what plugins may do, and change it, while the host does not run.",
    "run": "Run plugins in the foreground.",
    "storage": "Show what plugins keep, while the host does not run.",
    "stubs": "Write a host's API down for type checkers.",
    "test": "Run a plugin's tests.",
    "why": "Tell what led to a plugin's last change of state.",
    "validate": "Check plugins: manifest, entry points, permissions, risky code.",
}

ALIASES = {"init-dev-env": "init"}
"""Other names of commands."""

HIDDEN = ("test-harness",)
"""What programs start, not people."""


class _Commands(click.Group):
    """Commands by name, each in a module of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS and cmd_name not in HIDDEN:
            return None
        module = cmd_name.replace("-", "_")
        command: click.Command = import_module(f"host.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in (*COMMANDS, *ALIASES, *HIDDEN) and not name.startswith("-"):
            near = difflib.get_close_matches(name, COMMANDS, n=3)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            ctx.fail(f"There is no command {name!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(RELEASE, prog_name="plughost", message="%(prog)s %(version)s")
def command() -> None:
    """Run every plugin as a process of its own: bounded, watched, restarted."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    try:
        result = command.main(arguments, prog_name="plughost", standalone_mode=False)
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        exc.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # Whoever read our output has left; a second error at shutdown would only confuse.
        sys.stderr.close()
        return 1
    except Exception as exc:
        from host.errors import PlughostError

        if not isinstance(exc, PlughostError):
            raise
        from host.cli.exit_codes import exit_code
        from host.cli.output import print_error

        print_error(exc, as_json="--json" in arguments)
        return exit_code(exc)
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
