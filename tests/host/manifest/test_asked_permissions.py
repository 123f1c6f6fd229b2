from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host.errors import Fault
from host.manifest import read_package, resources_of, slip_of
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


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("storag:use", "storage"),
        ("notifcations:send", "notifications"),
        ("send:notifcations", "notifications"),
        ("user:read", "users"),
    ],
)
def test_a_resource_near_a_known_one_is_a_warning_that_names_it(folder: Path, written: str, told: str):
    (folder / "plugin.toml").write_text(f'id = "x"\nversion = "1"\npermissions = ["{written}"]\n')
    (warning,) = read_package(folder).warnings
    assert warning.startswith("plugin.toml: permissions: ")
    assert warning.endswith(f"did you mean {told}?")


@pytest.mark.parametrize("written", ["sessions:read", "orders:use", "files:shred", "storage:use", "network"])
def test_a_resource_that_an_application_may_have_is_none(folder: Path, written: str):
    (folder / "plugin.toml").write_text(f'id = "x"\nversion = "1"\npermissions = ["{written}"]\n')
    assert read_package(folder).warnings == ()


@pytest.mark.parametrize(
    ("written", "allowed"),
    [
        ("notifications:sent", "did you mean send?"),
        ("email:read", "one of send"),
        ({"resource": "plugins", "actions": ["call", "kill"]}, "one of call"),
    ],
)
def test_an_action_that_a_resource_of_the_host_lacks_is_a_fault(
    json_faults: Callable[..., dict[str, Fault]], written: object, allowed: str
):
    fault = json_faults({"permissions": ["sessions:read", written]})["permissions.1"]
    assert fault.allowed.endswith(allowed)


def test_what_whoever_asks_an_endpoint_must_hold_is_the_applications(read_json: Callable[..., Manifest]):
    endpoint = {"path": "/x", "handler": "x", "permissions": ["email:read"]}
    assert read_json({"endpoints": [endpoint]}).endpoints[0].permissions == ("email:read",)


def test_resources_are_the_namespaces_that_are_registered_and_what_they_ask_for():
    document = {
        "methods": [
            {"name": "sessions.list", "x-permission": "sessions:read"},
            {"name": "inbox.open", "x-permission": "messages:read:all"},
            {"name": "storage.get"},
        ]
    }
    registered = resources_of(document)
    assert registered == {"sessions", "inbox", "messages"}
    assert slip_of(Permission("sesions", "reed"), registered).endswith("did you mean sessions?")
    assert slip_of(Permission("sesions", "reed")) == ""
