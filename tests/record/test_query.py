"""Queries are understood whole or refused by name."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from careweave.record import Keys, parse
from careweave.record._nodes import (
    AllOf,
    AnyOf,
    ByIds,
    Chain,
    Has,
    HasAmount,
    HasDate,
    HasKeys,
    HasText,
    InList,
    Missing,
    OfSubjects,
    Place,
    Prefix,
    Summary,
    Total,
)
from careweave.terms import Incorrect, Unsupported

KEYS = Keys(b"k" * 32)
ZONE = ZoneInfo("Europe/London")
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
BASE = "https://record.example/fhir"
UCUM = "http://unitsofmeasure.org"


def read(type_name, *pairs, **more):
    return parse(type_name, pairs, keys=KEYS, zone=ZONE, now=NOW, base_url=BASE, **more)


def where(type_name, name, value):
    (node,) = read(type_name, (name, value)).where
    return node


def faults(type_name, *pairs, **more):
    with pytest.raises(Incorrect) as caught:
        read(type_name, *pairs, **more)
    assert caught.value.status == 400
    return [(issue.where, issue.code) for issue in caught.value.issues]


def key(type_name, name, *parts):
    return KEYS.of(type_name, name, *parts)


# -- kinds ------------------------------------------------------------------------------------


def test_a_patient_is_asked_for_by_its_column_and_a_group_by_its_key():
    assert where("Observation", "patient", "a,Patient/b") == OfSubjects(("a", "b"))
    group = key("Observation", "subject", "ref", "Group", "g")
    assert where("Observation", "subject", "Group/g") == HasKeys((group,), posted=True)
    assert isinstance(where("Observation", "subject", "x"), AnyOf)
    assert where("Observation", "subject:Patient", "x") == OfSubjects(("x",))


def test_an_absolute_address_of_ours_is_relative_and_of_others_is_kept():
    assert where("Condition", "patient", f"{BASE}/Patient/a") == OfSubjects(("a",))
    foreign = where("Condition", "patient", "http://else.example/Patient/a/_history/2")
    url = key("Condition", "patient", "url", "http://else.example/Patient/a")
    assert foreign == HasKeys((url,), posted=True)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        ("s:|c", ("s:", "c")),
        ("c", ("*", "c")),
        ("|c", ("", "c")),
        ("s:|C", ("s:", "c")),
        (r"s:|c\|d\,e\\f", ("s:", "c|d,e\\f")),
    ],
)
def test_a_token_has_a_system_and_a_code(value, parts):
    assert where("Observation", "value-concept", value).keys == (
        key("Observation", "value-concept", *parts),
    )


def test_a_whole_system_never_drives():
    node = where("Observation", "code", "http://loinc.org|,http://loinc.org|1")
    assert not node.posted
    assert not node.main


def test_a_main_code_drives_by_the_column():
    assert where("Observation", "code", "http://loinc.org|1").main
    assert not where("Observation", "code", "1").main
    assert not where("Observation", "status", "final").posted


def test_not_negates():
    assert where("Observation", "status:not", "final").negated


def test_an_identifier_may_be_asked_for_with_its_type():
    node = where("Patient", "identifier:of-type", "t:|MR|A\\|1")
    assert node.keys == (key("Patient", "identifier", "of", "t:", "mr", "a|1"),)


def test_a_string_begins_contains_or_is():
    assert where("Patient", "name", "Å").spans[0].low == "a"
    assert where("Patient", "name:contains", "mit").spans[0].part == "mit"
    exact = where("Patient", "name:exact", "Smith").spans[0]
    assert exact.exact_key == key("Patient", "name", "exact", "Smith")
    assert exact.high is None


def test_names_that_sound_alike_are_found_by_their_sound():
    from careweave.record._values import sound_of

    for one, other in [("Smith", "Smyth"), ("Robert", "Rupert"), ("Ashcraft", "Ashcroft")]:
        assert where("Patient", "phonetic", one) == where("Patient", "phonetic", other)
    # The examples of the National Archives.
    named = {"Gutierrez": "g362", "Pfister": "p236", "Jackson": "j250", "Tymczak": "t522"}
    assert {name: sound_of(name) for name in named} == named
    assert sound_of("O'Neil") == sound_of("ONeill") != ""
    assert sound_of("Ангел") == "ангел"
    assert faults("Patient", ("phonetic", "-")) == [("phonetic", "invalid")]
    assert faults("Patient", ("phonetic:exact", "a")) == [("phonetic:exact", "not-supported")]


def test_a_uri_may_lie_below_or_above():
    assert isinstance(where("ValueSet", "url:below", "http://a/b"), HasText)
    above = where("ValueSet", "url:above", "http://a/b/c").keys
    assert key("ValueSet", "url", "uri", "http://a/b") in above
    assert key("ValueSet", "url", "uri", "http://a/") in above


def test_a_date_has_a_prefix_and_a_precision():
    (moment,) = where("Observation", "date", "ge2020-03").moments
    assert moment.prefix is Prefix.GE
    assert moment.low == datetime(2020, 3, 1, tzinfo=UTC)
    assert moment.high == datetime(2020, 3, 31, 23, tzinfo=UTC)
    assert where("Observation", "date", "2020").key is None
    assert where("Condition", "recorded-date", "2020").key == key("Condition", "recorded-date")
    assert where("Condition", "_lastUpdated", "gt2020").updated


def test_about_a_date_widens_by_a_tenth_of_the_distance_to_now():
    (moment,) = where("Observation", "date", "ap2025-11-21T09:00:00Z").moments
    assert abs(moment.low - datetime(2025, 11, 11, 9, tzinfo=UTC)) < timedelta(seconds=5)
    (near,) = where("Observation", "date", "ap2026-03-01").moments
    assert near.high - near.low == timedelta(days=3)


def test_a_plus_that_became_a_blank_is_read_as_a_plus():
    assert where("Observation", "date", "2020-01-01T10:00:00 01:00") == where(
        "Observation", "date", "2020-01-01T10:00:00+01:00"
    )


def test_a_quantity_in_ucum_is_asked_for_in_base_units():
    node = where("Observation", "value-quantity", f"gt5|{UCUM}|mg")
    assert node.key == key("Observation", "value-quantity", "ucum")
    assert node.amounts[0].exact == Decimal("0.005")
    plain = where("Observation", "value-quantity", "100")
    assert (plain.amounts[0].low, plain.amounts[0].high) == (Decimal("99.5"), Decimal("100.5"))
    assert plain.amounts[0].units == ()
    mixed = where("Observation", "value-quantity", f"5|{UCUM}|mg,5||tablets")
    assert isinstance(mixed, AnyOf)


def test_money_is_asked_for_with_its_currency():
    node = where("ChargeItem", "price-override", "5|GBP")
    assert node.amounts[0].units == (KEYS.unit("urn:iso:std:iso:4217", "GBP"),)


def test_composites_over_one_element_are_both_conditions_and_over_many_one_key():
    assert isinstance(where("Observation", "code-value-quantity", "a$gt1"), AllOf)
    pair = where("Observation", "component-code-value-quantity", "s:|A$gt1")
    assert isinstance(pair, HasAmount)
    assert pair.key == key("Observation", "component-code-value-quantity", "s:", "a")
    context = where("ValueSet", "context-type-value", "a$s:|b")
    assert context.keys == (key("ValueSet", "context-type-value", "*", "a", "s:", "b"),)
    relation = where("DocumentReference", "relationship", "replaces$DocumentReference/d")
    assert relation.keys == (
        key("DocumentReference", "relationship", "*", "replaces", "ref", "DocumentReference", "d"),
    )


def test_combined_codes_are_one_condition():
    node = where("Observation", "combo-code", "8480-6")
    assert node.keys == (
        key("Observation", "code", "*", "8480-6"),
        key("Observation", "component-code", "*", "8480-6"),
    )


def test_missing_asks_for_the_presence_key():
    assert where("Observation", "date:missing", "true") == Missing(
        key("Observation", "date", "has"), missing=True
    )
    assert isinstance(where("Observation", "combo-code:missing", "true"), AllOf)


def test_ids_and_lists():
    assert where("Patient", "_id", "a,b") == ByIds(("a", "b"))
    assert where("Observation", "_list", "List/l") == InList(("l",))


# -- chains -----------------------------------------------------------------------------------


def test_a_chain_along_the_subject_is_a_join():
    node = where("Condition", "subject:Patient.name", "smith")
    assert isinstance(node, Chain)
    assert node.by_subject
    assert node.target == "Patient"
    other = where("Observation", "encounter.status", "finished")
    assert not other.by_subject


def test_a_chain_without_a_type_leads_to_each_type_that_knows_the_rest():
    node = where("Observation", "performer.name", "x")
    assert isinstance(node, AnyOf)
    assert {one.target for one in node.nodes} == {
        "CareTeam", "Organization", "Patient", "Practitioner", "RelatedPerson",
    } - {"CareTeam"}  # fmt: skip
    alone = where("Condition", "subject.birthdate", "2000")
    assert isinstance(alone, Chain)


def test_has_is_the_chain_backwards():
    node = where("Patient", "_has:Observation:patient:code", "x")
    assert isinstance(node, Has)
    assert node.by_subject
    nested = where(
        "Practitioner", "_has:Encounter:practitioner:_has:Observation:encounter:code", "x"
    )
    assert isinstance(nested.inner, Has)
    assert not nested.by_subject


def test_depths_have_bounds():
    three = "part-of.part-of.part-of"
    assert where("Encounter", f"{three}.status", "finished")
    assert faults("Encounter", (f"{three}.part-of.status", "x"))[0][1] == "not-supported"
    two = "_has:Observation:derived-from:_has:Observation:derived-from"
    assert where("Observation", f"{two}:status", "final")
    deep = f"{two}:_has:Observation:derived-from:status"
    assert faults("Observation", (deep, "x")) == [(deep, "not-supported")]


# -- results ----------------------------------------------------------------------------------


def test_results_have_their_place():
    found = read(
        "Observation",
        ("patient", "p"),
        ("_sort", "-date,_id"),
        ("_count", "7"),
        ("_total", "accurate"),
        ("_summary", "text"),
        ("_elements", "code,status"),
        ("_cursor", "abc"),
        ("_format", "json"),
        ("_pretty", "true"),
    )
    assert [(s.name, s.place, s.descending) for s in found.sort] == [
        ("date", Place.DATE, True),
        ("_id", Place.ID, False),
    ]
    assert (found.count, found.total, found.summary) == (7, Total.ACCURATE, Summary.TEXT)
    assert found.elements == ("code", "status")
    assert found.cursor == "abc"
    assert found.honoured == (
        ("patient", "p"),
        ("_count", "7"),
        ("_elements", "code,status"),
        ("_sort", "-date,_id"),
        ("_summary", "text"),
        ("_total", "accurate"),
    )


def test_the_order_of_conditions_does_not_change_what_is_honoured():
    one = read("Observation", ("status", "final"), ("patient", "p"))
    two = read("Observation", ("patient", "p"), ("status", "final"))
    assert one.honoured == two.honoured


def test_a_count_of_nothing_is_a_summary():
    assert read("Observation", ("_count", "0")).summary is Summary.COUNT


def test_what_comes_along_is_named_by_type_and_parameter():
    (one,) = read("Observation", ("_include", "Observation:encounter")).includes
    assert (one.source, one.parameter.name, one.reverse, one.iterate) == (
        "Observation", "encounter", False, False,
    )  # fmt: skip
    (back,) = read("Patient", ("_revinclude:iterate", "Condition:patient:Patient")).includes
    assert (back.reverse, back.iterate, back.target) == (True, True, "Patient")
    every = read("Observation", ("_include", "*")).includes
    assert {"subject", "encounter", "performer"} <= {one.parameter.name for one in every}
    assert "combo-code" not in {one.parameter.name for one in every}


# -- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_name", "name", "value", "code"),
    [
        ("Patient", "colour", "x", "not-supported"),
        ("Patient", "_filter", "x", "not-supported"),
        ("Patient", "_text", "x", "not-supported"),
        ("Patient", "_content", "x", "not-supported"),
        ("Patient", "_query", "x", "not-supported"),
        ("Patient", "_contained", "true", "not-supported"),
        ("Patient", "_type", "Patient", "not-supported"),
        ("Location", "near", "1|2", "not-supported"),
        ("Patient", "name:text", "x", "not-supported"),
        ("Observation", "code:in", "x", "not-supported"),
        ("Observation", "code:not-in", "x", "not-supported"),
        ("Observation", "code:text", "x", "not-supported"),
        ("Observation", "code:below", "x", "not-supported"),
        ("Observation", "code:of-type", "a|b|c", "not-supported"),
        ("Observation", "code:", "x", "not-supported"),
        ("Observation", "code:missing:not", "x", "not-supported"),
        ("Observation", "date:exact", "2020", "not-supported"),
        ("Observation", "code-value-quantity:missing", "true", "not-supported"),
        ("Observation", "subject:Practitioner", "x", "not-supported"),
        ("Observation", "subject:Practitioner.name", "x", "not-supported"),
        ("Observation", "status.name", "x", "not-supported"),
        ("Observation", "subject.colour", "x", "not-supported"),
        ("Observation", "focus.identifier", "x", "not-supported"),
        ("Patient", "_has:Observation:patient", "x", "not-supported"),
        ("Patient", "_has:Ward:patient:code", "x", "not-supported"),
        ("Patient", "_has:Observation:encounter:code", "x", "not-supported"),
        ("Patient", "_sort", "gender", "not-supported"),
        ("Patient", "_sort", "colour", "not-supported"),
        ("Patient", "_include", "Observation:patient", "not-supported"),
        ("Patient", "_include", "Patient:colour", "not-supported"),
        ("Patient", "_revinclude", "Patient:general-practitioner", "not-supported"),
        ("Patient", "_include:recurse", "Patient:link", "not-supported"),
        ("Patient", "name", "", "invalid"),
        ("Patient", "name", "a,,b", "invalid"),
        ("Patient", "name", " ", "invalid"),
        ("Patient", "name:contains", "ab", "invalid"),
        ("Patient", "active", "yes", "invalid"),
        ("Patient", "_id", "a_b", "invalid"),
        ("Patient", "birthdate", "2020-13", "invalid"),
        ("Patient", "birthdate", "xx2020", "invalid"),
        ("Patient", "birthdate", "2020-02-30", "invalid"),
        ("Patient", "identifier:of-type", "a|b", "invalid"),
        ("Patient", "name:missing", "maybe", "invalid"),
        ("Observation", "code", "a|b|c", "invalid"),
        ("Observation", "code", "|", "invalid"),
        ("Observation", "subject", "Practitioner/1", "invalid"),
        ("Observation", "subject", "#p", "invalid"),
        ("Observation", "subject", "a b", "invalid"),
        ("Observation", "value-quantity", "x", "invalid"),
        ("Observation", "value-quantity", "5|a|b|c", "invalid"),
        ("Observation", "value-quantity", "5|mg", "invalid"),
        ("Observation", "value-quantity", "NaN", "invalid"),
        ("Observation", "value-quantity", "1e999", "invalid"),
        ("Observation", "code-value-quantity", "a", "invalid"),
        ("Observation", "code-value-quantity", "a$1$2", "invalid"),
        ("Observation", "component-code-value-quantity", "s:|$1", "invalid"),
        ("Patient", "_count", "-1", "invalid"),
        ("Patient", "_count", "ten", "invalid"),
        ("Patient", "_count", "99999999999999999999999", "invalid"),
        ("Patient", "_total", "all", "invalid"),
        ("Patient", "_summary", "yes", "invalid"),
        ("Patient", "_elements", "a;b", "invalid"),
        ("Patient", "_sort", "_id,name,birthdate,family", "invalid"),
        ("Patient", "_include", "Patient", "not-supported"),
        ("Patient", "_include", "Patient:", "invalid"),
    ],
)
def test_a_fault_is_named(type_name, name, value, code):
    assert faults(type_name, (name, value)) == [(name, code)]


def test_each_fault_is_told():
    found = faults("Patient", ("colour", "x"), ("birthdate", "x"), ("name", "ok"), ("_count", "x"))
    assert [place for place, _ in found] == ["colour", "birthdate", "_count"]


def test_a_control_is_given_once():
    assert faults("Patient", ("_count", "1"), ("_count", "1")) == [("_count", "invalid")]


def test_no_message_holds_a_value():
    with pytest.raises(Incorrect) as caught:
        read("Patient", ("birthdate", "secret1"), ("_id", "secret_2"), ("active", "secret3"))
    assert "secret" not in str(caught.value)
    assert not any("secret" in issue.message for issue in caught.value.issues)


@pytest.mark.parametrize(
    ("name", "value"), [("name", "a\x00b"), ("name", "\ud800"), ("\udfff", "x"), ("a\x00", "x")]
)
def test_what_is_no_text_is_refused_without_a_word_of_it(name, value):
    assert faults("Patient", (name, value)) == [(None, "value")]


def test_an_unknown_type_is_refused():
    with pytest.raises(Unsupported):
        read("Ward")


def test_the_numbers_of_parameters_and_values_have_bounds():
    read("Patient", *[("name", "a")] * 30)
    assert faults("Patient", *[("name", "a")] * 31) == [(None, "too-costly")]
    read("Patient", ("_id", ",".join(["a"] * 500)))
    assert faults("Patient", ("_id", ",".join(["a"] * 501))) == [(None, "too-costly")]
    assert read("Patient", ("_count", "500")).count == 500


def test_lenient_leaves_out_faults_only_for_one_person():
    found = read("Observation", ("patient", "p"), ("colour", "x"), lenient=True)
    assert found.ignored == ("colour",)
    assert found.honoured == (("patient", "p"),)
    assert faults("Observation", ("status", "final"), ("colour", "x"), lenient=True)
    assert faults("Observation", ("patient", ""), ("colour", "x"), lenient=True)


def test_every_date_has_a_node():
    assert isinstance(where("Patient", "death-date", "2020"), HasDate)
