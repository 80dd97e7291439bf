"""Agreements and decisions in plain English: complete, alike for all that is absent."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from careweave.agreements import (
    Agreement,
    Answer,
    BreakGlass,
    Filter,
    Hours,
    Level,
    Loosening,
    Party,
    Reason,
    Share,
    Verdict,
    told,
    told_reason,
    told_verdict,
)
from careweave.terms import Action, Cohort, Heading, Label, Purpose, Role, Tie
from tests.lib.agreed import (
    HOME,
    agreement,
    clause,
    context,
    emergency,
    reason,
    world,
)
from tests.lib.region import northmere


@pytest.mark.parametrize("one", northmere().agreements, ids=lambda one: one.id)
def test_every_clause_party_heading_and_label_of_an_agreement_is_told_in_words(one: Agreement):
    text = told(one)
    assert one.title in text
    for party in one.parties:
        assert f"- {party.name}, " in text
    for each in one.clauses:
        assert f"Clause {each.id}\n" in text
    # A code that no word was found for would stand there bare.
    codes = {*Heading, *Role, *Purpose, *Label} - {Label.TRIAGE, Label.FINANCE}
    words = set(text.replace("(", " ").replace(")", " ").replace(",", " ").split())
    assert not words & {str(code) for code in codes}


def test_the_words_of_an_agreement_follow_what_it_says():
    before = agreement(clause())
    text = told(before)
    changes = [
        clause(months_back=6),
        clause(labels=[Label.S1]),
        clause(headings={Heading.PRB: Share(Level.FULL, items=4)}),
        clause(headings={Heading.PRB: Share(Level.FULL, months_back=4)}),
        clause(headings={Heading.PRB: Share(Level.FULL, fields=("code",))}),
        clause(headings={Heading.PRB: "C"}),
        clause(headings={Heading.MED: "F"}),
        clause(roles=[Role.HC]),
        clause(ties=[Tie.REFERRAL]),
        clause(actions=[Action.READ]),
        clause(purpose=Purpose.EMERGENCY),
        clause(dissent="a law"),
        clause(grace=None),
        clause(cohort=Cohort(age_from=65, age_below=75)),
        clause(cohort=Cohort(residents_of=frozenset({HOME}), address_in=frozenset({"NM1"}))),
        clause(cohort=Cohort(registered_with=frozenset({HOME}), tie_kinds=frozenset(Tie))),
        clause(teams=frozenset({"mash"})),
        clause(break_glass=BreakGlass(allowed=False)),
        clause(break_glass=BreakGlass(allowed=True, lifts=frozenset({"reason"}))),
        clause(hours=Hours(frozenset({0, 4}), 7 * 60, 19 * 60)),
        clause(retention="copy:P1Y"),
        clause(onward=("org:nm-icb",)),
        clause(log_to_person="withheld"),
        clause(opt_out={"national": "apply"}),
        clause(opt_out={"national": "exempt(a law)"}),
        clause(project_cohort="proj-one"),
        clause(ties=[], purpose=Purpose.PATIENT_ADMINISTRATION),
        clause(ties=[], purpose=Purpose.OWN_REQUEST),
    ]
    texts = [text, *(told(agreement(change)) for change in changes)]
    assert len(set(texts)) == len(texts)


def test_what_an_agreement_raises_is_told_with_who_answers_for_it():
    until = agreement(clause()).valid_to
    raised = Loosening(Role.CH, Heading.PRB, Level.FULL, "A. Owner", "daily work", until)
    text = told(agreement(clause(), loosens=(raised,)))
    assert "a care home nurse or manager gets problems, in full, until 31 December 2027" in text
    assert "A. Owner answers for it" in text


def test_a_party_is_told_with_what_it_lacks():
    party = Party(
        "org:nm-acute", "Hospitals", "processor", "siro", "A", None, "", "dspt", "met", None
    )
    signed = replace(
        party, role="guest", signed_at=date(2026, 1, 2), signature="e", result="failed"
    )
    text = told(agreement(clause(), parties=(party, signed)))
    assert "Hospitals, which works for the others; it has not signed; its assurance is not" in text
    assert "Hospitals, guest; signed by A on 2 January 2026; its assurance is not in order" in text


SHARED = world(agreement(clause()))
PERMIT = Verdict(Answer.PERMIT, 10, "agr-one@1/c1", heading=Heading.MED)


def test_a_permit_names_reader_heading_reason_and_clause():
    assert told_verdict(SHARED, context(), PERMIT) == (
        "The A&E clinician of nm-acute may see medicines (in full) for direct care, because the "
        "person is attending the reader's organisation, under clause c1 of "
        '"One" (agr-one@1).'
    )


def test_a_permit_of_ones_own_says_so():
    text = told_verdict(SHARED, context(), replace(PERMIT, clause="own:nm-acute"))
    assert "because that organisation holds it itself" in text
    assert "(own:nm-acute)" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"filters": frozenset({Filter.CURRENT})}, "(what is current)"),
        ({"filters": frozenset({Filter.BRIEF}), "newest": 3}, "(the newest 3 in short)"),
        ({"filters": frozenset({Filter.INDICATOR})}, "(only that it exists and whom to call)"),
        ({"newest": 5}, "(the newest 5)"),
        ({"months_back": 1}, "shown for 1 month."),
        ({"masks": frozenset({"address"})}, "Taken out: address, telephone and place."),
    ],
)
def test_a_permit_tells_what_narrows_it(change, words):
    assert words in told_verdict(SHARED, context(), replace(PERMIT, **change))


def test_an_emergency_and_a_reason_are_told_apart():
    opened = context(episodes=(emergency(), reason()))
    glass = told_verdict(SHARED, opened, replace(PERMIT, episode=UUID(int=77)))
    typed = told_verdict(SHARED, opened, replace(PERMIT, episode=UUID(int=78)))
    assert "because the glass was broken in an emergency" in glass
    assert "because a reason was given" in typed


@pytest.mark.parametrize("why", [None, *Reason])
def test_whatever_is_absent_is_told_in_the_same_words(why):
    absent = Verdict(Answer.ABSENT, 2, reason=why, heading=Heading.MED)
    assert told_verdict(SHARED, context(), absent) == "Nothing is shown under medicines."


OF_ROWS = {Reason.LAW_BAR, Reason.GATE, Reason.DEPTH, Reason.HORIZON, Reason.OPTED_OUT}


def test_every_reason_of_a_person_has_a_sentence_and_none_of_a_row():
    refused = Verdict(Answer.REFUSED, 3, heading=Heading.MED)
    texts = {why: told_verdict(SHARED, context(), replace(refused, reason=why)) for why in Reason}
    assert all(text.endswith(".") for text in texts.values())
    nothing = "Nothing is shown under medicines."
    assert {why for why, text in texts.items() if text == nothing} == OF_ROWS
    others = [text for text in texts.values() if text != nothing]
    assert len(set(others)) == len(others)


def test_an_objection_is_told_to_those_alone_who_may_break_the_glass():
    entitled = told_reason(SHARED, context(), Reason.DISSENT, Heading.MED, may_break_glass=True)
    nurse = context(Role.CN, "nm-community")
    other = told_reason(SHARED, nurse, Reason.DISSENT, Heading.MED)
    assert entitled == (
        "The person has objected to sharing medicines. In an emergency you may break the glass."
    )
    assert other == told_reason(SHARED, nurse, Reason.NO_AGREEMENT, Heading.MED)


def test_the_glass_is_offered_only_where_it_may_be_broken():
    assert "break the glass" not in told_reason(SHARED, context(), Reason.NO_RELATIONSHIP)
    offered = told_reason(SHARED, context(), Reason.NO_RELATIONSHIP, may_break_glass=True)
    assert offered.endswith("In an emergency you may break the glass.")


def test_what_is_withheld_tells_no_number_date_or_source():
    withheld = Verdict(Answer.WITHHELD, 6, reason=Reason.GATE, heading=Heading.DOC)
    assert told_verdict(SHARED, context(), withheld) == (
        "Something under documents and letters is not displayed."
    )
