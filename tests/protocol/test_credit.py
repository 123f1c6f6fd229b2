"""Flow control of a stream, both windows against each other."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from protocol.credit import (
    ACKNOWLEDGE_BYTES,
    MAX_UNACKNOWLEDGED_BYTES,
    STREAM_CREDIT,
    ConsumerWindow,
    ProducerWindow,
)

SIZES = st.lists(
    st.one_of(st.integers(1, 200), st.integers(1, 3 * MAX_UNACKNOWLEDGED_BYTES)), min_size=1, max_size=300
)


@given(SIZES, st.randoms(use_true_random=False), st.sampled_from([1, 2, 3, STREAM_CREDIT]))
def test_an_honest_producer_is_never_refused_and_always_gets_to_the_end(
    sizes: list[int], random: object, credit: int
) -> None:
    producer, consumer = ProducerWindow(credit), ConsumerWindow(credit)
    to_send, on_the_way, arrived = deque(sizes), deque[int](), deque[int]()
    acknowledgements = deque[int]()
    choice = getattr(random, "choice")  # noqa: B009 - hypothesis hands over a Random under another type
    outstanding = 0
    while to_send or on_the_way or arrived:
        moves: list[str] = []
        if to_send and producer.open:
            moves.append("send")
        if on_the_way:
            moves.append("arrive")
        if arrived:
            moves.append("consume")
        if acknowledgements:
            moves.append("acknowledge")
        assert moves, "both sides wait for each other"
        match choice(moves):
            case "send":
                size = to_send.popleft()
                producer.sent(size)
                on_the_way.append(size)
                outstanding += 1
                assert outstanding <= credit
            case "arrive":
                size = on_the_way.popleft()
                assert consumer.arrived(size)
                arrived.append(size)
            case "consume":
                if owed := consumer.consumed(arrived.popleft()):
                    acknowledgements.append(owed)
            case _:
                owed = acknowledgements.popleft()
                outstanding -= owed
                assert producer.acknowledge(owed)


def test_a_producer_stops_at_its_credit() -> None:
    window = ProducerWindow(2)
    window.sent(1)
    assert window.open
    window.sent(1)
    assert not window.open
    assert window.acknowledge(1)
    assert window.open


def test_a_producer_stops_at_the_bytes_whatever_its_credit() -> None:
    window = ProducerWindow(1_000_000)
    window.sent(MAX_UNACKNOWLEDGED_BYTES - 1)
    assert window.open
    window.sent(1)
    assert not window.open


def test_credit_that_is_not_outstanding_is_refused() -> None:
    window = ProducerWindow(4)
    window.sent(1)
    for items in (2, 0, -1):
        assert not window.acknowledge(items)
    assert window.acknowledge(1)
    assert not window.acknowledge(1)


def test_a_producer_without_credit_may_not_send() -> None:
    assert not ProducerWindow(0).open
    assert not ProducerWindow(-5).open


def test_an_item_past_the_credit_is_seen() -> None:
    window = ConsumerWindow(2)
    assert window.arrived(1)
    assert window.arrived(1)
    assert not window.arrived(1)


def test_an_item_past_the_bytes_is_seen() -> None:
    window = ConsumerWindow()
    assert window.arrived(MAX_UNACKNOWLEDGED_BYTES)
    assert not window.arrived(1)
    assert window.consumed(MAX_UNACKNOWLEDGED_BYTES) == 1
    assert window.arrived(1)


def test_half_the_credit_is_acknowledged_at_once() -> None:
    window = ConsumerWindow(4)
    assert [window.consumed(1) for _ in range(5)] == [0, 2, 0, 2, 0]


def test_a_big_item_is_acknowledged_without_waiting_for_more() -> None:
    window = ConsumerWindow()
    assert window.consumed(ACKNOWLEDGE_BYTES - 1) == 0
    assert window.consumed(1) == 2
