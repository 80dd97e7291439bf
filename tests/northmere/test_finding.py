"""Looking for the people of Northmere, as the national demographic service answers: M1 to M27.

Each practice asks as itself and finds its own people. Source: reference/identity.md 16.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.lib.door import Door, make_door, problems
from tests.lib.finding import NHS, find, grades, home, match, number, someone, too_many, whom
from tests.lib.northmere import Northmere
from tests.northmere.conftest import Record

# The first of them waits until a month of everything has come in.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ASHGROVE, MILLBECK = "nm-ashgrove/finder", "nm-millbeck/finder"
TARNSIDE, ACUTE = "nm-tarnside-health/finder", "nm-acute/finder"
COUNCIL, HOUSE = "nm-council/finder", "nm-larchwood/finder"
FUZZY = ("_fuzzy-match", "true")
HISTORY = ("_history", "true")


@dataclass
class Desk:
    """Somebody at each organisation who looks for people, and who they really are."""

    door: Door
    true: dict[str, set[str]]

    def names(self, answer: Any) -> list[str]:
        """The people in an answer by their true keys; each is one person only."""
        found = []
        for patients in whom(answer):
            keys = set[str]().union(*(self.true[one] for one in patients))
            assert len(keys) == 1, keys
            found += keys
        return found

    def found(self, by: str, *pairs: tuple[str, str], **words: str) -> list[str]:
        return self.names(find(self.door, *pairs, by=by, **words))

    def fuzzy(self, by: str, *pairs: tuple[str, str], **words: str) -> list[str]:
        return self.found(by, FUZZY, *pairs, **words)


@pytest.fixture(scope="module")
def desk(region: Northmere, day28: Record) -> Desk:
    door = make_door(region.database)
    true: dict[str, set[str]] = defaultdict(set)
    for (person, organisation), subjects in day28.subjects.items():
        for subject in subjects:
            for entry in day28.by_subject[subject]:
                if entry.type == "Patient" and entry.organisation == organisation:
                    true[entry.id].add(person.partition("-h0")[0].partition("-h1")[0])
    return Desk(door, true)


def _postcode(code: str) -> tuple[str, str]:
    return ("address-postcode", code)


def test_m1_names_may_be_exchanged(desk: Desk) -> None:
    edna = {"family": "Edna", "given": "Hartley", "gender": "female", "birthdate": "1941-07-09"}
    assert desk.fuzzy(ASHGROVE, _postcode("XR1 4AB"), **edna) == ["edna-hartley"]
    jin = {"family": "Jin", "given": "Xiaoling", "birthdate": "1962-08-05"}
    turned = {"family": "Xiaoling", "given": "Jin", "birthdate": "1962-08-05"}
    for words in (jin, turned):
        assert desk.fuzzy(MILLBECK, _postcode("XR2 5KM"), **words) == ["jin-xiaoling"]


def test_m2_a_birth_date_may_be_a_little_wrong(desk: Desk) -> None:
    edna = {"family": "Hartley", "given": "Edna", "gender": "female"}
    for born in ("1941-09-07", "1941-07-08", "1941-08-09"):
        assert desk.fuzzy(ASHGROVE, _postcode("XR1 4AB"), birthdate=born, **edna) == [
            "edna-hartley"
        ]


def test_m3_m24_m25_what_is_wrong_is_named(desk: Desk) -> None:
    for words, text in (
        (
            {"family": "Hartley", "birthdate": "19410709"},
            "Invalid value - '19410709' in field 'birthdate'",
        ),
        (
            {"family": "Hartley", "birthdate": "1941-07-09", "year": "1941"},
            "Additional properties are not allowed ('year' was unexpected)",
        ),
        ({"family": "Hartley"}, "Missing value - 'birthdate'"),
    ):
        answer = find(desk.door, by=ASHGROVE, **words)
        assert answer.status_code == 400
        assert answer.json["issue"][0]["details"]["text"] == text
    assert find(desk.door, by=ASHGROVE, birthdate="1941-07-09").status_code == 400
    assert find(desk.door, by=ASHGROVE).status_code == 400


def test_m4_given_names_come_in_any_order(desk: Desk) -> None:
    maria = {"family": "García Fernández", "birthdate": "1975-03-19"}
    given = (("given", "José"), ("given", "María"))
    assert desk.found(MILLBECK, *given, **maria) == ["maria-jose-garcia-fernandez"]


def test_m5_a_short_name_is_not_certain(desk: Desk) -> None:
    asked = someone("Hartley", "Ed", born="1941-07-09")
    assert whom(match(desk.door, asked, by=ASHGROVE, certain=True)) == []
    assert desk.found(ASHGROVE, family="Hartley", given="Ed", birthdate="1941-07-09") == []


def test_m6_a_star_is_not_fuzzy(desk: Desk) -> None:
    words = {"family": "Hartley", "given": "Ed*", "birthdate": "1941-07-09"}
    assert find(desk.door, FUZZY, by=ASHGROVE, **words).status_code == 400
    assert desk.found(ASHGROVE, **words) == ["edna-hartley"]


def test_m7_m8_practice_and_postcode_never_exclude(desk: Desk) -> None:
    words = {"family": "Okonkwo", "given": "Chidi", "gender": "male", "birthdate": "1954-09-03"}
    for pair in (
        ("general-practitioner", "CWG01"),
        ("general-practitioner", "CWG03"),
        _postcode("xr15ef"),
        _postcode("XR1 5EG"),
        _postcode("XR15"),
    ):
        assert desk.fuzzy(ASHGROVE, pair, **words) == ["chidi-okonkwo"], pair


def test_m9_a_pseudo_postcode_is_no_evidence(desk: Desk) -> None:
    stranger = {"family": "Quillon", "given": "Peter", "birthdate": "1984-08-09"}
    assert desk.fuzzy(ACUTE, _postcode("ZZ99 3VZ"), **stranger) == []
    sean = {"family": "O'Driscoll", "birthdate": "1984-08-08"}
    assert desk.found(ACUTE, _postcode("ZZ99 3VZ"), **sean) == []
    assert set(desk.found(ACUTE, **sean)) == {"sean-odriscoll"}


def test_m10_what_a_household_shares_tells_nobody_apart(desk: Desk) -> None:
    years = (("birthdate", "ge1940-01-01"), ("birthdate", "le1995-12-31"))
    assert too_many(find(desk.door, *years, by=MILLBECK, family="Akhtar"))


def test_m12_a_former_name_is_found_and_not_shown(desk: Desk) -> None:
    words = {"family": "Venkataraman", "given": "Priya", "birthdate": "1988-10-14"}
    answer = find(desk.door, FUZZY, _postcode("XR1 6FB"), by=ASHGROVE, **words)
    assert desk.names(answer) == ["priya-venkataraman-cole"]


def test_m13_m20_a_name_may_be_misspelt(desk: Desk) -> None:
    gwen = {"family": "Pike", "given": "Gwendolin", "birthdate": "1937-06-15"}
    assert desk.fuzzy(MILLBECK, **gwen) == ["gwendolyn-pike"]
    priya = {"family": "Venkatraman", "given": "Priya", "birthdate": "1988-10-14"}
    assert desk.fuzzy(ASHGROVE, _postcode("XR1 6FB"), **priya) == ["priya-venkataraman-cole"]


def test_m14_twins_are_both_told_and_a_forename_tells_them_apart(desk: Desk) -> None:
    both = {"family": "Rahman", "birthdate": "2016-11-11"}
    assert set(desk.found(MILLBECK, **both)) == {"aisha-rahman", "alisha-rahman"}
    assert desk.found(MILLBECK, given="Aisha", **both) == ["aisha-rahman"]
    assert too_many(find(desk.door, ("_max-results", "1"), by=MILLBECK, **both))


@pytest.mark.parametrize(
    ("by", "family", "given", "born", "person"),
    [
        (ASHGROVE, "WÓJCIK", "AGNIESZKA", "1993-04-16", "agnieszka-wojcik-nowak"),
        (ASHGROVE, "wojciknowak", "agnieszka", "1993-04-16", "agnieszka-wojcik-nowak"),
        (MILLBECK, "Garcia", "Maria Jose", "1975-03-19", "maria-jose-garcia-fernandez"),
        (MILLBECK, "Hartley Brook", "Susan", "1967-11-30", "susan-hartley-brook"),
        (MILLBECK, "Brook", "Susan", "1967-11-30", "susan-hartley-brook"),
        (MILLBECK, "prys morgan", "Dilwyn", "1980-10-27", "dilwyn-prys-morgan"),
        (TARNSIDE, "Suparman", "Suparman", "1981-12-12", "suparman"),
    ],
)
def test_m14_marks_hyphens_and_case_make_no_other_name(
    desk: Desk, by: str, family: str, given: str, born: str, person: str
) -> None:
    assert desk.found(by, family=family, given=given, birthdate=born) == [person]


def test_m15_where_a_restricted_person_is_is_never_told(desk: Desk) -> None:
    words = {"family": "Kowalczuk", "given": "Nadia", "birthdate": "1989-09-25"}
    for answer in (
        find(desk.door, by=ASHGROVE, **words),
        find(desk.door, FUZZY, by=ASHGROVE, **words),
        match(desk.door, someone("Kowalczuk", "Nadia", born="1989-09-25"), by=ASHGROVE),
    ):
        assert desk.names(answer) == ["nadia-kowalczuk"]
        person = answer.json["entry"][0]["resource"]
        assert {"address", "telecom", "generalPractitioner"}.isdisjoint(person)
        assert [one["code"] for one in person["meta"]["security"]] == ["R"]
        assert "XR9" not in answer.text
    assert desk.found(ASHGROVE, _postcode("XR9 9RF"), **words) == []
    right = someone("Kowalczuk", "Nadia", born="1989-09-25", address=[home("XR9 9RF")])
    wrong = someone("Kowalczuk", "Nadia", born="1989-09-25", address=[home("XR1 1AA")])
    found = [match(desk.door, asked, by=ASHGROVE).json["entry"] for asked in (right, wrong)]
    assert found[0] == found[1]


def test_m15_whoever_has_no_part_in_her_care_finds_nobody(desk: Desk) -> None:
    """Piotr looks for her at the care home: by name, number and postcode."""
    words = {"family": "Kowalczuk", "birthdate": "1989-09-25"}
    stranger = {"family": "Kowalczyk", "birthdate": "1989-09-24"}
    assert find(desk.door, by=HOUSE, **words).json == find(desk.door, by=HOUSE, **stranger).json
    pix = desk.door.get(
        "/Patient/$ihe-pix", query=urlencode({"sourceIdentifier": f"{NHS}|9992530030"}), by=HOUSE
    )
    assert (pix.status_code, problems(pix)) == (404, [("error", "not-found")])


@pytest.mark.parametrize("phone", ["01632960112", "+44 1632 960112", "0044 1632 960 112"])
def test_m16_a_phone_is_one_in_each_of_its_forms(desk: Desk, phone: str) -> None:
    words = {"family": "Hartley", "given": "Edna", "birthdate": "1941-07-09"}
    assert desk.found(ASHGROVE, phone=phone, **words) == ["edna-hartley"]
    assert desk.fuzzy(ASHGROVE, phone=phone, **words) == ["edna-hartley"]
    assert desk.fuzzy(ASHGROVE, _postcode("XR1 4AB"), phone="01632960119", **words) == [
        "edna-hartley"
    ]


def test_m17_m18_middle_names_and_initials_are_understood(desk: Desk) -> None:
    words = {"family": "Hartley", "birthdate": "1941-07-09"}
    assert desk.found(ASHGROVE, given="May", **words) == ["edna-hartley"]
    assert desk.fuzzy(ASHGROVE, given="Edna M", **words) == ["edna-hartley"]


def test_m22_a_sex_that_is_not_asked_leaves_nobody_out(desk: Desk) -> None:
    words = {"family": "Ashdown", "birthdate": "1994-06-30"}
    assert desk.found(MILLBECK, **words) == desk.found(MILLBECK, gender="other", **words)


def test_m23_spans_and_stars_are_taken(desk: Desk) -> None:
    colin = {"family": "Hartley", "birthdate": "1939-02-27"}
    died = (("death-date", "ge2025-01-01"), ("death-date", "le2025-12-31"))
    assert desk.found(ASHGROVE, *died, **colin) == ["colin-hartley"]
    assert desk.found(ASHGROVE, ("death-date", "le2024-12-31"), **colin) == []
    years = (("birthdate", "ge1941-01-01"), ("birthdate", "le1941-12-31"))
    assert desk.found(ASHGROVE, *years, family="Hartley") == ["edna-hartley"]
    assert desk.found(ASHGROVE, _postcode("XR1*"), **colin) == ["colin-hartley"]
    assert desk.found(ASHGROVE, ("general-practitioner", "CWG01"), **colin) == ["colin-hartley"]
    assert desk.found(ASHGROVE, ("general-practitioner", "CWG02"), **colin) == []


def test_a_father_and_his_son_of_one_name_are_two(desk: Desk) -> None:
    words = {"family": "McAllister", "given": "John"}
    assert desk.found(TARNSIDE, birthdate="1947-05-03", **words) == ["john-mcallister-sr"]
    assert desk.found(TARNSIDE, birthdate="1973-05-03", **words) == ["john-mcallister-jr"]
    senior = someone("McAllister", "John", born="1947-05-03", address=[home("XR5 3EE")])
    assert desk.names(match(desk.door, senior, by=TARNSIDE))[0] == "john-mcallister-sr"


def test_m26_all_that_is_asked_must_hold_but_a_match_still_weighs_it(desk: Desk) -> None:
    words = {"family": "Hartley", "given": "Edna", "birthdate": "1941-07-09"}
    wrong = {"email": "another@example.org", "phone": "01632960112"}
    assert desk.found(ASHGROVE, **words, **wrong) == []
    telecom = [
        {"system": "email", "value": wrong["email"]},
        {"system": "phone", "value": wrong["phone"]},
    ]
    asked = someone("Hartley", "Edna", born="1941-07-09", telecom=telecom)
    assert desk.names(match(desk.door, asked, by=ASHGROVE))[0] == "edna-hartley"


@pytest.mark.attack(71)
def test_m27_a_sealed_identity_is_as_a_stranger(desk: Desk) -> None:
    """Leo Barrow at the council's children's service."""
    words = {"family": "Barrow", "given": "Leo", "birthdate": "2018-02-14"}
    strange = {"family": "Barrowman", "given": "Lou", "birthdate": "2018-02-15"}
    for more in ((), (FUZZY,), (HISTORY,)):
        sealed = find(desk.door, *more, by=COUNCIL, **words)
        assert sealed.json == find(desk.door, *more, by=COUNCIL, **strange).json
    exact = someone("Barrow", "Leo", born="2018-02-14", identifier=[number("9997000005", "02")])
    stranger = someone("Barrowman", "Lou", born="2018-02-15")
    assert match(desk.door, exact, by=COUNCIL).json == match(desk.door, stranger, by=COUNCIL).json


def test_a_number_and_a_birth_date_are_one_certain_match(desk: Desk) -> None:
    asked = someone("Hartley", "E", born="1941-07-09", identifier=[number("9990001014", "02")])
    answer = match(desk.door, asked, by=ASHGROVE, certain=True)
    assert (desk.names(answer), grades(answer)) == (["edna-hartley"], ["certain"])


def test_a_number_leads_to_the_records_of_the_asker(desk: Desk) -> None:
    query = urlencode({"sourceIdentifier": f"{NHS}|9990001014"})
    for by, system in ((ASHGROVE, "nm-ashgrove:record"), (ACUTE, "nm-acute:mrn")):
        answer = desk.door.get("/Patient/$ihe-pix", query=query, by=by)
        systems = [
            one["valueIdentifier"]["system"]
            for one in answer.json["parameter"]
            if one["name"] == "targetIdentifier"
        ]
        assert systems
        assert all(one.endswith(system) for one in systems), systems
