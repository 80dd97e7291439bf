"""A record that is known, when its source speaks of it again: kept, frozen, parted, joined, sealed."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from careweave.db import Session
from careweave.identity._acts import unfreeze
from careweave.identity._asking import queue
from careweave.identity._by import By
from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenLink,
    WrittenNumber,
)
from careweave.identity._held import held, people
from careweave.identity._history import check_projection, confidence, current, members
from careweave.identity._incoming import Means, NumberTrust, SourcePolicy
from careweave.identity._inverting import invert
from careweave.identity._leaving import Leaving, retire
from careweave.identity._resolve import _locked, resolve
from careweave.identity._taking_up import take_up
from careweave.terms import PersonId, SubjectId
from tests.identity.acting import nhs as number
from tests.identity.corruptions import corrupted
from tests.identity.people import people as made_up
from tests.identity.resolving import ANNE, NHS, NOW, STATED, Feed, maker, means, named, nhs

SURE = replace(ANNE, numbers=nhs(number(1)))
STRANGER = Demographics(
    names=named("Pike", "Gwendolyn"),
    birth_date="1937-06-15",
    sex="female",
    addresses=(WrittenAddress(("1 Wharf Road",), "Tarnside", "", "XQ1 1AA"),),
)


def _state(session: Session, subject: int) -> str:
    return held(session, [SubjectId(subject)])[SubjectId(subject)].state


def test_a_move_a_marriage_and_a_mended_slip_keep_the_record_where_it_is(session: Session) -> None:
    gpa, by = Feed(), means()
    (new,) = resolve(session, [gpa(1, ANNE)], means=by)
    moved = replace(ANNE, addresses=STRANGER.addresses, contacts=())
    married = replace(moved, names=named("Smith", "Adaeze", "Ruth"))
    for version in (moved, married):
        (kept,) = resolve(session, [gpa(1, version)], means=by)
        assert (kept.verdict, kept.person, kept.review) == ("kept", new.person, ())
        assert kept.changes == ()
    # What it was called before still finds it.
    (linked,) = resolve(session, [Feed("acu")(2, ANNE)], means=by)
    assert linked.person == new.person
    (mended,) = resolve(session, [gpa(1, replace(married, birth_date="1984-05-22"))], means=by)
    assert (mended.verdict, mended.person, mended.review) == ("kept", new.person, ())


def test_a_baby_that_gets_its_name_is_no_overlay(session: Session) -> None:
    gpa, by = Feed(), means()
    baby = replace(ANNE, names=named("Okafor", "Baby"), birth_date="2026-03-10", mother="M1")
    (new,) = resolve(session, [gpa(1, baby)], means=by)
    (kept,) = resolve(session, [gpa(1, replace(baby, names=named("Okafor", "Ruth")))], means=by)
    assert (kept.verdict, kept.person) == ("kept", new.person)


@pytest.mark.parametrize(
    "version",
    [
        STRANGER,
        replace(ANNE, names=named("Okafor", "Tunde"), sex="male"),
        replace(ANNE, names=named("Okafor", "Tunde"), birth_date="1950-11-02"),
    ],
)
def test_somebody_else_under_a_known_id_freezes_it(session: Session, version: Demographics) -> None:
    gpa, by = Feed(), means()
    (new,) = resolve(session, [gpa(1, ANNE)], means=by)
    (found,) = resolve(session, [gpa(1, version)], means=by)
    assert (found.verdict, found.person, found.review) == ("frozen", new.person, ("overlay",))
    assert [(one.subject, one.person, one.is_frozen) for one in found.changes] == [
        (1, new.person, True)
    ]
    (item,) = queue(session)
    assert (item.kind, item.hazard) == ("overlay", 5)
    # Nothing more of it is compared, and nobody is linked to it, until a human has looked.
    (again,) = resolve(session, [gpa(1, replace(version, practice="B1"))], means=by)
    assert (again.verdict, again.changes) == ("frozen", ())
    (other,) = resolve(session, [Feed("acu")(2, ANNE)], means=by)
    assert (other.verdict, other.review) == ("new", ("candidate",))


def test_a_verified_number_that_changes_freezes(session: Session) -> None:
    gpa, by = Feed(), means()
    resolve(session, [gpa(1, SURE)], means=by)
    (found,) = resolve(session, [gpa(1, replace(SURE, numbers=nhs(number(2))))], means=by)
    assert found.verdict == "frozen"


def test_a_number_that_took_the_place_of_another_freezes_nothing(session: Session) -> None:
    gpa, by = Feed(), means()
    resolve(session, [gpa(1, SURE)], means=by)
    old = WrittenNumber(NHS, number(1), "01", is_past=True)
    (kept,) = resolve(session, [gpa(1, replace(SURE, numbers=(*nhs(number(2)), old)))], means=by)
    assert kept.verdict == "kept"


def test_the_known_twin_under_the_id_of_the_other_freezes_it(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    aisha = replace(ANNE, names=named("Okafor", "Ngozi"))
    resolve(session, [gpa(1, ANNE), acu(2, aisha)], means=by)
    (found,) = resolve(session, [gpa(1, aisha)], means=by)
    assert (found.verdict, found.review) == ("frozen", ("overlay",))


def test_a_verified_number_unlike_that_of_the_person_takes_the_record_out(
    session: Session,
) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    (new,) = resolve(session, [gpa(1, SURE)], means=by)
    (linked,) = resolve(session, [acu(2, ANNE)], means=by)
    assert linked.person == new.person
    (gone,) = resolve(session, [acu(2, replace(ANNE, numbers=nhs(number(2))))], means=by)
    assert gone.person != new.person
    assert gone.review == ("wrong_number",)
    assert (2, gone.person) in [(one.subject, one.person) for one in gone.changes]
    assert check_projection(session) == 0
    # The number put right, the barrier between the numbers ends; a human is asked of the rest.
    assert held(session, [SubjectId(2)])[SubjectId(2)].walls == (1,)


def test_a_link_by_demographics_becomes_verified_by_the_number(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    (new,) = resolve(session, [gpa(1, SURE)], means=by)
    (linked,) = resolve(session, [acu(2, ANNE)], means=by)
    assert linked.confidence == "demographic"
    (kept,) = resolve(session, [acu(2, SURE)], means=by)
    assert (kept.verdict, kept.person) == ("kept", new.person)
    assert confidence(session, new.person, SubjectId(2)) == "verified"


def test_persons_found_to_have_one_verified_number_become_one(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    changed = replace(
        ANNE, names=named("Smith", "Adaeze"), addresses=STRANGER.addresses, contacts=()
    )
    first, second, _ = resolve(
        session, [gpa(1, SURE), acu(2, changed), Feed("men")(3, changed)], means=by
    )
    assert first.person != second.person
    (found,) = resolve(session, [acu(2, replace(changed, numbers=SURE.numbers))], means=by)
    assert found.person == first.person
    assert [event.kind for event in found.events][-1] == "join"
    assert len(people(session, [SubjectId(1)]).groups[0].members) == 3
    assert check_projection(session) == 0


def test_a_new_record_of_two_persons_with_its_number_joins_them(session: Session) -> None:
    gpa, acu, men, by = Feed(), Feed("acu"), Feed("men"), means()
    early = replace(ANNE, numbers=nhs(number(1), STATED), addresses=(), contacts=())
    other = replace(ANNE, names=named("Smith", "Adaeze"), addresses=STRANGER.addresses, contacts=())
    one, two = resolve(session, [gpa(1, early), acu(2, other)], means=by)
    assert one.person != two.person
    resolve(session, [gpa(1, replace(early, numbers=SURE.numbers))], means=by)
    (last,) = resolve(session, [acu(2, replace(other, numbers=SURE.numbers))], means=by)
    (third,) = resolve(session, [men(3, SURE)], means=by)
    assert third.person == last.person == one.person


def test_another_person_who_agrees_is_a_question_and_no_silent_join(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    other = replace(ANNE, birth_date="1984-05-24", contacts=(), addresses=STRANGER.addresses)
    first, second, third = resolve(
        session, [gpa(1, ANNE), acu(2, other), Feed("men")(3, other)], means=by
    )
    assert first.person != second.person == third.person
    resolved = replace(other, addresses=ANNE.addresses, contacts=ANNE.contacts)
    (kept,) = resolve(session, [acu(2, resolved)], means=by)
    assert (kept.verdict, kept.person, kept.review) == ("kept", second.person, ("join",))


def test_a_record_that_its_source_seals_leaves_everybody_for_ever(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    first, second = resolve(session, [gpa(1, ANNE), acu(2, ANNE)], means=by)
    assert first.person == second.person
    (sealed,) = resolve(session, [acu(2, replace(ANNE, is_sealed=True))], means=by)
    assert sealed.verdict == "sealed"
    assert sealed.person != first.person
    assert _state(session, 2) == "sealed"
    # What comes later without the label changes nothing, and nobody meets it.
    (again,) = resolve(session, [acu(2, ANNE)], means=by)
    assert (again.verdict, again.person) == ("sealed", sealed.person)
    (third,) = resolve(session, [Feed("men")(3, ANNE)], means=by)
    assert third.person == first.person


def test_a_record_that_comes_sealed_is_alone(session: Session) -> None:
    by = means()
    (known,) = resolve(session, [Feed()(1, ANNE)], means=by)
    (sealed,) = resolve(session, [Feed("acu")(2, replace(ANNE, is_sealed=True))], means=by)
    assert (sealed.verdict, sealed.review) == ("sealed", ())
    assert sealed.person != known.person
    assert _state(session, 2) == "sealed"


def test_a_source_whose_records_are_not_to_be_linked_stays_apart(session: Session) -> None:
    by, shy = means(), Feed("sexual-health", SourcePolicy(links=False))
    (known,) = resolve(session, [Feed()(1, ANNE)], means=by)
    (apart,) = resolve(session, [shy(2, ANNE)], means=by)
    assert (apart.verdict, apart.review) == ("new", ())
    assert apart.person != known.person
    (third,) = resolve(session, [Feed("acu")(3, ANNE)], means=by)
    assert third.person == known.person
    (kept,) = resolve(session, [shy(2, replace(ANNE, practice="B2"))], means=by)
    assert kept.verdict == "kept"


def test_placeholders_never_collect_people(session: Session) -> None:
    unknown = Demographics(names=named("Unknown", "Unknown"), sex="male")
    acu, by = Feed("acu"), means()
    found = resolve(session, [acu(n, unknown) for n in range(1, 51)], means=by)
    assert len({one.person for one in found}) == 50
    assert {one.confidence for one in found} == {"provisional"}


@pytest.mark.parametrize(
    ("trust", "status", "method"),
    [
        (NumberTrust.VERIFIED, "", "verified_number"),
        (NumberTrust.STATED, "01", "verified_number"),
        (NumberTrust.STATED, "02", "probabilistic"),
        (NumberTrust.UNVERIFIED, "01", "probabilistic"),
    ],
)
def test_a_number_proves_what_its_source_is_trusted_with(
    session: Session, trust: NumberTrust, status: str, method: str
) -> None:
    by, gpa = means(), Feed()
    resolve(session, [gpa(1, SURE)], means=by)
    acu = Feed("acu", SourcePolicy(numbers=trust))
    (found,) = resolve(session, [acu(2, replace(ANNE, numbers=nhs(number(1), status)))], means=by)
    assert found.method == method


def test_a_chi_that_contradicts_the_birth_date_is_never_verified(session: Session) -> None:
    chi = "https://phfapi.digitalhealthscotland.org/resources/chinumber"
    wrong = replace(ANNE, numbers=(WrittenNumber(chi, "0101901003", "01"),))
    by, sure = means(), Feed("acu", SourcePolicy(numbers=NumberTrust.VERIFIED))
    resolve(session, [sure(1, wrong)], means=by)
    assert held(session, [SubjectId(1)])[SubjectId(1)].norm.verified == frozenset()


def test_a_death_and_later_life_are_a_question(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    resolve(session, [gpa(1, replace(ANNE, died="2025-12-01"))], means=by)
    seen = acu(2, ANNE, alive_at=NOW + timedelta(days=1))
    (found,) = resolve(session, [seen], means=by)
    assert (found.verdict, found.review) == ("new", ("death_conflict",))


def test_what_overlays_find_and_what_they_leave_in_peace(session: Session) -> None:
    crowd = made_up(120, 8)
    gpa, by = Feed(), means()
    resolve(session, [gpa(n + 1, one.demographics) for n, one in enumerate(crowd)], means=by)
    shifted = [*crowd[1:], crowd[0]]
    found = resolve(
        session, [gpa(n + 1, one.demographics) for n, one in enumerate(shifted)], means=by
    )
    n_found = sum(one.verdict == "frozen" for one in found)
    assert n_found >= 0.95 * len(crowd)
    acu, rng = Feed("acu"), Random(2)
    resolve(session, [acu(n + 501, one.demographics) for n, one in enumerate(crowd)], means=by)
    changed = [corrupted(one, rng, 10) for one in crowd]
    found = resolve(
        session, [acu(n + 501, one.demographics) for n, one in enumerate(changed)], means=by
    )
    n_false = sum(one.verdict == "frozen" for one in found)
    assert n_false <= 0.02 * len(crowd)


def test_the_same_question_is_asked_once(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    sister = replace(ANNE, names=named("Okafor", "Ngozi"))
    resolve(session, [gpa(1, ANNE), acu(2, sister)], means=by)
    before = [item.number for item in queue(session)]
    resolve(session, [acu(2, replace(sister, practice="B2"))], means=by)
    assert [item.number for item in queue(session)] == before


def test_a_record_that_was_alone_is_linked_when_it_tells_who_it_is(session: Session) -> None:
    gpa, council, by = Feed(), Feed("council"), means()
    (known,) = resolve(session, [gpa(1, ANNE)], means=by)
    bare = Demographics(names=named("Okafor", "A"))
    (alone,) = resolve(session, [council(2, bare)], means=by)
    assert alone.person != known.person
    (linked,) = resolve(session, [council(2, ANNE)], means=by)
    assert (linked.verdict, linked.person) == ("linked", known.person)
    # The id that it had answers as the one it went to, and all of it can be taken back.
    assert current(session, alone.person) == known.person
    assert check_projection(session) == 0
    invert(session, linked.events[-1].group, by=By("officer", NOW), means=by)
    assert current(session, alone.person) == alone.person
    (member,) = members(session, alone.person)
    assert member.subject == 2


def test_a_record_that_was_alone_stays_so_where_it_would_not_be_linked(session: Session) -> None:
    gpa, council, by = Feed(), Feed("council"), means()
    resolve(session, [gpa(1, ANNE)], means=by)
    (alone,) = resolve(session, [council(2, Demographics(names=named("Okafor", "A")))], means=by)
    sister = replace(ANNE, names=named("Okafor", "Ngozi"))
    (kept,) = resolve(session, [council(2, sister)], means=by)
    assert (kept.verdict, kept.person, kept.review) == ("kept", alone.person, ("candidate",))


def test_the_order_of_arrival_parts_nobody(session: Session) -> None:
    council, gpa, by = Feed("council"), Feed(), means()
    bare = Demographics(names=named("Okafor", "Adaeze"))
    resolve(session, [council(2, bare), gpa(1, ANNE), council(2, ANNE)], means=by)
    (found,) = people(session, [SubjectId(1)]).groups
    assert {one.subject for one in found.members} == {1, 2}


def test_whose_number_is_in_doubt_collects_nobody(session: Session) -> None:
    gpa, acu, men, by = Feed(), Feed("acu"), Feed("men"), means()
    pike = replace(STRANGER, numbers=nhs(number(1)))
    resolve(session, [gpa(1, pike)], means=by)
    (wrong,) = resolve(session, [acu(2, SURE)], means=by)
    assert wrong.review == ("wrong_number",)
    (third,) = resolve(session, [men(3, ANNE)], means=by)
    assert (third.verdict, third.review) == ("new", ("candidate",))


def test_whose_number_is_in_doubt_still_is_with_those_of_that_number_and_birth(session) -> None:
    gpa, acu, men, by = Feed(), Feed("acu"), Feed("men"), means()
    pike = replace(STRANGER, numbers=nhs(number(1)))
    resolve(session, [gpa(1, pike)], means=by)
    (wrong,) = resolve(session, [acu(2, SURE)], means=by)
    (third,) = resolve(session, [men(3, SURE)], means=by)
    assert (third.method, third.person) == ("verified_number", wrong.person)


def test_two_of_one_name_and_birth_with_a_number_each_are_two_and_nobody_is_asked(session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    bare = replace(ANNE, addresses=(), contacts=(), birth_date="1944-01-01")
    bare = replace(bare, numbers=nhs(number(1)))
    namesake = replace(bare, numbers=nhs(number(2)))
    _, other = resolve(session, [gpa(1, bare), acu(2, namesake)], means=by)
    assert (other.verdict, other.review) == ("new", ())


def test_a_number_that_is_only_stated_links_no_other_birth_date_and_name(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    gwendoline = replace(
        STRANGER, names=named("Pike", "Gwendoline"), numbers=nhs(number(1), STATED)
    )
    resolve(session, [gpa(1, gwendoline)], means=by)
    other = replace(
        gwendoline,
        names=named("Pike", "Gwendolyn"),
        birth_date="1938-06-15",
        addresses=(),
    )
    (found,) = resolve(session, [acu(2, other)], means=by)
    assert (found.verdict, found.review) == ("new", ("candidate",))


def test_a_name_in_other_letters_is_linked_by_a_verified_number(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    jin = replace(SURE, names=named("Jin", "Xiaoling"))
    (known,) = resolve(session, [gpa(1, jin)], means=by)
    mother = replace(ANNE, names=named("Jin", "Mei"), birth_date="1950-02-02")
    resolve(session, [gpa(3, mother)], means=by)
    (found,) = resolve(session, [acu(2, replace(jin, names=named("Chin", "Hsiao-ling")))], means=by)
    assert (found.method, found.person) == ("verified_number", known.person)


def test_a_deleted_record_that_comes_again_is_judged_anew(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    first, second = resolve(session, [gpa(1, ANNE), acu(2, ANNE)], means=by)
    assert first.person == second.person
    retire(session, [Leaving(SubjectId(2), "acu", "message", NOW)], new_group=maker(9))
    (back,) = resolve(session, [acu(2, ANNE)], means=by)
    assert (back.verdict, back.person) == ("linked", first.person)
    assert _state(session, 2) == "live"
    # It is found again by what it says.
    session.flush()
    count = b"SELECT count(*) FROM identity.block_key WHERE subject = "
    ours, theirs = (session._link.connection.execute(count + n).fetchone() for n in (b"1", b"2"))
    assert ours == theirs != (0,)


def test_a_message_under_an_id_that_was_merged_away_is_kept_and_noted(session: Session) -> None:
    acu, by = Feed("acu"), means()
    other = replace(ANNE, contacts=())
    resolve(session, [acu(1, ANNE), acu(2, other)], means=by)
    gone = replace(other, links=(WrittenLink("replaced-by", "p1"),), is_active=False)
    resolve(session, [acu(2, gone)], means=by)
    assert _state(session, 2) == "retired"
    (used,) = resolve(session, [acu(2, replace(gone, practice="B2"))], means=by)
    assert used.verdict == "kept"
    assert "retired_id_used" in [event.kind for event in used.events]


def test_a_number_put_right_ends_the_barrier_between_the_numbers(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    wrong = replace(ANNE, numbers=nhs(number(2)))
    resolve(session, [gpa(1, SURE), acu(2, wrong)], means=by)
    assert held(session, [SubjectId(2)])[SubjectId(2)].walls == (1,)
    old = WrittenNumber(NHS, number(2), "01", is_past=True)
    right = replace(ANNE, numbers=(*nhs(number(1)), old))
    (found,) = resolve(session, [acu(2, right)], means=by)
    assert found.person == people(session, [SubjectId(1)]).groups[0].person
    (again,) = resolve(session, [acu(2, replace(right, practice="B2"))], means=by)
    assert again.verdict == "kept"
    assert held(session, [SubjectId(2)])[SubjectId(2)].walls == ()


def test_who_moved_while_the_locks_were_waited_for_is_locked_too(session: Session) -> None:
    by = means()
    (new,) = resolve(session, [Feed()(1, ANNE)], means=by)
    persons: set[PersonId] = set()
    found = _locked(session, {SubjectId(1)}, persons)
    assert persons == {new.person}
    assert [group.person for group in found.groups] == [new.person]


def _two_of_one_number(session: Session, by: Means) -> PersonId:
    """Makes two persons of one verified number, the first having been frozen for a while."""
    gpa, acu = Feed(), Feed("acu")
    (first,) = resolve(session, [gpa(1, SURE)], means=by)
    odd = replace(ANNE, names=named("Okafor", "Tunde"), sex="male")
    (frozen,) = resolve(session, [gpa(1, odd)], means=by)
    assert frozen.verdict == "frozen"
    (second,) = resolve(session, [acu(2, SURE)], means=by)
    assert second.person != first.person
    unfreeze(session, SubjectId(1), by=By("officer", NOW), means=by)
    return first.person


def test_a_record_that_proves_two_persons_one_joins_them(session: Session) -> None:
    by = means()
    first = _two_of_one_number(session, by)
    (third,) = resolve(session, [Feed("men")(3, SURE)], means=by)
    assert third.person == first
    (group,) = people(session, [SubjectId(2)]).groups
    assert {one.subject for one in group.members} == {1, 2, 3}


def test_a_record_that_stood_alone_and_proves_two_persons_one_joins_them(session: Session) -> None:
    by, council = means(), Feed("council")
    resolve(session, [council(4, Demographics(names=named("Okafor", "A")))], means=by)
    first = _two_of_one_number(session, by)
    (moved,) = resolve(session, [council(4, SURE)], means=by)
    assert moved.person == first
    (group,) = people(session, [SubjectId(2)]).groups
    assert {one.subject for one in group.members} == {1, 2, 4}


def test_the_barrier_between_numbers_stays_while_they_differ_or_cannot_be_seen(
    session: Session,
) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    wrong = replace(ANNE, numbers=nhs(number(2)))
    resolve(session, [gpa(1, SURE), acu(2, wrong)], means=by)
    resolve(session, [acu(2, replace(wrong, practice="B2"))], means=by)
    assert held(session, [SubjectId(2)])[SubjectId(2)].walls == (1,)
    retire(session, [Leaving(SubjectId(1), "gpa", "message", NOW)], new_group=maker(9))
    resolve(session, [acu(2, replace(wrong, practice="B3"))], means=by)
    assert held(session, [SubjectId(2)])[SubjectId(2)].walls == (1,)


def test_a_cousin_of_the_same_name_is_no_overlay(session: Session) -> None:
    acu, by = Feed("acu"), means()
    cousin = replace(ANNE, names=named("Okafor", "Ruth"), numbers=nhs(number(3)))
    baby = replace(ANNE, names=named("Okafor", "Baby"), birth_date="1984-05-24")
    resolve(session, [Feed()(1, cousin), acu(2, baby)], means=by)
    named_now = replace(baby, names=named("Okafor", "Ruth"), numbers=nhs(number(4)))
    (kept,) = resolve(session, [acu(2, named_now)], means=by)
    assert kept.verdict == "kept"


def test_what_came_while_a_record_was_frozen_is_taken_up(session: Session) -> None:
    gpa, by = Feed(), means()
    (new,) = resolve(session, [gpa(1, ANNE)], means=by)
    (frozen,) = resolve(session, [gpa(1, STRANGER)], means=by)
    assert frozen.verdict == "frozen"
    unfreeze(session, SubjectId(1), by=By("officer", NOW), means=by)
    norm = held(session, [SubjectId(1)])[SubjectId(1)].norm
    assert [name.family for name in norm.names] == ["pike", "okafor"]
    (linked,) = resolve(session, [Feed("acu")(2, STRANGER)], means=by)
    assert linked.person == new.person


def test_an_erased_or_empty_version_is_taken_up_too(session: Session) -> None:
    gpa, by = Feed(), means()
    bare = Demographics(names=named("Okafor", "A"), sex="male")
    resolve(session, [gpa(1, bare)], means=by)
    take_up(session, SubjectId(1), at=NOW, means=by)
    assert held(session, [SubjectId(1)])[SubjectId(1)].is_provisional
    session.flush()
    session._link.connection.execute(b"UPDATE identity.source_record SET raw = NULL")
    take_up(session, SubjectId(1), at=NOW, means=by)
    assert held(session, [SubjectId(1)])[SubjectId(1)].is_provisional
