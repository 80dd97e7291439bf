"""Who has to do with whom, what people have chosen, and who is watched over, by day 10."""

from datetime import UTC, datetime

import pytest
import yaml

from careweave import record
from careweave.terms import Heading
from tests.lib.northmere import REGION

DAY_10 = datetime(2026, 3, 26, 8, tzinfo=UTC)
EMERGENCY = datetime(2026, 3, 17, 12, 30, tzinfo=UTC)
KINDS = (
    *("registration", "encounter", "referral", "caseload", "la-episode", "enquiry"),
    *("incident", "residence", "pharmacy"),
)
TIED = {
    ("registration", "nm-ashgrove"): "edna-hartley",
    ("registration", "nm-millbeck"): "susan-hartley-brook",
    ("registration", "nm-tarnside-health"): "hugh-carrington-bass",
    ("encounter", "nm-acute"): "hugh-carrington-bass",
    ("caseload", "nm-community"): "edna-hartley",
    ("caseload", "nm-mental-health"): "dilwyn-prys-morgan",
    ("caseload", "nm-bluebell"): "edna-hartley",
    ("caseload", "nm-hospice"): "chidi-okonkwo",
    ("la-episode", "nm-council"): "edna-hartley",
    ("la-episode", "tarnside-council"): "dorothy-lumb",
    ("enquiry", "nm-council"): "callum-frayne",
    ("residence", "nm-larchwood"): "winifred-achterberg",
    ("pharmacy", "nm-beck-pharmacy"): "edna-hartley",
}
WATCHED = {"martin-hartley", "piotr-kowalczuk", "marcus-bellweather", "beatrix-thornquist"}


def names(organisation: str) -> set[str]:
    """The names under which entries know an organisation, as the region says."""
    read = yaml.safe_load((REGION / "organisations.yaml").read_text("utf-8"))["organisations"]
    one = next(each for each in read if each["id"] == organisation)
    code = f"identifier https://fhir.nhs.uk/Id/ods-organization-code|{one['code']}"
    return {organisation, code, *one.get("codes", [])}


def tied(region, kind: str, organisation: str, at: datetime) -> set[int]:
    """The subjects that an organisation has a living tie of a kind with."""
    rows = region.rows(
        "SELECT t.subject FROM record.tie AS t JOIN record.org AS o USING (org) "
        "WHERE t.kind = %(kind)s AND o.slug = ANY(%(names)s) "
        "AND t.since <= %(at)s AND t.until > %(at)s",
        kind=KINDS.index(kind) + 1,
        names=sorted(names(organisation)),
        at=at,
    )
    return {subject for (subject,) in rows}


@pytest.mark.parametrize(("kind", "organisation"), sorted(TIED))
def test_an_organisation_has_a_tie_with_whom_it_cares_for(region, day10, kind, organisation):
    person = TIED[kind, organisation]
    subjects = {one for (key, _), own in day10.subjects.items() if key == person for one in own}

    assert tied(region, kind, organisation, DAY_10) & subjects


def test_an_ambulance_has_a_tie_with_whom_it_attends_for_twelve_hours(region, day10):
    subjects = day10.subjects["edna-hartley", "nm-ambulance"]

    assert tied(region, "incident", "nm-ambulance", EMERGENCY) & subjects
    assert not tied(region, "incident", "nm-ambulance", DAY_10) & subjects


def test_the_dissent_of_a_person_arrives_from_the_practice(region, day10):
    subjects = day10.subjects["hugh-carrington-bass", "nm-tarnside-health"]

    stated = region.rows(
        "SELECT kind, headings, to_others, is_liftable FROM record.choice "
        "WHERE subject = ANY(%(subjects)s) AND kind = 1",
        subjects=sorted(subjects),
    )
    assert stated == [(1, -1, True, True)]


def test_a_dissent_may_be_towards_one_pharmacy_about_medicines_alone(region, day10):
    stated = region.rows(
        "SELECT DISTINCT o.slug, c.to_others, c.headings FROM record.choice AS c "
        "JOIN record.org AS o ON o.org = ANY(c.to_orgs) WHERE c.kind = 1"
    )

    [(slug, others, headings)] = stated
    assert slug in names("nm-beck-pharmacy")
    assert not others
    assert headings == 1 << (list(Heading).index(Heading.MED) + 1)


def test_a_proxy_acts_for_whom_the_portal_says_and_for_nobody_else(region, day10):
    subjects = day10.subjects["edna-hartley", "portal"]
    person = {
        row[0]
        for row in region.rows(
            "SELECT person FROM record.subject_person WHERE subject = ANY(%(subjects)s)",
            subjects=sorted(subjects),
        )
    }

    with region.database.reading() as session:
        named = "identifier urn:careweave:demo:portal:user|susan-hartley-brook"
        assert record.granted(session, named, DAY_10) == person
        assert record.granted(session, "susan-hartley-brook", DAY_10) == frozenset()
        assert record.granted(session, "", DAY_10) == frozenset()


def test_each_look_at_staff_and_the_well_known_is_watched(region, day10):
    watched = {
        row[0] for row in region.rows("SELECT subject FROM record.subject_fact WHERE kind = 2")
    }

    assert {key for (key, _), own in day10.subjects.items() if own & watched} == WATCHED
