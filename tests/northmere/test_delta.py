"""What a record says is new equals the difference of two reads of it, at two moments (U2).

The first read is of the record as it was at the moment of the reader's last look, by the way out
that "as it was on" uses; the second is of the record now. Nothing of how the delta is made is asked.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from careweave.disclosure import ShownPerson
from careweave.terms import Heading, Role
from careweave.views._changes import delta
from careweave.views._headings import heading_of
from careweave.views._sections import section_of
from tests.lib.day10 import Day10
from tests.lib.reading import EVERYTHING, MAKING, Readers, readers

PEOPLE = ("edna-hartley", "parveen-akhtar", "mohammed-al-haddad", "john-mcallister-sr")
ROLES = (Role.ED, Role.GP, Role.CN)
CARRIERS = {"Binary", "List"}


@pytest.fixture(scope="module")
def at(northmere10: Day10) -> Iterator[Readers]:
    with readers(northmere10) as made:
        yield made


def held(shown: ShownPerson) -> dict[tuple[str, str], tuple[Heading | None, object]]:
    """The entries of a read with the version of each, and the heading it stands under."""
    return {(one.type, one.id): (one.heading, one.updated) for one in shown.lines}


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES, ids=lambda one: one.value)
@pytest.mark.parametrize("key", PEOPLE)
def test_what_is_new_is_the_difference_of_two_reads(at: Readers, key: str, role: Role) -> None:
    now = at.see(key, role)
    came = sorted({one.updated for one in now.lines})
    looked = came[len(came) // 2]
    before = held(at.see(key, role, wanted=replace(EVERYTHING, as_of=looked)))
    changed = {one: its for one, its in held(now).items() if before.get(one) != its}
    by_hand = Counter(
        heading
        for (kind, _), (heading, _) in changed.items()
        if kind not in CARRIERS and heading is not None
    )
    assert by_hand, "the control: something came after the look"
    assert len(changed) < len(now.lines), "the control: something was there before"

    sections = [section_of(heading, now, MAKING) for heading in Heading]
    told = delta(sections, replace(now, last_looked_at=looked), MAKING, 1000)
    assert {heading_of(one.slug): one.n for one in told.sections} == dict(by_hand)
