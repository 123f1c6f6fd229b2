"""Names that may have been meant: proposed, but never at any price."""

from host.supervision.near_names import SHARE, NearNames

NAMES = ["billing", "chat", "search"]


def test_the_nearest_names_are_proposed() -> None:
    assert NearNames().propose("serch", NAMES) == ["search"]
    assert NearNames().propose("nothing like it", NAMES) == []


def test_while_the_share_is_used_up_nothing_is_proposed() -> None:
    # The first look takes a second.
    now_s = [0.0, 1.0, 1.0, 0.99 / SHARE, 1.0 / SHARE + 1.0, 1.0 / SHARE + 1.0]
    near = NearNames(lambda: now_s.pop(0))
    assert [near.propose("cat", NAMES) for _ in range(4)] == [["chat"], [], [], ["chat"]]
