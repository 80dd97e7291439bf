"""Choices and traits: what people have chosen and what cohorts ask, as rows beside the entries."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, datetime

from careweave.agreements import ChoiceKind
from careweave.db import Queries, Session
from careweave.record._dictionaries import bits_of, dictionaries, fresh, number_of
from careweave.record._growth import orgs_of
from careweave.record._prepared import StatedChoice
from careweave.record._purposes import number_of_purpose
from careweave.record._types import rt_of
from careweave.record._written import Written
from careweave.terms import Heading, Json, PersonId, SourceId

_QUERIES = Queries("careweave.record")

# Never reorder and never remove: rows carry the position.
_KINDS = (ChoiceKind.DENY, ChoiceKind.CONSENT, ChoiceKind.GRANT, ChoiceKind.TYPE_1)
_ALWAYS = -1


def number_of_choice(kind: ChoiceKind) -> int:
    """Returns the number of a kind of choice."""
    return _KINDS.index(kind) + 1


def choice_of_number(number: int) -> ChoiceKind:
    """Returns the kind of choice of a number."""
    return _KINDS[number - 1]


def headings_of_mask(mask: int) -> frozenset[Heading]:
    """Returns the headings of a mask; none stands for all of them."""
    if mask == _ALWAYS:
        return frozenset()
    return frozenset(one for one in Heading if mask >> number_of(one) & 1)


def defer_choices(session: Session, written: Sequence[Written]) -> None:
    """Sends what these entries say of choices and cohorts along with the next statement."""
    _defer_traits(session, written)
    stated = [(one, place, choice) for one in written for place, choice in _placed(one)]
    if not stated:
        return
    own = _organisations(session, {one.change.source for one, _, _ in stated})
    names = {name for _, _, choice in stated for name in choice.choice.to}
    orgs = orgs_of(session, names) if names else {}
    rows: list[Json] = [
        {
            "subject": one.subject,
            "rid": one.rid,
            "place": place,
            **_row(choice, own[one.change.source], orgs),
        }
        for one, place, choice in stated
    ]
    session.defer(_QUERIES["choices_add"], rows=json.dumps(rows))


def _placed(one: Written) -> Iterator[tuple[int, StatedChoice]]:
    if one.prepared is not None:
        yield from enumerate(one.prepared.choices, start=1)


def _row(stated: StatedChoice, own: str, orgs: Mapping[str, int]) -> dict[str, Json]:
    choice = stated.choice
    # A type 1 opt-out is about the record of the practice that was told.
    is_type_1 = choice.kind is ChoiceKind.TYPE_1
    return {
        "kind": number_of_choice(choice.kind),
        "since": _moment(choice.since, "-infinity"),
        "until": _moment(choice.until, "infinity"),
        "to_orgs": [orgs[name] for name in sorted(choice.to)],
        "to_others": choice.to_others or not choice.to,
        "users": list[Json](sorted(choice.users)),
        "user_others": choice.user_others or not choice.users,
        "purposes": sum(1 << number_of_purpose(one) for one in choice.purposes),
        "purpose_others": choice.purpose_others or not choice.purposes,
        "from_org": choice.from_ or (own if is_type_1 else ""),
        "headings": _headings(choice.headings),
        "labels": bits_of(choice.labels),
        **_about(stated),
        "is_liftable": choice.is_liftable,
    }


def _about(stated: StatedChoice) -> dict[str, Json]:
    choice = stated.choice
    is_dated = choice.data_since is not None or choice.data_until is not None
    return {
        "data_since": _moment(choice.data_since, "-infinity"),
        "data_until": _moment(choice.data_until, "infinity"),
        "data_outside": choice.data_outside and is_dated,
        "ids": list[Json](sorted(map(_id, choice.ids))),
        "id_others": choice.id_others or not choice.ids,
        "authors": list[Json](stated.authors),
        "author_others": not choice.authors,
    }


def _id(name: str) -> str:
    type_name, _, public_id = name.partition("/")
    # What is not kept here has no number, and no entry has its name.
    return f"{rt_of(type_name)}/{public_id}" if public_id else name


def _headings(headings: frozenset[Heading]) -> int:
    return sum(1 << number_of(one) for one in headings) if headings else _ALWAYS


def _moment(at: datetime | None, never: str) -> str:
    return never if at is None or at.year in {MINYEAR, MAXYEAR} else at.isoformat()


def _organisations(session: Session, sources: set[SourceId]) -> Mapping[SourceId, str]:
    known = dictionaries(session).sources
    if not sources <= known.keys():
        known = fresh(session).sources
    return {source: known[source].organisation for source in sources}


def _defer_traits(session: Session, written: Sequence[Written]) -> None:
    traits = [
        (one, one.prepared.trait)
        for one in written
        if one.prepared is not None and one.prepared.trait is not None
    ]
    if traits:
        session.defer(
            _QUERIES["traits_add"],
            subject=[one.subject for one, _ in traits],
            rid=[one.rid for one, _ in traits],
            born=[trait.born for _, trait in traits],
            outward=[trait.outward for _, trait in traits],
        )


def granted(session: Session, user: str, at: datetime) -> frozenset[PersonId]:
    """Returns the persons who let this user act for them at a moment, by any of their subjects."""
    rows = session.rows(_QUERIES["granted"], user=user, at=at) if user else []
    return frozenset(PersonId(row[0]) for row in rows)
