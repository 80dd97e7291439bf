"""The worked examples of agreements, decided by the letter, each by its number.

Source: `reference/agreements.md` section 7, with the clauses of its section 4 as values.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from careweave.agreements import Answer, ChoiceKind, Filter, Level, Mandate, Reason, Share, decide
from careweave.terms import Action, Cohort, Heading, Label, Purpose, Role, Tie
from tests.lib.agreed import (
    ACUTE,
    AMBULANCE,
    ANNA,
    BEN,
    BUREAU,
    CARERS,
    COUNCIL,
    DAY,
    HOME,
    NOW,
    PHARMACY,
    PORTAL,
    PRACTICE,
    SECOND,
    SHUT,
    USER,
    about,
    agreement,
    bond,
    clause,
    consent,
    context,
    dissent,
    emergency,
    reason,
    stranger,
    thing,
    world,
)

H = Heading
URGENT = agreement(
    clause(
        "gp-to-urgent", to=(ACUTE, AMBULANCE), roles=(Role.ED, Role.PA), purpose=Purpose.EMERGENCY,
        headings={
            H.DEM: "C", H.ALG: "F", H.MED: Share(Level.FULL, months_back=12), H.PRB: "F", H.EOL: "F",
            H.DOC: "F", H.CON: Share(Level.SHORT, items=3), H.SAF: "I",
        },
        labels=(Label.S1, Label.S3, Label.S5, Label.S6, Label.S9, Label.S10),
        ties=(Tie.ENCOUNTER, Tie.INCIDENT), months_back=12,
        actions=(Action.OPEN, Action.READ, Action.SEARCH_ONE),
    ),
    clause(
        "admission-to-council", by=(ACUTE,), to=(COUNCIL,), roles=(Role.SW,),
        purpose=Purpose.COORDINATION, headings={H.ADM: "C", H.DOC: "R", H.ASM: "F"},
        labels=(Label.S6, Label.S10), ties=(Tie.LA_EPISODE,), grace=30 * DAY, break_glass=SHUT,
    ),
    clause(
        "find-person", by=(ACUTE, PRACTICE, COUNCIL), to=(ACUTE, PRACTICE, COUNCIL, AMBULANCE),
        roles=(Role.ED, Role.GP, Role.CN, Role.HC, Role.SW, Role.MH, Role.PA),
        purpose=Purpose.PATIENT_ADMINISTRATION, ties=(), actions=(Action.FIND,), break_glass=SHUT,
        headings={H.DEM: Share(Level.CURRENT, fields=("name", "born"))}, dissent="identification only",
    ),
    name="agr-unplanned-care",
)  # fmt: skip
HOMES = agreement(
    clause(
        "returning-resident", by=(ACUTE,), to=(HOME, CARERS), roles=(Role.CH,),
        headings={H.DIS: "F", H.MED: "F", H.PRB: "R", H.SAF: "I"},
        labels=(Label.S6, Label.S9, Label.S10), ties=(Tie.RESIDENCE, Tie.CASELOAD), break_glass=SHUT,
    ),
    clause(
        "find-resident", by=(ACUTE,), to=(HOME,), roles=(Role.CH,),
        purpose=Purpose.PATIENT_ADMINISTRATION, headings={H.DEM: "C"}, ties=(Tie.RESIDENCE,),
        actions=(Action.FIND,), break_glass=SHUT, cohort=Cohort(residents_of=frozenset({HOME})),
    ),
    name="agr-care-homes",
)  # fmt: skip
NORTHMERE = world(URGENT, HOMES)
ED = context(purpose=Purpose.EMERGENCY)
BROKEN = emergency(purpose=Purpose.EMERGENCY)
SW = context(Role.SW, COUNCIL, purpose=Purpose.COORDINATION)
FINDER = context(Role.PA, AMBULANCE, purpose=Purpose.PATIENT_ADMINISTRATION, action=Action.FIND)


def _said(asked, person, entry, held=NORTHMERE):
    verdict = decide(held, asked, person, entry)
    return verdict.answer, verdict.reason


PERMIT = (Answer.PERMIT, None)
WITHHELD = (Answer.WITHHELD, Reason.GATE)
NO_TIE = (Answer.REFUSED, Reason.NO_RELATIONSHIP)
NO_AGREEMENT = (Answer.REFUSED, Reason.NO_AGREEMENT)
DISSENT = (Answer.REFUSED, Reason.DISSENT)
ABSENT_BY_LAW = (Answer.ABSENT, Reason.LAW_BAR)


def test_w1_a_walk_in_is_nobodys_patient_until_registered_and_the_glass_may_be_broken() -> None:
    verdict = decide(NORTHMERE, ED, stranger(), thing(H.MED))
    assert (verdict.reason, verdict.may_break_glass) == (Reason.NO_RELATIONSHIP, True)


def test_w2_the_arrival_shows_medicines_and_withholds_the_letter_of_the_clinic() -> None:
    shown = {heading: _said(ED, about(), thing(heading)) for heading in (H.MED, H.ALG, H.PRB)}
    assert shown == dict.fromkeys(shown, PERMIT)
    assert _said(ED, about(), thing(H.DOC, Label.S1)) == WITHHELD


def test_w3_a_dissent_refuses_what_others_hold() -> None:
    assert _said(ED, about(choices=(dissent(),)), thing(H.MED)) == DISSENT


def test_w4_breaking_the_glass_shows_gates_and_dissent_but_no_bar_and_no_depth() -> None:
    broken = replace(ED, episodes=(BROKEN,))
    person = about(choices=(dissent(),))
    assert _said(broken, person, thing(H.MED)) == PERMIT
    assert _said(broken, person, thing(H.DOC, Label.S1)) == PERMIT
    assert _said(broken, person, thing(H.DOC, Label.S2)) == ABSENT_BY_LAW
    assert _said(broken, person, thing(H.DOC, Label.S4)) == ABSENT_BY_LAW
    safeguarding = decide(NORTHMERE, broken, person, thing(H.SAF, Label.S6))
    assert Filter.INDICATOR in safeguarding.filters
    after = replace(broken, at=BROKEN.expires_at)
    assert _said(after, person, thing(H.MED)) == DISSENT


def test_w5_no_clause_carries_therapy_notes_to_the_council_and_no_button_is_offered() -> None:
    person = about(bond(Tie.LA_EPISODE, COUNCIL))
    verdict = decide(NORTHMERE, SW, person, thing(H.FRM, Label.S5, by=ACUTE))
    assert (verdict.reason, verdict.may_break_glass) == (Reason.NO_AGREEMENT, False)


def test_w6_a_letter_opens_to_the_council_with_a_typed_reason_and_is_reviewed() -> None:
    person, letter = about(bond(Tie.LA_EPISODE, COUNCIL)), thing(H.DOC, by=ACUTE)
    assert _said(SW, person, letter) == WITHHELD
    typed = reason(H.DOC, role=Role.SW, organisation=COUNCIL, purpose=Purpose.COORDINATION)
    opened = decide(NORTHMERE, replace(SW, episodes=(typed,)), person, letter)
    assert (opened.answer, opened.row, "review" in opened.duties) == (Answer.PERMIT, 9, True)


def test_w7_the_council_has_no_blood_results_whatever_a_clause_says() -> None:
    person = about(bond(Tie.LA_EPISODE, COUNCIL))
    assert _said(SW, person, thing(H.INV, by=ACUTE)) == NO_AGREEMENT
    wide = clause(
        by=(ACUTE,), to=(COUNCIL,), roles=(Role.SW,), purpose=Purpose.COORDINATION,
        ties=(Tie.LA_EPISODE,), headings={H.INV: "F"},
    )  # fmt: skip
    assert _said(SW, person, thing(H.INV, by=ACUTE), world(agreement(wide))) == NO_AGREEMENT


def test_w8_who_has_opted_out_is_in_no_count() -> None:
    counting = clause(
        to=(BUREAU,), roles=(Role.AN,), purpose=Purpose.PLANNING, headings={H.PRB: "D"}, ties=(),
        actions=(Action.AGGREGATE,), break_glass=SHUT, cohort=Cohort(age_from=65),
        opt_out={"national": "apply", "type1": "apply"},
    )  # fmt: skip
    project = {"ref": "p", "approvals": [{"at": "2026-01-01", "until": "2027-01-01"}]}
    england = {"england": {"opt_outs": [{"id": "national", "max_age": "P7D"}]}}
    held = world(agreement(counting, project=project), jurisdictions=england)
    asked = context(
        Role.AN, BUREAU, purpose=Purpose.PLANNING, action=Action.AGGREGATE, project="p",
        opt_outs_at=NOW - DAY,
    )  # fmt: skip
    old = date(1950, 1, 1)
    counted = [
        _said(asked, stranger(born=old), thing(), held),
        _said(asked, stranger(born=old, is_opted_out=True), thing(), held),
        _said(asked, stranger(born=date(1990, 1, 1)), thing(), held),
    ]
    assert counted == [PERMIT, (Answer.ABSENT, Reason.OPTED_OUT), NO_AGREEMENT]


def test_w10_a_court_order_opens_what_it_names_until_it_ends_and_no_bar_that_it_does_not_cite() -> (
    None
):
    legal = clause(
        to=(COUNCIL,), roles=(Role.SW,), purpose=Purpose.LEGAL, ties=(), break_glass=SHUT,
        headings={H.PRB: "F", H.MED: "F"}, labels=(), dissent="court order",
    )  # fmt: skip
    order = Mandate(
        UUID(int=5), ANNA, frozenset({H.PRB, H.MED}), frozenset(), COUNCIL, NOW - DAY, NOW + DAY
    )
    held = world(agreement(legal, confidentiality="statute"))
    asked = context(Role.SW, COUNCIL, purpose=Purpose.LEGAL, mandates=(order,))
    barred = thing(H.PRB, Label.S4)
    assert _said(asked, stranger(), thing(H.PRB), held) == PERMIT
    assert _said(asked, stranger(person=BEN), thing(H.PRB, person=BEN), held) == NO_TIE
    assert _said(asked, stranger(), barred, held) == ABSENT_BY_LAW
    citing = replace(order, bars=frozenset({Label.S4}))
    assert _said(replace(asked, mandates=(citing,)), stranger(), barred, held) == PERMIT
    assert _said(replace(asked, at=order.until), stranger(), thing(H.PRB), held) == NO_TIE


def test_w11_a_parent_sees_nothing_of_what_a_young_person_keeps() -> None:
    proxies = clause(
        to=(PORTAL,), roles=(Role.PX,), purpose=Purpose.FAMILY_REQUEST, ties=(), break_glass=SHUT,
        headings={H.PRB: "C"}, labels=(Label.YOUNG_PERSON,),
    )  # fmt: skip
    held = world(agreement(proxies, kind="person-access"))
    asked = context(Role.PX, PORTAL, purpose=Purpose.FAMILY_REQUEST, grants=frozenset({ANNA}))
    granted = replace(consent(), kind=ChoiceKind.GRANT, users=frozenset({USER}))
    person = stranger(choices=(granted,))
    assert _said(asked, person, thing(H.PRB), held) == PERMIT
    kept = thing(H.PRB, Label.YOUNG_PERSON)
    assert _said(asked, person, kept, held) == (Answer.ABSENT, Reason.LABEL)


def test_w12_an_agreement_ends_at_midnight_of_the_region() -> None:
    held = world(replace(URGENT, valid_to=date(2026, 3, 31), review_by=date(2026, 3, 1)))
    # 31 March 2026 ends in London at 23:00 UTC: summer time has begun.
    end = datetime(2026, 3, 31, 23, 0, tzinfo=UTC)
    person = about(bond(since=end - DAY))
    said = [_said(replace(ED, at=at), person, thing(H.MED), held) for at in (end - SECOND, end)]
    assert said == [PERMIT, NO_AGREEMENT]


def test_w13_the_ward_reads_its_own_notes_of_somebody_who_has_dissented() -> None:
    verdict = decide(NORTHMERE, ED, about(choices=(dissent(),)), thing(H.PRB, by=ACUTE))
    assert (verdict.answer, verdict.clause) == (Answer.PERMIT, f"own:{ACUTE}")


def test_w14_a_list_is_no_act_of_an_emergency() -> None:
    listing = replace(ED, action=Action.LIST, episodes=(BROKEN,))
    wide = replace(URGENT, clauses=tuple(
        replace(one, actions=one.actions | {Action.LIST}) for one in URGENT.clauses
    ))  # fmt: skip
    said = [_said(listing, who, thing(H.PRB), world(wide)) for who in (about(), stranger())]
    assert said == [PERMIT, NO_TIE]


def test_w15_a_problem_of_2009_is_shown_while_it_is_active_and_only_then() -> None:
    person = about(bond(Tie.INCIDENT, AMBULANCE))
    asked = context(Role.PA, AMBULANCE, purpose=Purpose.EMERGENCY)
    old = datetime(2009, 5, 1, tzinfo=UTC)
    # The matrix gives paramedics what is current, so the horizon is met by the owner's clause.
    held = world(URGENT, matrix={**NORTHMERE.rules.matrix, (Role.PA, H.PRB): Level.FULL})
    said = [
        _said(asked, person, thing(H.PRB, at=old), held),
        _said(asked, person, thing(H.PRB, at=old, live_until=old), held),
        _said(asked, person, thing(H.PRB, at=old, live_until=old)),
    ]
    absent = Answer.ABSENT
    assert said == [PERMIT, (absent, Reason.HORIZON), (absent, Reason.DEPTH)]


def test_w16_a_home_sees_nothing_of_who_left_six_minutes_ago() -> None:
    asked = context(Role.CH, HOME)
    gone = about(bond(Tie.RESIDENCE, HOME, until=NOW - timedelta(minutes=6)))
    assert _said(asked, gone, thing(H.MED, by=ACUTE)) == NO_TIE
    assert _said(asked, about(bond(Tie.RESIDENCE, HOME)), thing(H.MED, by=ACUTE)) == PERMIT


def test_w17_a_pharmacist_sees_the_medicine_and_not_the_letter_of_the_substance_service() -> None:
    dispensing = clause(
        to=(PHARMACY,), roles=(Role.PH,), ties=(Tie.PHARMACY,), labels=(Label.S9,),
        headings={H.MED: "F", H.DOC: "S"},
    )  # fmt: skip
    held, asked = world(agreement(dispensing)), context(Role.PH, PHARMACY)
    person = about(bond(Tie.PHARMACY, PHARMACY))
    assert _said(asked, person, thing(H.MED, Label.S9), held) == PERMIT
    assert _said(asked, person, thing(H.DOC, Label.S9), held) == WITHHELD


def test_w18_a_colleague_is_shown_and_reviewed_and_oneself_is_refused() -> None:
    verdict = decide(NORTHMERE, ED, about(is_watched=True), thing(H.MED))
    assert (verdict.answer, "review" in verdict.duties) == (Answer.PERMIT, True)
    for episodes in ((), (BROKEN,)):
        oneself = replace(ED, self_person=ANNA, episodes=episodes)
        assert _said(oneself, about(), thing(H.MED)) == (Answer.REFUSED, Reason.LABEL)


def test_w19_a_role_without_a_column_is_given_nothing() -> None:
    clerk = replace(ED, role=Role.SYSTEM)
    assert _said(clerk, about(), thing(H.MED)) == NO_AGREEMENT
    matrix = {
        cell: level for cell, level in NORTHMERE.rules.matrix.items() if cell[0] is not Role.ED
    }
    held = world(URGENT, matrix=matrix)
    assert _said(ED, about(), thing(H.MED), held) == NO_AGREEMENT
    assert _said(ED, about(), thing(H.MED, by=ACUTE), held) == NO_AGREEMENT


def test_w21_what_was_permitted_at_first_is_decided_again_at_delivery() -> None:
    told = clause(actions=(Action.SUBSCRIBE,), headings={H.ADM: "F"})
    asked = context(action=Action.SUBSCRIBE)
    ended = about(bond(until=NOW))
    said = [_said(asked, who, thing(H.ADM), world(agreement(told))) for who in (about(), ended)]
    assert said == [PERMIT, NO_TIE]


def test_w22_a_spent_budget_refuses_but_in_an_emergency() -> None:
    spent = replace(ED, spent=frozenset({"agr-unplanned-care@1/gp-to-urgent"}))
    assert _said(spent, about(), thing(H.MED)) == (Answer.REFUSED, Reason.BUDGET)
    assert _said(replace(spent, episodes=(BROKEN,)), about(), thing(H.MED)) == PERMIT


def test_w23_every_label_counts_as_it_is_now() -> None:
    nursing = clause(
        to=(ACUTE,), roles=(Role.CN,), ties=(Tie.CASELOAD,), labels=(Label.S1,),
        headings={H.DOC: "C"},
    )  # fmt: skip
    asked, person = context(Role.CN), about(bond(Tie.CASELOAD))
    said = [_said(asked, person, thing(H.DOC, *labels), world(agreement(nursing)))
            for labels in ((), (Label.S1,))]  # fmt: skip
    assert said == [PERMIT, (Answer.ABSENT, Reason.LABEL)]


def test_w24_a_protected_address_is_masked_where_nobody_has_a_tie() -> None:
    broken = replace(ED, episodes=(BROKEN,))
    hidden = [
        decide(NORTHMERE, asked, who, thing(H.DEM)).masks
        for asked, who in (
            (broken, stranger(is_protected=True)),
            (broken, about(is_protected=True)),
            (broken, stranger()),
        )
    ]
    assert hidden == [frozenset({"address"}), frozenset(), frozenset()]


def test_w26_without_a_session_or_a_clause_everything_is_refused() -> None:
    bare = replace(ED, is_assured=False)
    assert _said(bare, about(), thing(H.MED)) == (Answer.REFUSED, Reason.ASSURANCE)
    assert _said(ED, about(), thing(H.MED), world()) == NO_AGREEMENT


def test_w27_a_paramedic_finds_whom_no_incident_names_yet_but_opens_nothing() -> None:
    assert _said(FINDER, stranger(), thing(H.DEM)) == PERMIT
    assert _said(FINDER, stranger(choices=(dissent(),)), thing(H.DEM)) == PERMIT
    assert _said(FINDER, stranger(), thing(H.MED)) == NO_AGREEMENT
    opening = context(Role.PA, AMBULANCE, purpose=Purpose.EMERGENCY)
    verdict = decide(NORTHMERE, opening, stranger(), thing(H.DEM))
    assert (verdict.reason, verdict.may_break_glass) == (Reason.NO_RELATIONSHIP, True)


@pytest.mark.parametrize("by", [ACUTE, HOME])
def test_w28_a_care_home_finds_its_residents_only(by) -> None:
    asked = replace(FINDER, role=Role.CH, organisation=HOME)
    resident = about(bond(Tie.RESIDENCE, HOME))
    assert _said(asked, resident, thing(H.DEM, by=by)) == PERMIT
    assert _said(asked, stranger(), thing(H.DEM, by=by))[0] is Answer.REFUSED


@pytest.mark.parametrize("label", [Label.S4, Label.S8, Label.VERY_RESTRICTED])
def test_w29_nobody_is_found_by_what_a_law_bars(label) -> None:
    assert _said(FINDER, stranger(), thing(H.DEM, label)) == ABSENT_BY_LAW


def test_w30_too_many_searches_are_refused() -> None:
    spent = replace(FINDER, spent=frozenset({"agr-unplanned-care@1/find-person"}))
    assert _said(spent, stranger(), thing(H.DEM)) == (Answer.REFUSED, Reason.BUDGET)


def test_w31_home_care_ends_with_its_package() -> None:
    asked = context(Role.CH, CARERS, setting="home-care")
    ended = about(bond(Tie.CASELOAD, CARERS, since=NOW - 9 * DAY, until=NOW - DAY))
    assert _said(asked, ended, thing(H.MED, by=ACUTE)) == NO_TIE
    assert _said(asked, about(bond(Tie.CASELOAD, CARERS)), thing(H.MED, by=ACUTE)) == PERMIT


ELSEWHERE = {
    "w9": "a cell of seven people is suppressed: analytics, a later issue",
    "w20": "scopes of a token: tests/doors",
    "w25": "no account, no answer: tests/disclosure",
}
"""Examples that no single decision shows; the list may only shrink."""


def test_every_example_has_its_test() -> None:
    tested = {name.split("_")[1] for name in globals() if name.startswith("test_w")}
    assert tested | set(ELSEWHERE) == {f"w{n}" for n in range(1, 32)}
    assert not tested & set(ELSEWHERE)
