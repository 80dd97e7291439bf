"""That nobody finds what is sealed: by a key, a question or a history."""

import pytest

from careweave.identity import (
    Ask,
    decision_of,
    explain,
    history,
    invert,
    join,
    link,
    merge_local,
    not_same,
    open_reviews,
    queue,
    seal,
    unlink,
)
from careweave.terms import NotFound
from tests.identity.acting import Region, someone


@pytest.fixture
def region(session):
    region = Region(session)
    for n in (1, 2, 3):
        region.arrive(n, someone(n), authority=f"a{n}")
    return region


def _keys(region, subject):
    return region.sql(
        "SELECT key, kind, is_past FROM identity.block_key WHERE subject = %s ORDER BY 1, 2",
        subject,
    )


def _ask(region, subject, others):
    persons = region.persons()
    told = [
        {"person": str(persons[n]), "subjects": [n], "best": n, "w": 4.5, "vetoes": []}
        for n in others
    ]
    ask = Ask(subject, "candidate", told, 2, 1.0, bytes([subject]), 1, region.now())
    open_reviews(region.session, [ask])


def test_no_key_leads_to_a_sealed_record_and_all_come_back_when_it_is_unsealed(region):
    keys, before = _keys(region, 2), region.view()
    acted = seal(region.session, [2], by=region.by(), means=region.means)
    region.session.flush()
    assert _keys(region, 2) == []
    two = region.by(second="b")
    opened = invert(region.session, acted.event.group, by=two, means=region.means)
    assert (_keys(region, 2), region.view()) == (keys, before)
    invert(region.session, opened.event.group, by=region.by(), means=region.means)
    assert _keys(region, 2) == []


def test_no_question_names_a_sealed_record(region):
    persons = region.persons()
    _ask(region, 1, (2, 3))
    _ask(region, 2, (3,))
    _ask(region, 3, (2,))
    seal(region.session, [2], by=region.by(), means=region.means)
    (item,) = queue(region.session)
    assert (item.subject, [one.person for one in item.candidates]) == (1, [persons[3]])
    seal(region.session, [3], by=region.by(), means=region.means)
    assert queue(region.session) == ()


def test_who_is_left_is_still_asked_about_when_one_of_a_person_is_sealed(region):
    persons = region.persons()
    join(region.session, persons[2], persons[3], by=region.by(), means=region.means)
    person = region.persons()[2]
    told = {"person": str(person), "subjects": [2, 3], "best": 3, "w": 4.5, "vetoes": []}
    weighed = {**told, "best": 2}
    for kind, candidate in (("candidate", told), ("join", weighed)):
        ask = Ask(1, kind, [candidate], 2, 1.0, b"1", 1, region.now())
        open_reviews(region.session, [ask])
    seal(region.session, [2], by=region.by(), means=region.means)
    (item,) = queue(region.session)
    (left,) = item.candidates
    assert (item.kind, left.person, left.subjects, left.best) == ("candidate", person, (3,), 3)


def test_what_is_sealed_is_to_every_act_as_what_was_never_there(region):
    by, means = region.by(), region.means
    seal(region.session, [2], by=by, means=means)
    for subject in (2, 404):
        with pytest.raises(NotFound) as told:
            not_same(region.session, 1, subject, by=by, means=means)
        assert str(told.value) == "There is no such person or record that you may decide on."
        with pytest.raises(NotFound):
            unlink(region.session, subject, by=by, means=means)
        with pytest.raises(NotFound):
            link(region.session, subject, region.persons()[1], by=by, means=means)


def test_the_history_of_others_does_not_tell_of_what_was_sealed(region):
    persons = region.persons()
    join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    seal(region.session, [2], by=region.by(), means=region.means)
    told = history(region.session, persons[1])
    assert {ruled.subject for one in told for ruled in one.rulings} == {1}
    own = history(region.session, region.persons()[2])
    assert {ruled.subject for one in own for ruled in one.rulings} == {2}


def test_no_decision_tells_to_whom_a_sealed_record_belonged(region):
    persons = region.persons()
    first = decision_of(region.session, 2)
    join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    second = decision_of(region.session, 2)
    assert explain(region.session, second).person == region.persons()[1]
    seal(region.session, [2], by=region.by(), means=region.means)
    for decision in (first, second):
        with pytest.raises(NotFound):
            explain(region.session, decision)
    now = explain(region.session, decision_of(region.session, 2))
    assert now.person == region.persons()[2] not in persons.values()
    assert explain(region.session, decision_of(region.session, 1)).subject == 1


def test_a_sealed_record_that_comes_again_is_not_compared(region):
    seal(region.session, [2], by=region.by(), means=region.means)
    before = region.view()
    region.arrive(2, someone(1), authority="a2")
    region.arrive(1, someone(2), authority="a1")
    region.session.flush()
    assert (_keys(region, 2), region.persons()[2] == region.persons()[1]) == ([], False)
    assert b'"sealed"' in before


def test_a_merged_record_that_is_sealed_leaves_its_survivor(session):
    region = Region(session)
    for n in (1, 2):
        region.arrive(n, someone(n))
    merge_local(session, 1, 2, by=region.by(), means=region.means)
    merged, known = region.view(), region.ids_given()
    acted = seal(session, [2], by=region.by(), means=region.means)
    assert region.persons()[1] != region.persons()[2]
    invert(session, acted.event.group, by=region.by(second="b"), means=region.means)
    assert region.view(known) == merged
