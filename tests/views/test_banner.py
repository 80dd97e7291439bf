"""Who this is: the banner of every page, in its fixed order and words."""

import pytest

from careweave.disclosure import Mark
from careweave.terms import Heading
from careweave.views import banner
from tests.lib.shown import making, row, shown
from tests.views.test_sections import SAMPLES

HERE = making()
NHS = {"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9990000018"}
STATUS = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus"
EDNA = {
    "resourceType": "Patient",
    "identifier": [{"use": "usual", "system": "urn:local", "value": "7"}, NHS],
    "name": [
        {"use": "nickname", "given": ["May"]},
        {"use": "official", "family": "Hartley-Brook", "given": ["Edna", "May"], "prefix": ["Mrs"]},
        {"use": "maiden", "family": "Brook"},
    ],
    "birthDate": "1948-04-05",
    "gender": "female",
    "telecom": [{"system": "phone", "value": "01632 960112"}],
    "address": [{"line": ["12 Mill Lane"], "city": "Ashgrove", "postalCode": "XR1 4AB"}],
}


def of(*rows, marks=frozenset(), **changes):
    value = {name: one for name, one in {**EDNA, **changes}.items() if one is not None}
    portrait = row(Heading.DEM, value)
    return banner(shown(*rows, portrait=portrait, marks=frozenset(marks)), HERE)


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_banner_says_who_it_is() -> None:
    one = of()
    assert one.name == "HARTLEY-BROOK, Edna May (Mrs)"
    assert one.preferred == "May"
    assert one.born == "Born 05-Apr-1948 (78y)"
    assert one.sex == "Female"
    assert (one.number_label, plain(one.number)) == ("NHS No.", "999 000 0018")
    assert one.address == "12 Mill Lane, Ashgrove, XR1 4AB"
    assert one.phone == "01632 960112"
    assert one.initials == "EMH 78y"
    assert (one.is_deceased, one.is_restricted, one.notes) == (False, False, ())


def test_what_is_missing_is_not_known_and_never_blank() -> None:
    nothing = banner(shown(), HERE)
    assert nothing.born == "Born Not known"
    for said in (nothing.sex, nothing.number, nothing.address, nothing.phone):
        assert said == "Not known"
    assert nothing.name == "Name not known"


@pytest.mark.parametrize(
    ("code", "said"), [("01", "999 000 0018"), ("02", "999 000 0018 (not verified)")]
)
def test_a_number_that_nobody_verified_says_so(code: str, said: str) -> None:
    status = {"url": STATUS, "valueCodeableConcept": {"coding": [{"code": code}]}}
    assert plain(of(identifier=[{**NHS, "extension": [status]}]).number) == said


def test_a_number_of_another_country_has_its_own_label() -> None:
    chi = {"value": "3008559905", "assigner": {"display": "CHI"}}
    one = of(identifier=[chi])
    assert (one.number_label, plain(one.number)) == ("CHI No.", "300 855 9905")


def test_death_takes_the_place_of_age() -> None:
    one = of(deceasedDateTime="2026-02-03")
    assert one.born == "Born 05-Apr-1948. Died 03-Feb-2026 (age 77y)"
    assert one.is_deceased
    assert of(deceasedBoolean=True).born == "Born 05-Apr-1948. Died, date not known"
    assert not of(deceasedBoolean=False).is_deceased


def test_a_newborn_is_told_in_hours_with_its_birth_order() -> None:
    born = {"extension": [{
        "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
        "valueDateTime": "2026-04-04T08:42:00Z",
    }]}  # fmt: skip
    one = of(birthDate="2026-04-04", _birthDate=born, multipleBirthInteger=2)
    assert one.born == "Born 04-Apr-2026 (25h)"
    assert "Multiple birth: number 2" in one.notes


def test_an_unborn_child_is_expected() -> None:
    assert of(birthDate="2026-05-30").born == "Expected 30-May-2026"


def test_a_protected_address_names_the_team_to_call_instead() -> None:
    one = of(marks={Mark.PROTECTED})
    assert of(address=None, telecom=None, marks={Mark.PROTECTED}).address == one.address
    assert one.is_address_withheld
    assert one.address == "Address withheld. Ask Riverside Surgery, 01632 960001"
    assert one.is_restricted
    assert any("Protected address" in note for note in one.notes)


@pytest.mark.parametrize("mark", [Mark.WATCHED, Mark.UNDER_REVIEW, Mark.MERGED, Mark.PROTECTED])
def test_a_mark_is_said_in_words(mark: Mark) -> None:
    assert of(marks={mark}).notes


def test_a_death_that_the_chosen_details_do_not_have_is_said_beside_them() -> None:
    assert of(marks={Mark.DECEASED}).notes == ("A source says that this person has died",)


def test_alerts_and_needs_stand_in_the_banner_with_source_and_date() -> None:
    (alert,) = of(row(Heading.ALR, SAMPLES[Heading.ALR])).alerts
    assert alert.text == "Keeps a large dog: Scene safety"
    assert (alert.source, alert.when.text) == ("Riverside Surgery", "17-Aug-2025")


def test_what_is_over_is_no_alert() -> None:
    over = {**SAMPLES[Heading.ALR], "status": "inactive"}
    assert of(row(Heading.ALR, over)).alerts == ()


def test_a_single_name_is_a_name() -> None:
    assert of(name=[{"use": "official", "given": ["Suparman"]}]).name == "Suparman"
    assert of(name=[{"text": "Suparman"}]).name == "Suparman"
