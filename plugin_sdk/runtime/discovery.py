"""`rpc.discover` of a plugin: its methods as an OpenRPC document. Imported when somebody asks."""

from collections.abc import Mapping
from typing import Any

from plugin_sdk.runtime.handlers import Handler
from protocol.openrpc import document, method_entry


def describe(title: str, handlers: Mapping[str, Handler]) -> dict[str, Any]:
    """Return the document."""
    methods: list[dict[str, Any]] = []
    for name, handler in handlers.items():
        params, result = handler.signature.schema()
        methods.append(method_entry(name, params, result, stream=handler.signature.shape == "stream"))
    return document(title, methods)
