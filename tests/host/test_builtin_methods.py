"""The method table and what stands behind it: no row may be without a function."""

from host import PluginHost
from host.routing.gateway import ApiGateway
from protocol.methods import METHODS

TO_HOST = {
    name: row
    for name, row in METHODS.items()
    if row.direction in ("to_host", "both") and not name.startswith("$/")
}


def gateway_of(host: PluginHost) -> ApiGateway:
    return host._parts.gateway  # pyright: ignore[reportPrivateUsage]


def test_every_method_that_a_plugin_may_call_has_something_attached() -> None:
    assert TO_HOST
    assert set(gateway_of(PluginHost()).names()) == set(TO_HOST)


def test_what_is_attached_is_of_the_kind_that_the_table_says() -> None:
    gateway = gateway_of(PluginHost())
    for name, row in TO_HOST.items():
        if row.kind == "notification":
            assert gateway.notification(name) is not None, name
            assert gateway.find(name) is None, name
        else:
            endpoint = gateway.find(name)
            assert endpoint is not None, name
            assert endpoint.signature.shape == ("stream" if row.kind == "stream" else "value"), name


def test_what_is_attached_takes_the_parameters_that_the_table_says() -> None:
    gateway = gateway_of(PluginHost())
    for name, row in TO_HOST.items():
        endpoint = gateway.find(name)
        if endpoint is not None:
            assert endpoint.signature.names == row.params.__struct_fields__, name


def test_what_needs_a_permission_by_the_table_needs_it() -> None:
    gateway = gateway_of(PluginHost())
    for name, row in TO_HOST.items():
        endpoint = gateway.find(name)
        if endpoint is not None:
            assert (endpoint.permission is not None) == (row.permission is not None), name
