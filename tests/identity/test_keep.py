"""What becomes of a known record, decided without a store: stay, freeze, leave, confirm, move."""

from dataclasses import replace

from careweave.identity._decide import Kind, decide
from careweave.identity._doubting import asks_of
from careweave.identity._kept import Fate, Kept, Standing, Versions, keep
from careweave.identity._member import Group
from careweave.identity._norm import Norm
from careweave.identity._outcome import Event
from careweave.identity._review_rules import review_rules
from careweave.terms import SubjectId
from tests.identity.norms import GRACE, named
from tests.identity.test_decide import NOW, PLAIN, SURE, asked, member, person

PLACED = Standing("demographic", is_single=False)
STRANGER = replace(
    PLAIN, names=(named("adebayo", "tunde"),), birth=(1951, 7, 30), sex="male", homes=()
)
STRANGER = replace(STRANGER, phones=(), emails=(), practice="")


def kept(
    fresh: Norm,
    *groups: Group,
    own: Group | None = None,
    before: Norm | None = None,
    standing: Standing = PLACED,
) -> Kept:
    versions = Versions(member(fresh), member(before or fresh))
    return keep(asked(fresh, *groups), own or person(50), versions, standing)


def test_two_of_one_number_that_conflict_are_asked_about() -> None:
    dead = replace(SURE, died="2025-01-01")
    own = person(50, member(SURE, 3, alive_at=NOW))
    found = kept(SURE, person(1, member(dead, 2)), own=own)
    assert (found.fate, found.joins) == (Fate.CONFIRM, ())
    assert [doubt.kind for doubt in found.doubts] == [Kind.JOIN]


def test_a_number_that_another_holds_against_date_and_names_is_an_alarm() -> None:
    other = replace(STRANGER, nhs=SURE.nhs, verified=SURE.verified)
    found = kept(SURE, person(1, member(other, 2)))
    assert [doubt.kind for doubt in found.doubts] == [Kind.WRONG_NUMBER]


def test_a_person_that_holds_together_no_more_is_a_question() -> None:
    found = kept(PLAIN, own=person(50, member(STRANGER, 3)))
    assert (found.fate, [doubt.kind for doubt in found.doubts]) == (
        Fate.STAY,
        [Kind.MIXED_EVIDENCE],
    )
    verified = replace(STRANGER, nhs=SURE.nhs, verified=SURE.verified, birth=SURE.birth)
    found = kept(SURE, own=person(50, member(verified, 3)))
    assert (found.fate, found.doubts) == (Fate.CONFIRM, ())


def test_who_holds_the_number_too_is_no_twin_of_its_holder() -> None:
    known_as = replace(SURE, names=(named("okafor", "ruth"),))
    found = asked(known_as, person(1, member(SURE, 2)), person(2, member(known_as, 3)))
    decided = decide(found)
    assert decided.person is not None
    assert decided.method == "verified_number"


def test_only_who_was_always_alone_moves() -> None:
    one = person(1, member(PLAIN, 2))
    alone = Standing("demographic", is_single=True)
    moved = kept(PLAIN, one, standing=alone)
    assert (moved.fate, moved.moved.person if moved.moved else None) == (Fate.MOVE, one)
    assert kept(PLAIN, one).fate is Fate.STAY
    with_others = kept(PLAIN, one, own=person(50, member(PLAIN, 3)), standing=alone)
    assert with_others.fate is Fate.STAY


def test_restricted_people_and_large_joins_have_two_readers() -> None:
    event = Event(1, "review", person(1).person, b"", (SubjectId(1),))
    rules = review_rules()

    def needs_two(norm: Norm, group: Group) -> bool:
        found = kept(norm, group)
        asks = asks_of(member(norm), found.doubts, event, NOW, {}, rules)
        assert asks
        return asks[0].needs_two

    hidden = replace(PLAIN, is_restricted=True)
    assert not needs_two(PLAIN, person(1, member(PLAIN, 2)))
    assert needs_two(hidden, person(1, member(PLAIN, 2)))
    assert needs_two(PLAIN, person(1, member(hidden, 2)))
    assert needs_two(PLAIN, person(1, *(member(PLAIN, n) for n in range(2, 9))))
    sister = replace(GRACE, nhs="", names=(named("okafor", "ruth"),))
    assert needs_two(PLAIN, person(1, member(sister, 2)))
