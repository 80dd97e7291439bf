"""The truth tables of deciding, every combination of their inputs.

Source: `reference/agreements.md` 6.2.
"""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from careweave.agreements import Answer, Reason, decide
from careweave.terms import Action, Heading, Label, Purpose, Role
from tests.lib.agreed import (
    ACUTE,
    BUREAU,
    DAY,
    NOW,
    SHUT,
    about,
    agreement,
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

# A assured, B barred, C clause, T tie, D dissent, G gate, E emergency, N reason, Q budget spent.
CARE = (
    (1, "0--------", Answer.REFUSED, Reason.ASSURANCE),
    (2, "11-------", Answer.ABSENT, Reason.LAW_BAR),
    (3, "100------", Answer.REFUSED, Reason.NO_AGREEMENT),
    (4, "1010--0--", Answer.REFUSED, Reason.NO_RELATIONSHIP),
    (5, "10111-0--", Answer.REFUSED, Reason.DISSENT),
    (6, "10110100-", Answer.WITHHELD, Reason.GATE),
    (7, "101101011", Answer.REFUSED, Reason.BUDGET),
    (8, "1011000-1", Answer.REFUSED, Reason.BUDGET),
    (9, "101101010", Answer.PERMIT, None),
    (10, "1011000-0", Answer.PERMIT, None),
    (11, "1010--1--", Answer.PERMIT, None),
    (12, "10111-1--", Answer.PERMIT, None),
    (13, "10110110-", Answer.PERMIT, None),
    (14, "10110111-", Answer.PERMIT, None),
    (15, "1011001--", Answer.PERMIT, None),
)
INPUTS = tuple("".join(bits) for bits in product("01", repeat=9))


def _fits(pattern: str, bits: str) -> bool:
    return all(asked in {"-", bit} for asked, bit in zip(pattern, bits, strict=True))


def _case_of(bits: str):
    assured, barred, shared, tied, denied, gated, broken, typed, spent = (
        one == "1" for one in bits
    )
    labels = [Label.VERY_RESTRICTED] * barred + [Label.S1] * gated
    asked = context(
        is_assured=assured,
        episodes=(*[emergency()] * broken, *[reason(Heading.PRB)] * typed),
        spent=frozenset({"agr-one@1/c1"} if spent else ()),
    )
    person = about() if tied else stranger()
    person = replace(person, choices=(dissent(),) if denied else ())
    held = [agreement(clause(labels=(Label.S1,)))] if shared else []
    return world(*held), asked, person, thing(Heading.PRB, *labels)


def test_the_fifteen_rows_are_disjoint_and_cover_every_combination() -> None:
    fitting = [sum(_fits(row[1], bits) for row in CARE) for bits in INPUTS]
    assert fitting == [1] * 512


@pytest.mark.parametrize("row", CARE, ids=lambda row: f"row-{row[0]}")
def test_every_combination_of_a_row_has_its_outcome(row) -> None:
    number, pattern, answer, why = row
    told = {
        bits: (said.answer, said.reason, said.row)
        for bits in INPUTS
        if _fits(pattern, bits)
        for said in [decide(*_case_of(bits))]
    }
    assert told == dict.fromkeys(told, (answer, why, number))


@pytest.mark.parametrize(("lifts", "tied", "denied", "gated"), [
    ({"dissent", "reason"}, False, False, False),
    ({"relationship", "reason"}, True, True, False),
    ({"relationship", "dissent"}, True, False, True),
    ({"relationship"}, False, True, False),
    ({"relationship"}, False, False, True),
    ({"relationship", "dissent"}, False, True, True),
    ({"dissent"}, True, True, True),
])  # fmt: skip
def test_an_emergency_lifts_nothing_of_an_entry_unless_all_that_must_be_lifted_is_listed(
    lifts, tied, denied, gated
) -> None:
    bits = f"101{tied:d}{denied:d}{gated:d}100"
    held, asked, person, entry = _case_of(bits)
    glass = replace(held.agreements[0].clauses[0].break_glass, lifts=frozenset(lifts))
    held = world(agreement(clause(labels=(Label.S1,), break_glass=glass)))
    without = decide(held, replace(asked, episodes=()), person, entry)
    assert decide(held, asked, person, entry) == without
    assert not without.may_break_glass


@pytest.mark.parametrize("bits", ["101000100", "101110100", "101101100"])
def test_a_clause_that_lets_no_glass_be_broken_is_lifted_by_no_emergency(bits) -> None:
    _held, asked, person, entry = _case_of(bits)
    held = world(agreement(clause(labels=(Label.S1,), break_glass=SHUT)))
    assert decide(held, asked, person, entry).answer is not Answer.PERMIT


# A assured, B barred, C clause, P project in date, F list fresh, O opted out.
SECONDARY = (
    (1, "0-----", Answer.REFUSED, Reason.ASSURANCE),
    (2, "1-0---", Answer.REFUSED, Reason.NO_AGREEMENT),
    (3, "1-10--", Answer.REFUSED, Reason.PROJECT),
    (4, "1-110-", Answer.REFUSED, Reason.OPT_OUT_STALE),
    (5, "11111-", Answer.ABSENT, Reason.LAW_BAR),
    (6, "101111", Answer.ABSENT, Reason.OPTED_OUT),
    (7, "101110", Answer.PERMIT, None),
)
ENGLAND = {"england": {"opt_outs": [{"id": "national", "max_age": "P7D"}, {"id": "type1"}]}}


def _use_of(bits: str):
    assured, barred, shared, dated, fresh, out = (one == "1" for one in bits)
    made = clause(
        to=(BUREAU,), roles=(Role.AN,), purpose=Purpose.PLANNING, headings={Heading.PRB: "D"},
        ties=(), actions=(Action.AGGREGATE,), break_glass=SHUT,
        opt_out={"national": "apply", "type1": "apply"},
    )  # fmt: skip
    until = "2027-04-30" if dated else "2026-11-21"
    project = {"ref": "p1", "approvals": [{"by": "dac", "at": "2026-04-08", "until": until}]}
    held = [agreement(made, kind="secondary-use", project=project)] if shared else []
    asked = context(
        Role.AN, BUREAU, purpose=Purpose.PLANNING, action=Action.AGGREGATE, project="p1",
        is_assured=assured, opt_outs_at=NOW - (6 if fresh else 8) * DAY,
    )  # fmt: skip
    labels = [Label.VERY_RESTRICTED] * barred
    return (
        world(*held, jurisdictions=ENGLAND),
        asked,
        stranger(is_opted_out=out),
        thing(Heading.PRB, *labels),
    )


@pytest.mark.parametrize("row", SECONDARY, ids=lambda row: f"row-{row[0]}")
def test_every_combination_of_a_row_of_uses_beyond_care_has_its_outcome(row) -> None:
    _number, pattern, answer, why = row
    found = {}
    for bits in ("".join(each) for each in product("01", repeat=6)):
        if _fits(pattern, bits):
            held, asked, person, entry = _use_of(bits)
            if bits[1] == "1":
                # A bar stands before the ceiling of labels only where somebody is cared for.
                held = _let_through(held)
            said = decide(held, asked, person, entry)
            found[bits] = (said.answer, said.reason)
    assert found == dict.fromkeys(found, (answer, why))


def _let_through(held):
    wide = [
        replace(one, clauses=tuple(replace(c, labels=frozenset(Label)) for c in one.clauses))
        for one in held.agreements
    ]
    return replace(held, agreements=tuple(wide))


def test_the_list_of_opt_outs_is_stale_at_the_very_moment_of_its_age() -> None:
    held, asked, person, entry = _use_of("101110")
    on_time = replace(asked, opt_outs_at=NOW - 7 * DAY + timedelta(seconds=1))
    late = replace(asked, opt_outs_at=NOW - 7 * DAY)
    never = replace(asked, opt_outs_at=None)
    said = [decide(held, one, person, entry).reason for one in (on_time, late, never)]
    assert said == [None, Reason.OPT_OUT_STALE, Reason.OPT_OUT_STALE]


def test_direct_care_knows_nothing_of_opt_outs() -> None:
    held = world(agreement(clause()))
    assert decide(held, context(), about(is_opted_out=True), thing()).answer is Answer.PERMIT


def test_a_consent_is_no_answer_to_a_dissent() -> None:
    person = about(choices=(consent(to=frozenset({ACUTE})), dissent()))
    assert decide(world(agreement(clause())), context(), person, thing()).reason is Reason.DISSENT
