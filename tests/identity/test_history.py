"""What was decided, read back: at any moment, in words, and who was shown with whom."""

import random

import pytest

from careweave.identity import (
    Ground,
    confidence,
    current,
    decision_of,
    explain,
    history,
    invert,
    join,
    link,
    members,
    misattributed,
    not_same,
    person_of,
    rebuilt_membership,
    split,
    unlink,
)
from careweave.terms import Conflict, Forbidden, Incorrect, NotFound
from tests.identity.acting import Region, someone
from tests.lib.cases import cases


@pytest.fixture
def region(session):
    return Region(session)


def test_the_state_at_a_moment_is_told_later(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons = region.persons()
    joined = join(region.session, persons[1], persons[2], by=region.by(), means=region.means)
    unlink(region.session, 2, by=region.by(), means=region.means)
    seq = joined.event.seq
    session = region.session
    assert current(session, persons[2]) == persons[2]
    assert current(session, persons[2], at_seq=seq) == persons[1]
    assert current(session, persons[2], at_seq=seq - 1) == persons[2]
    assert [one.subject for one in members(session, persons[2], at_seq=seq)] == [1, 2]
    assert person_of(session, "a2", "p2", at_seq=seq).person == persons[1]
    assert person_of(session, "a2", "p2").person == persons[2]
    assert person_of(session, "a2", "nobody") is None
    assert confidence(session, persons[2], 2) == "human"
    for asked in (
        lambda: confidence(session, persons[1], 2),
        lambda: current(session, region.means.new_person()),
        lambda: decision_of(session, 99),
        lambda: explain(session, 0),
    ):
        with pytest.raises(NotFound):
            asked()


def test_the_history_of_a_person_holds_what_became_of_all_ids_that_it_answers_for(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    persons = region.persons()
    by = region.by(ground=Ground.DOCUMENTS)
    acted = join(region.session, persons[1], persons[2], by=by, means=region.means)
    invert(region.session, acted.event.group, by=region.by(), means=region.means)
    not_same(region.session, 1, 2, by=region.by(), means=region.means)
    told = history(region.session, persons[1])
    assert [one.kind for one in told] == ["resolve", "resolve", "join", "invert", "not_same"]
    assert told[3].inverse_of == told[2].group
    assert told[2].rulings[0].reason == "Two persons were joined. Documents were seen."
    assert [one.verdict for one in told[3].rulings] == ["UNLINK", "LINK"]
    rebuilt = [(one.subject, one.person) for one in rebuilt_membership(region.session)]
    assert rebuilt == [(1, persons[1]), (2, persons[2]), (2, persons[1]), (2, persons[2])]


def test_a_link_of_the_machine_is_told_in_words_with_its_figures(region):
    region.arrive(1, someone(1), authority="a")
    outcome = region.arrive(2, someone(1), authority="b")
    told = explain(region.session, outcome.decision)
    assert outcome.decision == decision_of(region.session, 2)
    assert (told.verdict, told.method) == ("LINK", "probabilistic")
    assert told.sentences[1] == "The link rests on demographics, and is not verified by a number."
    assert "The birth date is the same: strongly for." in told.sentences
    assert "The phone number is not known of both: neither for nor against." not in told.sentences
    assert sum(one.weight for one in told.fields) + told.prior == pytest.approx(
        told.weight, abs=1e-4
    )
    weights = [abs(one.weight) for one in told.fields]
    assert weights == sorted(weights, reverse=True)


def test_an_explanation_names_what_speaks_against_and_whom_else(region):
    region.arrive(1, someone(1, given="Jaden"), authority="a")
    outcome = region.arrive(2, someone(1, given="Wilfred"), authority="b")
    told = explain(region.session, outcome.decision)
    assert any("as twins do" in one for one in told.sentences)
    region.arrive(3, someone(1, given="Jaden"), authority="c")
    told = explain(region.session, decision_of(region.session, 3))
    assert "Another person was compared as well and agrees less." in told.sentences


def test_an_explanation_says_when_not_all_were_compared(region):
    from dataclasses import replace

    region.arrive(1, someone(1), authority="a")
    region.means = replace(region.means, limits=replace(region.means.limits, candidates=0))
    outcome = region.arrive(2, someone(1), authority="b")
    told = explain(region.session, outcome.decision)
    assert told.sentences[-1].startswith("Too many people share")


def test_no_value_of_anybody_is_kept_with_a_decision(region):
    region.arrive(1, someone(1, number=True), authority="a")
    region.arrive(2, someone(1, number=True), authority="b")
    unlink(region.session, 2, by=region.by(), means=region.means)
    texts = region.sql(
        "SELECT concat(d.reason, d.explanation, e.payload, e.cause, e.kind)"
        " FROM identity.decision AS d JOIN identity.event AS e ON e.seq = d.seq"
    )
    name = someone(1).names[0]
    for (text,) in texts:
        for value in (
            name.family,
            *name.given,
            someone(1).birth_date,
            someone(1, number=True).numbers[0].value,
        ):
            assert value.casefold() not in text.casefold()


def test_recall_is_what_a_walk_through_all_disclosures_finds(region):
    """Each disclosure shows one person with all its records of that moment."""
    rng = random.Random(11)
    for n in range(1, 7):
        region.arrive(n, someone(n), authority=f"a{n}")
    shown = []  # (seq, person, records)

    def show():
        (seq,) = region.sql("SELECT max(seq) FROM identity.event")[0]
        persons = region.persons()
        for person in set(persons.values()):
            shown.append((seq, person, frozenset(s for s, p in persons.items() if p == person)))

    for _ in range(cases(60)):
        show()
        persons = region.persons()
        left, right = rng.sample(range(1, 7), 2)
        mates = [s for s, p in persons.items() if p == persons[left]]
        try:
            if len(mates) > 1 and rng.random() < 0.6:
                part = rng.sample(mates, rng.randint(1, len(mates) - 1))
                acted = split(
                    region.session, persons[left], part, by=region.by(), means=region.means
                )
            else:
                by = region.by(second="b")
                link(region.session, left, persons[right], by=by, means=region.means)
                continue
        except (Conflict, Forbidden):
            continue
        after = region.persons()
        moved = {s for s in mates if after[s] != persons[left]}
        for subject in moved:
            apart = {s for s in mates if after[s] != after[subject]}
            wrong = {
                (seq, person)
                for seq, person, records in shown
                if subject in records and records & apart
            }
            spans = [
                one
                for one in misattributed(region.session, acted.event.group)
                if one.subject == subject
            ]
            found = {
                (seq, person)
                for seq, person, records in shown
                for one in spans
                if subject in records
                and person == one.person
                and one.from_seq <= seq < one.until_seq
            }
            assert found == wrong


def test_nobody_acts_and_nobody_agrees_with_themselves(region):
    with pytest.raises(Incorrect):
        region.by(actor="")
    with pytest.raises(Incorrect):
        region.by(actor="a", second="a")
