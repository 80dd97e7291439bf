"""FHIR XML both ways."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from careweave.formats import Limits, elements, members, read_json, read_xml, to_xml, write_json
from careweave.terms import CareweaveError, Incorrect, Unprocessable

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
XHTML = "http://www.w3.org/1999/xhtml"


def xml(inside, kind="Patient", attributes=""):
    return f'<{kind} xmlns="http://hl7.org/fhir"{attributes}>{inside}</{kind}>'.encode()


def test_every_kind_of_element_is_read_by_the_table():
    resource = read_xml(
        xml(
            "<!-- a comment -->"
            '<id value="p1"/>'
            '<contained><Organization><id value="o"/></Organization></contained>'
            '<extension url="http://e" id="x1"><valueDecimal value="72.50"/></extension>'
            '<active value="true"/>'
            '<name id="n"><given value="A"/><given id="g" value="B"><extension url="http://g"><valueCode value="c"/></extension></given>'
            '<given><extension url="http://h"><valueInteger value="-3"/></extension></given></name>'
            '<birthDate id="b" value="1980"/>'
            '<multipleBirthInteger value="2"/>'
            '<managingOrganization><reference value="#o"/></managingOrganization>'
        )
    )
    assert resource.value == {
        "resourceType": "Patient",
        "id": "p1",
        "contained": [{"resourceType": "Organization", "id": "o"}],
        "extension": [{"id": "x1", "url": "http://e", "valueDecimal": Decimal("72.50")}],
        "active": True,
        "name": [
            {
                "id": "n",
                "given": ["A", "B", None],
                "_given": [
                    None,
                    {"id": "g", "extension": [{"url": "http://g", "valueCode": "c"}]},
                    {"extension": [{"url": "http://h", "valueInteger": -3}]},
                ],
            }
        ],
        "birthDate": "1980",
        "_birthDate": {"id": "b"},
        "multipleBirthInteger": 2,
        "managingOrganization": {"reference": "#o"},
    }
    assert b"72.50" in resource.body
    assert read_xml(to_xml(resource.value)).value == resource.value


@pytest.mark.parametrize("digits", ["72.50", "0.10", "0.0000001", "-0.00", "100", "1234567.125"])
def test_digits_survive_both_ways(digits):
    inside = f'<status value="final"/><code><text value="x"/></code><valueQuantity><value value="{digits}"/></valueQuantity>'
    resource = read_xml(xml(inside, "Observation"))
    assert f'"value":{digits}'.encode() in resource.body
    assert f'<value value="{digits}"/>'.encode() in to_xml(resource.value)


def test_the_narrative_is_kept_character_by_character():
    div = f"<div xmlns=\"{XHTML}\" ><p class='a'>&#233; &amp; &quot;x&quot;<br/></p><!-- c --><div>in &gt; <![CDATA[</div>]]></div>\n</div >"
    inside = f'<text><status value="generated"/>{div}</text>'
    resource = read_xml(xml(inside))
    assert resource.value["text"]["div"] == div
    assert inside.encode() in to_xml(resource.value)


def test_a_narrative_with_a_prefix_is_written_anew():
    inside = '<text><status value="generated"/><h:div><h:p>x</h:p></h:div></text>'
    resource = read_xml(xml(inside, attributes=f' xmlns:h="{XHTML}"'))
    root = etree.fromstring(resource.value["text"]["div"])
    assert (root.tag, root[0].text) == (f"{{{XHTML}}}div", "x")


def test_each_contained_narrative_keeps_its_own():
    def text(word):
        return f'<text><status value="generated"/><div xmlns="{XHTML}">{word}</div></text>'

    resource = read_xml(
        xml(f'<contained><Basic><id value="a"/>{text("in")}</Basic></contained>{text("out")}')
    )
    assert "out" in resource.value["text"]["div"]
    assert "in" in resource.value["contained"][0]["text"]["div"]


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b"", "line 1"),
        (b"<Patient", "line 1"),
        (b'<Patient xmlns="http://hl7.org/fhir"/><Patient/>', "line 1"),
        (b'<!DOCTYPE Patient><Patient xmlns="http://hl7.org/fhir"/>', "line 1"),
        (b'<!DOCTYPE p [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + xml('<id value="&e;"/>'), "line 1"),
        (xml("&undeclared;"), "line 1"),
        (b'<?xml-stylesheet href="x"?>' + xml(""), "line 1"),
        (xml("<?php x?>"), "line 1"),
        (b'<?xml version="1.0" encoding="UTF-16"?>' + xml(""), "line 1"),
        (xml("").decode().encode("utf-16"), "byte 0"),
        (b'<?xml version="1.0" encoding="iso-8859-1"?>' + xml(""), "line 1"),
        (b"<Patient/>", "line 1"),
        (b'<Patient xmlns="http://hl7.org/fhir/other"/>', "line 1"),
        (xml("", "Nope"), "line 1"),
        (xml("", "div"), "line 1"),
        (xml("text"), "Patient"),
        (xml('<active value="true"/>text'), "Patient"),
        (xml("<unheard/>"), "Patient"),
        (xml('<x:name xmlns:x="http://other"/>'), "Patient"),
        (xml('<active value="yes"/>'), "Patient.active"),
        (xml('<active value="true"/><active value="true"/>'), "Patient.active"),
        (xml("<active/>"), "Patient.active"),
        (xml('<active value="true" x="1"/>'), "Patient.active"),
        (xml('<multipleBirthInteger value="1.5"/>'), "Patient.multipleBirthInteger"),
        (xml('<multipleBirthInteger value="+1"/>'), "Patient.multipleBirthInteger"),
        (xml('<name value="x"/>'), "Patient.name[0]"),
        (xml('<name><use value="usual"><a/></use></name>'), "Patient.name[0].use"),
        (xml("<contained/>"), "Patient.contained[0]"),
        (xml('<contained><Nope xmlns="http://hl7.org/fhir"/></contained>'), "Patient.contained[0]"),
        (xml('<extension><url value="x"/></extension>'), "Patient.extension[0]"),
        (xml("", attributes=' id="x"'), "Patient"),
        (xml(f'<div xmlns="{XHTML}"/>'), "Patient"),
        (xml("<text><div/></text>"), "Patient.text.div"),
        (xml('<multipleBirthInteger value="1234567890123456789"/>'), "Patient.multipleBirthInteger"),
    ],
)  # fmt: skip
def test_what_is_refused_names_its_place(data, where):
    with pytest.raises(Incorrect) as caught:
        read_xml(data)
    assert caught.value.where == where


def test_a_schema_location_is_ignored_and_a_byte_order_mark_taken():
    attributes = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir http://h/x.xsd"'
    assert read_xml(b"\xef\xbb\xbf" + xml('<id value="a"/>', attributes=attributes)).id == "a"


def test_depth_is_bounded():
    def nested(n):
        return xml("<item>" * n + '<linkId value="1"/>' + "</item>" * n, "QuestionnaireResponse")

    read_xml(nested(31))
    for n in (32, 70, 200, 5000):
        with pytest.raises(Incorrect):
            read_xml(nested(n))


def test_size_is_bounded():
    with pytest.raises(Incorrect, match="larger"):
        read_xml(xml(""), limits=Limits(size=10))


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"resourceType": "Nope"}, "resourceType"),
        ({"resourceType": "Patient", "unheard": 1}, "Patient"),
        ({"resourceType": "Patient", "url": "x"}, "Patient"),
        ({"resourceType": "Patient", "name": ["x"]}, "Patient.name"),
        ({"resourceType": "Patient", "contained": [{}]}, "Patient.contained"),
        ({"resourceType": "Patient", "text": {"div": "</text><x/>"}}, "Patient.text.div"),
        ({"resourceType": "Patient", "text": {"div": "<p>x</p>"}}, "Patient.text.div"),
    ],
)
def test_what_has_no_form_in_xml_is_refused(value, where):
    with pytest.raises(Unprocessable) as caught:
        to_xml(value)
    assert caught.value.where == where


def test_a_narrative_without_its_namespace_is_given_it():
    made = to_xml(
        {"resourceType": "Patient", "text": {"status": "generated", "div": "<div>x</div>"}}
    )
    assert f'<div xmlns="{XHTML}">x</div>'.encode() in made


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff", include_characters="\t\n\r"),
    min_size=1, max_size=10,
)  # fmt: skip
SIMPLE = {
    "boolean": st.booleans(),
    "integer": st.integers(-99, 99),
    "positiveInt": st.integers(1, 99),
    "unsignedInt": st.integers(0, 99),
    "decimal": st.decimals(
        allow_nan=False, allow_infinity=False, min_value=-99, max_value=99, places=3
    ),
    "xhtml": st.just(f'<div xmlns="{XHTML}">x</div>'),
}


@st.composite
def shaped(draw, shape, depth):
    """A value with some members of the shape, valid as JSON and XML though not always as FHIR."""
    known = [
        m
        for m in members(shape).values()
        if m.name not in {"contained", "resource", "outcome", "div"}
    ]
    chosen = draw(
        st.lists(st.sampled_from(known), min_size=1, max_size=4, unique_by=lambda m: m.name)
    )
    value = {}
    for member in chosen:
        if not member.is_primitive and depth == 0:
            continue
        one = (
            SIMPLE.get(member.type, TEXT)
            if member.is_primitive
            else shaped(member.shape, depth - 1)
        )
        value[member.name] = draw(
            st.lists(one, min_size=1, max_size=2) if member.element.is_many else one
        )
    return value


@given(st.sampled_from(["Patient", "Observation", "Bundle", "Questionnaire", "CarePlan", "Timing"]).flatmap(
    lambda kind: st.tuples(st.just(kind), shaped(kind, 2))
))  # fmt: skip
def test_what_goes_out_as_xml_comes_back_the_same(made):
    kind, value = made
    if kind == "Timing":
        kind, value = "ServiceRequest", {"occurrenceTiming": value or {"id": "x"}}
    resource = {"resourceType": kind, **_without_empty(value)}
    assert read_xml(to_xml(resource)).value == resource
    assert read_json(write_json(resource)).value == resource


def _without_empty(value):
    # An object without members has no meaning in FHIR; as XML it would be an empty element.
    if isinstance(value, dict):
        kept = {name: _without_empty(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in ({}, [])}
    if isinstance(value, list):
        return [item for item in map(_without_empty, value) if item != {}]
    return value


@given(
    st.binary(max_size=100)
    | st.text("<>/&;'\"= \nPatientxmlnshttp:/7.orgf!?[]-d", max_size=60).map(str.encode)
)
def test_any_bytes_are_read_or_refused(data):
    try:
        read_xml(data)
    except CareweaveError:
        return


@given(st.text("<>/&;'\"= \ndivxmlns!?[]-CDAT", max_size=30), st.integers(0, 120))
def test_a_damaged_resource_is_read_or_refused(noise, at):
    inside = f'<text><status value="generated"/><div xmlns="{XHTML}">a</div></text><name><family value="x"/></name>'
    whole = xml(inside).decode()
    try:
        read_xml((whole[:at] + noise + whole[at:]).encode())
    except CareweaveError:
        return


def test_elements_are_written_in_the_order_of_the_table():
    names = [element.name for element in elements("Patient")]
    made = etree.fromstring(
        to_xml(
            {
                "resourceType": "Patient",
                "birthDate": "1980",
                "name": [{"text": "x"}],
                "active": True,
                "id": "1",
            }
        )
    )
    tags = [etree.QName(child).localname for child in made]
    assert tags == sorted(tags, key=names.index) == ["id", "active", "name", "birthDate"]
