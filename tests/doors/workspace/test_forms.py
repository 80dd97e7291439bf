"""Forms are Questionnaires in a subset: read whole or refused by the path of what pages cannot ask."""

import copy
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest

from careweave.doors import workspace
from careweave.doors._frame import Door, Frame, Page, make_app, render
from careweave.doors.workspace._adding import AddPage
from careweave.doors.workspace._answers import Answers, read_answers
from careweave.doors.workspace._entries import Written, entries_of
from careweave.doors.workspace._fields import fields_of
from careweave.doors.workspace._form_lines import line_of
from careweave.doors.workspace._forms import read_forms
from careweave.doors.workspace._questionnaire import read_questions
from careweave.doors.workspace._questions import Choice
from careweave.formats import check, read_json, write_json
from careweave.terms import Incorrect, NotFound, Role
from careweave.views import english

REGION = Path(__file__).parents[3] / "region"
FORMS = read_forms(
    {f"forms/{path.name}": path.read_bytes() for path in (REGION / "forms").glob("*.json")}
)
EXTENSION = "https://careweave.example/fhir/StructureDefinition"


def plain(**more) -> dict:
    return {
        "resourceType": "Questionnaire",
        "url": "urn:test:q",
        "version": "1",
        "name": "test",
        "title": "Test",
        "status": "active",
        "extension": [
            {"url": f"{EXTENSION}/form-kind", "valueCode": "note"},
            {"url": f"{EXTENSION}/form-role", "valueCode": "GP"},
        ],
        "item": [{"linkId": "a", "type": "string", "text": "A"}],
    } | more


def read(value, sets=lambda _: ()):
    return read_questions(json.dumps(value).encode(), sets)


def with_item(**item):
    return plain(item=[{"linkId": "a", "type": "string", "text": "A"} | item])


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (plain(derivedFrom=["urn:x"]), "Questionnaire.derivedFrom"),
        (with_item(initial=[{"valueString": "x"}]), "Questionnaire.item[0].initial"),
        (with_item(readOnly=True), "Questionnaire.item[0].readOnly"),
        (with_item(type="attachment"), "Questionnaire.item[0].type"),
        (with_item(type="quantity"), "Questionnaire.item[0].extension"),
        (with_item(type="choice"), "Questionnaire.item[0]"),
        (with_item(repeats=True), "Questionnaire.item[0].repeats"),
        (with_item(linkId="1.1"), "Questionnaire.item[0].linkId"),
        (with_item(maxLength=0), "Questionnaire.item[0].maxLength"),
        (plain(name="Bad Name"), "Questionnaire.name"),
        (plain(extension=[]), "Questionnaire.extension"),
    ],
)
def test_what_pages_cannot_ask_is_refused_by_its_path(value, where):
    with pytest.raises(Incorrect) as caught:
        read(value)
    assert caught.value.where == where


def test_two_questions_of_one_name_and_conditions_on_later_ones_are_refused():
    twice = plain(item=[{"linkId": "a", "type": "string"}, {"linkId": "a", "type": "string"}])
    condition = {"question": "b", "operator": "exists", "answerBoolean": True}
    first = {"linkId": "a", "type": "string", "enableWhen": [condition]}
    later = plain(item=[first, {"linkId": "b", "type": "string"}])
    for value in (twice, later):
        with pytest.raises(Incorrect):
            read(value)


def test_a_value_set_of_the_region_is_expanded_when_the_form_is_read():
    value = with_item(type="choice", answerValueSet="urn:careweave:value-set:vs-x")
    members = (Choice("1", "One"), Choice("2", "Two"))
    questions = read(value, lambda name: members if name.endswith("vs-x") else ())
    assert questions.items[0].choices == members


def test_a_form_of_the_region_takes_the_place_of_the_default():
    own = json.dumps(plain(name="note", title="Ours")).encode()
    assert read_forms({"forms/note.json": own}).by_name["note"].title == "Ours"
    (said,) = read_forms({"forms/other.json": own}).wrong
    assert said.startswith("forms/other.json:1: Questionnaire.name: ")


def test_a_wrong_form_is_left_out_and_the_others_are_asked():
    wrong = json.dumps(with_item(type="attachment"), indent=1).encode()
    fair = json.dumps(plain()).encode()
    given = {"forms/bad.json": wrong, "forms/note.json": b"{", "forms/test.json": fair}
    forms = read_forms(given)
    assert forms.left_out == ("bad", "note")
    assert set(forms.by_name) == {"note", "alert", "about-me", "test"}
    assert forms.by_name["note"] == FORMS.by_name["note"]
    line = 1 + wrong.split(b'"attachment"')[0].count(b"\n")
    assert forms.wrong[0].startswith(f"forms/bad.json:{line}: Questionnaire.item[0].type: ")
    assert forms.wrong[1].startswith("forms/note.json")


def test_a_line_is_that_of_what_is_there_nearest_to_the_path():
    body = b'{\n "item": [\n  {\n   "linkId": "a"\n  }\n ]\n}'
    assert line_of(body, "Questionnaire.item[0].linkId") == 4
    assert line_of(body, "Questionnaire.item[0].type") == 3
    assert line_of(body, "Questionnaire.item[7].type") == 2
    assert line_of(body, "Questionnaire.item.linkId") == 2
    assert line_of(body, "Questionnaire.title") == 1
    assert line_of(b"{", "Questionnaire.item") is None


def test_a_value_set_that_cannot_be_read_leaves_out_the_form_that_names_it():
    form = json.dumps(with_item(type="choice", answerValueSet="urn:x:vs-x")).encode()
    for broken in (b"members: [", b"members: 5", b"members: [{a: b}]", b"\xff"):
        forms = read_forms({"forms/test.json": form, "value-sets/vs-x.yaml": broken})
        assert forms.left_out == ("test",)


def test_a_role_has_its_own_forms_and_no_others():
    assert {one.name for one in FORMS.of_role(Role.CN)} == {
        "note",
        "alert",
        "about-me",
        "observation",
    }
    assert FORMS.of_role(Role.AN) == ()
    with pytest.raises(NotFound):
        FORMS.named("observation", Role.SW)


def conditional():
    both = [
        {"linkId": "a", "type": "boolean", "text": "Smokes"},
        {
            "linkId": "b",
            "type": "integer",
            "text": "How many",
            "required": True,
            "enableWhen": [{"question": "a", "operator": "=", "answerBoolean": True}],
        },
    ]
    return read(plain(item=both))


def test_what_was_not_to_be_asked_has_no_answer_whatever_was_posted():
    questions = conditional()
    assert read_answers(questions, {"q-a": "false", "q-b": "20"}).values == {"a": (False,)}
    assert read_answers(questions, {"q-a": "true", "q-b": "20"}).values["b"] == (20,)
    (wrong,) = read_answers(questions, {"q-a": "true"}).wrong
    assert wrong.field == "q-b"
    hint = fields_of(questions, {}, (), english)[1].hint
    assert hint == "Only if “Smokes” is “Yes”."


@pytest.mark.parametrize(
    "fields",
    [
        {"q-weight": "NaN"},
        {"q-weight": "Infinity"},
        {"q-weight": "1e400"},
        {"q-weight": "-4"},
        {"q-weight": "9" * 400},
        {"q-on-day": "31", "q-on-month": "2", "q-on-year": "2026"},
        {"q-on-day": "1", "q-on-month": "13", "q-on-year": "2026"},
        {"q-on-day": "٣", "q-on-month": "1", "q-on-year": "2026"},
        {"q-on-day": "1"},
        {"q-remark": "x" * 1001},
    ],
)
def test_rubbish_is_sent_back_and_never_raises(fields):
    assert read_answers(FORMS.by_name["observation"], fields).wrong


def test_an_answer_that_is_not_offered_is_sent_back():
    fields = {"q-category": "gossip", "q-text": "x"}
    (wrong,) = read_answers(FORMS.by_name["alert"], fields).wrong
    assert wrong.field == "q-category"


def written():
    ids = count(1)
    at = datetime(2026, 3, 26, 8, tzinfo=UTC)
    return Written("ws-p", "A Nurse", at, lambda: f"ws-{next(ids)}")


ANSWERS = {
    "observation": {
        "weight": (Decimal("72.50"),),
        "on": (date(2026, 3, 25),),
        "remark": ("At rest",),
    },
    "note": {"title": ("Wound",), "text": ("Clean.\nDry.",)},
    "alert": {
        "category": (
            Choice("safety", "Safety", "http://terminology.hl7.org/CodeSystem/flag-category"),
        ),
        "text": ("Dog",),
        "until": (date(2026, 4, 1),),
    },
    "about-me": {
        "whose": (Choice("carer", "A carer's"),),
        "carer": ("Daughter",),
        "matters": ("Tea",),
    },
}


@pytest.mark.parametrize("name", sorted(ANSWERS))
def test_each_form_becomes_valid_entries_of_the_person(name):
    made = entries_of(FORMS.by_name[name], Answers(ANSWERS[name]), written())
    assert made
    for one in made:
        assert check(read_json(write_json(one))) == ()
        assert one["subject"] == {"reference": "Patient/ws-p"}


def test_a_measured_value_keeps_the_digits_that_were_typed():
    (made, *_) = entries_of(
        FORMS.by_name["observation"], Answers(ANSWERS["observation"]), written()
    )
    assert b'"value":72.50' in write_json(made)
    assert made["effectiveDateTime"] == "2026-03-25"
    assert made["note"] == [{"text": "At rest"}]


def test_reading_a_form_changes_nothing_of_it():
    value = plain()
    before = copy.deepcopy(value)
    read(value)
    assert value == before


def test_a_page_says_which_form_is_left_out():
    templates = Path(workspace.__file__).parent / "templates"
    frame = Frame(door="workspace", title="Add")
    door = Door("workspace", templates, "", lambda: "request-1", lambda: None, lambda _: frame)
    app = make_app(door)
    with app.test_request_context("/workspace/"):
        said = render("workspace/add.html", Page(frame, AddPage((), ("bad",))))
    assert said.count("data-left-out") == 1
    assert "The form bad of the region is wrong and is left out." in said
