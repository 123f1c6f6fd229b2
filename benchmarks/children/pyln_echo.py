"""The child of the pyln-client contestant."""

from importlib import import_module
from typing import Any

plugin: Any = import_module("pyln.client").Plugin(autopatch=False)  # it ships no types


@plugin.method("echo")
def echo(value: Any) -> Any:
    return value


@plugin.subscribe("happened")
def happened(**_params: Any) -> None:
    pass


if __name__ == "__main__":
    plugin.run()
