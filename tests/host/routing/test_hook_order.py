"""The order of a hook's handlers."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.routing.hook_order import CircleError, Place, ordered
from protocol.messages.provides import HookHandler


def a_place(
    plugin: str, before: tuple[str, ...] = (), after: tuple[str, ...] = ()
) -> tuple[str, HookHandler]:
    return plugin, HookHandler("check", "message.before_send", before, after)


def ids(*places: Place) -> list[str]:
    return [plugin for plugin, _ in ordered(places)]


def test_without_wishes_it_goes_by_id() -> None:
    assert ids(a_place("c"), a_place("a"), a_place("b")) == ["a", "b", "c"]


def test_wishes_are_met_and_the_rest_stays_in_place() -> None:
    assert ids(a_place("a", after=("c",)), a_place("b"), a_place("c"), a_place("d", before=("b",))) == [
        "c",
        "a",
        "d",
        "b",
    ]


def test_wishes_about_plugins_that_are_not_there_are_ignored() -> None:
    assert ids(a_place("a", after=("nobody",)), a_place("b", before=("nobody", "b"))) == ["a", "b"]


def test_a_circle_is_named_without_what_hangs_on_it() -> None:
    places = [
        a_place("a", before=("b",)),
        a_place("b", before=("c",)),
        a_place("c", before=("a",)),
        a_place("tail", after=("c",)),
    ]
    with pytest.raises(CircleError) as caught:
        ordered(places)
    circle = caught.value.plugins
    assert circle[0] == circle[-1]
    assert set(circle) == {"a", "b", "c"}
    assert "tail" not in str(caught.value)
    follows = {"a": "b", "b": "c", "c": "a"}
    assert all(follows[one] == other for one, other in pairwise(circle))


_ID = st.sampled_from("abcdef")


@given(st.dictionaries(_ID, st.tuples(st.sets(_ID, max_size=2), st.sets(_ID, max_size=2)), min_size=1))
def test_an_order_meets_every_wish_or_there_is_a_real_circle(
    wishes: dict[str, tuple[set[str], set[str]]],
) -> None:
    places = [a_place(plugin, tuple(before), tuple(after)) for plugin, (before, after) in wishes.items()]
    try:
        order = ids(*places)
    except CircleError as exc:
        for one, other in pairwise(exc.plugins):
            assert other in wishes[one][0] or one in wishes[other][1]
        return
    assert sorted(order) == sorted(wishes)
    for plugin, (before, after) in wishes.items():
        for other in before & set(wishes) - {plugin}:
            assert order.index(plugin) < order.index(other)
        for other in after & set(wishes) - {plugin}:
            assert order.index(other) < order.index(plugin)
