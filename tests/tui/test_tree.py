"""The order of a tree of dependencies."""

from itertools import pairwise

from host.tui.tree import dependency_tree


def test_what_is_needed_stands_below_what_needs_it():
    order, indents = dependency_tree(["a", "b", "c", "d"], {"a": ["b", "c"], "b": ["d"]})
    assert order == ["a", "b", "d", "c"]
    assert indents == {"b": "├ ", "d": "│ └ ", "c": "└ "}


def test_a_ring_is_broken_and_each_plugin_stands_once():
    order, _ = dependency_tree(["a", "b", "c"], {"a": ["b"], "b": ["a"], "c": ["a"]})
    assert sorted(order) == ["a", "b", "c"]
    assert order[0] == "c"
    order, _ = dependency_tree(["a", "b"], {"a": ["b"], "b": ["a"]})
    assert order == ["a", "b"]


def test_a_long_chain_is_no_deep_recursion():
    names = [f"p{n:05d}" for n in range(5_000)]
    needs = {one: [other] for one, other in pairwise(names)}
    assert dependency_tree(names, needs)[0] == names


def test_needs_that_are_not_there_are_passed_over():
    assert dependency_tree(["a"], {"a": ["gone"]}) == (["a"], {})
