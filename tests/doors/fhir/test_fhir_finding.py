"""Looking for a person, as the national demographic service answers: M1 to M27.

Source: reference/identity.md 16. The people are our own.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from careweave.db import Embedded
from tests.lib.door import Door, fresh_database, make_door
from tests.lib.finding import find, home, match, number, someone, too_many, whom

RESTRICTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "code": "R",
}
PRACTICE = {"identifier": {"system": "https://fhir.nhs.uk/Id/ods-organization-code"}}


def _practice(code: str) -> list[dict[str, Any]]:
    return [{"identifier": {**PRACTICE["identifier"], "value": code}}]


def _telecom(**values: str) -> list[dict[str, Any]]:
    return [{"system": system, "value": value} for system, value in values.items()]


PEOPLE: dict[str, dict[str, Any]] = {
    "jak": someone("Amanda", "Jak", born="1968-03-27", gender="female", address=[home("DN17 4AA")]),
    "jean": someone("Magyn", "Jean", born="1957-07-23", gender="male", address=[home("DN17 4AB")]),
    "joseph": someone(
        "Almond", "Joseph", "Damien", born="1981-06-12", gender="male", address=[home("DN18 5BB")]
    ),
    "mark": someone(
        "Poole",
        "Mark",
        born="1990-11-02",
        gender="male",
        address=[home("DN19 6CC", "4 Mill Lane")],
        generalPractitioner=_practice("CWG01"),
    ),
    "nobody": someone(
        "Quillfeather",
        "Ida",
        born="1944-02-11",
        gender="female",
        address=[home("ZZ99 7CZ", "none")],
    ),
    "edgar": someone(
        "Gwin",
        "Edgar",
        born="1972-09-30",
        gender="male",
        telecom=_telecom(email="edgar.gwin@example.org", phone="+441632960111"),
        address=[home("DN20 7DD")],
    ),
    "justin": someone(
        "Trelawney", "Justin", born="1988-08-08", gender="male", address=[home("DN21 8EE")]
    ),
    "pauline": someone(
        "Attison",
        "Pauline",
        born="1979-04-25",
        gender="female",
        address=[home("KT19 0ST", "9 Elm Way")],
        identifier=[number("4010232137")],
    ),
    "pauline-mary": someone(
        "attisón",
        "Pauline",
        "Mary",
        "Jane",
        born="1979-04-25",
        gender="female",
        address=[home("DN16 3SS", "2 Oak Row")],
        identifier=[number("4505577104")],
    ),
    "hidden": someone(
        "Stowaway",
        "Hester",
        born="1983-12-09",
        gender="female",
        address=[home("DN22 9FF", "7 Secret Street")],
        telecom=_telecom(phone="01632960222"),
        generalPractitioner=_practice("CWG02"),
        meta={"security": [RESTRICTED]},
    ),
    "willis": someone(
        "Carbonell", "Jason", "Willis", born="1965-05-05", gender="male", address=[home("DN23 1GG")]
    ),
    "toby": someone(
        "Wrexford", "Toby", "J.", born="1999-01-31", gender="male", address=[home("DN24 2HH")]
    ),
    "anne": someone(
        "Lockwood", "Anne Marie", born="1951-10-17", gender="female", address=[home("DN25 3JJ")]
    ),
    "renamed": {
        **someone("Smalls", "Horace", born="1962-07-14", gender="male", address=[home("DN26 4KK")]),
        "name": [
            {"use": "official", "family": "Smalls", "given": ["Horace"]},
            {
                "use": "old",
                "family": "Smalls",
                "given": ["Austin"],
                "period": {"end": "2015-01-01"},
            },
        ],
    },
    "bloggs": {
        **someone(
            "Rowntree", "Nell", born="1948-06-21", gender="female", address=[home("DN27 5LL")]
        ),
        "name": [
            {"use": "official", "family": "Rowntree", "given": ["Nell"]},
            {"use": "old", "family": "Bloggs", "given": ["Nell"], "period": {"end": "1999-05-01"}},
        ],
        "telecom": [
            {"system": "email", "value": "nell.new@example.org"},
            {"system": "email", "value": "nell.old@example.org", "use": "old"},
        ],
    },
    "four-m": someone("Quadrant", "Alby", born="1970-10-10", gender="male"),
    "four-f": someone("Quadrant", "Bessie", born="1970-10-10", gender="female"),
    "four-u": someone("Quadrant", "Corin", born="1970-10-10", gender="unknown"),
    "four-o": someone("Quadrant", "Dorian", born="1970-10-10", gender="other"),
    **{
        f"shared-{n}": someone(
            "Huddleston", name, born=born, telecom=_telecom(email="house@example.org")
        )
        for n, (name, born) in enumerate(
            [("Rod", "1990-03-03"), ("Meg", "1990-07-07"), ("Ty", "1990-11-11")]
        )
    },
    "late": someone(
        "Ironside", "Walter", born="1930-02-03", gender="male", deceasedDateTime="2024-05-06"
    ),
}


class Room:
    """The door, and by which id each person is held there."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.ids = {name: door.made(patient)["id"] for name, patient in PEOPLE.items()}

    def names(self, answer: Any) -> list[str]:
        named = {id_: name for name, id_ in self.ids.items()}
        return [named[id_] for one in whom(answer) for id_ in one]

    def found(self, *pairs: tuple[str, str], **words: str) -> list[str]:
        return self.names(find(self.door, *pairs, **words))

    def fuzzy(self, *pairs: tuple[str, str], **words: str) -> list[str]:
        return self.found(("_fuzzy-match", "true"), *pairs, **words)

    def matched(self, family: str, *given: str, born: str, **more: Any) -> list[str]:
        return self.names(match(self.door, someone(family, *given, born=born, **more)))


@pytest.fixture(scope="module")
def room(server: Embedded, template: str) -> Iterator[Room]:
    with fresh_database(server, template) as database:
        yield Room(make_door(database))


def _address(postcode: str) -> tuple[str, str]:
    return ("address-postcode", postcode)


def test_m1_names_may_be_exchanged(room: Room) -> None:
    asked = {"family": "Jak", "given": "Amanda", "gender": "female", "birthdate": "1968-03-27"}
    assert room.fuzzy(_address("DN17 4AA"), **asked) == ["jak"]
    assert room.matched(
        "Jak", "Amanda", born="1968-03-27", gender="female", address=[home("DN17 4AA")]
    ) == ["jak"]


def test_m2_day_and_month_may_be_exchanged_or_one_wrong(room: Room) -> None:
    asked = {"family": "Magyn", "given": "Jean", "gender": "male"}
    for born in ("1957-07-24", "1957-08-23"):
        assert room.fuzzy(_address("DN17 4AB"), birthdate=born, **asked) == ["jean"]


def test_m3_a_date_is_written_as_iso_has_it(room: Room) -> None:
    answer = find(room.door, family="Magyn", birthdate="19570723")
    assert answer.status_code == 400
    issue = answer.json["issue"][0]
    assert issue["details"]["text"] == "Invalid value - '19570723' in field 'birthdate'"
    assert issue["details"]["coding"][0]["code"] == "INVALID_SEARCH_DATA"
    assert match(room.door, someone("Magyn", "Jean", born="19570723")).status_code == 400


def test_m4_given_names_come_in_any_order(room: Room) -> None:
    given = (("given", "Damien"), ("given", "Joseph"))
    assert room.found(*given, family="Almond", birthdate="1981-06-12") == ["joseph"]
    assert room.fuzzy(*given, family="Almond", birthdate="1981-06-12") == ["joseph"]
    assert room.found(family="Almond", given="Damien Joseph", birthdate="1981-06-12") == ["joseph"]


def test_m5_a_short_name_is_not_the_name(room: Room) -> None:
    asked = someone("Almond", "Joe", born="1981-06-12", address=[home("DN18 5BB")])
    assert room.names(match(room.door, asked, certain=True)) in ([], ["joseph"])
    assert (
        room.found(_address("DN18 5BB"), family="Almond", given="Joe", birthdate="1981-06-12") == []
    )


def test_m6_a_star_is_not_fuzzy(room: Room) -> None:
    words = {"family": "Almond", "given": "Joe*", "birthdate": "1981-06-12"}
    answer = find(room.door, ("_fuzzy-match", "true"), **words)
    assert answer.status_code == 400
    assert answer.json["issue"][0]["details"]["coding"][0]["code"] == "INVALID_SEARCH_DATA"
    assert room.found(family="Almond", given="Jo*", birthdate="1981-06-12") == ["joseph"]


def test_m7_the_practice_may_be_another(room: Room) -> None:
    asked = {"family": "Poole", "given": "Mark", "gender": "male", "birthdate": "1990-11-02"}
    for code in ("CWG01", "CWG09"):
        assert room.fuzzy(("general-practitioner", code), **asked) == ["mark"]
    assert room.found(("general-practitioner", "CWG01"), **asked) == ["mark"]
    assert room.found(("general-practitioner", "CWG09"), **asked) == []


def test_m8_a_postcode_never_excludes(room: Room) -> None:
    asked = {"family": "Poole", "given": "Mark", "gender": "male", "birthdate": "1990-11-02"}
    for postcode in ("dn196cc", "DN19 6CD", "D19 6C"):
        assert room.fuzzy(_address(postcode), **asked) == ["mark"]


def test_m9_a_pseudo_postcode_is_no_evidence(room: Room) -> None:
    asked = {"family": "Featherquill", "given": "Ada", "birthdate": "1944-02-12"}
    assert room.fuzzy(_address("ZZ99 7CZ"), **asked) == []
    assert room.found(_address("ZZ99 7CZ"), family="Quillfeather", birthdate="1944-02-11") == []


def test_m10_what_several_share_tells_nobody_apart(room: Room) -> None:
    between = (("birthdate", "ge1990-01-01"), ("birthdate", "le1990-12-31"))
    words = {"family": "Huddleston", "email": "house@example.org"}
    assert too_many(find(room.door, *between, **words))
    near = (("birthdate", "ge1990-03-01"), ("birthdate", "le1990-03-31"))
    assert room.found(*near, **words) == ["shared-0"]


def test_m11_an_address_may_be_mistyped(room: Room) -> None:
    words = {"family": "Gwin", "birthdate": "1972-09-30", "email": "edgar.gwyn@example.org"}
    assert room.fuzzy(given="Edgar", **words) == ["edgar"]


def test_m12_a_former_name_is_found_and_not_shown(room: Room) -> None:
    words = {"family": "Smalls", "given": "Austin", "birthdate": "1962-07-14"}
    answer = find(room.door, ("_fuzzy-match", "true"), **words)
    assert room.names(answer) == ["renamed"]
    assert "Horace" in answer.text
    assert "Austin" not in answer.text
    assert room.found(**words) == []
    assert room.found(("_history", "true"), **words) == ["renamed"]


def test_m13_a_name_may_be_misspelt(room: Room) -> None:
    words = {"family": "Trelawney", "given": "Justen", "birthdate": "1988-08-08"}
    assert room.fuzzy(**words) == ["justin"]


def test_m14_two_of_one_name_are_both_told_and_a_postcode_tells_them_apart(room: Room) -> None:
    words = {"family": "ATTSÖN", "given": "PÀULINÉ", "birthdate": "1979-04-25"}
    assert set(room.fuzzy(**words)) == {"pauline", "pauline-mary"}
    assert room.fuzzy(_address("DN16 3SS"), **words) == ["pauline-mary"]


def test_m15_where_a_restricted_person_is_is_never_told(room: Room) -> None:
    words = {"family": "Stowaway", "given": "Hester", "birthdate": "1983-12-09"}
    for answer in (
        find(room.door, **words),
        find(room.door, ("_fuzzy-match", "true"), **words),
        match(room.door, someone("Stowaway", "Hester", born="1983-12-09")),
    ):
        assert room.names(answer) == ["hidden"]
        person = answer.json["entry"][0]["resource"]
        assert {"address", "telecom", "generalPractitioner"}.isdisjoint(person)
        assert [one["code"] for one in person["meta"]["security"]] == ["R"]
        assert "Secret" not in answer.text


def test_m15_a_protected_address_is_not_searched_by(room: Room) -> None:
    words = {"family": "Stowaway", "given": "Hester", "birthdate": "1983-12-09"}
    right = find(room.door, _address("DN22 9FF"), **words)
    wrong = find(room.door, _address("DN22 9FG"), **words)
    assert room.names(right) == room.names(wrong) == []
    for postcode in ("DN22 9FF", "DN22 9FG", "XR1 1AA"):
        asked = someone("Stowaway", "Hester", born="1983-12-09", address=[home(postcode)])
        answer = match(room.door, asked)
        first = match(room.door, someone("Stowaway", "Hester", born="1983-12-09"))
        assert answer.json["entry"] == first.json["entry"]


@pytest.mark.parametrize("phone", ["+441632960111", "00441632960111", "01632 960111"])
def test_m16_a_phone_is_one_in_each_of_its_forms(room: Room, phone: str) -> None:
    words = {"family": "Gwin", "given": "Edgar", "birthdate": "1972-09-30"}
    assert room.found(phone=phone, **words) == ["edgar"]
    assert room.fuzzy(phone=phone, **words) == ["edgar"]
    assert room.fuzzy(_address("DN20 7DD"), phone="01632960112", **words) == ["edgar"]


def test_m17_a_middle_name_is_a_given_name(room: Room) -> None:
    words = {"family": "Carbonell", "given": "Willis", "birthdate": "1965-05-05"}
    assert room.found(**words) == ["willis"]
    assert room.fuzzy(**words) == ["willis"]


def test_m18_initials_and_double_names_are_understood(room: Room) -> None:
    assert room.fuzzy(family="Wrexford", given="Toby J", birthdate="1999-01-31") == ["toby"]
    assert room.fuzzy(family="Lockwood", given="Anne Marie J", birthdate="1951-10-17") == ["anne"]
    assert room.found(family="Lockwood", given="Anne Marie", birthdate="1951-10-17") == ["anne"]


def test_m20_a_former_name_may_be_misspelt(room: Room) -> None:
    words = {"family": "Blogs", "given": "Nell", "birthdate": "1948-06-21"}
    answer = find(room.door, ("_fuzzy-match", "true"), **words)
    assert room.names(answer) == ["bloggs"]
    assert "Rowntree" in answer.text
    assert "Bloggs" not in answer.text


def test_m21_a_former_address_is_found_with_history_and_not_shown(room: Room) -> None:
    words = {"family": "Rowntree", "birthdate": "1948-06-21", "email": "nell.old@example.org"}
    assert room.found(**words) == []
    answer = find(room.door, ("_history", "true"), **words)
    assert room.names(answer) == ["bloggs"]
    assert "nell.old" not in answer.text
    assert "nell.new" in answer.text


def test_m22_a_sex_that_is_not_asked_leaves_nobody_out(room: Room) -> None:
    words = {"family": "Quadrant", "birthdate": "1970-10-10"}
    assert set(room.found(**words)) == {"four-m", "four-f", "four-u", "four-o"}
    assert too_many(find(room.door, ("_max-results", "1"), **words))
    assert room.found(gender="other", **words) == ["four-o"]


def test_m23_spans_lists_and_stars_are_taken(room: Room) -> None:
    between = (("birthdate", "ge1981-06-01"), ("birthdate", "le1981-06-30"))
    assert room.found(*between, ("given", "Joseph"), ("given", "Damien"), family="Almond") == [
        "joseph"
    ]
    died = (("death-date", "ge2024-01-01"), ("death-date", "le2024-12-31"))
    assert room.found(*died, family="Ironside", birthdate="1930-02-03") == ["late"]
    before = (("death-date", "le2023-12-31"),)
    assert room.found(*before, family="Ironside", birthdate="1930-02-03") == []
    assert room.found(_address("DN17*"), family="Magyn", birthdate="1957-07-23") == ["jean"]
    assert room.found(_address("DN18*"), family="Magyn", birthdate="1957-07-23") == []


def test_m24_m25_what_is_unknown_or_too_little_is_named(room: Room) -> None:
    unknown = find(room.door, family="Magyn", birthdate="1957-07-23", year="1957")
    text = "Additional properties are not allowed ('year' was unexpected)"
    assert unknown.status_code == 400
    assert unknown.json["issue"][0]["details"]["text"] == text
    for words, code in (
        ({"birthdate": "1957-07-23"}, "MISSING_VALUE"),
        ({"family": "Magyn"}, "MISSING_VALUE"),
        ({}, "UNSUPPORTED_SERVICE"),
    ):
        answer = find(room.door, **words)
        assert answer.status_code == 400
        assert answer.json["issue"][0]["details"]["coding"][0]["code"] == code


def test_m26_all_that_is_asked_must_hold_but_a_match_still_weighs_it(room: Room) -> None:
    words = {"family": "Gwin", "given": "Edgar", "birthdate": "1972-09-30"}
    wrong = {"email": "another@example.org", "phone": "01632960111"}
    assert room.found(**words, **wrong) == []
    telecom = _telecom(email="another@example.org", phone="01632960111")
    assert room.matched("Gwin", "Edgar", born="1972-09-30", telecom=telecom) == ["edgar"]
