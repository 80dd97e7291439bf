"""A stream is cut into frames whatever its pieces, and a broken frame costs no other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.doors.mllp._frames import Frame, Frames, Shape, framed

WHOLE, RESTARTED, TOO_LONG = Shape.WHOLE, Shape.RESTARTED, Shape.TOO_LONG


def _fed(*pieces: bytes, most: int = 1000) -> tuple[list[Frame], Frames]:
    frames = Frames(most)
    return [frame for piece in pieces for frame in frames.feed(piece)], frames


@pytest.mark.parametrize(
    ("data", "bodies", "n_thrown", "n_bare"),
    [
        (b"\x0bone\x1c\r", [b"one"], 0, 0),
        (b"\x0bone\x1c\r\x0btwo\x1c\r", [b"one", b"two"], 0, 0),
        (b"\x0bone\x1c\x0btwo\x1c\r", [b"one", b"two"], 0, 1),
        (b"\x0bone\x1c\n\x0btwo\x1c\r\n", [b"one", b"two"], 2, 1),
        (b"noise\x0bone\x1c\rmore\r", [b"one"], 10, 0),
        (b"\x0b\x1c\r", [b""], 0, 0),
        (b"one\x1c\r", [], 5, 0),
        (b"", [], 0, 0),
    ],
)
def test_frames_are_cut_and_what_is_between_is_counted(
    data: bytes, bodies: list[bytes], n_thrown: int, n_bare: int
) -> None:
    for pieces in ([data], [data[n : n + 1] for n in range(len(data))]):
        found, frames = _fed(*pieces)
        assert found == [Frame(body) for body in bodies]
        assert (frames.n_thrown, frames.n_bare, frames.is_open) == (n_thrown, n_bare, False)


@pytest.mark.attack(46)
def test_a_frame_that_begins_inside_another_breaks_that_one_off() -> None:
    data = b"\x0bhalf\x0bwhole\x1c\r\x0bnext\x1c\r"
    for pieces in ([data], [data[n : n + 1] for n in range(len(data))]):
        found, _ = _fed(*pieces)
        assert found == [Frame(b"half", RESTARTED), Frame(b"whole"), Frame(b"next")]


def test_many_beginnings_cost_nothing() -> None:
    found, frames = _fed(b"\x0b" * 500_000, b"one\x1c\r")
    assert found == [Frame(b"one")]
    assert frames.n_thrown == 0


@pytest.mark.attack(46)
def test_no_more_is_held_than_the_largest_frame() -> None:
    found, frames = _fed(b"\x0b", *[b"x" * 400] * 5, b"\x1c\r\x0bone\x1c\r")
    assert found == [Frame(b"x" * 1000, TOO_LONG)]
    assert frames.is_over
    assert frames.n_held == 0


def test_a_frame_of_the_largest_size_is_taken() -> None:
    assert _fed(framed(b"x" * 1000))[0] == [Frame(b"x" * 1000)]
    assert _fed(framed(b"x" * 1001))[0] == [Frame(b"x" * 1000, TOO_LONG)]


def test_a_half_frame_is_open() -> None:
    found, frames = _fed(b"\x0bhalf")
    assert found == []
    assert frames.is_open
    assert frames.n_held == 4


_BODIES = st.lists(
    st.binary(max_size=40).map(lambda b: b.replace(b"\x0b", b"").replace(b"\x1c", b""))
)


@given(_BODIES, st.data())
def test_the_pieces_in_which_it_comes_do_not_matter(
    bodies: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(framed(body) for body in bodies)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    found, frames = _fed(*pieces)
    assert [frame.body for frame in found] == bodies
    assert (frames.n_thrown, frames.n_bare) == (0, 0)


@given(st.lists(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"ab", b"\n"]), max_size=40))
def test_no_stream_makes_it_fail_or_loses_a_byte_uncounted(pieces: list[bytes]) -> None:
    found, frames = _fed(*pieces)
    n_signs = sum(piece in {b"\x0b", b"\x1c"} for piece in pieces)
    kept = sum(len(frame.body) for frame in found) + frames.n_held + frames.n_thrown
    assert kept <= sum(map(len, pieces))
    whole, _ = _fed(b"".join(pieces))
    assert found == whole
    assert n_signs == 0 or frames.n_bare <= n_signs
