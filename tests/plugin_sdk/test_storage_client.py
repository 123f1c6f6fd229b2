"""What a plugin's storage refuses before anything is sent."""

import math
from typing import Any, cast

import pytest

from plugin_sdk.api.host import Link
from plugin_sdk.api.storage import Storage
from protocol.errors import INVALID_PARAMS, RpcError


class Unused:
    """Where nothing may come by."""

    async def call_host(self, method: str, params: Any) -> Any:
        raise AssertionError((method, params))


@pytest.mark.parametrize("ttl_s", [math.nan, math.inf, -math.inf])
async def test_a_time_to_live_that_the_wire_has_no_number_for_is_no_for_ever(ttl_s: float):
    storage = Storage(cast("Link", Unused()))
    refused = pytest.raises(RpcError, match=f"ttl_s: found {ttl_s}; allowed: seconds")
    with refused as caught:
        await storage.set("k", 1, ttl_s=ttl_s)
    assert caught.value.code == INVALID_PARAMS
    with refused:
        await storage.compare_and_set("k", 0, 1, ttl_s=ttl_s)
    with refused:
        storage.transaction().set("k", 1, ttl_s=ttl_s)
