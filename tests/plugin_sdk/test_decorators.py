"""What decorators are given is held against what they take, where the method is decorated."""

import pytest

from plugin_sdk.marks import own_marks
from protocol.signatures import SignatureFault

HEAD = "from plugin_sdk import *\n"


def decorated(decorator: str) -> object:
    """Return a method under a decorator that is written as an author writes it."""
    names: dict[str, object] = {}
    exec(f"{HEAD}class One(Plugin):\n    {decorator}\n    async def act(self, value): ...\n", names)
    return vars(names["One"])["act"]  # type: ignore[arg-type]


def refused(decorator: str) -> str:
    with pytest.raises(SignatureFault) as caught:
        decorated(decorator)
    assert str(caught.value).startswith("One.act: ")
    return str(caught.value)


@pytest.mark.parametrize(
    ("bare", "form"),
    [
        ("@hook", '@hook("message.before_send")'),
        ("@cron", '@cron("0 3 * * *")'),
        ("@every", "@every(minutes=5)"),
        ("@on", '@on("session.created")'),
        ("@endpoint", '@endpoint("GET", "/items")'),
        ("@widget", "@widget()"),
        ("@menu_item", '@menu_item("What people read")'),
    ],
)
def test_a_decorator_without_its_parentheses_says_how_it_is_written(bare: str, form: str) -> None:
    assert refused(bare) == f"One.act: {bare} stands without parentheses; write {form}"
    assert own_marks(decorated(form))


@pytest.mark.parametrize("form", ["@command", '@command("x")', "@method", '@method(name="x", inline=True)'])
def test_what_needs_no_arguments_may_stand_without_parentheses(form: str) -> None:
    assert callable(decorated(form))


@pytest.mark.parametrize(
    ("decorator", "said"),
    [
        ('@hook("a.b", fail="clsed")', "argument fail: found 'clsed'; allowed: 'open', 'closed' or None"),
        ('@hook("a.b", budget_s="1")', "@hook, argument budget_s: found '1'; allowed: a number or None"),
        ('@hook("a.b", budget_s=True)', "@hook, argument budget_s: found True; allowed: a number or None"),
        ('@hook("a.b", before=5)', "@hook, argument before: found 5; allowed: a text or a list of texts"),
        ('@hook("a.b", fial="open")', "@hook: got an unexpected keyword argument 'fial'; allowed: name"),
        ('@on("a.b", durable="yes")', "@on, argument durable: found 'yes'; allowed: True or False"),
        ('@on("a.b", where="a")', "argument where: found 'a'; allowed: a dict whose keys are texts or None"),
        ('@on("a.b", where={5: 1})', "argument where: found {5: 1}; allowed: a dict whose keys are texts"),
        ('@on(where="a")', "@on: missing a required argument: 'topics'; allowed: topics, where, durable"),
        ('@on(["a.b", 5])', "@on, argument topics: found ['a.b', 5]; allowed: a text or a list of texts"),
        ("@command(description=5)", "@command, argument description: found 5; allowed: a text"),
        ('@method("x")', "@method, argument function: found 'x'; allowed: the method or None; write @"),
        ('@method(serial="no")', "@method, argument serial: found 'no'; allowed: True or False"),
        ('@every("5m")', "@every: too many positional arguments; allowed: seconds, minutes"),
        ('@every(seconds=float("inf"))', "@every, argument seconds: found inf; allowed: a number"),
        ('@cron("* * * * *", missed="some")', "missed: found 'some'; allowed: 'skip', 'once', 'all'"),
        ('@endpoint("GET", "/x", permissions="a:b")', "permissions: found 'a:b'; allowed: a list of texts"),
        ('@widget(kind="chart")', "@widget, argument kind: found 'chart'; allowed: 'stat', 'gauge'"),
        ('@menu_item("x", icon=5)', "@menu_item, argument icon: found 5; allowed: a text"),
        (f'@on("a.b", durable="{"x" * 200}")', "x…; allowed: True or False"),
    ],
)  # fmt: skip
def test_an_argument_that_is_none_is_named_with_what_is_allowed(decorator: str, said: str) -> None:
    assert said in refused(decorator)


@pytest.mark.parametrize(
    "decorator",
    [
        '@hook("a.b", before="x", after={"y"}, budget_s=1, fail="closed")',
        '@on(("a.b", "c.*"), where={"text": contains("x"), "number": 1}, durable=True)',
        "@every(seconds=1, minutes=0.5)",
        '@endpoint("get", "/x", permissions=["a:b"])',
        '@widget("x", title="X", kind="stat")',
    ],
)
def test_arguments_that_are_right_are_taken(decorator: str) -> None:
    assert own_marks(decorated(decorator))
