"""What an answer of `self.api` says of its failure."""

import pytest

from plugin_sdk import PluginError
from plugin_sdk.api.web import ApiResponse


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            {"error": {"message": "there is no method 'sessions.list'"}},
            ": there is no method 'sessions.list'",
        ),
        ({"error": "no\nsuch  thing"}, ": no such thing"),
        ({"error": {"message": 7}}, ""),
        ("a page", ""),
        (None, ""),
    ],
)
def test_a_failed_answer_says_what_was_asked_and_why_it_failed(data: object, said: str):
    answer = ApiResponse(500, {}, data, asked="GET /stats")
    with pytest.raises(PluginError) as raised:
        answer.raise_for_status()
    assert raised.value.message == f"GET /stats was answered by 500{said}"
    assert raised.value.data == {"answered": 500}


def test_a_good_answer_raises_nothing():
    ApiResponse(204, {}, None).raise_for_status()
