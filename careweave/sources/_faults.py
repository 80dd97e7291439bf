"""All faults of the files of a region, gathered and told at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from careweave.terms import Incorrect, Issue, Severity

_MOST = 200


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file, the line counted from 1."""

    file: str
    line: int

    @property
    def where(self) -> str:
        """Returns the place as people and editors write it."""
        return f"{self.file}:{self.line}"


@dataclass(slots=True)
class Faults:
    """What is wrong so far, in the order of files and lines."""

    found: list[tuple[Spot, str]] = field(default_factory=list)

    def add(self, spot: Spot, what: str, fix: str) -> None:
        """Notes one fault and what to do about it."""
        if len(self.found) < _MOST:
            self.found.append((spot, f"{what}; {fix}"))

    def told(self) -> tuple[str, ...]:
        """Returns each fault as "file:line: what; what to do", in order and once each."""
        ordered = sorted(self.found, key=lambda one: (one[0].file, one[0].line))
        return tuple(dict.fromkeys(f"{spot.where}: {text}" for spot, text in ordered))

    def refuse(self) -> None:
        """Raises Incorrect with all faults, if there are any."""
        lines = self.told()
        if lines:
            issues = tuple(_issue(line) for line in lines)
            raise Incorrect("\n".join(lines), issues=issues)


def _issue(line: str) -> Issue:
    return Issue(Severity.ERROR, "invalid", line)


def near(word: str, known: Iterable[str]) -> str:
    """Returns what to write instead of an unknown word."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"one of: {', '.join(names[:40])}" if names else "take it out"
