"""Which medicines must not meet, and what is said of it; how the lists of a region are read."""

import pytest

from careweave.agreements.forms import Notices
from careweave.disclosure import CLINICAL, listed, read_pairs
from careweave.disclosure._pairs import Side, meetings
from careweave.terms import Role

FILES = {
    f"{CLINICAL}interactions.csv": b"""# pairs
one,other,severity,effect
simvastatin,ritonavir,severe,Muscle damage
ramipril,spironolactone,moderate,Raised potassium
allergy to penicillin,amoxicillin,severe,Allergic reaction
""",
    f"{CLINICAL}interaction-advice.csv": b"""severity,roles,action,contact,telephone
severe,PH GP,Do not give,Pharmacist,01632 960155
moderate,PH,Call first,Pharmacist,01632 960155
""",
    f"{CLINICAL}ingredients.csv": b"""system,code,ingredients
urn:x,d1,darunavir|ritonavir
""",
}
PAIRS = read_pairs(FILES, Notices())


def side(name, *substances, is_allergy=False):
    return Side(name, frozenset(substances or (name.casefold(),)), is_allergy)


SIMVASTATIN, BOOSTED = side("Simvastatin"), side("Darunavir", "darunavir", "ritonavir")
RAMIPRIL, SPIRONOLACTONE = side("Ramipril"), side("Spironolactone")


def met(shown, hidden=(), role=Role.PH):
    return meetings(PAIRS, shown, hidden, role)


def test_two_that_are_shown_are_named_with_what_may_happen():
    (found,) = met([SIMVASTATIN, BOOSTED])
    assert found.medicines == ("Darunavir", "Simvastatin")
    assert (found.severity, found.effect) == ("severe", "Muscle damage")


def test_one_that_is_hidden_leaves_severity_action_and_contact():
    (found,) = met([SIMVASTATIN], [BOOSTED])
    assert (found.medicines, found.effect) == ((), "")
    assert (found.severity, found.action) == ("severe", "Do not give")
    assert (found.contact, found.telephone) == ("Pharmacist", "01632 960155")


def test_of_each_severity_what_is_hidden_is_told_once_the_worst_first():
    found = met([SIMVASTATIN, side("Atorvastatin"), RAMIPRIL], [BOOSTED, SPIRONOLACTONE])
    assert [one.severity for one in found] == ["severe", "moderate"]


def test_two_that_are_both_hidden_tell_this_reader_nothing():
    assert met([side("Senna")], [SIMVASTATIN, BOOSTED]) == ()


def test_what_is_shown_by_another_source_is_no_secret():
    (found,) = met([SIMVASTATIN, BOOSTED], [BOOSTED])
    assert found.medicines


@pytest.mark.parametrize("role", [Role.SW, Role.CH, Role.PX, Role.CI])
def test_roles_that_are_not_listed_are_told_of_nothing_hidden(role):
    assert met([SIMVASTATIN], [BOOSTED], role) == ()
    assert met([SIMVASTATIN, BOOSTED], (), role)


def test_an_allergy_meets_what_is_listed_and_its_own_substance():
    penicillin = side("Penicillin", is_allergy=True)
    (found,) = met([penicillin, side("Amoxicillin")])
    assert found.medicines == ("Allergy to Penicillin", "Amoxicillin")
    (same,) = met([penicillin, side("Penicillin")])
    assert same.severity == "severe"


def test_a_medicine_in_no_list_is_known_by_its_own_words():
    known = {"coding": [{"system": "urn:x", "code": "d1"}], "text": "Tablet"}
    assert PAIRS.ingredients.of({"medicationCodeableConcept": known}) == {"darunavir", "ritonavir"}
    other = {"coding": [{"system": "urn:x", "code": "?"}], "text": "Senna"}
    assert PAIRS.ingredients.of({"medicationCodeableConcept": other}) == {"senna"}
    assert PAIRS.ingredients.of({"resourceType": "List"}) == frozenset()


@pytest.mark.parametrize(
    ("body", "line", "word"),
    [
        (b"one,two\n1,2\n", 1, "first row"),
        (b"# said\nheading,b\nMED,1\nMED\n", 4, "1 cells"),
        (b"heading,b\nMEDD,1\n", 2, "no heading"),
        (b"heading,b\n\xff\n", 1, "UTF-8"),
    ],
)
def test_a_fault_in_a_list_names_its_file_line_and_remedy(body, line, word):
    notices = Notices()
    rows = listed(
        {f"{CLINICAL}x.csv": body}, "x.csv", ("heading", "b"), notices, headings="heading"
    )
    (notice,) = notices.told()
    assert (notice.file, notice.line) == (f"{CLINICAL}x.csv", line)
    assert word in notice.message
    assert notice.remedy
    assert len(rows) <= 1
