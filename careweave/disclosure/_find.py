"""Looking for a person by exact terms, or by terms that may be a little wrong."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from careweave import identity, record
from careweave.db import Session
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._criteria import Criteria, demographics_of, terms_of
from careweave.disclosure._match import (
    Candidate,
    Candidates,
    Matches,
    certain,
    graded,
    what_of,
)
from careweave.disclosure._noticing import note_search
from careweave.disclosure._people import (
    Gate,
    Shown,
    account_people,
    as_finding,
    found_by,
    protected,
    shown,
)
from careweave.disclosure._searching import exact, is_at_work, may_search
from careweave.disclosure._terms import holds, is_born_in
from careweave.formats import read_json
from careweave.identity import Grade, Norm
from careweave.record import Found, Row
from careweave.terms import Sight

NormOf = Callable[[Row], Norm]

_LARGEST_PAGE = 500
_NEW_YEAR = (1, 1)


def find(way: Way, asking: Asking, asked: Criteria) -> Matches:
    """Returns the persons of whom all that is asked is true; when fuzzy, those who are meant.

    More than the search may tell apart are nobody, and said to be too many. Accounted for first,
    also when nobody was found. Source: `reference/identity.md` section 16, M1-M27.
    """
    return find_as(way, asking, asked, "Patient/$find")


def find_as(way: Way, asking: Asking, asked: Criteria, operation: str) -> Matches:
    """Returns the same for an operation of another name, as the account has it.

    Somebody at work looks by exact criteria and within a budget; a role that finds nobody is told
    so as everybody is of whom nothing is held.
    """
    looking, may = as_finding(asking), True
    if is_at_work(asking):
        asked = exact(way, looking, asked, operation)
        may = may_search(way, looking, operation)
    look = _fuzzy if asked.is_fuzzy else _exact
    with way.reading_pages() as session:
        found = found_by(session, asking, lambda view: look(session, asking, view, asked))
        terms = (*terms_of(demographics_of(asked)), *_spans(asked))
        what = what_of(session, operation, terms)
    most = asked.most if asked.may_name_several or is_at_work(asking) else 1
    if not may:
        found = _Looked(())
    is_too_many = found.is_cut or len(found.people) > most
    kept = () if is_too_many else found.people
    account_people(way, asking, what, [one.shown for one in kept])
    if asking.actor.person is not None and asked.family is not None and not kept:
        _note(way, asking, asked)
    return Matches(tuple(one.matched for one in kept), is_too_many)


def _note(way: Way, asking: Asking, asked: Criteria) -> None:
    """Tells the officer where somebody at work looked for their own family and was shown nobody."""
    with way.reading() as session:
        rules, today = identity.rules_in_force(session), asking.at.date()
        sought = identity.normalise(demographics_of(asked), rules, today=today)
        note_search(session, asking, sought)


@dataclass(frozen=True, slots=True)
class _Looked:
    """Who was found; `is_cut` when there were too many records to look at each."""

    people: Candidates
    is_cut: bool = False


def _fuzzy(session: Session, asking: Asking, view: Sight, asked: Criteria) -> _Looked:
    """Returns the one who is certainly meant or far ahead of all others, else who probably is."""
    found = graded(session, asking, view, demographics_of(asked))
    norm_of = _norms(session, asking)
    possible = tuple(one for one in found if _is_born_in(norm_of, asked, one.shown))
    if alone := certain(possible) or _far_ahead(session, possible):
        return _Looked(alone)
    return _Looked(tuple(one for one in possible if one.grade is not Grade.POSSIBLE))


def _far_ahead(session: Session, found: Candidates) -> Candidates:
    """Returns the one who weighs enough, and enough more than the next, but for what asks a human.

    Who may only not be linked by itself, such as a twin, may still be the one who is looked for.
    """
    least = identity.model_in_force(session).thresholds
    first = found[:1]
    return tuple(one for one in first if one.weight >= least.auto and one.lead >= least.lead)


def _is_born_in(norm_of: NormOf, asked: Criteria, one: Shown) -> bool:
    # A full birth date has been compared and may be a little wrong; a span only includes.
    return asked.is_dated or all(is_born_in(asked.born, norm_of(row)) for row in one.rows)


def _norms(session: Session, asking: Asking) -> NormOf:
    """Returns what gives a row's demographics as they are compared."""
    rules, today = identity.rules_in_force(session), asking.at.date()

    def norm_of(row: Row) -> Norm:
        written = identity.demographics(read_json(row.body or b"{}").value)
        return identity.normalise(written, rules, today=today)

    return norm_of


def _exact(session: Session, asking: Asking, view: Sight, asked: Criteria) -> _Looked:
    """Returns those of whom each term is true, by the records that the caller may see."""
    rules, norm_of = identity.rules_in_force(session), _norms(session, asking)
    wanted = identity.normalise(demographics_of(asked), rules, today=asking.at.date())
    near = _near(session, asking, view, asked)
    hidden = protected(session, [row.subject for row in near.rows], asking.at)
    held = [
        row.subject
        for row in near.rows
        if holds(asked, wanted, norm_of(row), is_hidden=row.subject in hidden)
    ]
    standings = identity.standings(session, held)
    persons = {one.person for one in standings.values() if one.is_found}
    people = shown(session, as_finding(asking), Gate(session, view), sorted(persons))
    found = tuple(Candidate(one, Grade.CERTAIN, 1.0) for _, one in sorted(people.items()))
    return _Looked(found, near.next is not None)


def _near(session: Session, asking: Asking, view: Sight, asked: Criteria) -> Found:
    """Returns the Patients in sight born as asked; their other terms are looked at one by one."""
    question = record.parse(
        "Patient",
        _pairs(asked),
        keys=record.keys(session),
        zone=session.zone,
        now=asking.at,
        lenient=False,
        base_url=asking.base,
    )
    caller = f"{asking.actor.name} {asking.actor.purpose}"
    return record.search(session, question, sight=view, caller=caller, now=asking.at)


def _pairs(asked: Criteria) -> Sequence[tuple[str, str]]:
    pairs = [("_count", str(_LARGEST_PAGE))]
    if asked.born is None:
        return [*pairs, *_numbered(asked)]
    low, high = (day.isoformat() for day in asked.born)
    pairs += (
        [("birthdate", low)]
        if low == high
        else [("birthdate", f"ge{low}"), ("birthdate", f"le{high}")]
    )
    is_common = low != high or (asked.born[0].month, asked.born[0].day) == _NEW_YEAR
    if asked.family is not None and is_common:
        # Many were born then: the name, as it was typed, is asked of the index too.
        pairs.append(("family", asked.family.text.translate(_ESCAPED)))
    return pairs


def _numbered(asked: Criteria) -> Iterator[tuple[str, str]]:
    if asked.number is not None:
        system, value = (part.translate(_ESCAPED) for part in asked.number)
        yield "identifier", f"{system}|{value}"


_ESCAPED = str.maketrans({sign: f"\\{sign}" for sign in "\\,$|"})
"""Source: FHIR R4 4.0.1, search.html section 3.1.1.4.6."""


def _spans(asked: Criteria) -> list[tuple[str, str]]:
    born = None if asked.is_dated else asked.born
    named = (("birthdate", born), ("death-date", asked.died))
    return [(name, "..".join(map(str, span))) for name, span in named if span]
