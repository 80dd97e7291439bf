"""Regular expressions that end in linear time, whatever they are given.

A pattern becomes a set of states, and a text is followed character by character through sets of
them: no way back, so that no text can make it slow. Each set is worked out once.
Source: reference/interop.md 6.2, "anchored, linear-time subset, 200 characters".
"""

from collections.abc import Callable
from dataclasses import dataclass, field

_LONGEST = 200
_MOST_STATES = 2000
_MOST_SETS = 500
_SPECIAL = "\\^$.|?*+()[]{}"
_CLASSES: dict[str, Callable[[str], bool]] = {
    "d": lambda sign: "0" <= sign <= "9",
    "w": lambda sign: sign == "_" or (sign.isascii() and sign.isalnum()),
    "s": lambda sign: sign.isspace(),
}
_CONTROLS = {"n": "\n", "t": "\t"}


class PatternFault(Exception):
    """The pattern is not of the subset; the text says what to write instead."""


_Accepts = Callable[[str], bool]


@dataclass(slots=True)
class _States:
    """The states of a pattern: where each goes by a character, and where for nothing."""

    steps: list[tuple[_Accepts, int] | None] = field(default_factory=list)
    free: list[list[int]] = field(default_factory=list)

    def new(self) -> int:
        if len(self.steps) >= _MOST_STATES:
            raise PatternFault("make the counts in braces smaller")
        self.steps.append(None)
        self.free.append([])
        return len(self.steps) - 1


_Node = Callable[[_States, int], int]
"""Adds what matches one part to the states, from a state on, and returns the state behind it."""


def pattern(text: str) -> Callable[[str], bool]:
    r"""Returns the test whether a whole text is matched, or raises PatternFault.

    Known are characters, `.`, classes (`[A-Z0-9_]`, `\d`, `\w`, `\s`), groups, `|`, `?`, `*`,
    `+` and counts (`{2}`, `{2,5}`). Lookaround, references and lazy signs are not.
    """
    if len(text) > _LONGEST:
        raise PatternFault(f"a pattern has at most {_LONGEST} characters")
    inside = text.removeprefix("^")
    inside = inside[:-1] if inside.endswith("$") and not inside.endswith("\\$") else inside
    reader = _Reader(inside)
    node = reader.choice(0)
    if reader.at < len(inside):
        raise PatternFault("a bracket is closed that was not opened")
    states = _States()
    start = states.new()
    end = node(states, start)
    return _Matcher(states, start, end).matches


class _Matcher:
    """Follows texts through the states; each set of states is worked out once."""

    def __init__(self, states: _States, start: int, end: int) -> None:
        self._states = states
        self._end = end
        self._start = self._closed({start})
        self._next: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def matches(self, text: str) -> bool:
        """Says whether the whole text is matched."""
        now = self._start
        for sign in text:
            then = self._next.get((now, sign))
            now = self._step(now, sign) if then is None else then
            if not now:
                return False
        return self._end in now

    def _step(self, now: frozenset[int], sign: str) -> frozenset[int]:
        steps = (self._states.steps[state] for state in now)
        then = self._closed({step[1] for step in steps if step is not None and step[0](sign)})
        if len(self._next) >= _MOST_SETS:
            self._next.clear()
        self._next[now, sign] = then
        return then

    def _closed(self, states: set[int]) -> frozenset[int]:
        todo = list(states)
        while todo:
            for state in self._states.free[todo.pop()]:
                if state not in states:
                    states.add(state)
                    todo.append(state)
        return frozenset(states)


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.at = 0

    def _peek(self) -> str:
        return self._text[self.at : self.at + 1]

    def _take(self) -> str:
        sign = self._peek()
        if not sign:
            raise PatternFault("the pattern ends too early")
        self.at += 1
        return sign

    def choice(self, depth: int) -> _Node:
        """Reads what stands between bars."""
        if depth > 20:
            raise PatternFault("use fewer brackets inside of brackets")
        ways = [self._sequence(depth)]
        while self._peek() == "|":
            self._take()
            ways.append(self._sequence(depth))
        return ways[0] if len(ways) == 1 else _either(ways)

    def _sequence(self, depth: int) -> _Node:
        parts: list[_Node] = []
        while self._peek() not in {"", "|", ")"}:
            parts.append(self._repeated(self._atom(depth)))
        return _in_order(parts)

    def _repeated(self, node: _Node) -> _Node:
        sign = self._peek()
        if sign not in {"?", "*", "+", "{"}:
            return node
        self._take()
        low, high = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(sign) or self._counts()
        if self._peek() in {"?", "*", "+", "{"}:
            raise PatternFault("lazy, possessive and doubled signs are not known here")
        return _times(node, low, high)

    def _counts(self) -> tuple[int, int | None]:
        text = ""
        while self._peek() not in {"}", ""}:
            text += self._take()
        self._take()
        low, comma, high = text.partition(",")
        if not low.isdecimal() or not (high.isdecimal() or not high):
            raise PatternFault("a count is written {2}, {2,} or {2,5}")
        least, most = int(low[:5]), (int(high[:5]) if high else None if comma else int(low[:5]))
        if max(least, most or 0) > 200 or (most is not None and most < least):
            raise PatternFault("a count is at most 200, and the second not below the first")
        return least, most

    def _atom(self, depth: int) -> _Node:
        sign = self._take()
        if sign == "(":
            return self._group(depth)
        if sign == "[":
            return _one(self._class())
        if sign == "\\":
            return _one(self._escape(self._take()))
        if sign == ".":
            return _one(lambda one: one != "\n")
        if sign in _SPECIAL:
            raise PatternFault(f"{sign} has no meaning here; write \\{sign} for the character")
        return _one(sign.__eq__)

    def _group(self, depth: int) -> _Node:
        if self._peek() == "?":
            if self._text[self.at : self.at + 2] != "?:":
                raise PatternFault("groups that begin with (? are not known here")
            self.at += 2
        inside = self.choice(depth + 1)
        if self._peek() != ")":
            raise PatternFault("a bracket is not closed")
        self._take()
        return inside

    def _escape(self, sign: str) -> _Accepts:
        if sign.lower() in _CLASSES:
            known = _CLASSES[sign.lower()]
            return known if sign.islower() else lambda one: not known(one)
        if sign in _CONTROLS:
            return _CONTROLS[sign].__eq__
        if sign.isalnum():
            raise PatternFault(f"\\{sign} is not known here")
        return sign.__eq__

    def _class(self) -> _Accepts:
        is_not = self._peek() == "^"
        self.at += is_not
        tests: list[_Accepts] = []
        while self._peek() != "]" or not tests:
            tests.append(self._range())
        self._take()
        return lambda sign: any(test(sign) for test in tests) is not is_not

    def _range(self) -> _Accepts:
        first = self._take()
        if first == "\\":
            return self._escape(self._take())
        if self._peek() != "-" or self._text[self.at + 1 : self.at + 2] in {"]", ""}:
            return first.__eq__
        self._take()
        last = self._take()
        if last == "\\" or last < first:
            raise PatternFault("a range goes from a character to a later one")
        return lambda sign: first <= sign <= last


def _one(accepts: _Accepts) -> _Node:
    def add(states: _States, start: int) -> int:
        begin, end = states.new(), states.new()
        states.free[start].append(begin)
        states.steps[begin] = (accepts, end)
        return end

    return add


def _in_order(parts: list[_Node]) -> _Node:
    def add(states: _States, start: int) -> int:
        at = start
        for part in parts:
            at = part(states, at)
        return at

    return add


def _either(ways: list[_Node]) -> _Node:
    def add(states: _States, start: int) -> int:
        ends = [way(states, _fork(states, start)) for way in ways]
        end = states.new()
        for one in ends:
            states.free[one].append(end)
        return end

    return add


def _fork(states: _States, start: int) -> int:
    begin = states.new()
    states.free[start].append(begin)
    return begin


def _times(node: _Node, low: int, high: int | None) -> _Node:
    def add(states: _States, start: int) -> int:
        at = start
        for _ in range(low):
            at = node(states, at)
        if high is None:
            loop = _fork(states, at)
            states.free[node(states, loop)].append(loop)
            return _fork(states, loop)
        ends = [at]
        for _ in range(high - low):
            at = node(states, at)
            ends.append(at)
        end = states.new()
        for one in ends:
            states.free[one].append(end)
        return end

    return add
