"""What a source says of its own records: followed, waited for, refused, and taken back."""

from datetime import timedelta

import pytest

from careweave.identity import apply_links, check_projection, invert, join, merge_local, queue
from careweave.identity._answering import Answer, claim, decide
from careweave.identity._by import By
from careweave.identity._feed_links import follow_waiting
from careweave.identity._inverting import unmerge_local
from careweave.terms import Conflict
from tests.identity.acting import NOW, Region, someone


@pytest.fixture
def region(session):
    return Region(session)


REPLACED = (("replaced-by", "p1"),)


def _tell(region, *records):
    return apply_links(
        region.session,
        [region.incoming(subject, demographics) for subject, demographics in records],
        means=region.means,
    )


def test_a_merge_that_a_feed_tells_is_followed_once_and_taken_back(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    before, persons = region.view(), region.persons()
    _tell(region, (2, someone(2, links=REPLACED)), (1, someone(1, links=(("replaces", "p2"),))))
    merged = region.view()
    assert region.persons()[2] == persons[1]
    assert b'"retired", 1' in merged
    assert _tell(region, (2, someone(2, links=REPLACED))) == (), "said again, nothing changes"
    assert _tell(region, (2, someone(2))) == (), "the other record still says it"
    assert region.view() == merged
    _tell(region, (1, someone(1)))
    assert region.view() == before
    assert check_projection(region.session) == 0


def test_an_unknown_survivor_is_waited_for(region):
    region.arrive(2, someone(2, links=REPLACED))
    assert b'"retired"' not in region.view()
    region.arrive(1, someone(1, links=(("replaces", "p2"),)))
    assert b'"retired", 1' in region.view()
    assert len(set(region.persons().values())) == 1


def test_what_waits_is_followed_by_the_sweep_and_put_before_people_after_a_day(region):
    region.arrive(2, someone(2))
    _tell(region, (2, someone(2, links=REPLACED)))
    assert follow_waiting(region.session, at=region.now(), most=9, means=region.means) == ()
    assert queue(region.session) == ()
    late = region.now() + timedelta(hours=25)
    follow_waiting(region.session, at=late, most=9, means=region.means)
    follow_waiting(region.session, at=late, most=9, means=region.means)
    (item,) = queue(region.session)
    assert (item.kind, item.subject, item.candidates) == ("source_merge_conflict", 2, ())
    by = By("reader", late)
    claim(region.session, item.number, by=by)
    answered = decide(region.session, item.number, Answer.SAME, by=by, means=region.means)
    assert answered.state == "closed"
    assert b'"retired"' not in region.view()


def test_a_tie_is_a_link_by_the_source_and_an_untie_its_exact_inverse(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    before, persons = region.view(), region.persons()
    (linked,) = _tell(region, (2, someone(2, links=(("seealso", "p1"),))))
    assert linked.event.kind == "link"
    assert region.persons()[2] == persons[1]
    (parted,) = _tell(region, (2, someone(2)))
    assert (parted.event.kind, region.view()) == ("invert", before)
    _tell(region, (1, someone(1, links=(("seealso", "p2"), ("refer", "p9")))))
    assert region.persons()[2] == persons[1]


def test_a_tie_of_what_is_one_already_does_nothing_now_or_when_it_goes(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    persons = region.persons()
    join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    joined = region.view()
    assert _tell(region, (2, someone(2, links=(("seealso", "p1"),)))) == ()
    assert _tell(region, (2, someone(2))) == ()
    assert region.view() == joined


def test_a_human_who_parts_what_a_feed_tied_is_not_overruled_by_the_same_message(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    before = region.view()
    tied = someone(2, links=(("seealso", "p1"),))
    (linked,) = _tell(region, (2, tied))
    invert(region.session, linked.event.group, by=region.by(), means=region.means)
    assert _tell(region, (2, tied)) == ()
    assert _tell(region, (2, someone(2))) == (), "there is nothing left to take back"
    assert region.view() == before


def test_a_chain_is_followed_and_a_circle_is_a_question(region):
    for n in (1, 2, 3):
        region.arrive(n, someone(n))
    persons = region.persons()
    _tell(
        region,
        (3, someone(3, links=(("replaced-by", "p2"),))),
        (2, someone(2, links=REPLACED)),
    )
    assert set(region.persons().values()) == {persons[1]}
    chained = region.view()
    _tell(region, (1, someone(1, links=(("replaced-by", "p3"),))))
    assert region.view() == chained
    (item,) = queue(region.session)
    assert (item.kind, item.hazard) == ("source_merge_conflict", 5)


def test_a_veto_refuses_and_a_human_may_carry_it_out(region):
    region.arrive(1, someone(1, given="Jaden", died="2019-05-05"))
    region.arrive(2, someone(2))
    region.sql(
        "UPDATE identity.local_identity SET alive_at = %s WHERE subject = 2 RETURNING 1", NOW
    )
    before = region.view()
    (refused,) = _tell(region, (2, someone(2, links=REPLACED)))
    assert (refused.event.kind, region.view()) == ("refuse", before)
    (item,) = queue(region.session)
    by = region.by("first")
    claim(region.session, item.number, by=by)
    answered = decide(region.session, item.number, Answer.SAME, by=by, means=region.means)
    assert answered.state == "second", "two people overrule a death"
    by = region.by("second")
    claim(region.session, item.number, by=by)
    answered = decide(region.session, item.number, Answer.SAME, by=by, means=region.means)
    assert answered.state == "closed"
    assert b'"retired", 1' in region.view()


def test_a_refused_tie_is_carried_out_by_hand(region):
    region.arrive(1, someone(1))
    region.arrive(2, someone(2))
    from careweave.identity import not_same

    not_same(region.session, 1, 2, by=region.by(), means=region.means)
    _tell(region, (1, someone(1, links=(("seealso", "p2"),))))
    assert len(set(region.persons().values())) == 2
    (item,) = queue(region.session)
    by = region.by()
    claim(region.session, item.number, by=by)
    assert decide(region.session, item.number, Answer.SAME, by=by, means=region.means).acted
    assert len(set(region.persons().values())) == 1


def test_a_sealed_record_is_merged_with_nobody_and_nobody_is_asked(region):
    region.arrive(1, someone(1))
    region.arrive(2, someone(2, is_sealed=True))
    before = region.view()
    assert _tell(region, (2, someone(2, links=REPLACED, is_sealed=True))) == ()
    assert _tell(region, (1, someone(1, links=(("seealso", "p2"),)))) == ()
    assert (region.view(), queue(region.session)) == (before, ())


def test_a_merge_that_people_did_before_counts_as_done(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    before = region.view()
    merge_local(region.session, 1, 2, by=region.by(), means=region.means)
    assert _tell(region, (2, someone(2, links=REPLACED))) == ()
    _tell(region, (2, someone(2)))
    assert region.view() == before
    with pytest.raises(Conflict):
        unmerge_local(region.session, 2, by=region.by(), means=region.means)


def test_nothing_to_say_is_nothing_done(region):
    assert apply_links(region.session, [], means=region.means) == ()


def test_those_left_behind_by_a_merge_are_asked_about(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    region.arrive(3, someone(3), authority="other")
    persons = region.persons()
    join(region.session, persons[2], persons[3], by=region.by(), means=region.means)
    _tell(region, (2, someone(2, links=REPLACED)))
    (item,) = queue(region.session)
    assert (item.kind, item.candidates[0].subjects) == ("join", (3,))


def test_what_the_other_record_says_too_is_said_once(region):
    for n in (1, 2):
        region.arrive(n, someone(n))
    before = region.view()
    _tell(region, (2, someone(2, links=(("seealso", "p1"),))))
    assert _tell(region, (1, someone(1, links=(("seealso", "p2"),)))) == ()
    assert _tell(region, (2, someone(2))) == ()
    assert len(set(region.persons().values())) == 1
    _tell(region, (1, someone(1)))
    assert region.view() == before
