"""Vices that keep a plugin from becoming active: which are tried again, and which never."""

from host import Timing
from host.errors import LoadFailed, LoadRefused
from tests.host.vices.conftest import Vice, Vices


async def _never_retried(vice: Vice, *telling: str) -> None:
    """The load is refused with a message that tells all of this, and nothing more happens."""
    error = await vice.load(expect=LoadRefused)
    assert error is not None
    assert error.message.startswith(f"plugin {vice.name!r} can't become active: ")
    for text in telling:
        assert text in error.message
    assert error.remedy == "mend what the reason says, then load it"
    await vice.wait_state("error")
    view = vice.view
    assert view.state == "error"
    assert all(text in view.reason for text in telling)
    assert (view.restarts, view.retry_in_s, view.pid) == (0, None, None)
    facts = view.last_exit
    assert facts is not None
    assert facts.cause == "refused"
    await vice.greet()


async def test_a_version_that_was_not_offered_is_refused(vices: Vices) -> None:
    async with vices("wrong-version") as vice:
        await _never_retried(vice, "it speaks protocol version 99, this host 1")


async def test_code_that_cant_be_imported_is_refused_at_its_place(vices: Vices) -> None:
    async with vices("import-error") as vice:
        await _never_retried(vice, "entry point 'main.py' can't be imported", "main.py, line 1")


async def test_a_class_that_is_not_there_is_refused_by_its_name(vices: Vices) -> None:
    async with vices("missing-class") as vice:
        await _never_retried(vice, "entry point 'main:Absent'", "has no class 'Absent'")


async def test_an_annotation_that_json_cant_fill_is_refused_by_the_parameters_name(vices: Vices) -> None:
    async with vices("bad-annotation") as vice:
        await _never_retried(vice, "parameter 'connection'", "use")


async def test_a_refused_plugin_may_be_loaded_again_by_hand(vices: Vices) -> None:
    async with vices("missing-class") as vice:
        await vice.load(expect=LoadRefused)
        await vice.load(expect=LoadRefused)


async def test_raising_in_on_load_is_an_incident_and_tried_again(vices: Vices) -> None:
    async with vices("raises-in-on-load") as vice:
        error = await vice.load(expect=LoadFailed)
        assert error is not None
        assert "plugin.load failed: RuntimeError: the API key is not set; incident " in error.message
        assert error.remedy.startswith("the host tries again in ")
        record = await vice.log.wait("plugin.load raised RuntimeError")
        assert record.levelname == "ERROR"
        assert "the API key is not set" in record.getMessage()
        assert vars(record)["fields"]["incident"] in error.message
        change = await vice.wait_state("backoff")
        assert "RuntimeError: the API key is not set" in change.reason
        view = vice.view
        assert "RuntimeError: the API key is not set" in view.reason
        assert view.retry_in_s is not None
        assert view.last_exit is not None
        assert view.last_exit.cause == "load_failed"
        await vice.greet()
        await vice.wait_state("loading")
        await vice.wait_state("backoff")
        assert vice.view.restarts == 2


async def test_a_start_that_never_ends_is_ended_at_its_deadline(vices: Vices) -> None:
    async with vices("hangs-in-on-load", timing=Timing(load_s=0.5)) as vice:
        error = await vice.load(expect=LoadFailed)
        assert error is not None
        assert "plugin.load did not answer within 0.5 s" in error.message
        assert (await vice.wait_state("backoff")).reason == "plugin.load did not answer within 0.5 s"
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.last_method) == ("load_failed", "plugin.load")
        assert facts.survivors == ()
        await vice.greet()


async def test_progress_extends_a_start_beyond_its_deadline(vices: Vices) -> None:
    async with vices("slow-start", timing=Timing(load_s=0.6)) as vice:
        await vice.load()
        assert len(vice.log.find("loading: warming up, step")) == 10
        assert await vice.call("answer") == 42
        assert vice.view.restarts == 0
