"""`plughost completion`: what completes this command in a shell."""

import click
from click.shell_completion import get_completion_class

from host.cli.exit_codes import ExitCode


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print a script for SHELL; such as: plughost completion bash >> ~/.bashrc."""
    from host.cli.main import command as root

    completion = get_completion_class(shell)
    assert completion is not None
    click.echo(completion(root, {}, "plughost", "_PLUGHOST_COMPLETE").source())
    return ExitCode.OK
