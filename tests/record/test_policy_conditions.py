"""Each condition of a branch holds for every way out, at its very boundary."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from careweave.record import Kept, Link, clear, kinds, link, read, search, subjects, tied, timeline
from careweave.record._nodes import Search
from careweave.terms import (
    Branch,
    Cohort,
    Heading,
    Label,
    PersonId,
    Purpose,
    Tie,
    TieTest,
    months_before,
    years_before,
)
from tests.record.finding import code, has, key, observe, of, patient, to_patient
from tests.record.lib import START, Desk, other, sql
from tests.record.sights import AT, CASELOAD, DAY, PERSON, Two, later, proof

A_MOMENT = timedelta(microseconds=1)
FIRST = next(iter(Label))


@pytest.fixture
def two(session):
    """A practice with one entry, and a ward."""
    made = Two(session)
    made.gp.create("o1")
    return made


def choose(two, kind, subject=None, **columns):
    """Writes a choice of the person."""
    values = {"subject": subject or two.gp.subject, "rid": 1, "place": 1, "kind": kind, **columns}
    names, given = ", ".join(values), ", ".join(map(str, values.values()))
    sql(two.session, f"INSERT INTO record.choice ({names}) VALUES ({given}) RETURNING 1")


def org(two, slug):
    """The number of an organisation that ties name."""
    return sql(two.session, f"SELECT org FROM record.org WHERE slug = '{slug}'")[0][0]


def test_without_a_condition_all_is_seen_and_without_a_branch_nothing(two):
    assert two.sees(two.branch()) == {"o1"}
    assert two.sees() == set()


def test_a_tie_of_the_asker_is_asked_for(two):
    assert two.sees(two.branch(ties=CASELOAD)) == set()
    two.ties(proof())
    assert two.sees(two.branch(ties=CASELOAD)) == {"o1"}
    assert two.sees(two.branch(ties=(TieTest(Tie.ENQUIRY),))) == set()
    assert two.sees(two.branch(ties=(TieTest(Tie.ENQUIRY), TieTest(Tie.CASELOAD)))) == {"o1"}
    assert two.sees(two.branch(ties=())) == set()


def test_a_tie_of_another_organisation_does_not_count(two):
    two.ties(proof(org="council"))
    assert two.sees(two.branch(ties=CASELOAD)) == set()
    assert two.sees(two.branch(ties=CASELOAD), known_as=frozenset()) == set()
    assert two.sees(two.branch(ties=CASELOAD), known_as=frozenset({"council"})) == {"o1"}


def test_a_tie_counts_by_any_name_of_the_organisation(two):
    two.ties(proof(org="Organization/ward-1"))
    names = frozenset({"ward", "Organization/ward-1"})
    assert two.sees(two.branch(ties=CASELOAD)) == set()
    assert two.sees(two.branch(ties=CASELOAD), known_as=names) == {"o1"}


def test_a_tie_of_one_subject_reaches_all_of_the_person_and_no_others(two):
    two.ties(proof())
    assert two.sees(two.branch(ties=CASELOAD)) == {"o1"}
    two.linked(PersonId(UUID(int=8)))
    assert two.sees(two.branch(ties=CASELOAD)) == set()
    two.linked(None)
    assert two.sees(two.branch(ties=CASELOAD)) == set()


def test_a_subject_without_a_person_stands_for_itself(two):
    two.linked(None)
    two.gp.create("e1", type="EpisodeOfCare", ties=(proof(),))
    assert two.sees(two.branch(ties=CASELOAD)) == {"o1"}


@pytest.mark.parametrize(
    ("since", "until", "grace", "counts"),
    [
        (AT, None, DAY * 0, True),
        (AT + A_MOMENT, None, DAY * 9, False),
        (START, AT, DAY * 0, False),
        (START, AT + A_MOMENT, DAY * 0, True),
        (START, later(-7), DAY * 7, False),
        (START, later(-7) + A_MOMENT, DAY * 7, True),
    ],
)
def test_a_tie_lives_from_its_beginning_up_to_its_end_and_grace(two, since, until, grace, counts):
    two.ties(proof(since=since, until=until))
    branch = two.branch(ties=(TieTest(Tie.CASELOAD, grace),))
    assert two.sees(branch) == ({"o1"} if counts else set())


def test_the_grace_of_one_kind_is_not_that_of_another(two):
    two.ties(proof(until=later(-5)))
    tests = (TieTest(Tie.CASELOAD, DAY), TieTest(Tie.ENCOUNTER, DAY * 30))
    assert two.sees(two.branch(ties=tests)) == set()


def test_what_ended_longer_ago_than_asked_is_not_current(two):
    for name, days in (("o2", -90), ("o3", -89), ("o4", 1)):
        two.gp.create(name, live_until=later(days))
    two.gp.create("o5", live_until=later(-90) + A_MOMENT)
    assert two.sees(two.branch(current_days=90)) == {"o1", "o3", "o4", "o5"}
    assert two.sees(two.branch(current_days=0)) == {"o1", "o4"}


def test_only_what_is_no_longer_current_has_a_horizon(two):
    edge = months_before(AT, 12)
    two.gp.create("o2", low=edge, live_until=edge)
    two.gp.create("o3", low=edge - A_MOMENT, live_until=edge)
    two.gp.create("o4", low=edge - DAY * 999)
    two.gp.create("o5", low=edge - DAY, live_until=AT)
    two.gp.create("o6", live_until=AT - DAY * 600)
    assert two.sees(two.branch(months_back=12)) == {"o1", "o2", "o4", "o5", "o6"}
    assert two.sees(two.branch(months_back=None)) == {"o1", "o2", "o3", "o4", "o5", "o6"}


def test_a_horizon_counts_calendar_months():
    assert months_before(AT.replace(month=3, day=31), 1).day == 28
    assert months_before(AT.replace(year=2028, month=3, day=31), 1).day == 29
    assert months_before(AT.replace(month=1, day=31), 14) == AT.replace(
        year=AT.year - 2, month=11, day=30
    )
    assert years_before(date(2028, 2, 29), 18) == date(2010, 2, 28)


def test_what_is_to_be_cleared_is_shown_once_this_version_was_released(two):
    branch = two.branch(is_cleared=True)
    own = frozenset({two.gp.source})
    assert two.sees(branch) == set()
    others = frozenset({two.ward.source})
    for sources, version in ((others, 1), (own, 2)):
        given = [("Observation", "o1", version)]
        assert clear(two.session, given, sources=sources, at=AT, actor="x") == 0
    assert clear(two.session, [], sources=own, at=AT, actor="x") == 0
    assert clear(two.session, [("Observation", "o1", 1)], sources=own, at=AT, actor="x") == 1
    assert two.sees(branch) == {"o1"}
    two.gp.update("o1", "b", at=START + DAY)
    assert two.sees(branch) == set()


def test_persons_narrow_to_the_entries_of_these_now(two):
    assert two.sees(two.branch(persons=frozenset({PERSON}))) == {"o1"}
    assert two.sees(two.branch(persons=frozenset({PersonId(UUID(int=8)), PERSON}))) == {"o1"}
    assert two.sees(two.branch(persons=frozenset({PersonId(UUID(int=8))}))) == set()
    assert two.sees(two.branch(persons=frozenset())) == set()
    two.linked(PersonId(UUID(int=8)))
    assert two.sees(two.branch(persons=frozenset({PERSON}))) == set()


def test_nothing_of_who_stands_besides_is_seen_by_any_branch(two):
    two.ties(proof())
    own = replace(two.branch(is_own=True), headings=frozenset(Heading))
    for branches in ((own,), (two.branch(), two.branch(ties=CASELOAD)), (two.branch(newest=9),)):
        assert two.sees(*branches, besides=PersonId(UUID(int=8))) == {"o1"}
        assert two.sees(*branches, besides=PERSON) == set()
    two.linked(None)
    assert two.sees(own, besides=PERSON) == {"o1"}
    of_both(two, two.ward.subject)
    assert two.sees(own, besides=PERSON) == {"o1"}


def test_a_frozen_subject_is_shown_to_its_own_organisation_alone(two):
    two.linked(frozen=True)
    assert two.sees(two.branch()) == set()
    assert two.sees(two.branch(is_own=True)) == {"o1"}
    assert two.sees(two.branch(is_own=True, months_back=3)) == {"o1"}


def test_reference_data_is_about_nobody_and_of_a_kind_that_others_refer_to(two):
    shelf = subjects(two.session, "gp", [""])[""]
    for name, type_, subject, heading in (
        ("x1", "Organization", shelf, None),
        ("x2", "Organization", two.gp.subject, None),
        ("x3", "Organization", shelf, Heading.INV),
        ("x4", "Provenance", shelf, None),
    ):
        two.gp.create(name, type=type_, subject=subject, heading=heading)
    sources = frozenset({two.gp.source})
    reference = Branch(sources, frozenset({None}), clause="a@1/c", is_reference=True)
    everything = two.branch(headings=frozenset({None, *Heading}))

    def seen(branch):
        sight = two.sight(branch)
        types = {"x1": "Organization", "x2": "Organization", "x3": "Organization"}
        types |= {"x4": "Provenance"}
        return {id_ for id_, name in types.items() if read(two.session, name, id_, sight=sight)}

    assert seen(reference) == {"x1"}
    assert seen(replace(reference, is_own=True)) == {"x1", "x4"}
    assert seen(everything) == {"x2"}
    assert seen(replace(everything, is_own=True, months_back=1)) == {"x1", "x2", "x3", "x4"}
    assert seen(replace(everything, is_own=True, ties=CASELOAD)) == set()


def test_a_tie_of_nobody_opens_no_shelf(two):
    shelf = subjects(two.session, "gp", [""])[""]
    nobody = other(two.gp, shelf)
    nobody.create("v9", type="Encounter", ties=(proof(),))
    nobody.create("o9")
    for branch in (two.branch(ties=CASELOAD), two.branch(ties=CASELOAD, is_own=True)):
        assert read(two.session, "Observation", "o9", sight=two.sight(branch)) is None


@pytest.mark.parametrize(
    ("cohort", "belongs"),
    [
        (Cohort(), True),
        (Cohort(registered_with=frozenset({"gp"})), True),
        (Cohort(registered_with=frozenset({"gp2", "unheard-of"})), False),
        (Cohort(registered_with=frozenset({"unheard-of"})), False),
        (Cohort(residents_of=frozenset({"home"})), True),
        (Cohort(residents_of=frozenset({"gp"})), False),
        (Cohort(tie_kinds=frozenset({Tie.CASELOAD, Tie.ENQUIRY})), True),
        (Cohort(tie_kinds=frozenset({Tie.ENQUIRY})), False),
        (Cohort(tie_kinds=frozenset({Tie.RESIDENCE})), False),
        (Cohort(age_from=65), True),
        (Cohort(age_from=66), False),
        (Cohort(age_below=66), True),
        (Cohort(age_below=65), False),
        (Cohort(age_from=60, age_below=70, address_in=frozenset({"NM1", "NM2"})), True),
        (Cohort(address_in=frozenset({"NM2"})), False),
        (Cohort(registered_with=frozenset({"gp"}), age_below=65), False),
        (Cohort(registered_with=frozenset({"gp"}), residents_of=frozenset({"home"})), True),
    ],
)
def test_a_cohort_asks_for_everything_that_it_names(two, cohort, belongs):
    two.gp.create("p1", type="Patient", ties=(proof("registration", "gp"),))
    two.ties(proof("residence", "home"), proof("caseload", "ward"), proof("caseload", "gp2"))
    born = years_before(AT.date(), 65)
    sql(
        two.session,
        "INSERT INTO record.trait (subject, rid, born, outward)"
        f" VALUES ({two.ward.subject}, 1, '{born}', 'NM1') RETURNING 1",
    )
    assert two.sees(two.branch(cohort=cohort)) == ({"o1"} if belongs else set())


def test_a_tie_that_has_ended_makes_nobody_a_member(two):
    two.ties(proof("registration", "gp", until=AT))
    assert two.sees(two.branch(cohort=Cohort(registered_with=frozenset({"gp"})))) == set()


def test_somebody_of_whom_no_birth_is_known_is_of_no_age(two):
    assert two.sees(two.branch(cohort=Cohort(age_from=0))) == set()
    assert two.sees(two.branch(cohort=Cohort(age_below=200))) == set()


def test_nothing_moves_when_the_day_changes_elsewhere(two):
    born = date(1960, 7, 2)
    sql(
        two.session,
        "INSERT INTO record.trait (subject, rid, born)"
        f" VALUES ({two.gp.subject}, 1, '{born}') RETURNING 1",
    )
    branch = two.branch(cohort=Cohort(age_from=65))
    # 23:30 UTC on 1 July is 00:30 on 2 July in London.
    moment = AT.replace(year=2025, month=7, day=1, hour=23, minute=30)
    assert two.sees(branch, at=moment) == {"o1"}
    assert two.sees(branch, at=moment - timedelta(hours=1)) == set()


DENIES = {
    "all": ({}, True),
    "ended": ({"until": f"'{AT}'"}, False),
    "ends now": ({"until": f"'{AT + A_MOMENT}'"}, True),
    "begins now": ({"since": f"'{AT}'"}, True),
    "begins later": ({"since": f"'{AT + A_MOMENT}'"}, False),
    "to others": ({"to_orgs": "ARRAY[-1]", "to_others": "FALSE"}, False),
    "to all but us": ({"to_orgs": "(SELECT array_agg(org) FROM record.org)"}, False),
    "to this user": ({"users": "ARRAY['nurse']", "user_others": "FALSE"}, True),
    "to another user": ({"users": "ARRAY['x']", "user_others": "FALSE"}, False),
    "to all but this user": ({"users": "ARRAY['nurse']"}, False),
    "for this purpose": ({"purposes": "1", "purpose_others": "FALSE"}, True),
    "for another": ({"purposes": "2", "purpose_others": "FALSE"}, False),
    "for all but this": ({"purposes": "1"}, False),
    "this heading": ({"headings": f"{1 << (list(Heading).index(Heading.INV) + 1)}"}, True),
    "another heading": ({"headings": f"{1 << (list(Heading).index(Heading.MED) + 1)}"}, False),
    "from here": ({"from_org": "'gp'"}, True),
    "from elsewhere": ({"from_org": "'ward'"}, False),
    "this label": ({"labels": "1"}, True),
    "another label": ({"labels": "2"}, False),
    "in these dates": ({"data_since": f"'{START}'", "data_until": f"'{START + DAY}'"}, True),
    "before them": ({"data_since": f"'{START + A_MOMENT}'"}, False),
    "outside them": ({"data_since": f"'{START + A_MOMENT}'", "data_outside": "TRUE"}, True),
    "this entry": ({"ids": "ARRAY[(SELECT rt::text FROM record.resource WHERE id = 'o1') || '/o1']", "id_others": "FALSE"}, True),
    "another entry": ({"ids": "ARRAY['1/o1']", "id_others": "FALSE"}, False),
    "this author": ({"authors": "ARRAY[77]", "author_others": "FALSE"}, True),
    "all authors but this": ({"authors": "ARRAY[77]"}, False),
}  # fmt: skip


@pytest.mark.parametrize("name", DENIES)
def test_a_denial_holds_where_all_that_it_says_matches(session, name):
    columns, denies = DENIES[name]
    two = Two(session)
    two.gp.create("o1", labels=frozenset({FIRST}), tok=(77,))
    two.ties(proof())
    choose(two, 1, **columns)
    branch = two.branch(honours_dissent=True)
    assert two.sees(branch) == (set() if denies else {"o1"})
    assert two.sees(replace(branch, honours_dissent=False)) == {"o1"}


def test_a_denial_to_us_by_any_name_holds(two):
    two.ties(proof(org="Organization/ward-1"))
    number = org(two, "Organization/ward-1")
    choose(two, 1, to_orgs=f"ARRAY[{number}]", to_others="FALSE")
    branch = two.branch(honours_dissent=True)
    names = frozenset({"ward", "Organization/ward-1"})
    assert two.sees(branch) == {"o1"}
    assert two.sees(branch, known_as=names) == set()


def test_a_denial_by_one_subject_holds_for_all_of_the_person(two):
    choose(two, 1, two.ward.subject)
    assert two.sees(two.branch(honours_dissent=True)) == set()
    two.linked(None)
    assert two.sees(two.branch(honours_dissent=True)) == {"o1"}


def test_an_emergency_lifts_what_may_be_lifted_alone(two):
    branch = two.branch(honours_dissent=True, lifts_dissent=True)
    choose(two, 1)
    assert two.sees(branch) == {"o1"}
    choose(two, 1, rid=2, is_liftable="FALSE")
    assert two.sees(branch) == set()


def test_who_is_not_known_is_denied_by_what_is_for_everybody(two):
    choose(two, 1)
    nobody = {"known_as": frozenset(), "user": "", "purpose": None}
    assert two.sees(two.branch(honours_dissent=True), **nobody) == set()


def test_a_consent_is_asked_for_by_the_name_of_each_label(session):
    two = Two(session)
    one, second = list(Label)[:2]
    two.gp.create("o1", labels=frozenset({one, second}))
    branch = two.branch(consents=frozenset({one, second}))
    choose(two, 2, labels=0)
    assert two.sees(branch) == set()
    choose(two, 2, rid=2, labels=1)
    assert two.sees(branch) == set()
    choose(two, 1, rid=3, labels=2)
    assert two.sees(branch) == set()
    choose(two, 2, two.ward.subject, rid=4, labels=2)
    assert two.sees(branch) == {"o1"}
    assert two.sees(branch, user="x") == {"o1"}


def test_a_consent_to_others_or_for_another_purpose_is_none(session):
    two = Two(session)
    two.gp.create("o1", labels=frozenset({FIRST}))
    choose(two, 2, labels=1, purposes=1 << 10, purpose_others="FALSE")
    branch = two.branch(consents=frozenset({FIRST}))
    assert two.sees(branch) == set()
    assert two.sees(branch, purpose=Purpose.RESEARCH) == {"o1"}


@pytest.mark.parametrize(("kind", "asked"), [(2, "asks_consent"), (3, "asks_grant")])
def test_a_consent_or_grant_to_what_is_shown_may_be_asked_for(two, kind, asked):
    branch = two.branch(**{asked: True})
    assert two.sees(branch) == set()
    choose(two, 5 - kind)
    assert two.sees(branch) == set()
    choose(two, kind, rid=2, users="ARRAY['x']", user_others="FALSE")
    assert two.sees(branch) == set()
    choose(two, kind, rid=3, users="ARRAY['nurse']", user_others="FALSE")
    assert two.sees(branch) == {"o1"}


def test_a_mark_is_asked_for_by_the_class_alone(session):
    two = Two(session)
    one, second, third = list(Label)[:3]
    for name, labels in (("o1", ()), ("o2", (one,)), ("o3", (one, second)), ("o4", (third,))):
        two.gp.create(name, labels=frozenset(labels))
    marked = two.branch(marks=frozenset({one, second}))
    assert two.sees(marked) == {"o2", "o3"}
    assert two.sees(replace(marked, labels=frozenset({one}))) == {"o2"}


def of_both(two, subject, *, primary=2, **more):
    """Writes an entry about the practice's patient and another subject."""
    two.gp.create("b1", extras=(subject,), patients=("p1", "p2"), primary=primary, **more)


@pytest.mark.parametrize(
    "narrow",
    [
        {"ties": CASELOAD},
        {"persons": frozenset({PERSON})},
        {"honours_dissent": True},
        {"asks_consent": True},
        {"cohort": Cohort(tie_kinds=frozenset({Tie.CASELOAD}))},
    ],
)
def test_an_entry_about_two_people_is_seen_where_both_may_be(two, narrow):
    child = subjects(two.session, "gp", ["p2"])["p2"]
    another = PersonId(UUID(int=8))
    link(two.session, [Link(child, another, 9, START)], at=START)
    two.ties(proof())
    choose(two, 1, child)
    choose(two, 2, rid=2)
    of_both(two, child)
    assert "b1" not in two.sees(two.branch(**narrow))
    assert two.sees(two.branch(months_back=12)) == {"o1", "b1"}
    own = Branch(frozenset({two.gp.source}), two.branch().headings, two.branch().labels)
    assert two.sees(replace(own, is_own=True)) == {"o1", "b1"}
    if "honours_dissent" in narrow or "persons" in narrow:
        return
    link(two.session, [Link(child, PERSON, 10, START)], at=START)
    assert "b1" in two.sees(two.branch(**narrow))


def test_who_is_named_in_a_secondary_role_hides_nothing(two):
    child = subjects(two.session, "gp", ["p2"])["p2"]
    two.ties(proof())
    of_both(two, child, primary=1)
    two.gp.create("p1", type="Patient", extras=(child,), patients=("p1", "p2"), primary=2)
    assert two.sees(two.branch(ties=CASELOAD)) == {"o1", "b1"}
    assert two.sees(two.branch(ties=CASELOAD), type_="Patient") == {"p1"}


def test_an_entry_about_somebody_frozen_is_seen_by_no_other_organisation(two):
    child = subjects(two.session, "gp", ["p2"])["p2"]
    link(two.session, [Link(child, PERSON, 9, START, is_frozen=True)], at=START)
    of_both(two, child)
    assert two.sees(two.branch()) == {"o1"}


def dated(two, n, **more):
    """So many entries, the first the newest."""
    for place in range(n):
        two.gp.create(f"d{place}", low=AT - DAY * (place + 1), **more)


def test_the_newest_are_counted_of_what_is_otherwise_seen(session):
    two = Two(session)
    hidden = frozenset({FIRST})
    two.gp.create("h", low=AT, labels=hidden)
    dated(two, 5)
    open_ = two.branch(labels=frozenset())
    assert two.sees(replace(open_, newest=3)) == {"d0", "d1", "d2"}
    assert two.sees(replace(open_, newest=0)) == set()
    assert two.sees(two.branch(newest=3)) == {"h", "d0", "d1"}
    assert two.sees(replace(open_, newest=3, persons=frozenset())) == set()
    two.ties(proof())
    both = (replace(open_, newest=1, ties=()), replace(open_, newest=2, ties=CASELOAD))
    assert two.sees(*both) == {"d0", "d1"}


def test_the_newest_are_those_of_the_person_under_one_heading(session):
    two = Two(session)
    dated(two, 3)
    mine = other(two.gp, subjects(session, "gp", ["p2"])["p2"])
    link(session, [Link(mine.subject, PERSON, 9, START)], at=START)
    mine.create("k1", low=AT)
    two.gp.create("m1", low=AT - DAY * 99, heading=Heading.MED)
    sight = two.sight(two.branch(newest=2))
    both = [two.gp.subject, mine.subject]
    found = {row.id for row in timeline(session, both, sight=sight).rows}
    assert found == {"k1", "d0", "m1"}
    link(session, [Link(mine.subject, None, 10, START)], at=START)
    found = {row.id for row in timeline(session, [two.gp.subject], sight=sight).rows}
    assert found == {"d0", "d1", "m1"}


def test_the_newest_of_each_code(session):
    two = Two(session)
    for name, days, main in (("a1", 1, 5), ("a2", 2, 5), ("b1", 9, 6), ("n1", 3, None)):
        two.gp.create(name, low=AT - DAY * days, code=main)
    assert two.sees(two.branch(newest=1, is_per_code=True)) == {"a1", "b1", "n1"}


def test_of_two_as_new_the_first_id_counts(session):
    two = Two(session)
    for name in ("b", "a", "c"):
        two.gp.create(name, low=AT)
    assert two.sees(two.branch(newest=2)) == {"a", "b"}


def test_another_clause_ranks_for_itself(session):
    two = Two(session)
    dated(two, 3)
    two.gp.create("m", low=AT, labels=frozenset({FIRST}))
    open_ = two.branch(labels=frozenset(), newest=1)
    marked = two.branch(newest=1, clause="b@1/c")
    assert two.sees(open_, marked) == {"d0", "m"}
    assert two.sees(open_, replace(marked, clause=open_.clause)) == {"m"}


def test_the_first_branch_that_lets_a_row_out_is_told(session):
    two = Two(session)
    two.gp.create("o1")
    two.gp.create("o2", labels=frozenset({FIRST}))
    branches = (two.branch(ties=CASELOAD), two.branch(labels=frozenset()), two.branch())
    sight = two.sight(*branches)

    def told():
        found = {row.id: row for row in timeline(session, [two.gp.subject], sight=sight).rows}
        page = search(session, Search("Observation"), sight=sight, caller="a", now=AT).rows
        assert {row.id: row.via for row in page} == {id_: row.via for id_, row in found.items()}
        return {id_: row.via for id_, row in found.items()}

    assert told() == {"o1": 1, "o2": 2}
    two.ties(proof())
    assert told() == {"o1": 0, "o2": 0}
    row = read(session, "Observation", "o2", sight=sight)
    assert (row.person, row.link, row.labels) == (PERSON, 1, frozenset({FIRST}))


def test_a_hop_meets_every_condition_too(session):
    two = Two(session)
    patient(two.gp, "p1", strings=((key("name"), "smith"),))
    observe(two.gp, "o1", code=["bp"])
    branch = two.branch(headings=frozenset({Heading.INV}))
    names = two.branch(headings=frozenset({Heading.DEM}), ties=CASELOAD)
    smith = to_patient(_named("smith"))

    def found(type_, *where):
        asked = Search(type_, where)
        page = search(session, asked, sight=two.sight(branch, names), caller="a", now=AT)
        return {row.id for row in page.rows}

    assert found("Observation", smith) == set()
    assert found("Observation", smith, code("bp")) == set()
    assert found("Patient", has("Observation", code("bp"))) == set()
    assert found("Observation", of("p1")) == {"o1"}
    two.ties(proof())
    assert found("Observation", smith) == {"o1"}
    assert found("Observation", smith, code("bp")) == {"o1"}
    assert found("Patient", has("Observation", code("bp"))) == {"p1"}


def _named(text):
    from careweave.record._nodes import HasText, Span

    return HasText(key("name"), (Span(text, text + "\U0010ffff"),))


def test_without_a_moment_nothing_that_asks_for_one_is_seen(two):
    two.ties(proof())
    consent = two.branch(asks_consent=True)
    choose(two, 2)
    assert two.sees(consent) == {"o1"}
    asking = (
        two.branch(ties=CASELOAD),
        two.branch(honours_dissent=True),
        two.branch(months_back=900),
        two.branch(current_days=900),
        two.branch(cohort=Cohort()),
        consent,
    )
    for branch in asking:
        assert two.sees(branch, at=None) == set()
    assert two.sees(two.branch(), at=None) == {"o1"}


def test_kinds_say_that_something_is_there_and_no_more(two):
    two.gp.create("o2", labels=frozenset({FIRST}))
    shown = two.sight(two.branch(labels=frozenset()))
    beyond = (two.branch(ties=()), two.branch(clause="b@1/c"))

    def told(*branches, sight=shown):
        return kinds(two.session, [two.gp.subject], sight=sight, beyond=branches)

    assert told() == {Kept(Heading.INV, two.gp.source, 0)}
    assert told(*beyond) == {Kept(Heading.INV, two.gp.source, 1)}
    assert told(two.branch(labels=frozenset())) == set()
    assert told(sight=two.sight()) == set()
    assert told(*beyond, sight=two.sight()) == {Kept(Heading.INV, two.gp.source, 1)}


def test_what_is_only_not_among_the_newest_is_not_withheld(session):
    two = Two(session)
    dated(two, 3)
    shown = two.sight(two.branch(labels=frozenset(), newest=1))
    assert kinds(session, [two.gp.subject], sight=shown, beyond=(two.branch(),)) == set()
    two.gp.create("m", low=AT, labels=frozenset({FIRST}))
    told = kinds(session, [two.gp.subject], sight=shown, beyond=(two.branch(),))
    assert told == {Kept(Heading.INV, two.gp.source, 0)}
    assert len(timeline(session, [two.gp.subject], sight=shown).rows) == 1


def test_who_is_tied_is_told_for_any_subject_of_the_person(two):
    both = [two.gp.subject, two.ward.subject]
    sight = two.sight()
    assert tied(two.session, sight, both) == set()
    two.ties(proof("encounter", until=AT + A_MOMENT))
    assert tied(two.session, sight, both) == set(both)
    assert tied(two.session, replace(sight, at=AT + A_MOMENT), both) == set()
    assert tied(two.session, replace(sight, known_as=frozenset({"x"})), both) == set()
    assert tied(two.session, replace(sight, at=None), both) == set()
    assert tied(two.session, sight, []) == set()


def test_what_another_process_learns_of_organisations_is_looked_up(database):
    from careweave.db import Database

    with database.session() as session:
        two = Two(session)
        two.gp.create("o1")
        sight = two.sight(two.branch(ties=CASELOAD))
    behind = Database(database.url)
    with behind.reading() as session:
        assert read(session, "Observation", "o1", sight=sight) is None
    with database.session() as session:
        two.session = two.ward.session = session
        two.ties(proof())
    with behind.reading() as session:
        assert read(session, "Observation", "o1", sight=sight).id == "o1"
    behind.close()


def test_a_page_link_works_for_no_other_sight(two):
    from careweave.terms import CareweaveError

    dated(two, 5)
    asked = Search("Observation", (of("p1"),), count=2)
    sight = two.sight(two.branch(), two.branch(months_back=2))
    first = search(two.session, asked, sight=sight, caller="a", now=AT)
    again = replace(asked, cursor=first.next)
    assert search(two.session, again, sight=replace(sight, at=later(1)), caller="a", now=AT).rows
    others = [
        replace(sight, branches=sight.branches[:1]),
        replace(sight, branches=(two.branch(ties=CASELOAD), *sight.branches)),
        replace(sight, known_as=frozenset({"x"})),
        replace(sight, user="x"),
        replace(sight, purpose=Purpose.LEGAL),
        replace(sight, version=2),
        replace(sight, besides=PersonId(UUID(int=8))),
    ]
    for one in others:
        with pytest.raises(CareweaveError):
            search(two.session, again, sight=one, caller="a", now=AT)
    page = timeline(two.session, [two.gp.subject], sight=sight, count=2)
    for one in others:
        with pytest.raises(CareweaveError):
            timeline(two.session, [two.gp.subject], sight=one, count=2, cursor=page.next)


def test_one_sight_does_not_pay_for_another(session):
    two = Two(session)
    two.gp.create("o1")
    desk = Desk(session, "third", "r1")
    desk.create("z1")
    assert two.sees(two.branch(ties=CASELOAD)) == set()
    assert two.sees(two.branch()) == {"o1"}
    assert read(session, "Observation", "z1", sight=two.sight(two.branch())) is None
