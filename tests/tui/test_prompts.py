"""What plugins ask of the operator: told in passing, among the problems, in the palette, in a form."""

import pytest
from tui.driven import LOW, SIZES, Driven, driving, full_host
from tui.snapshots import compare
from tui.staged_facade import StagedFacade
from tui.staged_prompts import prompt
from tui.staged_rows import problem

from host.errors import InvalidParams
from host.tui.prompt_dialog import PromptDialog

QUESTION = prompt(title="Delete 40 sessions?", text="They are of last year.", schema={"type": "object"})


def asking_host() -> StagedFacade:
    facade = full_host()
    facade.set_prompts(prompt())
    facade.set_problems(
        *facade.problem_rows.values(),
        problem(
            "prompt",
            "github",
            title="it asks: Sign in to api.github.com",
            fix="prompt_answer",
            evidence=("Sign in to api.github.com",),
            remedy="answer it: plughost prompts answer 5e1f; or dismiss it",
        ),
    )
    return facade


async def opened(driven: Driven) -> None:
    """Open what waits from the palette."""
    await driven.press("colon")
    await driven.write("answer github")
    await driven.sees("Answer github: ")
    await driven.press("enter")
    await driven.until(lambda: isinstance(driven.app.screen, PromptDialog))


async def test_a_new_prompt_is_told_once_and_takes_no_key():
    facade = full_host()
    async with driving(facade) as driven:
        facade.set_prompts(prompt())
        await driven.hears("github asks: Sign in to api.github.com; 3 f answers")
        assert not isinstance(driven.app.screen, PromptDialog)
        said = len(driven.app.said)
        facade.push()
        await driven.settle()
        assert len(driven.app.said) == said
        facade.set_prompts(*(prompt(f"p{number}") for number in range(5)))
        await driven.hears("5 prompts of plugins wait for an answer")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_it_is_opened_among_the_problems_and_answered_in_a_form(size: tuple[int, int]):
    facade = asking_host()
    async with driving(facade, size) as driven:
        await driven.press("3", "slash")
        await driven.write("sign")
        await driven.press("enter")
        await driven.sees("it asks: Sign in")
        await driven.press("f")
        await driven.until(lambda: isinstance(driven.app.screen, PromptDialog))
        await driven.sees("github asks", "Sign in to api.github.com", "It is kept until", "▲ must be given")
        await driven.press("ctrl+s")
        await driven.sees("account must be given; nothing was answered")
        await driven.press("enter")
        await driven.write("ada")
        await driven.press("enter", "down", "space", "down", "enter")
        await driven.write("canary-secret")
        await driven.press("enter")
        await driven.sees("write", "•••")
        assert "canary" not in driven.text
        await driven.settle()
        compare(f"prompt-{size[0]}x{size[1]}", driven.app.export_screenshot())
        await driven.press("ctrl+s")
        await driven.hears("github: answered")
        given = {"account": "ada", "scope": "write", "token": "canary-secret"}
        assert ("prompt_answer", "5e1f", given) in facade.done
        await driven.until(lambda: not isinstance(driven.app.screen, PromptDialog))


async def test_a_question_is_answered_by_yes_or_no():
    facade = full_host()
    facade.set_prompts(QUESTION)
    async with driving(facade) as driven:
        await opened(driven)
        await driven.sees("It is a yes or a no.", "^s yes", "^d no")
        await driven.press("ctrl+s")
        await driven.hears("github: answered")
        assert ("prompt_answer", "5e1f", {}) in facade.done
        facade.set_prompts(QUESTION)
        await driven.settle()
        await opened(driven)
        await driven.press("ctrl+d")
        await driven.hears("github: dismissed")
        assert ("prompt_dismiss", "5e1f") in facade.done


async def test_what_the_host_refuses_is_shown_and_the_form_stays():
    facade = asking_host()
    facade.refusals["prompt_answer"] = InvalidParams("account: found 'ada'; allowed: another one")
    async with driving(facade) as driven:
        await opened(driven)
        await driven.press("enter")
        await driven.write("ada")
        await driven.press("enter", "ctrl+s")
        await driven.sees("✖ it failed", "account: found 'ada'; allowed: another one")
        assert isinstance(driven.app.screen, PromptDialog)
        await driven.press("ctrl+y")
        await driven.hears("plughost prompts answer 5e1f account=ada")


async def test_the_remedy_of_a_refusal_is_shown_whole():
    facade = asking_host()
    long = "look whether the account is still known to the server, and ask whoever runs that to let it in"
    facade.refusals["prompt_answer"] = InvalidParams("account: found 'ada'", remedy=f"{long}; then go on")
    async with driving(facade, LOW) as driven:
        await opened(driven)
        await driven.press("enter")
        await driven.write("ada")
        await driven.press("enter", "ctrl+s")
        await driven.sees("✖ it failed", "look whether the account", "then go on")


async def test_one_that_nobody_waits_for_any_more_says_so():
    facade = asking_host()
    async with driving(facade) as driven:
        await opened(driven)
        facade.set_prompts()
        await driven.sees("it is asked no longer", "Esc close")
        assert "^s" not in driven.text
        assert "^d" not in driven.text
        await driven.press("ctrl+s", "ctrl+d")
        await driven.sees("it is asked no longer")
        assert facade.done == []
        await driven.press("escape")
        await driven.until(lambda: not isinstance(driven.app.screen, PromptDialog))


async def test_closing_it_answers_nothing():
    facade = asking_host()
    async with driving(facade) as driven:
        await opened(driven)
        await driven.press("escape")
        await driven.until(lambda: not isinstance(driven.app.screen, PromptDialog))
        assert facade.done == []
        await opened(driven)


async def test_one_who_only_looks_is_told_and_does_not_answer():
    facade = full_host()
    async with driving(facade, read_only=True) as driven:
        facade.set_prompts(prompt())
        await driven.hears("github asks: Sign in to api.github.com")
        assert "answers" not in driven.app.said[-1]
        await driven.press("colon")
        await driven.write("answer")
        await driven.settle()
        assert "Answer github" not in driven.text
