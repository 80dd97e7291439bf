"""The provisions of a Consent as a tree of regions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import TypeVar

from careweave.agreements._consent_cells import ANY_HEADING, ANY_PURPOSE, Cell, Region, Some, Span
from careweave.agreements._consent_terms import (
    NO_MARKS,
    ConsentWords,
    Marks,
    Node,
    codes_of,
    denied_labels,
    headings_of,
    marks_of,
    nodes,
    purposes_of,
    span_of,
    with_actors,
    with_data,
)
from careweave.terms import Label, Purpose

T = TypeVar("T")

_FAMILY = frozenset({Purpose.FAMILY_REQUEST})
_UNDERSTOOD = frozenset(
    {"id", "type", "period", "actor", "securityLabel", "purpose", "class", "dataPeriod", "data"}
    | {"provision"}
)


@dataclass(frozen=True, slots=True)
class Part:
    """One provision: what it matches, and its exceptions.

    `named` are the labels that it names; `allowed` those that what it permits may carry, None for
    whatever labels. A permit that `is_emergency` asks for broken glass, or for one of `purposes`.
    Only one that `is_exact` says where its inside ends. One that does not bound denies nothing by
    what it permits.
    """

    is_permit: bool
    cells: Region
    force: Span
    named: frozenset[Label] = frozenset()
    allowed: frozenset[Label] | None = None
    purposes: Some[Purpose] = ANY_PURPOSE
    is_emergency: bool = False
    is_understood: bool = True
    is_exact: bool = True
    is_grant: bool = False
    bounds: bool = True
    permits: tuple["Part", ...] = ()
    denies: tuple["Part", ...] = ()


def part_of(consent: Node, zone: tzinfo, words: ConsentWords, findings: list[str]) -> Part | None:
    """Returns the root of a Consent with what is nested, or None where it has no rule.

    What is not understood is added to `findings`.
    """
    value = consent.get("provision")
    denies = any(code == "OPTOUT" for _, code in codes_of(consent.get("policyRule")))
    if not isinstance(value, dict):
        whole = Part(is_permit=False, cells=(Cell(is_liftable=True),), force=Span())
        return whole if denies else None
    type_ = value.get("type") or ("deny" if denies else "permit")
    return _root(_Reader(zone, words, findings), value, is_permit=type_ == "permit")


def _root(reader: "_Reader", value: Node, *, is_permit: bool) -> Part:
    """Returns the outermost provision; its time is that of the whole Consent."""
    part = reader.part(value, is_permit=is_permit, around=NO_MARKS)
    is_grant = is_permit and part.purposes == Some(_FAMILY, others=False)
    # A permit that names labels and no degree is a consent by name, and bounds nothing.
    by_name = bool(part.named) and not marks_of(value, reader.words, []).degrees
    return replace(
        part,
        cells=tuple(replace(cell, force=Span()) for cell in part.cells),
        is_grant=is_grant,
        bounds=not (is_grant or by_name),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the provisions of one Consent, and notes what it does not understand."""

    zone: tzinfo
    words: ConsentWords
    findings: list[str]

    def part(self, value: Node, *, is_permit: bool, around: Marks) -> Part:
        """Returns a provision; `around` are the security labels of the permit that it widens."""
        doubts: list[str] = [] if value.keys() <= _UNDERSTOOD else ["consent-element"]
        marks = marks_of(value, self.words, [])
        purposes, is_emergency = purposes_of(value, self.words, [])
        cells = self._cells(value, _Doubts(doubts, is_permit))
        if is_permit and is_emergency:
            cells = tuple(replace(cell, purposes=ANY_PURPOSE) for cell in cells)
        # Labels by name alone say nothing of entries without labels, which no denial can name.
        is_bare = bool(marks.named) and not (marks.degrees or around.degrees)
        nested = tuple(self._nested(value, marks if is_permit else NO_MARKS))
        self.findings.extend(doubts)
        return Part(
            is_permit=is_permit,
            cells=cells,
            force=span_of(value.get("period"), self.zone),
            named=marks.named,
            allowed=_allowed(marks, around),
            purposes=purposes,
            is_emergency=is_emergency,
            is_understood=not doubts,
            is_exact=not doubts and not is_bare,
            permits=tuple(one for one in nested if one.is_permit),
            denies=tuple(one for one in nested if not one.is_permit),
        )

    def _nested(self, value: Node, around: Marks) -> Iterator[Part]:
        for one in nodes(value.get("provision")):
            # Without a type it is read as the more restrictive of the two.
            yield self.part(one, is_permit=one.get("type") == "permit", around=around)

    def _cells(self, value: Node, doubts: "_Doubts") -> Region:
        """Returns what a provision matches."""
        words, period = self.words, value.get("period")
        glass = purposes_of(value, words, [])[1]
        marks = doubts.sure(lambda out: marks_of(value, words, out), NO_MARKS)
        base = Cell(
            purposes=doubts.sure(lambda out: purposes_of(value, words, out)[0], ANY_PURPOSE),
            headings=doubts.sure(lambda out: headings_of(value, out), ANY_HEADING),
            data=span_of(value.get("dataPeriod"), self.zone),
            force=span_of(period, self.zone),
            labels=None if doubts.is_permit else denied_labels(marks, words),
            is_liftable=not doubts.is_permit,
        )
        whole: Region = (base,)
        to = doubts.sure(lambda out: with_actors(base, value, out, is_emergency=glass), whole)
        return tuple(made for cell in to for made in self._with_data(cell, value, doubts))

    def _with_data(self, cell: Cell, value: Node, doubts: "_Doubts") -> Region:
        whole: Region = (cell,)
        return doubts.sure(lambda out: with_data(cell, value, out), whole)


@dataclass(frozen=True, slots=True)
class _Doubts:
    """What was not understood; a denial leaves out a condition that is in doubt."""

    found: list[str]
    is_permit: bool

    def sure(self, read: Callable[[list[str]], T], wide: T) -> T:
        """Returns what is read or, where that is in doubt and denies, what holds for everything."""
        doubts: list[str] = []
        value = read(doubts)
        self.found.extend(doubts)
        return wide if doubts and not self.is_permit else value


def _allowed(marks: Marks, around: Marks) -> frozenset[Label] | None:
    """Returns the labels that what is permitted may carry, with those of the permit around it."""
    if not marks.is_given:
        return None
    return marks.named.union(*marks.degrees, around.named, *around.degrees)
