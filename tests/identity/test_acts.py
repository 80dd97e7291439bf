"""What people decide, and what it is to take it back."""

import pytest

from careweave.identity import (
    Leaving,
    check_projection,
    history,
    invert,
    join,
    keep_apart,
    link,
    members,
    merge_local,
    misattributed,
    not_same,
    retire,
    seal,
    split,
    unfreeze,
    unlink,
    unmerge_local,
)
from careweave.terms import Conflict, Forbidden, NotFound
from tests.identity.acting import Region, someone


@pytest.fixture
def region(session):
    return Region(session)


def test_link_then_unlink_is_as_before_and_the_old_id_comes_back(region):
    for n in (1, 2, 3):
        region.arrive(n, someone(n), authority=f"a{n}")
    before, persons = region.view(), region.persons()
    link(region.session, 1, persons[2], by=region.by(), means=region.means)
    assert region.persons()[1] == persons[2]
    assert members(region.session, persons[1])[0].person == persons[2], "the id given up answers"
    unlink(region.session, 1, by=region.by(), means=region.means)
    assert region.view() == before
    assert check_projection(region.session) == 0


def test_join_then_split_is_as_before(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    before, persons = region.view(), region.persons()
    acted = join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    assert set(region.persons().values()) == {persons[1]}, "the older survives"
    assert {change.subject for change in acted.changes} == {2}
    split(region.session, persons[1], [2], by=region.by(), means=region.means)
    assert region.view() == before


def test_any_group_is_inverted_and_the_inverse_too(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    before, persons = region.view(), region.persons()
    acted = join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    joined = region.view()
    back = invert(region.session, acted.event.group, by=region.by(), means=region.means)
    assert region.view() == before
    invert(region.session, back.event.group, by=region.by(), means=region.means)
    assert region.view() == joined
    with pytest.raises(Conflict):
        invert(region.session, acted.event.group, by=region.by(), means=region.means)
    assert check_projection(region.session) == 0


def test_the_machine_does_not_link_again_what_a_human_took_apart(region):
    region.arrive(1, someone(1, number=True), authority="a")
    region.arrive(2, someone(1, number=True), authority="b")
    persons = region.persons()
    assert persons[1] == persons[2], "the number proves it"
    unlink(region.session, 2, by=region.by(), means=region.means)
    apart = region.persons()
    assert apart[1] == persons[1] != apart[2], "the earliest keeps the id"
    assert b'"not_same"' in region.view()
    region.arrive(2, someone(1, number=True, died="2026-02-01"), authority="b")
    assert region.persons() == apart


def test_inverting_a_link_of_the_machine_parts_for_good(region):
    region.arrive(1, someone(1, number=True), authority="a")
    outcome = region.arrive(2, someone(1, number=True), authority="b")
    group = outcome.events[0].group
    invert(region.session, group, by=region.by(), means=region.means)
    assert len(set(region.persons().values())) == 2
    assert b'"not_same"' in region.view()


def test_a_person_that_was_made_by_a_group_cannot_be_unmade(region):
    outcome = region.arrive(1, someone(1), authority="a")
    with pytest.raises(Conflict):
        invert(region.session, outcome.events[0].group, by=region.by(), means=region.means)


def test_numbers_that_differ_are_never_joined_by_anybody(region):
    region.arrive(1, someone(1, number=True), authority="a")
    region.arrive(2, someone(2, number=True), authority="b")
    persons, by = region.persons(), region.by(second="colleague")
    with pytest.raises(Conflict):
        join(region.session, persons[1], persons[2], by=by, means=region.means)
    with pytest.raises(Conflict):
        link(region.session, 1, persons[2], by=by, means=region.means)


def test_what_a_veto_forbids_two_people_may_overrule(region):
    # Same home and family name, born on one day, other forenames: twins.
    region.arrive(1, someone(1, given="Jaden"), authority="a")
    region.arrive(2, someone(1, given="Wilfred"), authority="b")
    persons = region.persons()
    with pytest.raises(Forbidden):
        join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    by = region.by(second="colleague")
    join(region.session, persons[1], persons[2], by=by, means=region.means)
    assert len(set(region.persons().values())) == 1
    assert history(region.session, persons[1])[-1].actor == "officer and colleague"


def test_a_human_lifts_what_a_human_had_ruled(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons = region.persons()
    not_same(region.session, 1, 2, by=region.by(), means=region.means)
    with pytest.raises(Conflict):
        not_same(region.session, 2, 1, by=region.by(), means=region.means)
    ruled = region.view()
    acted = join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    assert b'"not_same"' not in region.view()
    invert(region.session, acted.event.group, by=region.by(), means=region.means)
    assert region.view() == ruled, "the barrier stands again"


def test_two_of_one_person_are_not_ruled_apart_before_they_are_parted(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons = region.persons()
    link(region.session, 1, persons[2], by=region.by(), means=region.means)
    with pytest.raises(Conflict):
        not_same(region.session, 1, 2, by=region.by(), means=region.means)
    assert keep_apart(region.session, 1, [persons[1]], by=region.by(), means=region.means) is None


def test_sealed_ones_leave_and_answer_like_nobody(region):
    for n in (1, 2, 3):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons = region.persons()
    join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    acted = seal(region.session, [2], apart_from=[3], by=region.by(), means=region.means)
    now = region.persons()
    assert now[2] not in {now[1], now[3]}
    with pytest.raises(NotFound) as sealed:
        join(region.session, now[2], now[3], by=region.by(second="b"), means=region.means)
    nobody = region.means.new_person()
    with pytest.raises(NotFound) as absent:
        join(region.session, nobody, now[3], by=region.by(second="b"), means=region.means)
    assert str(sealed.value) == str(absent.value)
    with pytest.raises(Conflict):
        seal(region.session, [2], by=region.by(), means=region.means)
    with pytest.raises(Forbidden):
        invert(region.session, acted.event.group, by=region.by(), means=region.means)
    invert(region.session, acted.event.group, by=region.by(second="b"), means=region.means)
    assert region.persons()[2] == persons[1]


def test_a_merge_at_the_source_is_undone_by_its_own_number(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    region.arrive(3, someone(3), authority="other")
    persons = region.persons()
    link(region.session, 3, persons[2], by=region.by(), means=region.means)
    before = region.view()
    merge_local(region.session, 1, 2, by=region.by(), means=region.means)
    merged = region.persons()
    assert merged[2] == persons[1]
    assert merged[3] == persons[2], "a source moves nobody else's record"
    for refused in ((1, 2), (2, 1), (1, 1), (1, 3)):
        with pytest.raises(Conflict):
            merge_local(region.session, *refused, by=region.by(), means=region.means)
    with pytest.raises(Conflict):
        link(region.session, 2, persons[2], by=region.by(), means=region.means)
    unmerge_local(region.session, 2, by=region.by(), means=region.means)
    assert region.view() == before
    with pytest.raises(Conflict):
        unmerge_local(region.session, 2, by=region.by(), means=region.means)


def test_what_was_merged_goes_where_the_survivor_goes(region):
    for n in (1, 2, 3):
        region.arrive(n, someone(n))
    region.arrive(4, someone(4), authority="other")
    persons = region.persons()
    merge_local(region.session, 2, 3, by=region.by(), means=region.means)
    merge_local(region.session, 1, 2, by=region.by(), means=region.means)
    assert {region.persons()[n] for n in (1, 2, 3)} == {persons[1]}
    link(region.session, 1, persons[4], by=region.by(), means=region.means)
    assert {region.persons()[n] for n in (1, 2, 3, 4)} == {persons[4]}
    unlink(region.session, 1, by=region.by(), means=region.means)
    assert {region.persons()[n] for n in (1, 2, 3)} == {persons[1]}
    with pytest.raises(Conflict):
        split(region.session, persons[1], [2], by=region.by(), means=region.means)


def test_who_is_alone_or_not_there_is_not_parted(region):
    region.arrive(1, someone(1))
    persons = region.persons()
    with pytest.raises(Conflict):
        unlink(region.session, 1, by=region.by(), means=region.means)
    with pytest.raises(Conflict):
        split(region.session, persons[1], [], by=region.by(), means=region.means)
    with pytest.raises(NotFound):
        split(region.session, persons[1], [77], by=region.by(), means=region.means)
    with pytest.raises(NotFound):
        unlink(region.session, 77, by=region.by(), means=region.means)
    with pytest.raises(NotFound):
        split(region.session, region.means.new_person(), [1], by=region.by(), means=region.means)
    with pytest.raises(Conflict):
        link(region.session, 1, persons[1], by=region.by(), means=region.means)
    with pytest.raises(Conflict):
        join(region.session, persons[1], persons[1], by=region.by(), means=region.means)
    with pytest.raises(NotFound):
        invert(region.session, region.means.new_person(), by=region.by(), means=region.means)


def test_recall_tells_from_when_to_when(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons = region.persons()
    linked = link(region.session, 2, persons[1], by=region.by(), means=region.means)
    parted = unlink(region.session, 2, by=region.by(), means=region.means)
    (interval,) = misattributed(region.session, parted.event.group)
    assert (interval.subject, interval.person) == (2, persons[1])
    assert (interval.from_seq, interval.until_seq) == (linked.event.seq, parted.event.seq)
    assert interval.decision == linked.changes[0].decision
    assert misattributed(region.session, linked.event.group) == ()


def test_a_lifted_barrier_comes_back_unless_they_were_made_one_since(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons, session, means = region.persons(), region.session, region.means
    ruled = not_same(session, 1, 2, by=region.by(), means=means)
    lifted = invert(session, ruled.event.group, by=region.by(), means=means)
    back = invert(session, lifted.event.group, by=region.by(), means=means)
    assert b'"not_same"' in region.view()
    lifted = invert(session, back.event.group, by=region.by(), means=means)
    join(session, persons[1], persons[2], by=region.by(), means=means)
    with pytest.raises(Conflict):
        invert(session, lifted.event.group, by=region.by(), means=means)
    assert b'"not_same"' not in region.view()


def test_what_was_merged_since_goes_back_with_its_survivor_and_by_its_own_number(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    region.arrive(3, someone(3), authority="other")
    persons, session, means = region.persons(), region.session, region.means
    before = region.view()
    linked = link(session, 1, persons[3], by=region.by(), means=means)
    merge_local(session, 1, 2, by=region.by(), means=means)
    invert(session, linked.event.group, by=region.by(), means=means)
    assert region.persons() == {1: persons[1], 2: persons[1], 3: persons[3]}
    unmerge_local(session, 2, by=region.by(), means=means)
    assert region.view() == before


def test_nobody_is_sealed_among_others_by_taking_back(region):
    for n in (1, 2, 3):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons, session, means = region.persons(), region.session, region.means
    join(session, persons[1], persons[2], by=region.by(), means=means)
    sealed = seal(session, [2], by=region.by(), means=means)
    two = region.by(second="b")
    unsealed = invert(session, sealed.event.group, by=two, means=means)
    link(session, 2, persons[3], by=region.by(), means=means)
    with pytest.raises(Conflict):
        invert(session, unsealed.event.group, by=two, means=means)


def test_a_merge_comes_back_only_where_the_survivor_is(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    region.arrive(3, someone(3), authority="other")
    persons, session, means = region.persons(), region.session, region.means
    merge_local(session, 1, 2, by=region.by(), means=means)
    undone = unmerge_local(session, 2, by=region.by(), means=means)
    link(session, 2, persons[3], by=region.by(), means=means)
    with pytest.raises(Conflict):
        invert(session, undone.event.group, by=region.by(), means=means)
    assert b'"retired"' not in region.view()


def test_a_person_whose_only_record_was_deleted_is_joined_with_nobody(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons, session, means = region.persons(), region.session, region.means
    leaving = Leaving(1, "pas", "message", region.now())
    (gone,) = retire(session, [leaving], new_group=means.new_person)
    with pytest.raises(Conflict):
        join(session, persons[1], persons[2], by=region.by(), means=means)
    with pytest.raises(Conflict):
        invert(session, gone.event.group, by=region.by(), means=means)


def test_only_what_is_frozen_is_freed(region):
    region.arrive(1, someone(1))
    assert unfreeze(region.session, 1, by=region.by(), means=region.means) is None


def test_the_part_that_holds_the_verified_number_keeps_the_id(region):
    region.arrive(1, someone(1), authority="a")
    region.arrive(2, someone(1, number=True), authority="b")
    (person,) = set(region.persons().values())
    split(region.session, person, [1], by=region.by(), means=region.means)
    assert region.persons()[2] == person != region.persons()[1]


def test_a_source_merges_what_is_one_already_and_nothing_against_a_veto(region):
    for n in (1, 2, 3, 4):
        region.arrive(n, someone(n), authority="pas")
    persons, session, means = region.persons(), region.session, region.means
    not_same(session, 1, 4, by=region.by(), means=means)
    with pytest.raises(Conflict):
        merge_local(session, 1, 4, by=region.by_source(), means=means)
    with pytest.raises(Conflict):
        join(session, persons[1], persons[4], by=region.by_source(), means=means)
    join(session, persons[1], persons[2], by=region.by(), means=means)
    before = region.view()
    merge_local(session, 1, 2, by=region.by_source(), means=means)
    assert b'"retired", 1' in region.view()
    unmerge_local(session, 2, by=region.by_source(), means=means)
    assert region.view() == before


def test_what_may_not_go_back_to_others_stays_by_itself(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons, session, means = region.persons(), region.session, region.means
    join(session, persons[1], persons[2], by=region.by(), means=means)
    parted = unlink(session, 2, by=region.by(), means=means)
    not_same(session, 1, 2, by=region.by(), means=means)
    before = region.view()
    with pytest.raises(Conflict):
        invert(session, parted.event.group, by=region.by(), means=means)
    assert region.view() == before


def test_what_was_merged_since_stays_with_its_survivor(region):
    region.arrive(1, someone(1, number=True))
    linked = region.arrive(2, someone(1, number=True))
    assert linked.verdict == "linked"
    merge_local(region.session, 1, 2, by=region.by(), means=region.means)
    before = region.view()
    with pytest.raises(Conflict):
        invert(region.session, linked.events[0].group, by=region.by(), means=region.means)
    assert region.view() == before
