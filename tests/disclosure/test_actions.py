"""Which action a search is: told by what is asked, never by what is held."""

import pytest

from careweave.disclosure._actions import action_of, criteria_of
from careweave.terms import Action

NHS = "https://fhir.nhs.uk/Id/nhs-number"

ASKED = [
    ("Observation", "patient=a", Action.SEARCH_ONE),
    ("Observation", "subject=Patient/a&code=x", Action.SEARCH_ONE),
    ("Observation", "subject:Patient=a", Action.SEARCH_ONE),
    ("Observation", "patient=a,b", Action.LIST),
    ("Observation", "patient=a,b&subject=a", Action.SEARCH_ONE),
    ("Observation", "code=x", Action.LIST),
    ("Observation", "", Action.LIST),
    ("Observation", f"patient.identifier={NHS}|9990000018", Action.SEARCH_ONE),
    ("Observation", "patient.identifier=9990000018", Action.SEARCH_MANY),
    ("Observation", "patient.name=smith", Action.SEARCH_MANY),
    ("Observation", "subject:Patient.birthdate=gt1950", Action.SEARCH_MANY),
    ("Observation", "encounter.patient.name=x", Action.SEARCH_MANY),
    ("Observation", "performer.name=x", Action.SEARCH_MANY),
    ("Organization", "_has:Patient:organization:name=x", Action.SEARCH_MANY),
    ("Encounter", "_has:Observation:encounter:code=x", Action.LIST),
    ("Patient", "_id=a", Action.SEARCH_ONE),
    ("Patient", "_id=a,b", Action.LIST),
    ("RelatedPerson", "patient=a", Action.SEARCH_ONE),
    ("RelatedPerson", "name=x", Action.SEARCH_MANY),
    ("Person", "name=x", Action.SEARCH_MANY),
    ("Patient", "", Action.SEARCH_MANY),
    ("Patient", "name=smith", Action.SEARCH_MANY),
    ("Patient", "family=smith", Action.SEARCH_MANY),
    ("Patient", "family=smith&birthdate=1950-01-02", Action.FIND),
    ("Patient", "family:exact=Smith&birthdate=eq1950-01-02&gender=male&_count=5", Action.FIND),
    ("Patient", "family:contains=smi&birthdate=1950-01-02", Action.SEARCH_MANY),
    ("Patient", "family=smith*&birthdate=1950-01-02", Action.SEARCH_MANY),
    ("Patient", "family=smith,jones&birthdate=1950-01-02", Action.SEARCH_MANY),
    ("Patient", "family=smith&birthdate=1950", Action.SEARCH_MANY),
    ("Patient", "family=smith&birthdate=ge1950-01-02", Action.SEARCH_MANY),
    ("Patient", "family=smith&birthdate=ge1950-01-02&birthdate=le1950-01-02", Action.SEARCH_MANY),
    ("Patient", f"identifier={NHS}|9990000018", Action.FIND),
    ("Patient", f"identifier={NHS}|", Action.SEARCH_MANY),
    ("Patient", f"identifier={NHS}|9990000018&phone=1", Action.SEARCH_MANY),
    ("Patient", f"identifier={NHS}|9990000018&_has:Observation:patient:code=x", Action.SEARCH_MANY),
    ("Patient", f"identifier={NHS}|9990000018&_revinclude=Observation:patient", Action.SEARCH_MANY),
]


def pairs_of(query: str) -> list[tuple[str, str]]:
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(name, value) for name, _, value in parts]


@pytest.mark.parametrize(("type_name", "query", "action"), ASKED)
def test_a_search_is_the_action_that_it_asks_for(
    type_name: str, query: str, action: Action
) -> None:
    assert action_of(type_name, pairs_of(query)) is action


def test_exact_criteria_are_read_as_they_are_asked() -> None:
    found = criteria_of("Patient", pairs_of("family=Smith&birthdate=1950-01-02&gender=male"))
    assert found is not None
    assert found.family is not None
    assert (found.family.text, found.family.is_start, found.sex) == ("Smith", False, "male")
    assert found.is_dated
