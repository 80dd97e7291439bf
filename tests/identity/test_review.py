"""The queue: order, claims, two readers, verdicts, sleep, and taking back."""

from datetime import timedelta

import pytest

from careweave.identity import (
    Answer,
    Ask,
    By,
    claim,
    decide,
    open_reviews,
    queue,
    review_item,
    undo,
)
from careweave.identity._answering import Answered
from careweave.terms import Conflict, Incorrect, NotFound
from tests.identity.acting import NOW, Region, someone


@pytest.fixture
def region(session):
    region = Region(session)
    for n in (1, 2, 3):
        region.arrive(n, someone(n), authority=f"a{n}")
    return region


def _ask(
    region, subject=1, kind="candidate", others=(2,), hazard=2, value=1.0, basis=b"x", two=False
):
    persons = region.persons()
    told = [
        {"person": str(persons[n]), "subjects": [n], "best": n, "w": 4.5, "vetoes": []}
        for n in others
    ]
    ask = Ask(subject, kind, told, hazard, value, basis, 1, region.now(), needs_two=two)
    return open_reviews(region.session, [ask])


def _read(region, answer, person=None, reader="reader", number=None):
    by = region.by(reader)
    number = number or queue(region.session)[0].number
    claim(region.session, number, by=by)
    return decide(region.session, number, answer, person=person, by=by, means=region.means)


def test_the_most_dangerous_comes_first_then_what_joins_most_then_the_oldest(region):
    _ask(region, 1, "candidate", hazard=1, value=9)
    _ask(region, 2, "join", others=(3,), hazard=5, value=1)
    _ask(region, 2, "candidate", others=(3,), hazard=5, value=3)
    _ask(region, 3, "candidate", others=(1,), hazard=5, value=3)
    order = [(item.subject, item.kind) for item in queue(region.session)]
    assert order == [(2, "candidate"), (3, "candidate"), (2, "join"), (1, "candidate")]
    assert [item.kind for item in queue(region.session, kind="join", most=1)] == ["join"]
    first = queue(region.session)[0]
    assert first.due_at - first.opened_at == timedelta(hours=4)


def test_the_same_evidence_is_asked_once(region):
    assert open_reviews(region.session, []) == 0
    assert (_ask(region), _ask(region)) == (1, 0)
    assert _read(region, Answer.CANNOT_TELL).state == "asleep"
    assert (_ask(region), queue(region.session)) == (0, ())
    assert _ask(region, basis=b"new") == 1
    assert _read(region, Answer.NOT_SAME).state == "closed"
    assert (_ask(region, basis=b"new"), queue(region.session)) == (0, ())
    assert _ask(region, basis=b"newer") == 1


def test_an_item_is_one_reader_s_for_a_while(region):
    _ask(region)
    number = queue(region.session)[0].number
    by = By("one", NOW + timedelta(hours=3))
    held = claim(region.session, number, by=by)
    assert (held.state, held.claimed_by) == ("claimed", "one")
    other = By("other", by.at + timedelta(minutes=19))
    with pytest.raises(Conflict):
        claim(region.session, number, by=other)
    with pytest.raises(Conflict):
        decide(region.session, number, Answer.SAME, by=other, means=region.means)
    late = By("other", by.at + timedelta(minutes=21))
    assert claim(region.session, number, by=late).claimed_by == "other"
    late = By("other", late.at + timedelta(minutes=21))
    with pytest.raises(Conflict):
        decide(region.session, number, Answer.SAME, by=late, means=region.means)
    with pytest.raises(NotFound):
        claim(region.session, 99, by=by)


def test_new_evidence_takes_the_claim_away(region):
    _ask(region)
    number = queue(region.session)[0].number
    by = region.by()
    claim(region.session, number, by=by)
    _ask(region, basis=b"new")
    with pytest.raises(Conflict):
        decide(region.session, number, Answer.SAME, by=by, means=region.means)


def test_same_joins_and_is_undone_for_ten_minutes(region):
    before, persons = region.view(), region.persons()
    _ask(region)
    number = queue(region.session)[0].number
    answered = _read(region, Answer.SAME)
    assert (answered.state, answered.acted.event.kind) == ("closed", "join")
    assert region.persons()[2] == persons[1]
    undo(region.session, number, by=region.by(), means=region.means)
    assert region.view() == before
    assert review_item(region.session, number).state == "open"
    answered = _read(region, Answer.SAME)
    late = By("reader", region.now() + timedelta(minutes=11))
    with pytest.raises(Conflict):
        undo(region.session, number, by=late, means=region.means)


def test_what_is_one_by_now_is_just_closed(region):
    from careweave.identity import join

    persons = region.persons()
    _ask(region)
    join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    answered = _read(region, Answer.SAME)
    assert (answered.state, answered.acted.event.kind) == ("closed", "answer")


def test_not_the_same_sets_barriers_to_all_or_to_the_one_named(region):
    persons = region.persons()
    _ask(region, others=(2, 3))
    assert _read(region, Answer.NOT_SAME, persons[2]).state == "open"
    (item,) = queue(region.session)
    assert [one.person for one in item.candidates] == [persons[3]]
    assert region.view().count(b"not_same") == 1
    assert _read(region, Answer.NOT_SAME).state == "closed"
    assert region.view().count(b"not_same") == 2


def test_the_answer_must_name_a_candidate(region):
    _ask(region, others=(2, 3))
    with pytest.raises(Incorrect):
        _read(region, Answer.SAME)
    with pytest.raises(Incorrect):
        _read(region, Answer.SAME, region.persons()[1])


def test_two_readers_must_agree_and_are_two(region):
    persons = region.persons()
    _ask(region, two=True)
    number = queue(region.session)[0].number
    assert _read(region, Answer.SAME) == Answered("second")
    assert review_item(region.session, number).verdict == "", "the second does not see the first"
    with pytest.raises(Conflict):
        claim(region.session, number, by=region.by("reader"))
    assert _read(region, Answer.NOT_SAME, reader="second").state == "open"
    assert _read(region, Answer.SAME, reader="third") == Answered("second")
    answered = _read(region, Answer.SAME, reader="reader")
    assert answered.state == "closed"
    assert region.persons()[2] == persons[1]


def test_a_veto_that_shows_late_asks_for_a_second_reader(region):
    region.arrive(4, someone(4, given="Jaden"), authority="a4")
    region.arrive(5, someone(4, given="Wilfred"), authority="a5")
    number = next((i.number for i in queue(region.session) if i.subject == 5), None)
    if number is None:
        _ask(region, 5, others=(4,))
        number = next(i.number for i in queue(region.session) if i.subject == 5)
    assert _read(region, Answer.SAME, number=number).state == "second"
    assert _read(region, Answer.SAME, number=number, reader="two").state == "closed"
    assert region.persons()[4] == region.persons()[5]


def test_the_source_is_told_to_correct_and_the_item_sleeps(region):
    _ask(region)
    answered = _read(region, Answer.SOURCE)
    assert (answered.state, answered.acted.event.kind) == ("asleep", "answer")
    assert queue(region.session) == ()


def test_an_overlay_is_freed_or_stays_frozen(region):
    region.sql("UPDATE identity.local_identity SET state = 'frozen' WHERE subject = 1 RETURNING 1")
    _ask(region, 1, "overlay", others=(), hazard=5)
    number = queue(region.session)[0].number
    answered = _read(region, Answer.NOT_SAME)
    assert (answered.state, b'"frozen"' in region.view()) == ("closed", True)
    undo(region.session, number, by=region.by(), means=region.means)
    answered = _read(region, Answer.SAME)
    assert answered.acted.changes[0].is_frozen is False
    assert b'"frozen"' not in region.view()
    undo(region.session, number, by=region.by(), means=region.means)
    assert b'"frozen"' in region.view()


def test_a_control_looks_like_any_other_and_changes_nothing(region):
    before = region.view()
    _ask(region, 1, "control")
    (item,) = queue(region.session)
    assert item.kind == "candidate"
    assert _read(region, Answer.SAME).state == "closed"
    assert region.view() == before


def test_a_question_without_candidates_is_just_closed(region):
    _ask(region, others=())
    answered = _read(region, Answer.SAME)
    assert (answered.state, answered.acted.event.kind) == ("closed", "answer")
