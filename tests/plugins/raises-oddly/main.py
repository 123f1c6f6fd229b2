"""Raises what handlers raise: on purpose, by mistake, and what nobody expects."""

from plugin_sdk import Plugin, PluginError, method


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this can be told")


class RaisesOddly(Plugin):
    @method
    async def key_error(self) -> None:
        raise KeyError("a secret name")

    @method
    async def plugin_error(self) -> None:
        raise PluginError("no", {"a": 1})

    @method
    async def unfit_data(self) -> None:
        raise PluginError("no", object())

    @method
    async def mute(self) -> None:
        raise Mute

    @method
    async def system_exit(self) -> None:
        raise SystemExit(3)

    @method
    def system_exit_in_thread(self) -> None:
        raise SystemExit(3)

    @method
    async def answer(self) -> int:
        return 42
