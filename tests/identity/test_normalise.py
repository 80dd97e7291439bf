"""Normalisation: reference/identity.md section 4, and the names of people.md."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.identity._compose import compose
from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._fold import fold
from careweave.identity._nicknames import is_nickname, known_forenames, nicknames
from careweave.identity._norm import Norm
from careweave.identity._normalise import n_usable, normalise
from careweave.identity._pack import pack, unpack
from careweave.identity._rules import Rules, rules
from careweave.identity._sounds import skeleton, sound

TODAY = date(2026, 3, 16)
NHS = "https://fhir.nhs.uk/Id/nhs-number"
CHI = "https://fhir.nhs.scot/Id/chi-number"


def norm(written: Demographics, known: Rules | None = None) -> Norm:
    return normalise(written, known or rules(), today=TODAY)


def named(family: str, *given_names: str, use: str = "", is_past: bool = False) -> WrittenName:
    return WrittenName(family, given_names, use, is_past)


def of_name(family: str, *given_names: str) -> Norm:
    return norm(Demographics(names=(named(family, *given_names),)))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("O'Brien", "obrien"),
        ("O\u2019BRIEN", "obrien"),
        ("Smith-Jones", "smith jones"),
        ("Wójcik-Nowak", "wojcik nowak"),
        ("Łoś", "los"),
        ("Groß", "gross"),
        ("Ærø", "aero"),
        ("Þórður", "thordur"),
        ("I\u0307nan I\u0131lgaz", "inan iilgaz"),
        ("  García   Fernández ", "garcia fernandez"),
        ("Dvo\u0159a\u0301k", "dvorak"),
        ("Ng_Lee", "ng lee"),
        ("王", "王"),
        ("", ""),
        ("--", ""),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    ("written", "family", "given_name", "families", "givens"),
    [
        (("Smith-Jones", "Anne Marie"), "smithjones", "annemarie", ("smith", "jones"), ("anne", "marie")),
        (("McAllister", "Mr John"), "mcallister", "john", ("mcallister",), ("john",)),
        (("Hartley Jr", "Martin"), "hartley", "martin", ("hartley",), ("martin",)),
        (("Al-Haddad", "Mohammed"), "alhaddad", "mohammed", ("al", "haddad"), ("mohammed",)),
        (("Dr", "Jane"), "dr", "jane", ("dr",), ("jane",)),
        (("Smith (DUP)", "John"), "smith", "john", ("smith",), ("john",)),
        (("Smith 2", "John"), "smith", "john", ("smith",), ("john",)),
        (("Smith DO NOT USE", "John DECEASED"), "smithdonotuse", "john", ("smith", "do", "not", "use"), ("john",)),
        (("Boy", "George"), "boy", "george", ("boy",), ("george",)),
        (("Bo", "Lee"), "bo", "lee", ("bo",), ("lee",)),
    ],
)  # fmt: skip
def test_a_name_is_kept_whole_and_in_parts(
    written: tuple[str, ...],
    family: str,
    given_name: str,
    families: tuple[str, ...],
    givens: tuple[str, ...],
) -> None:
    [found] = of_name(*written).names
    assert (found.family, found.given) == (family, given_name)
    assert (found.families, found.givens) == (families, givens)


@pytest.mark.parametrize(
    ("written", "family", "order"),
    [
        (("Wójcik-Nowak", "Baby Girl 1"), "wojciknowak", 1),
        (("Smith", "Twin B"), "smith", 2),
        (("Smith", "Baby of Anna"), "smith", 0),
        (("Smith", "B/O", "Anna"), "smith", 0),
        (("Baby Smith", "Infant"), "smith", 0),
    ],
)
def test_a_newborn_without_a_name_has_a_family_name_only(
    written: tuple[str, ...], family: str, order: int
) -> None:
    found = of_name(*written)
    assert [(name.family, name.given) for name in found.names] == [(family, "")]
    assert (found.birth_order, "placeholder_name" in found.flags) == (order, True)
    assert "single_name" not in found.flags


@pytest.mark.parametrize(
    "written",
    [("", ""), ("Unknown", "Unknown"), ("Doe", "John"), ("Test", "Zzz"), ("Unknown", "Baby")],
)
def test_a_placeholder_is_no_name(written: tuple[str, ...]) -> None:
    found = of_name(*written)
    assert not any(name.family or name.given for name in found.names)
    assert written == ("", "") or "placeholder_name" in found.flags


@pytest.mark.parametrize(
    "written",
    [
        ("Suparman", "Suparman"),
        ("Suparman", "FNU"),
        ("UNKNOWN", "Suparman"),
        ("Suparman",),
        ("", "Suparman"),
    ],
)
def test_a_single_name_stands_as_both(written: tuple[str, ...]) -> None:
    found = of_name(*written)
    assert [(name.family, name.given) for name in found.names] == [("suparman", "suparman")]
    assert "single_name" in found.flags


def test_a_gap_in_a_table_is_no_single_name() -> None:
    table = replace(rules(), has_single_names=False)
    found = norm(Demographics(names=(named("Allen"),)), table)
    assert [(name.family, name.given) for name in found.names] == [("allen", "")]
    assert "single_name" not in found.flags


def test_a_nickname_alone_has_the_family_name_of_the_whole_one() -> None:
    found = norm(
        Demographics(
            names=(
                named("", "Kate", use="nickname"),
                named("Venkataraman", is_past=True),
                named("Cole", "Priya"),
                named("Cole", "Priya", is_past=True),
            )
        )
    )
    assert [(name.family, name.given, name.is_past) for name in found.names] == [
        ("cole", "kate", False),
        ("cole", "priya", False),
        ("venkataraman", "priya", True),
    ]


@pytest.mark.parametrize(
    ("written", "birth", "precision", "flag"),
    [
        ("1967-11-30", (1967, 11, 30), "day", ""),
        ("19671130", (1967, 11, 30), "day", ""),
        ("30/11/1967", (1967, 11, 30), "day", ""),
        ("1967-11-30T08:00:00Z", (1967, 11, 30), "day", ""),
        ("1967-11", (1967, 11, 0), "month", ""),
        ("1967", (1967, 0, 0), "year", ""),
        ("1968-01-01", (1968, 1, 1), "day", "jan1"),
        ("1900-01-01", None, "none", "placeholder_birth_date"),
        ("2026-03-17", None, "none", "bad_birth_date"),
        ("2026-03-16", (2026, 3, 16), "day", ""),
        ("2027", None, "none", "bad_birth_date"),
        ("1066-10-14", None, "none", "bad_birth_date"),
        ("1967-02-30", (1967, 2, 0), "month", "bad_birth_date"),
        ("1967-12-32", (1967, 12, 0), "month", "bad_birth_date"),
        ("1967-13-01", (1967, 0, 0), "year", "bad_birth_date"),
        ("1967-00-12", (1967, 0, 0), "year", "bad_birth_date"),
        ("30 November", None, "none", "bad_birth_date"),
        ("", None, "none", ""),
    ],
)
def test_a_birth_date_is_kept_as_far_as_it_can_be(
    written: str, birth: tuple[int, int, int] | None, precision: str, flag: str
) -> None:
    found = norm(Demographics(birth_date=written))
    assert (found.birth, found.precision) == (birth, precision)
    assert found.flags == ({flag} if flag else set())


def test_a_table_may_keep_dates_that_cannot_be() -> None:
    table = replace(rules(), keeps_impossible_dates=True, first_year=1000)
    assert norm(Demographics(birth_date="19811345"), table).birth == (1981, 13, 45)
    assert norm(Demographics(birth_date="1066-10-14"), table).birth == (1066, 10, 14)


def test_an_estimated_birth_date_says_so() -> None:
    found = norm(Demographics(birth_date="1966", is_birth_estimated=True))
    assert found.precision == "estimated"


@pytest.mark.parametrize(
    ("written", "died"),
    [
        ("2025-01-11", "2025-01-11"),
        ("yes", "yes"),
        ("2025", "yes"),
        ("", ""),
        ("2026-12-01", "yes"),
    ],
)
def test_a_death_is_a_date_or_a_fact(written: str, died: str) -> None:
    assert norm(Demographics(died=written)).died == died


@pytest.mark.parametrize(
    ("written", "sex"),
    [("male", "male"), ("F", "female"), ("unknown", ""), ("X", "other"), ("1", "male"), ("", "")],
)
def test_an_unknown_sex_is_none(written: str, sex: str) -> None:
    assert norm(Demographics(sex=written)).sex == sex


def at(*lines: str, postcode: str = "", city: str = "", is_past: bool = False) -> WrittenAddress:
    return WrittenAddress(lines, city, "", postcode, "home", is_past)


@pytest.mark.parametrize(
    ("written", "parts", "flags"),
    [
        ("xr14ab", ("XR1 4AB", "XR1 4", "XR1", "XR"), set()),
        ("W1A 1AA", ("W1A 1AA", "W1A 1", "W1A", "W"), set()),
        ("DN17", ("", "", "DN17", "DN"), set()),
        ("XR1 4CI", None, {"bad_postcode"}),
        ("4011", None, {"bad_postcode"}),
        ("ZZ99 3VZ", None, {"no_fixed_abode"}),
        ("ZZ99 7CZ", None, set()),
        ("ZZ99", None, set()),
        ("", None, set()),
    ],
)
def test_a_postcode_is_taken_apart_or_none(
    written: str, parts: tuple[str, ...] | None, flags: set[str]
) -> None:
    found = norm(Demographics(addresses=(at(postcode=written),)))
    homes = [(home.postcode, home.sector, home.district, home.area) for home in found.homes]
    assert homes == ([parts] if parts else [])
    assert found.flags == flags


def test_postcodes_of_elsewhere_are_taken_as_they_are() -> None:
    [home] = norm(
        Demographics(addresses=(at(postcode="40-11"),)), replace(rules(), postcode_scheme="free")
    ).homes
    assert (home.postcode, home.sector, home.district, home.area) == ("4011", "401", "40", "4")


@pytest.mark.parametrize(
    ("lines", "house", "street"),
    [
        (("12 High St",), "12", "high street"),
        (("Flat 2", "12 High Street"), "2/12", "high street"),
        (("Apt 2a, 12, Station Rd",), "2a/12", "station road"),
        (("Rose Cottage", "Mill Lane"), "rose cottage", "mill lane"),
        (("Wharf Road",), "", "wharf road"),
        (("25",), "25", ""),
        ((), "", ""),
    ],
)
def test_house_and_street_are_told_apart(lines: tuple[str, ...], house: str, street: str) -> None:
    [home] = norm(Demographics(addresses=(at(*lines, postcode="XR1 4AB"),))).homes
    assert (home.house, home.street) == (house, street)


def test_an_address_of_many_is_communal() -> None:
    known = replace(rules(), communal=frozenset({("XR1 4AB", "7", "high street")}))
    homes = norm(
        Demographics(
            addresses=(
                at("Larchwood Care Home", "2 Mill Lane"),
                at("7 High St", postcode="XR1 4AB"),
                at("9 High St", postcode="XR1 4AB"),
            )
        ),
        known,
    ).homes
    assert [home.is_communal for home in homes] == [True, True, False]


def test_no_fixed_abode_is_a_value_of_the_person() -> None:
    found = norm(Demographics(addresses=(at("No fixed abode"),)))
    assert (found.homes, found.flags) == ((), {"no_fixed_abode"})
    found = norm(Demographics(addresses=(at("Somewhere", city="NFA", postcode="XR1 4AB"),)))
    assert (found.homes[0].street, found.flags) == ("", {"no_fixed_abode"})


def test_the_same_address_is_kept_once_and_the_current_first() -> None:
    found = norm(
        Demographics(
            addresses=(
                at("9 Mill Lane", postcode="XR2 1AB", is_past=True),
                at("12 High St", postcode="XR1 4AB", is_past=True),
                at("12 HIGH STREET", postcode="XR14AB"),
            )
        )
    )
    assert [(home.street, home.is_past) for home in found.homes] == [
        ("high street", False),
        ("mill lane", True),
    ]


@pytest.mark.parametrize(
    "written",
    ["07700 900123", "+44 7700 900123", "0044 (0)7700 900123", "7700-900-123"],
)
def test_a_phone_is_its_last_nine_digits(written: str) -> None:
    found = norm(Demographics(contacts=(WrittenContact("phone", written),)))
    assert found.phones == ("700900123",)


@pytest.mark.parametrize("written", ["", "999", "0000000000", "0123 456789", "123456789"])
def test_what_is_no_phone_is_none(written: str) -> None:
    found = norm(Demographics(contacts=(WrittenContact("phone", written),)))
    assert found.phones == ()


def test_contacts_of_many_people_identify_nobody() -> None:
    known = replace(rules(), shared_contacts=frozenset({"700900123", "us@example.org"}))
    contacts = (
        WrittenContact("phone", "07700 900123"),
        WrittenContact("phone", "07700 900124"),
        WrittenContact("email", "Us@Example.org"),
        WrittenContact("email", "reception@example.org"),
        WrittenContact("email", "nobody"),
        WrittenContact("email", "grace.o@example.org", is_past=True),
    )
    found = norm(Demographics(contacts=contacts), known)
    assert (found.phones, found.emails) == (("700900124",), ("grace.o@example.org",))
    assert found.past_contacts == {"grace.o@example.org"}


def number(
    value: str, status: str = "", system: str = NHS, *, is_past: bool = False
) -> WrittenNumber:
    return WrittenNumber(system, value, status, is_past)


def test_a_verified_number_comes_before_another() -> None:
    found = norm(
        Demographics(
            numbers=(
                number("401 023 2137"),
                number("450 557 7104", "01"),
                number("450 557 7104", "02"),
                number("4000000020", "01", is_past=True),
                number("4505577104", is_past=True),
                number("943 476 5919"),
            )
        )
    )
    assert (found.nhs, found.verified) == ("4505577104", {"nhs"})
    assert found.past_numbers == ("4010232137", "4000000020")
    assert found.flags == {"wrong_range"}


def test_a_chi_that_disagrees_is_not_verified() -> None:
    written = Demographics(
        birth_date="1990-01-01", sex="female", numbers=(number("0101901003", "01", CHI),)
    )
    assert norm(written).verified == {"chi"}
    found = norm(replace(written, sex="male"))
    assert (found.chi, found.verified, found.flags) == (
        "0101901003",
        set(),
        {"jan1", "chi_mismatch"},
    )


def test_other_numbers_are_folded_with_their_system() -> None:
    numbers = (
        number("ab-12 345", system="urn:x"),
        number("AB12345", system="urn:x"),
        number("000000", system="urn:x"),
        number("77", system="urn:x"),
        number("12345", system=""),
        number("99999x", system="urn:x", is_past=True),
    )
    assert norm(Demographics(numbers=numbers)).numbers == (("urn:x", "ab12345"),)


def test_what_a_table_has_besides_is_folded() -> None:
    written = Demographics(extra={"birth_place": "Łódź", "occupation": " "}, practice="CWG 01")
    found = norm(replace(written, mother="S 12"))
    assert (dict(found.extra), found.practice, found.mother) == (
        {"birth_place": "lodz"},
        "cwg01",
        "s12",
    )


def test_a_record_with_little_is_told() -> None:
    assert n_usable(Norm()) == 0
    assert n_usable(of_name("Suparman")) == 2
    baby = norm(
        Demographics(names=(named("Unknown", "Baby"),), birth_date="2026-03-01", sex="male")
    )
    assert n_usable(baby) == 1
    verified = Demographics(numbers=(number("4505577104", "01"),), birth_date="1990-05-02")
    assert n_usable(norm(verified)) == 3


names = st.text(alphabet="abcdefgh-' éłMRWß12", max_size=12)
written_names = st.builds(
    WrittenName, names, st.lists(names, max_size=2).map(tuple), st.just(""), st.booleans()
)
addresses = st.builds(
    WrittenAddress,
    st.lists(st.sampled_from(["12 High St", "Flat 2", "Rose Cottage", "Mill Ln", ""]), max_size=2).map(tuple),
    st.sampled_from(["Ashgrove", ""]),
    st.just(""),
    st.sampled_from(["XR1 4AB", "xr23ab", "ZZ99 3VZ", "XR1", "?", ""]),
    st.just(""),
    st.booleans(),
)  # fmt: skip
contacts = st.builds(
    WrittenContact,
    st.sampled_from(["phone", "email"]),
    st.sampled_from(["07700900123", "+447700900124", "a@b.org", "info@b.org"]),
    st.booleans(),
)
numbers = st.builds(
    WrittenNumber,
    st.sampled_from([NHS, CHI, "urn:x"]),
    st.sampled_from(["4505577104", "4010232137", "0101901003", "AB-12"]),
    st.sampled_from(["01", "02", ""]),
    st.booleans(),
)
people = st.builds(
    Demographics,
    names=st.lists(written_names, max_size=3).map(tuple),
    birth_date=st.sampled_from(["", "1990-01-01", "1967-11-30", "1967-11", "1967-02-30"]),
    sex=st.sampled_from(["male", "female", ""]),
    addresses=st.lists(addresses, max_size=3).map(tuple),
    contacts=st.lists(contacts, max_size=3).map(tuple),
    numbers=st.lists(numbers, max_size=4).map(tuple),
    died=st.sampled_from(["", "yes", "2025-01-11"]),
    birth_order=st.sampled_from([None, 1, 2]),
    mother=st.sampled_from(["", "S12"]),
    practice=st.sampled_from(["", "CWG01"]),
    is_restricted=st.booleans(),
    extra=st.dictionaries(st.sampled_from(["birth_place", "a\x1fb"]), names, max_size=2),
)


@given(people)
def test_what_is_packed_is_unpacked(written: Demographics) -> None:
    found = norm(replace(written, extra={"birth_place": written.extra.get("birth_place", "")}))
    assert unpack(pack(found)) == found


def test_a_name_of_a_system_cannot_break_the_package() -> None:
    found = norm(
        Demographics(numbers=(number("ab123", system="urn:\x1ex"),), extra={"a\x1fb": "c"})
    )
    assert unpack(pack(found)).extra == {"a b": "c"}
    assert unpack(pack(found)).numbers == (("urn: x", "ab123"),)


@given(people)
def test_a_version_with_itself_is_itself(written: Demographics) -> None:
    found = norm(written)
    assert compose(found, found) == found


@given(people, people)
def test_two_versions_together_lose_nothing(newest: Demographics, older: Demographics) -> None:
    one, other = norm(newest), norm(older)
    both = compose(one, other)
    assert compose(both, other) == both
    assert {(name.family, name.given) for name in (*one.names, *other.names)} == {
        (name.family, name.given) for name in both.names
    }
    assert {*both.phones, *both.emails} == {*one.phones, *one.emails, *other.phones, *other.emails}
    for kind in other.verified:
        kept = getattr(other, kind)
        assert kept in {both.nhs, both.chi, both.hc, *both.past_numbers}


def test_what_a_new_version_does_not_say_is_a_former_value() -> None:
    older = norm(
        Demographics(
            names=(named("Venkataraman", "Priya"),),
            birth_date="1988-01-01",
            addresses=(at("12 High St", postcode="XR1 4AB"),),
            contacts=(WrittenContact("phone", "07700 900123"),),
            numbers=(number("4505577104", "01"), number("0101901003", "02", CHI)),
        )
    )
    newest = norm(
        Demographics(
            names=(named("Cole", "Priya"),),
            addresses=(at("9 Mill Lane", postcode="XR2 1AB"),),
            numbers=(number("4010232137", "01"), number("3112991028", "02", CHI)),
        )
    )
    both = compose(newest, older)
    assert [(name.family, name.is_past) for name in both.names] == [
        ("cole", False),
        ("venkataraman", True),
    ]
    assert [home.is_past for home in both.homes] == [False, True]
    assert (both.birth, both.precision, both.past_contacts) == ((1988, 1, 1), "day", {"700900123"})
    assert "jan1" in both.flags
    # A number that was verified is superseded; one that never was, was a mistake.
    assert both.past_numbers == ("4505577104",)


@given(people)
def test_normalising_what_was_normalised_changes_nothing(written: Demographics) -> None:
    found = norm(written)
    again = Demographics(
        names=tuple(
            WrittenName(" ".join(name.families), name.givens, "", name.is_past)
            for name in found.names
        ),
        birth_date="-".join(f"{part:02}" for part in found.birth or () if part),
        sex=found.sex,
        contacts=tuple(
            WrittenContact(
                "email" if "@" in value else "phone", value, value in found.past_contacts
            )
            for value in (*found.phones, *found.emails)
        ),
    )
    table = replace(rules(), has_single_names="single_name" in found.flags)
    second = norm(again, table)
    assert second.names == found.names
    assert (second.birth, second.sex) == (found.birth, found.sex)
    assert (second.phones, second.emails) == (found.phones, found.emails)


def test_forms_of_a_name_stand_for_each_other() -> None:
    assert is_nickname("bill", "william")
    assert is_nickname("muhammad", "mohammed")
    assert not is_nickname("bill", "bob")
    assert not is_nickname("christina", "christine")
    assert all(name not in others for name, others in nicknames().items())
    assert all(
        name in nicknames()[other] for name, others in nicknames().items() for other in others
    )


def test_names_that_siblings_bear_are_known() -> None:
    known = known_forenames()
    assert {"jaden", "jayden", "aisha", "alisha", "mariana", "adriana"} <= known
    assert all(fold(name) == name for name in known)


@pytest.mark.parametrize(
    ("one", "other"), [("smith", "smyth"), ("philip", "filip"), ("clark", "clarke")]
)
def test_names_of_one_sound(one: str, other: str) -> None:
    assert sound(one) == sound(other)


def test_a_name_without_a_sound_stands_for_itself() -> None:
    assert sound("王") == "王"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("alhaddad", "elhadad"),
        ("jinxiaoling", "chinhsiaoling"),
        ("mohammed", "muhamad"),
        ("qasim", "kassem"),
        ("wojcik", "voycik"),
        ("hussein", "husain"),
    ],
)
def test_a_skeleton_holds_across_spellings(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)
