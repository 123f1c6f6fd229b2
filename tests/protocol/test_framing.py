"""Newline frames: what comes out does not depend on how the bytes were cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.framing import HEAD_BYTES, FaultKind, LineBuffer, split_lines
from protocol.jsonrpc import Message, decode_block

MAX = 256
MESSAGE = b'{"jsonrpc":"2.0","id":1,"result":1}'

LINES = st.one_of(
    st.sampled_from(
        [
            MESSAGE,
            MESSAGE + b"\r",
            b"  " + MESSAGE,
            b'{"jsonrpc":',
            b'"2.0","id":1}',
            b'{"jsonrpc":"2.0","method":"\xff"}',
            b'{"jsonrpc":"2.0","result":NaN}',
            b'{"jsonrpc":"2.0","params":' + b"[" * 30 + b"}",
            b"[" + MESSAGE + b"]",
            b"",
            b"\r",
            b"   ",
            b"hello",
            b"}\r{",
            b"x" * MAX,
            b"x" * (MAX + 1),
            b"y" * (3 * MAX),
        ]
    ),
    st.binary(max_size=2 * MAX).map(lambda data: data.replace(b"\n", b"")),
)


def taken(chunks: list[bytes]) -> tuple[list[bytes], list[Message], list[tuple[str, bytes]]]:
    """Feed chunks; return the lines, the messages, and the faults with where they begin."""
    buffer = LineBuffer(MAX)
    lines: list[bytes] = []
    messages: list[Message] = []
    faults: list[tuple[str, bytes]] = []
    for chunk in chunks:
        block = buffer.feed(chunk)
        lines += split_lines(block)
        if block:
            decoded, bad = decode_block(block)
            messages += decoded
            faults += [(fault.kind.value, fault.head) for fault in bad]
    # Frames that are too long are told about before the others of their chunk: only their own order is kept.
    return lines, messages, sorted(faults) + [(fault.kind.value, fault.head) for fault in buffer.faults]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({place % (len(data) + 1) for place in places})
    return [data[start:end] for start, end in zip([0, *edges], [*edges, len(data)], strict=True)]


@given(st.lists(LINES, max_size=12), st.lists(st.integers(0, 10_000), max_size=20))
def test_any_cutting_of_the_bytes_gives_the_same_messages_and_faults(
    lines: list[bytes], places: list[int]
) -> None:
    data = b"".join(line + b"\n" for line in lines)
    assert taken(cut(data, places)) == taken([line + b"\n" for line in lines])


@given(st.lists(LINES, max_size=6))
def test_byte_by_byte_is_the_same_as_all_at_once(lines: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)
    assert taken([data[i : i + 1] for i in range(len(data))]) == taken([data])


@given(st.lists(LINES, max_size=12), st.lists(st.integers(0, 10_000), max_size=20))
def test_lines_within_the_bound_all_come_out_and_longer_ones_never(
    lines: list[bytes], places: list[int]
) -> None:
    data = b"".join(line + b"\n" for line in lines)
    assert taken(cut(data, places))[0] == [line + b"\n" for line in lines if len(line) <= MAX]


def test_a_frame_of_exactly_the_bound_is_taken() -> None:
    buffer = LineBuffer(MAX)
    assert buffer.feed(b"x" * MAX) == b""
    assert buffer.feed(b"\n") == b"x" * MAX + b"\n"
    assert not buffer.faults


@pytest.mark.parametrize("pieces", [[MAX + 1], [MAX, 1], [1, MAX], [10_000, 10_000]])
def test_a_longer_frame_is_one_fault_and_the_stream_goes_on(pieces: list[int]) -> None:
    buffer = LineBuffer(MAX)
    for size in pieces:
        assert buffer.feed(b"x" * size) == b""
    assert buffer.feed(b"x\nnext\n") == b"next\n"
    (fault,) = buffer.faults
    assert fault.kind is FaultKind.OVERSIZE
    assert fault.head == b"x" * min(HEAD_BYTES, len(fault.head))
    assert str(MAX) in fault.detail
    assert buffer.held_bytes == 0


def test_what_is_read_past_is_not_held() -> None:
    buffer = LineBuffer(MAX)
    buffer.feed(b"x" * (MAX + 1))
    assert buffer.discarding
    buffer.feed(b"x" * 100_000)
    assert buffer.held_bytes == 0
    assert len(buffer.faults) == 1


def test_only_the_start_of_a_long_frame_is_kept() -> None:
    buffer = LineBuffer(MAX)
    buffer.feed(b"y" * 10_000 + b"\n")
    assert buffer.faults[0].head == b"y" * HEAD_BYTES


def test_an_incomplete_frame_can_be_given_up() -> None:
    buffer = LineBuffer(MAX)
    buffer.feed(b"abc")
    buffer.discard()
    buffer.discard()
    assert buffer.held_bytes == 0
    assert buffer.feed(b"def\nnext\n") == b"next\n"
    assert [fault.head for fault in buffer.faults] == [b"abc"]


def test_there_is_nothing_to_give_up_between_frames() -> None:
    buffer = LineBuffer(MAX)
    buffer.feed(b"abc\n")
    buffer.discard()
    assert buffer.feed(b"def\n") == b"def\n"
    assert not buffer.faults


def test_an_empty_chunk_changes_nothing() -> None:
    buffer = LineBuffer(MAX)
    assert buffer.feed(b"") == b""
    assert buffer.feed(b"a\n") == b"a\n"


def test_lines_end_at_newlines_only() -> None:
    assert split_lines(b"a\rb\x0bc\nd\n") == [b"a\rb\x0bc\n", b"d\n"]
