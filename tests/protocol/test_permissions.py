import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.permissions import ACTIONS, ADMIN, SPELLINGS, Permission, parse_permission


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sessions:read", Permission("sessions", "read")),
        ("read:sessions", Permission("sessions", "read")),
        ("write:sessions:own", Permission("sessions", "write", "own")),
        ("events:emit:orders.**", Permission("events", "emit", "orders.**")),
        ("files:read:/a:b c", Permission("files", "read", "/a:b c")),
        ("send:read", Permission("send", "read")),
        ("admin", Permission("admin", "manage")),
    ],
)
def test_a_permission_is_resource_action_and_the_rest_is_scope(written: str, meant: Permission):
    assert parse_permission(written) == meant


@pytest.mark.parametrize(("word", "meant"), SPELLINGS.items())
def test_a_word_of_older_manifests_means_its_long_form(word: str, meant: str):
    assert str(parse_permission(word)) == meant


@pytest.mark.parametrize(
    "written",
    ["", "sessions", ":", "sessions:", ":read", "Sessions:read", "a b:read", "1a:read", "sessions:read\n"],
)
def test_what_is_no_permission_is_refused_with_what_is_allowed(written: str):
    with pytest.raises(ValueError, match="resource:action"):
        parse_permission(written)


def test_an_empty_scope_is_refused_because_it_would_widen_to_all():
    with pytest.raises(ValueError, match="resource:action"):
        parse_permission("events:emit:")


def test_a_scope_with_control_characters_is_refused():
    for char in "\n\x1b\x9b\u202e":
        with pytest.raises(ValueError, match="resource:action"):
            parse_permission(f"events:emit:a{char}b")


def test_a_permission_without_scope_covers_every_scope_and_not_the_reverse():
    wide, narrow = parse_permission("files:read"), parse_permission("files:read:/a")
    assert wide.covers(narrow)
    assert narrow.covers(narrow)
    assert not narrow.covers(wide)
    assert not narrow.covers(parse_permission("files:read:/b"))
    assert not wide.covers(parse_permission("files:write"))


PART = st.sampled_from([*sorted(ACTIONS), "sessions", "x-1", "x_y"]) | st.text(max_size=5)


@given(st.lists(PART, max_size=4).map(":".join) | st.sampled_from([*SPELLINGS, ADMIN]))
def test_what_is_accepted_reads_back_as_itself(written: str):
    try:
        permission = parse_permission(written)
    except ValueError:
        return
    assert parse_permission(str(permission)) == permission
