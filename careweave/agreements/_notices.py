"""What is to be said of the files of agreements: all of it at once, each with its place."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum

from careweave.terms import Incorrect, Issue, Severity

_MOST = 500


class Grade(StrEnum):
    """What a notice does: the file is refused, not in force, or only somebody is warned."""

    REJECT = "reject"
    NOT_IN_FORCE = "not-in-force"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is to be said: by which rule, in which file and line, at which field, and what to do.

    `line` counts from 1; 0 is the whole file. `agreement` is the id of the agreement, if known.
    """

    grade: Grade
    rule: str
    file: str
    line: int
    where: str
    message: str
    remedy: str
    agreement: str = ""

    @property
    def text(self) -> str:
        """Returns the notice as one line, its place first as editors write it."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        at = f" {self.where}:" if self.where else ""
        return f"{place}:{at} {self.message} ({self.rule}); {self.remedy}"


@dataclass(slots=True)
class Notices:
    """What has been found so far, in the order of files and lines when it is told."""

    found: list[Notice] = field(default_factory=list)

    def add(self, notice: Notice) -> None:
        """Notes one."""
        if len(self.found) < _MOST:
            self.found.append(notice)

    @property
    def is_refused(self) -> bool:
        """Says that something found lets the files not be used at all."""
        return any(one.grade is Grade.REJECT for one in self.found)

    def told(self) -> tuple[Notice, ...]:
        """Returns all of them, in order and once each."""
        ordered = sorted(self.found, key=lambda one: (one.file, one.line, one.rule, one.message))
        return tuple(dict.fromkeys(ordered))


def refuse(notices: Iterable[Notice]) -> None:
    """Raises Incorrect with one issue for each notice that refuses its file, if there is any."""
    faults = [one for one in notices if one.grade is Grade.REJECT]
    if faults:
        issues = tuple(_issue(one) for one in faults)
        raise Incorrect("\n".join(one.text for one in faults), issues=issues)


def _issue(notice: Notice) -> Issue:
    return Issue(Severity.ERROR, "invalid", notice.text)


def near(word: str, known: Iterable[str]) -> str:
    """Returns what to write instead of an unknown word."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"write one of {', '.join(names[:40])}" if names else "take it out"
