"""Which level of agreement a pair comes out at, field by field."""

from dataclasses import replace

import pytest

from careweave.identity._fields import comparator
from careweave.identity._levels import frequency_terms, levels
from careweave.identity._model import default_model, model_of
from careweave.identity._norm import Home, Norm
from careweave.identity._spec import NULL, Comparison, Draft, Level, Thresholds
from careweave.terms import NotFound
from tests.identity.norms import GRACE, named, with_homes, with_names


def level_of(field, a, b):
    """Returns the name of the level of a field of the default model."""
    model = default_model()
    at = [one.field for one in model.comparisons].index(field)
    level = levels(a, b, model)[at]
    return "null" if level == NULL else model.comparisons[at].levels[level].name


def holds(field, test, a, b, at=0.0):
    """Says whether a test of a field holds for two records; None where it cannot be said."""
    steps = (Level("holds", test, 0.9, 0.1, at=at), Level("else", "else", 0.1, 0.9))
    draft = Draft("one", (Comparison(field, steps),), 0.5, Thresholds(1, 0, 0, 0, 0))
    return {0: True, 1: False, NULL: None}[levels(a, b, model_of(draft))[0]]


@pytest.mark.parametrize(
    ("written", "other", "expected"),
    [
        (named("okafor", "grace"), named("okafor", "grace"), "exact"),
        (named("okafor", "grace ada"), named("okafor", "grace"), "fuller"),
        (named("okafor", "grace a"), named("okafor", "grace ada"), "fuller"),
        (named("ali", "mohammed hassan"), named("ali", "mohammed omar"), "forename"),
        (named("okafor", "grace"), named("grace", "okafor"), "exchanged"),
        (named("garcia lopez", "ana maria"), named("lopez garcia", "maria ana"), "all_parts"),
        (named("smith", "william"), named("smith", "bill"), "nickname"),
        (named("smith", "j"), named("smith", "john"), "short"),
        (named("smith", "willis"), named("smith", "jason willis"), "middle"),
        (named("okafor", "kwame"), named("okaforre", "kwamey"), "similar"),
        (named("brown", "steven"), named("browne", "stephen"), "alike"),
        (named("okafor", "grace"), named("okafor", "hope"), "family"),
        (named("okafor", "grace"), named("mensah", "grace"), "given"),
        (named("okafor", ""), named("okafor", "grace"), "lone_family"),
        (named("", "grace"), named("okafor", "grace"), "lone_given"),
        (named("okafor", ""), named("mensah", "grace"), "partial"),
        (named("okafor", "grace"), named("mensah", "hope"), "else"),
        (named("okafor", ""), named("", "grace"), "null"),
    ],
)
def test_names_agree_at_the_strongest_level_that_holds(written, other, expected):
    assert level_of("names", with_names(written), with_names(other)) == expected
    assert level_of("names", with_names(other), with_names(written)) == expected


def test_a_former_name_agrees_at_its_own_level_and_never_disagrees():
    former = named("mensah", "grace", is_past=True)
    married = with_names(named("okafor", "grace"), former)
    assert level_of("names", married, with_names(named("mensah", "grace"))) == "former"
    assert level_of("names", married, with_names(named("mensahh", "grace"))) == "former_similar"
    assert level_of("names", with_names(former), with_names(named("smith", "joe"))) == "null"


@pytest.mark.parametrize(
    ("born", "other", "expected"),
    [
        ((1980, 5, 12), (1980, 5, 12), "exact"),
        ((1980, 1, 1), (1980, 1, 1), "january"),
        ((1980, 0, 0), (1980, 5, 12), "year_only"),
        ((1980, 5, 0), (1980, 5, 0), "year_only"),
        ((1980, 5, 12), (1980, 12, 5), "day_month"),
        ((1980, 5, 12), (1908, 5, 12), "digit"),
        ((1980, 5, 12), (1970, 5, 12), "digit"),
        ((1980, 5, 12), (1937, 5, 12), "two_parts"),
        ((1980, 5, 28), (1980, 6, 13), "month"),
        ((1980, 5, 12), (1981, 2, 24), "year"),
        ((1980, 5, 12), (1987, 9, 30), "ten_years"),
        ((1980, 0, 0), (1985, 5, 12), "ten_years"),
        ((1980, 5, 12), (1937, 11, 30), "else"),
        ((1980, 2, 30), (1980, 2, 3), "digit"),
    ],
)
def test_birth_dates_agree_at_the_strongest_level_that_holds(born, other, expected):
    a, b = replace(GRACE, birth=born), replace(GRACE, birth=other)
    assert level_of("birth", a, b) == expected
    assert level_of("birth", b, a) == expected


def test_an_estimated_birth_date_is_a_year():
    estimated = replace(GRACE, precision="estimated")
    assert level_of("birth", estimated, GRACE) == "year_only"
    assert level_of("birth", estimated, replace(GRACE, birth=None)) == "null"


def home(postcode, house="1", street="mill lane", **more):
    district = postcode.partition(" ")[0]
    return Home(
        postcode, postcode[:-2], district, district.rstrip("0123456789"), house, street, **more
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (home("LS1 4AB"), home("LS1 4AB"), "exact"),
        (home("LS1 4AB", is_communal=True), home("LS1 4AB", is_communal=True), "communal"),
        (home("LS1 4AB", is_past=True), home("LS1 4AB"), "former"),
        (home("LS1 4AB"), home("LS1 4CD"), "sector"),
        (home("LS1 4AB"), home("LS2 4AB"), "letter"),
        (home("LS1 4AB"), home("LS1 5CD"), "district"),
        (home("LS1 4AB"), home("LS9 7CD"), "area"),
        (home("LS1 4AB"), home("BD7 1XY"), "else"),
        (home("LS1 4AB", is_past=True), home("BD7 1XY"), "null"),
        (home(""), home("BD7 1XY"), "null"),
    ],
)
def test_postcodes_agree_at_the_strongest_level_that_holds(one, other, expected):
    assert level_of("postcode", with_homes(one), with_homes(other)) == expected
    assert level_of("postcode", with_homes(other), with_homes(one)) == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (home("LS1 4AB"), home("LS1 4AB"), "exact"),
        (home("LS1 4AB"), home("LS1 4AC"), "exact"),
        (home("LS1 4AB"), home("BD7 1XY"), "null"),
        (home("LS1 4AB"), home(""), "exact"),
        (home("", street="mill lane"), home("", street="mill lne"), "spelt"),
        (home("", is_communal=True), home("", is_communal=True), "communal"),
        (home("", is_past=True), home(""), "former"),
        (home("", house="3"), home(""), "street"),
        (home("", street="high street"), home(""), "else"),
        (home("", street=""), home(""), "null"),
    ],
)
def test_addresses_agree_at_the_strongest_level_that_holds(one, other, expected):
    assert level_of("address", with_homes(one), with_homes(other)) == expected


def test_the_best_of_several_addresses_and_contacts_counts():
    here, there = home("LS1 4AB"), home("BD7 1XY", "9", "high street")
    assert level_of("postcode", with_homes(there, here), with_homes(here)) == "exact"
    both = replace(GRACE, phones=("132496000", "777000111"))
    assert level_of("phone", both, replace(GRACE, phones=("777000111",))) == "exact"
    former = replace(both, past_contacts=frozenset({"777000111"}))
    assert level_of("phone", former, replace(GRACE, phones=("777000111",))) == "former"


@pytest.mark.parametrize(
    ("field", "one", "other", "expected"),
    [
        ("phone", {"phones": ("132496000",)}, {"phones": ("132496001",)}, "digit"),
        ("email", {"emails": ("a.b@c.de",)}, {"emails": ("a.b@c.d",)}, "letter"),
        ("email", {"emails": ("anna@mail.example",)}, {"emails": ("anna@x.org",)}, "local"),
        ("email", {"emails": ("anna@x.org",)}, {"emails": ("bob@y.example",)}, "else"),
        ("nhs", {"nhs": "9434765919"}, {"nhs": "9434765918"}, "digit"),
        ("nhs", {"nhs": "9434765919"}, {"nhs": "9434765811"}, "two_digits"),
        ("nhs", {"nhs": "9434765919"}, {"nhs": "4010232137"}, "else"),
        ("nhs", {"nhs": "9434765919"}, {"nhs": ""}, "null"),
        ("mother", {"mother": "m1"}, {"mother": "m1"}, "exact"),
        ("birth_order", {"birth_order": 1}, {"birth_order": 2}, "else"),
        ("birth_order", {"birth_order": 1}, {"birth_order": 0}, "null"),
        ("practice", {"practice": "B1"}, {"practice": "B2"}, "else"),
        ("sex", {"sex": "male"}, {"sex": ""}, "null"),
    ],
)
def test_other_fields_agree_at_the_strongest_level_that_holds(field, one, other, expected):
    assert level_of(field, replace(GRACE, **one), replace(GRACE, **other)) == expected


def extra(**columns):
    return Norm(extra=columns)


@pytest.mark.parametrize(
    ("test", "at", "one", "other", "expected"),
    [
        ("exact", 0, "york", "york", True),
        ("exact", 0, "york", "leeds", False),
        ("exact", 0, "york", "", None),
        ("jw", 0.9, "bradford", "bradfrod", True),
        ("jaro", 0.9, "bradford", "leeds", False),
        ("lev", 1, "york", "yrok", False),
        ("lev", 1, "york", "yorks", True),
        ("dl", 1, "york", "yrok", True),
        ("dl", 1, "york", "leeds", False),
        ("prefix", 3, "yor", "yorkshire", True),
        ("prefix", 4, "yor", "yorkshire", False),
        ("prefix", 2, "leeds", "yorkshire", False),
        ("initial", 0, "y", "york", True),
        ("initial", 0, "yo", "york", False),
        ("first", 2, "york", "yoke", True),
        ("first", 3, "york", "yoke", False),
        ("tokens", 1, "farm labourer", "labourer farm", True),
        ("tokens", 0.5, "farm labourer", "farm servant", False),
        ("some_tokens", 1, "farm labourer", "farm servant", True),
        ("within", 2, "1871", "1873", True),
        ("within", 1, "1871", "1873", False),
        ("within", 1, "1871", "unknown", False),
    ],
)
def test_any_text_of_a_table_can_be_compared(test, at, one, other, expected):
    a, b = extra(place=one), extra(place=other)
    assert holds("extra:place", test, a, b, at) is expected
    assert holds("extra:place", test, b, a, at) is expected


@pytest.mark.parametrize(
    ("field", "test", "at", "one", "other", "expected"),
    [
        ("given", "exact", 0, named("a", "grace"), named("b", "grace"), True),
        ("given", "forename", 0, named("a", "grace ada"), named("b", "grace"), True),
        ("given", "nickname", 0, named("a", "bill"), named("b", "william"), True),
        ("given", "short", 3, named("a", "gra"), named("b", "grace"), True),
        ("given", "short", 4, named("a", "gra"), named("b", "grace"), False),
        ("given", "parts", 2, named("a", "grace ada"), named("b", "ada"), True),
        ("given", "parts", 4, named("a", "grace ada"), named("b", "ada"), False),
        ("given", "exchanged", 0.9, named("okafor", "grace"), named("grace", "okafor"), True),
        ("given", "exchanged", 0.9, named("", "grace"), named("grace", "okafor"), True),
        ("given", "exchanged", 0.9, named("", "grace"), named("", "okafor"), False),
        ("given", "exchanged", 0.9, named("ada", "ada"), named("ada", "ada"), False),
        ("given", "exchanged", 0.9, named("okafor", "grace"), named("okafor", "grace"), False),
        ("given", "jw", 0.9, named("a", ""), named("b", "grace"), None),
        ("family", "parts", 3, named("garcia lopez", "a"), named("garcia", "b"), True),
        ("family", "parts", 3, named("garcia lopez", "a"), named("ruiz", "b"), False),
        ("family", "dl", 1, named("okafor", "a"), named("okafro", "b"), True),
        ("names", "some_parts", 2, named("garcia lopez", "ana"), named("garcia", "ana"), True),
        ("names", "some_parts", 3, named("garcia lopez", "ana"), named("garcia", "ana"), False),
        ("names", "family_jw", 0.9, named("okafor", "a"), named("okafro", "b"), True),
        ("names", "given_jw", 0.9, named("smith", "grace"), named("jones", "gracee"), True),
    ],
)
def test_names_can_be_compared_by_part(field, test, at, one, other, expected):
    assert holds(field, test, with_names(one), with_names(other), at) is expected
    assert holds(field, test, with_names(other), with_names(one), at) is expected


@pytest.mark.parametrize(
    ("field", "test", "at", "one", "other", "expected"),
    [
        ("birth", "year", 0, {"birth": (1980, 1, 2)}, {"birth": (1980, 3, 4)}, True),
        ("birth", "lev", 1, {"birth": (1980, 1, 2)}, {"birth": (1980, 1, 3)}, True),
        ("birth", "lev", 1, {"birth": (1980, 0, 0)}, {"birth": (1980, 1, 3)}, False),
        ("email", "local_jw", 0.9, {"emails": ("anna@a",)}, {"emails": ("annna@b",)}, True),
        ("email", "local_dl", 1, {"emails": ("anna@a",)}, {"emails": ("ana@b",)}, True),
        ("email", "domain", 0, {"emails": ("a@x.org",)}, {"emails": ("b@x.org",)}, True),
        ("email", "domain", 0, {"emails": ("a",)}, {"emails": ("b",)}, False),
        ("chi", "exact", 0, {"chi": "0101901003"}, {"chi": "0101901003"}, True),
        ("hc", "exact", 0, {"hc": "3200000010"}, {"hc": ""}, None),
        ("died", "exact", 0, {"died": "2020-01-01"}, {"died": "2020-01-02"}, False),
        (
            "number:art",
            "exact",
            0,
            {"numbers": (("art", "1"),)},
            {"numbers": (("art", "1"),)},
            True,
        ),
        ("number:art", "exact", 0, {"numbers": (("art", "1"),)}, {"numbers": (("id", "1"),)}, None),
        ("house", "exact", 0, {"homes": (home("", "1"),)}, {"homes": (home("", "2"),)}, False),
        ("street", "jw", 0.9, {"homes": (home(""),)}, {"homes": (home(""),)}, True),
        ("city", "exact", 0, {"homes": (home(""),)}, {"homes": (home(""),)}, None),
        ("home", "city", 0, {"homes": (Home(city="x"),)}, {"homes": (Home(city="x"),)}, True),
        ("home", "postcode", 0, {"homes": (home("LS1 4AB"),)}, {"homes": (home("LS1 4AB"),)}, True),
        ("address", "jw", 0.9, {"homes": (home(""),)}, {"homes": (home(""),)}, True),
        ("address", "dl", 1, {"homes": (home(""),)}, {"homes": (home(""),)}, True),
        ("address", "tokens", 1, {"homes": (home(""),)}, {"homes": (home(""),)}, True),
    ],
)
def test_the_table_holds_further_tests(field, test, at, one, other, expected):
    assert holds(field, test, replace(GRACE, **one), replace(GRACE, **other), at) is expected


def test_exchanged_names_are_left_to_the_given_name_where_the_model_says_so():
    steps = (Level("exact", "exact", 0.9, 0.1), Level("else", "else", 0.1, 0.9))
    family = Comparison("family", steps, null="exchanged", null_at=0.9)
    model = model_of(Draft("one", (family,), 0.5, Thresholds(1, 0, 0, 0, 0)))
    exchanged = with_names(named("grace", "okafor"))
    assert levels(GRACE, exchanged, model) == (NULL,)
    assert levels(GRACE, GRACE, model) == (0,)


@pytest.mark.parametrize("field", ["shoe_size", "extra:", "number:", "extra"])
def test_a_field_that_is_not_in_the_table_is_not_found(field):
    with pytest.raises(NotFound):
        comparator(field)


def test_the_terms_to_count_are_those_that_the_model_weighs_by():
    married = replace(
        GRACE, names=(*GRACE.names, named("mensah", "grace ada", is_past=True)), extra={"x": "y"}
    )
    assert frequency_terms(married, default_model()) == (
        ("family", "mensah"),
        ("family", "okafor"),
        ("given", "grace"),
        ("postcode", "LS1 4AB"),
        ("practice", "B12345"),
    )
