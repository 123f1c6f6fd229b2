"""The `plughost` command: finds the command that is meant, and turns errors into exit codes.

Commands are imported when they are named, so that `plughost --version` loads next to nothing.
"""

import difflib
import errno
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from protocol.version import RELEASE

if TYPE_CHECKING:
    import io

COMMANDS = {
    # A running host, attached to.
    "ps": "List plugins.",
    "top": "Watch a host in the terminal, and act on it.",
    "info": "Show all that is known of a plugin.",
    "load": "Load plugins.",
    "unload": "Stop plugins, and keep them stopped.",
    "restart": "Stop plugins, and load them anew.",
    "reload": "Let new runs of plugins take over without a gap.",
    "kill": "End plugins without grace.",
    "enable": "Let disabled plugins be loaded.",
    "disable": "Stop plugins, and do not let them be loaded.",
    "reset": "End plugins' quarantine.",
    "logs": "Show what plugins log.",
    "events": "Show what happens; emit, lag, dead letters.",
    "watch": "Print a line for each change of state.",
    "rpc": "Follow the calls between host and plugins.",
    "stream": "Open a plugin's stream.",
    "problems": "List what somebody should look at.",
    "prompts": "List what plugins ask, and answer it.",
    "health": "Ask a plugin how it is.",
    "status": "Ask a plugin what it does.",
    "host": "Show what is known of the host.",
    "metrics": "Print figures in Prometheus' format.",
    "record": "Record what a host shows.",
    # With or without one.
    "run": "Run plugins in the foreground.",
    "call": "Call a plugin's method.",
    "commands": "List the commands of plugins, and run one.",
    "config": "Show and change the configuration of plugins; show the host's settings.",
    "perms": "Show and change what plugins may do.",
    "storage": "Show what plugins keep.",
    "why": "Tell what led to a plugin's last change of state.",
    "backup": "Copy a host's data.",
    "restore": "Put a copy back.",
    "doctor": "Check whether plugins can be run here.",
    # For authors.
    "chaos": "Put faults to a plugin, and see which it does not bear.",
    "create": "Write a new plugin, with a test of its own.",
    "dev": "Run a plugin, and reload it when its files change.",
    "init": "Make a folder into a workspace for plugins.",
    "inspect": "Ask a plugin from forms, with the wire beside them; or line by line.",
    "package": "Pack a plugin into one file.",
    "stubs": "Write a host's API down for type checkers.",
    "test": "Run a plugin's tests.",
    "validate": "Check plugins: manifest, entry points, permissions, risky code.",
    "demo": "Show what the host does, told line by line.",
    "completion": "Print what completes this command in a shell.",
    "version": "Print the versions.",
}

_HOMES = {
    **dict.fromkeys(("load", "unload", "restart", "reload", "kill", "enable", "disable", "reset"), "verbs"),
    **dict.fromkeys(("health", "status", "host", "problems"), "answers"),
}
"""Modules that hold several commands, each under its own name."""

ALIASES = {"init-dev-env": "init", "start": "load", "stop": "unload"}
"""Other names of commands."""

HIDDEN = ("test-harness",)
"""What programs start, not people."""


class _Commands(click.Group):
    """Commands by name, each in a module of its own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        cmd_name = ALIASES.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS and cmd_name not in HIDDEN:
            return None
        home = _HOMES.get(cmd_name)
        module = import_module(f"host.cli.{home or cmd_name.replace('-', '_')}")
        command: click.Command = getattr(module, cmd_name if home else "command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in (*COMMANDS, *ALIASES, *HIDDEN) and not name.startswith("-"):
            near = difflib.get_close_matches(name, [*COMMANDS, *ALIASES], n=3)
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
    if os.getpid() == 1:
        # The first process of a container.
        from host.cli.first_process import become_command

        become_command()
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    try:
        # In a locale without a character it is written out, and nobody's listing ends for it.
        if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - where it was closed
            sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - until the end
        cast("io.TextIOWrapper", sys.stdout).reconfigure(errors="backslashreplace")
        result = command.main(arguments, prog_name="plughost", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        exc.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        return _without_reader()
    except BaseExceptionGroup as group:
        # Raised where a command works on several things at a time.
        if group.split(BrokenPipeError)[1] is not None:
            raise
        return _without_reader()
    except OSError as exc:
        if exc.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.stderr.write(f"error: what was printed is not whole: {exc.strerror}\n")
        return _without_reader()
    except Exception as exc:
        from host.errors import PlughostError

        if not isinstance(exc, PlughostError):
            raise
        from host.cli.exit_codes import exit_code
        from host.cli.output import print_error

        print_error(exc, as_json=not {"--json", "--jsonl"}.isdisjoint(arguments))
        return exit_code(exc)
    return result if isinstance(result, int) else 0


def _without_reader() -> int:
    """End after nobody takes our output any more; a second error at the end would only confuse."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


if __name__ == "__main__":
    main()
