"""Says what is wrong with the people of a region, before anybody sends a message of them.

Source: reference/people.md 1, 6, 11.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from careweave.demonstration._kinds import heading_of
from careweave.demonstration._model import Fact, Holding, Person, Who
from careweave.demonstration._numbers import is_valid
from careweave.demonstration._people import USUAL_SEED, read_people
from careweave.demonstration._region import read_region
from careweave.terms import Heading

_POSTCODE = re.compile(r"XR\d \d[A-Z]{2}|ZZ99 3[VC]Z")
_PHONE = re.compile(r"01632 960\d{3}|07700 900\d{3}")
_UPRN = re.compile(r"9999\d{8}|")
_N_CONFLICTS = 60
_MOST_VOICES = 3
_AT_ONCE = timedelta(hours=1)
# Everything else that happens after a death is a slip of the files.
_AFTER_DEATH = frozenset({"died", "revived", "document"})


def faults_of_people(region: Path, *, seed: str = USUAL_SEED) -> tuple[str, ...]:
    """Returns a sentence for each fault, with the key of the person; empty when all is well."""
    people = read_people(region, read_region(region), seed)
    found = [f"{person.key}: {said}" for person in people for said in _faults(person)]
    return (*found, *_of_numbers(people), *_of_conflicts(people))


def _faults(person: Person) -> Iterator[str]:
    for holding in person.holdings:
        for check in _CHECKS:
            yield from (f"{holding.desk}: {said}" for said in check(holding))


def _number(holding: Holding) -> Iterator[str]:
    nhs = holding.who.nhs
    if nhs and not nhs.startswith("CHI") and not is_valid(nhs):
        yield "the NHS number is not of the test range, or its check digit is wrong"


def _reached(holding: Holding) -> Iterator[str]:
    who: Who = holding.who
    if who.home and not _POSTCODE.fullmatch(who.home.postcode):
        yield "the postcode might be somebody's; take one that begins with XR"
    if who.home and not _UPRN.fullmatch(who.home.uprn):
        yield "a property number has twelve digits and begins with 9999"
    if not all(_PHONE.fullmatch(one) for one in who.phones):
        yield "the phone number might be somebody's; take one of those kept for drama"


def _order(holding: Holding) -> Iterator[str]:
    born = holding.who.born
    for fact in holding.facts:
        if born is not None and fact.at.date() < born and fact.kind != "sealed":
            yield f"{fact.kind} is before birth"
        if fact.ended_at is not None and fact.ended_at < fact.at:
            yield f"{fact.kind} ends before it begins"


def _death(holding: Holding) -> Iterator[str]:
    died = [one for one in holding.facts if one.kind == "died"]
    for death in died:
        back = [one.at for one in holding.facts if one.kind == "revived" and one.at >= death.at]
        yield from (
            f"{one.kind} is after the death"
            for one in holding.facts
            if one.at > death.at + _AT_ONCE
            and one.kind not in _AFTER_DEATH
            and not (back and one.at > back[0])
        )


_CHECKS: tuple[Callable[[Holding], Iterator[str]], ...] = (_number, _reached, _order, _death)


def _of_numbers(people: Sequence[Person]) -> Iterator[str]:
    """Says which numbers two people have; that of one at another's system is a planted mistake."""
    counts = Counter(person.who.nhs for person in people if person.who.nhs)
    yield from (f"{n} people have the same NHS number" for n in counts.values() if n > 1)


def _of_conflicts(people: Sequence[Person]) -> Iterator[str]:
    voices: dict[str, list[tuple[str, Heading | None]]] = {}
    for key, desk, fact in _every_fact(people):
        for name in fact.words("conflict"):
            voices.setdefault(name, []).append((key, heading_of(fact, desk)))
    wanted = {f"C{number:02d}" for number in range(1, _N_CONFLICTS + 1)}
    yield from (f"the conflict {name} has no voice" for name in sorted(wanted - set(voices)))
    yield from (f"there is no conflict {name}" for name in sorted(set(voices) - wanted))
    for name, told in sorted(voices.items()):
        if len(told) not in range(2, _MOST_VOICES + 2):
            yield f"the conflict {name} has {len(told)} voices"
        if len({key for key, _ in told}) != 1:
            yield f"the conflict {name} is of two people"
        if len({heading for _, heading in told}) != 1:
            yield f"the voices of {name} stand under different headings"


def _every_fact(people: Sequence[Person]) -> Iterator[tuple[str, str, Fact]]:
    for person in people:
        for holding in person.holdings:
            yield from ((person.key, holding.desk, fact) for fact in holding.facts)
