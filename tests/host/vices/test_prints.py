"""Vices that print: whatever writes to stdout ends in the log, and the wire stays whole."""

import pytest

from tests.host.vices.conftest import Vices


@pytest.mark.parametrize("name", ["prints-python", "prints-c", "prints-child"])
async def test_what_is_printed_is_in_the_log_and_not_on_the_wire(vices: Vices, name: str) -> None:
    async with vices(name) as vice:
        await vice.load()
        for number in range(20):
            assert await vice.call("say", text=f"printed {number}") == "said"
        await vice.greet()
        assert vice.view.figures.faults == 0
        record = await vice.log.wait("printed 19")
        assert record.name == f"plugin.{name}"
        assert vars(record)["fields"] == {"stream": "stderr"}
        await vice.unload()
        facts = vice.view.last_exit
        assert facts is not None
        assert facts.exit_text == "exited with code 0"
        assert {f"printed {number}" for number in range(20)} <= set(facts.stderr)
        assert not vice.log.find("stray")
        assert not vice.log.find("not a JSON-RPC message")


async def test_what_is_printed_before_it_is_active_is_in_the_log(vices: Vices) -> None:
    async with vices("prints-python") as vice:
        await vice.load()
        await vice.log.wait("printed while it was imported")
        await vice.log.wait("printed in on_load")


async def test_a_printed_answer_answers_nothing(vices: Vices) -> None:
    async with vices("prints-python") as vice:
        await vice.load()
        assert await vice.call("say", text="mine") == "said"
        record = await vice.log.wait('{"jsonrpc":"2.0","id":1,"result":"forged"}')
        assert vars(record)["fields"] == {"stream": "stderr"}
        assert vice.view.figures.faults == 0
