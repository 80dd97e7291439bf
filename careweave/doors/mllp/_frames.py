"""Cutting a stream of bytes into the frames of MLLP.

Source: HL7 Transport Specification: MLLP, release 2; `reference/interop.md` 3.
"""

from dataclasses import dataclass
from enum import StrEnum

START, END, RETURN = b"\x0b", b"\x1c", b"\r"


class Shape(StrEnum):
    """How a frame came: whole, begun again before its end, or longer than is read."""

    WHOLE = "whole"
    RESTARTED = "restarted"
    TOO_LONG = "too-long"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood in a frame. Of one that is too long it is the beginning."""

    body: bytes
    shape: Shape = Shape.WHOLE


def framed(body: bytes) -> bytes:
    """Returns the bytes in a frame."""
    return START + body + END + RETURN


class Frames:
    """What one connection has sent so far; keeps no more than one frame of the largest size.

    `n_thrown` counts the bytes between frames, `n_bare` the frames that ended without the carriage
    return. After a frame that is too long nothing is read any more.
    """

    __slots__ = ("_ends", "_held", "_is_open", "_most", "is_over", "n_bare", "n_thrown")

    def __init__(self, most: int) -> None:
        """Takes the largest number of bytes in a frame."""
        self._most = most
        self._held = bytearray()
        self._is_open = False
        # A carriage return is due: the byte before was the end of a frame.
        self._ends = False
        self.is_over = False
        self.n_thrown = 0
        self.n_bare = 0

    @property
    def is_open(self) -> bool:
        """Returns whether a frame has begun and not ended."""
        return self._is_open

    @property
    def n_held(self) -> int:
        """Returns the number of bytes of the frame that has begun."""
        return len(self._held)

    def feed(self, data: bytes) -> list[Frame]:
        """Returns the frames that these bytes complete or break off."""
        frames: list[Frame] = []
        at = 0
        while at < len(data) and not self.is_over:
            at = self._inside(data, at, frames) if self._is_open else self._between(data, at)
        return frames

    def _between(self, data: bytes, at: int) -> int:
        if self._ends:
            self._ends = False
            if data[at : at + 1] == RETURN:
                return at + 1
            self.n_bare += 1
        start = data.find(START, at)
        self._is_open = start >= 0
        stop = start if start >= 0 else len(data)
        self.n_thrown += stop - at
        return stop + 1

    def _inside(self, data: bytes, at: int, frames: list[Frame]) -> int:
        end = data.find(END, at)
        stop = end if end >= 0 else len(data)
        # All that was begun again before the end: the last one may be whole.
        pieces = data[at:stop].split(START)
        for piece in pieces[:-1]:
            if self._hold(piece, frames) and self._held.strip():
                frames.append(Frame(bytes(self._held), Shape.RESTARTED))
            self._held.clear()
        if not self.is_over and self._hold(pieces[-1], frames) and end >= 0:
            frames.append(Frame(bytes(self._held)))
            self._held.clear()
            self._is_open, self._ends = False, True
        return stop + 1

    def _hold(self, piece: bytes, frames: list[Frame]) -> bool:
        """Takes more of the frame; ends all where it is too long."""
        if self.is_over:
            return False
        if len(self._held) + len(piece) > self._most:
            room = self._most - len(self._held)
            frames.append(Frame(bytes(self._held + piece[:room]), Shape.TOO_LONG))
            self._held.clear()
            self.is_over = True
            return False
        self._held += piece
        return True
