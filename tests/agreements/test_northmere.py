"""The agreements of Northmere: in order, in force, and together exactly the role matrix."""

from datetime import UTC, datetime

import pytest
import yaml

from careweave.agreements import Level, checked, in_force
from careweave.terms import Action, Heading, Purpose, Role
from tests.lib.region import REGION, ZONE, files, northmere

WORLD = northmere()
ENDS = "agr-social-prescribing"
DAY_0 = datetime(2026, 3, 16, 8, tzinfo=UTC)
FIND = Purpose.PATIENT_ADMINISTRATION
ROLES = [role for role in Role if role is not Role.SYSTEM]


def test_nothing_is_to_be_said_against_any_file():
    _, notices = checked(files(), version=1, zone=ZONE, takes_demonstration_keys=True)
    assert [one.text for one in notices] == []


@pytest.mark.parametrize("one", WORLD.agreements, ids=lambda one: one.id)
def test_every_agreement_is_in_force_when_the_story_begins(one):
    assert in_force(WORLD, one, DAY_0) == ()


def test_one_agreement_ends_with_day_28_of_the_story_at_midnight_of_the_region():
    (one,) = (each for each in WORLD.agreements if each.id == ENDS)
    last = datetime(2026, 4, 13, 22, 59, 59, tzinfo=UTC)
    assert in_force(WORLD, one, last) == ()
    # 14 April 00:00 in summer time.
    assert in_force(WORLD, one, datetime(2026, 4, 13, 23, tzinfo=UTC)) != ()


@pytest.mark.parametrize("role", ROLES)
def test_clauses_of_care_give_a_role_exactly_its_cells(role):
    given: dict[Heading, set[Level]] = {heading: set() for heading in Heading}
    for agreement in WORLD.agreements:
        for clause in agreement.clauses:
            if role in clause.roles and clause.purpose is not FIND:
                for heading, share in clause.headings.items():
                    given[heading].add(share.level)
    for heading in Heading:
        cell = WORLD.rules.matrix[role, heading]
        assert (cell in given[heading]) is (cell is not Level.NEVER), heading
        assert cell is not Level.NEVER or not given[heading], heading


def test_every_care_role_can_find_and_nobody_else():
    finders = {
        role
        for agreement in WORLD.agreements
        for clause in agreement.clauses
        if Action.FIND in clause.actions
        for role in clause.roles
    }
    assert finders == set(ROLES) - {Role.CI, Role.PX, Role.AN}


def test_nobody_searches_across_people_by_agreement():
    actions = {
        action
        for agreement in WORLD.agreements
        for clause in agreement.clauses
        for action in clause.actions
    }
    assert Action.SEARCH_MANY not in actions


def test_each_project_counts_a_cohort_that_there_is():
    for agreement in WORLD.agreements:
        if agreement.project:
            path = str(agreement.project["cohort"]).removeprefix("region/")
            cohort = yaml.safe_load((REGION / path).read_text(encoding="utf-8"))
            assert cohort["careweave"] == "cohort/1"
            assert path == f"cohorts/{cohort['id']}.yaml"
