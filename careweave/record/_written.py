"""Changes with their numbers, and their columns as the statements take them."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

from careweave.record._changes import Change
from careweave.record._dictionaries import AccessClass, bits_of, number_of
from careweave.record._policy_classes import Triple
from careweave.record._prepared import Prepared, TieProof
from careweave.record._types import rt_of
from careweave.terms import Fault, Heading, Label, SubjectId

NEVER = datetime.min.replace(tzinfo=UTC)
NOTHING = hashlib.sha256(b"").digest()[:16]
EXTRACTOR = 1
"""Raised when the rules by which search rows are made change, so that old rows can be found."""


@dataclass(frozen=True, slots=True)
class Written:
    """One change as it will be written: its row number, version and time."""

    change: Change
    rid: int
    subject: SubjectId
    version: int
    updated: datetime

    @property
    def heading(self) -> Heading | None:
        """Returns the heading; a deleted entry keeps the one it had."""
        held = self.change.held
        return held.heading if held and self.change.op == "D" else self.change.heading

    @property
    def labels(self) -> frozenset[Label]:
        """Returns the labels; a deleted entry keeps those it had."""
        held = self.change.held
        return held.labels if held and self.change.op == "D" else self.change.labels

    @property
    def triple(self) -> Triple:
        """Returns what the access class stands for."""
        return self.change.source, number_of(self.heading), bits_of(self.labels)

    @property
    def prepared(self) -> Prepared | None:
        """Returns the search rows; none for a deleted entry."""
        return None if self.change.op == "D" else self.change.prepared

    @property
    def ties(self) -> tuple[TieProof, ...]:
        """Returns the ties that the entry proves."""
        return self.prepared.ties if self.prepared else ()


def entry_columns(
    written: Sequence[Written], classes: Mapping[Triple, AccessClass]
) -> dict[str, object]:
    """Returns the columns that creates and updates have in common, one list each."""
    made = [classes[one.triple] for one in written]
    ready = [one.prepared for one in written]
    tok, tok_from, tok_to = _spans([one.tok if one else () for one in ready])
    kept = [one.change.resource if one.prepared else None for one in written]
    cut, cut_from, cut_to = _spans([one.cut if one else () for one in kept])
    return {
        "subject": [one.subject for one in written],
        "rid": [one.rid for one in written],
        "source": [one.change.source for one in written],
        "heading": [number_of(one.heading) for one in written],
        "label_set": [one.label_set for one in made],
        "cls": [one.cls for one in made],
        "code": [one.code if one else None for one in ready],
        "dlo": [one.low if one else None for one in ready],
        "dhi": [one.high if one else None for one in ready],
        "live_until": [one.live_until if one else NEVER for one in ready],
        "event_at": [one.change.event_at for one in written],
        "recv_at": [one.change.received_at for one in written],
        "tok": tok,
        "tok_from": tok_from,
        "tok_to": tok_to,
        "cut": cut,
        "cut_from": cut_from,
        "cut_to": cut_to,
        "digest": [one.digest if one else NOTHING for one in ready],
        "meta": [one.change.tags for one in written],
        "body": [one.body if one else None for one in kept],
        "xv": EXTRACTOR,
    }


def create_columns(
    written: Sequence[Written], classes: Mapping[Triple, AccessClass], at: datetime
) -> dict[str, object]:
    """Returns everything that the statement `create` takes."""
    token, token_place = placed(written, lambda prepared: prepared.posted)
    return entry_columns(written, classes) | {
        "at": at,
        "rt": [rt_of(one.change.type) for one in written],
        "id": [one.change.id for one in written],
        "token": token,
        "token_place": token_place,
        "subjects": named(written),
    }


def named(written: Sequence[Written]) -> list[SubjectId]:
    """Returns every subject that these entries are about, each once."""
    found = {one.subject for one in written}
    return sorted(found.union(*(one.change.extras for one in written if one.change.extras)))


def placed(
    written: Sequence[Written], values: Callable[[Prepared], Sequence[object]]
) -> tuple[list[object], list[int]]:
    """Returns the values of all, and for each the place of its entry, from 1."""
    found: list[object] = []
    place: list[int] = []
    for number, one in enumerate(written, start=1):
        if one.prepared is not None:
            own = values(one.prepared)
            found += own
            place += [number] * len(own)
    return found, place


def body_of(change: Change) -> tuple[bytes, Prepared]:
    """Returns the body and the search rows of an entry that is no deletion."""
    if change.resource is None or change.prepared is None:
        raise Fault("A change that is no deletion has a resource and what was prepared of it.")
    return change.resource.body, change.prepared


def _spans(values: Sequence[Sequence[int]]) -> tuple[list[int], list[int], list[int]]:
    """Returns all values in one list, with the first and last place of each part, from 1.

    PostgreSQL has no arrays of arrays of different lengths.
    """
    ends = list(accumulate(map(len, values)))
    starts = [end - len(part) + 1 for end, part in zip(ends, values, strict=True)]
    return [value for part in values for value in part], starts, ends
