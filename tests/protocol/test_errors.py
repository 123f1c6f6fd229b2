"""Error codes and the exception that carries them."""

from protocol import errors
from protocol.errors import NAMES, ErrorObject, PluginError, RpcError


def test_every_code_has_a_name_of_its_own_and_lies_in_the_protocols_range() -> None:
    codes = {name.lower(): value for name, value in vars(errors).items() if isinstance(value, int)}
    assert codes == {name: code for code, name in NAMES.items()}
    assert all(-32768 <= code <= -32000 for code in NAMES)


def test_an_error_knows_its_stable_name() -> None:
    assert RpcError(errors.OVERLOADED, "x").name == "overloaded"


def test_a_code_that_is_not_ours_is_an_applications() -> None:
    assert RpcError(1234, "x").name == "application_error"


def test_an_error_has_a_wire_form() -> None:
    error = RpcError(-1, "sentence", {"a": 1})
    assert error.to_object() == ErrorObject(-1, "sentence", {"a": 1})
    assert str(error) == "sentence"


def test_an_authors_error_has_the_plugin_code_unless_it_says_otherwise() -> None:
    assert PluginError("no", {"a": 1}).to_object() == ErrorObject(errors.PLUGIN_ERROR, "no", {"a": 1})
    assert PluginError("no", code=7).code == 7


def test_a_remedy_that_the_host_gave_is_read_after_the_message_and_only_once() -> None:
    assert str(RpcError(-1, "it is full", {"remedy": "delete something"})) == "it is full; delete something"
    assert str(RpcError(-1, "It is full.", {"remedy": "delete it"})) == "It is full; delete it"
    assert str(RpcError(-1, "a:\n  b", {"remedy": "mend b"})) == "a:\n  b\nmend b"
    assert str(RpcError(-1, "full; delete it", {"remedy": "delete it"})) == "full; delete it"
    for data in (None, 7, {"remedy": ""}, {"remedy": 7}, ["remedy"]):
        assert str(RpcError(-1, "it is full", data)) == "it is full"
