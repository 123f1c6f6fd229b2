from collections.abc import Callable
from typing import Any

import pytest

from host.errors import Fault
from host.manifest.asked_permissions import read_permission
from protocol.manifest import Manifest
from protocol.permissions import Permission


def test_an_object_asks_for_one_permission_per_action():
    assert read_permission({"resource": "messages", "actions": ["read", "send"]}) == (
        Permission("messages", "read"),
        Permission("messages", "send"),
    )


def test_admin_is_read_here_and_left_to_the_policy():
    assert read_permission("admin") == (Permission("admin", "manage"),)


def test_an_unknown_word_is_a_fault_that_names_near_ones():
    with pytest.raises(ValueError, match=r"such as sessions:read; did you mean network\?$"):
        read_permission("netwrok")
    with pytest.raises(ValueError, match="such as sessions:read, or one of admin, "):
        read_permission("zzz")


@pytest.mark.parametrize(
    "value",
    [
        5,
        None,
        [],
        {},
        {"resource": "x"},
        {"resource": "x", "actions": []},
        {"resource": "x", "actions": "read"},
        {"resource": "x", "actions": [1]},
        {"resource": "x:read", "actions": ["y"]},
        {"resource": "x", "actions": ["read"], "scope": "y"},
    ],
)
def test_another_shape_is_a_fault(value: object):
    with pytest.raises(ValueError, match="actions"):
        read_permission(value)


def test_each_faulty_entry_is_a_fault_of_its_own(json_faults: Callable[..., dict[str, Fault]]):
    entries: list[Any] = ["sessions:read", "\x1b", 5, "files:write:/a\nb"]
    faults = json_faults({"permissions": entries})
    assert set(faults) == {"permissions.1", "permissions.2", "permissions.3"}
    assert faults["permissions.1"].found == r"'\x1b'"


def test_a_permission_asked_for_twice_is_kept_once(read_json: Callable[..., Manifest]):
    assert read_json({"permissions": ["read:users", "users:read"]}).permissions == (
        Permission("users", "read"),
    )
