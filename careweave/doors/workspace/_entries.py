"""From the answers to a form to the entries that they become. Pure.

Source: FHIR R4 4.0.1; headings by `reference/record.md` 4.3 (OB7, DR8, FL3, QR1).
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from careweave.doors.workspace._answers import Answers, Value, text_of
from careweave.doors.workspace._questions import Choice, Item, ItemType, Kind, Questions
from careweave.terms import Json

_UCUM = "http://unitsofmeasure.org"
_CLINICAL = "http://terminology.hl7.org/CodeSystem"
_PLAIN_UNITS = {"Cel": "°C", "mm[Hg]": "mmHg", "/min": "/min"}
_TEXT = "text/plain; charset=utf-8"

Resource = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Written:
    """Whose entry it is and who writes it when: `author` as people read it."""

    patient: str
    author: str
    at: datetime
    new_id: Callable[[], str]

    @property
    def whose(self) -> Resource:
        """Returns the reference to whom it is about."""
        return {"reference": f"Patient/{self.patient}"}

    @property
    def by(self) -> Resource:
        """Returns who wrote it."""
        return {"display": self.author}

    @property
    def moment(self) -> str:
        """Returns when it was written."""
        return self.at.isoformat(timespec="seconds")


def entries_of(questions: Questions, answers: Answers, written: Written) -> tuple[Resource, ...]:
    """Returns the entries that the answers to a form become, the main one first."""
    made = _MAKERS[questions.kind](questions, answers, written)
    return tuple(
        {"resourceType": one.pop("resourceType"), "id": written.new_id(), **one} for one in made
    )


def _observations(questions: Questions, answers: Answers, written: Written) -> Iterator[Resource]:
    remark = answers.text("remark")
    for item in questions.every:
        value = answers.one(item.link)
        if value is not None and item.code:
            yield {
                "resourceType": "Observation",
                "status": "final",
                "category": [{"coding": [dict(one) for one in questions.category]}],
                "code": {"coding": [dict(one) for one in item.code], "text": item.text},
                "subject": written.whose,
                "effectiveDateTime": _on(answers, written),
                "issued": written.moment,
                "performer": [written.by],
                **_value(item, value),
                **({"note": [{"text": remark}]} if remark else {}),
            }


def _value(item: Item, value: Value) -> Resource:
    match value:
        case Choice():
            return {"valueCodeableConcept": {"coding": [_coding(value)], "text": value.display}}
        case bool():
            return {"valueBoolean": value}
        case Decimal() if item.unit:
            unit = _PLAIN_UNITS.get(item.unit, item.unit)
            quantity: Resource = {"value": value, "unit": unit}
            return {"valueQuantity": {**quantity, "system": _UCUM, "code": item.unit}}
        case _:
            return {"valueString": text_of(value)}


def _note(_: Questions, answers: Answers, written: Written) -> Iterator[Resource]:
    title, text = answers.text("title"), answers.text("text")
    body = base64.b64encode(text.encode()).decode()
    yield {
        "resourceType": "DocumentReference",
        "status": "current",
        "docStatus": "final",
        "type": {"text": "Note"},
        "subject": written.whose,
        "date": written.moment,
        "author": [written.by],
        "description": title,
        "content": [
            {
                "attachment": {
                    "contentType": _TEXT,
                    "data": body,
                    "title": title,
                    "creation": _on(answers, written),
                }
            }
        ],
    }


def _alert(_: Questions, answers: Answers, written: Written) -> Iterator[Resource]:
    category, until = answers.one("category"), answers.one("until")
    why = answers.text("why")
    period: Resource = {"start": written.moment}
    if isinstance(until, date):
        period["end"] = until.isoformat()
    text = answers.text("text")
    coding = [_coding(category)] if isinstance(category, Choice) else []
    yield {
        "resourceType": "Flag",
        "status": "active",
        "category": [{"coding": list[Json](coding)}],
        "code": {"text": f"{text} ({why})" if why else text},
        "subject": written.whose,
        "period": period,
        "author": written.by,
    }


def _about_me(questions: Questions, answers: Answers, written: Written) -> Iterator[Resource]:
    is_carers = _is_carers(answers.one("whose"))
    author: Resource = {"display": answers.text("carer")} if is_carers else written.whose
    yield {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": f"{questions.url}",
        "status": "completed",
        "subject": written.whose,
        "authored": written.moment,
        "author": author,
        "item": [
            {
                "linkId": item.link,
                "text": item.text,
                "answer": [{"valueString": text_of(one)} for one in answers.values[item.link]],
            }
            for item in questions.every
            if item.type is not ItemType.GROUP and item.link in answers.values
        ],
    }


def _is_carers(value: Value | None) -> bool:
    return isinstance(value, Choice) and value.code == "carer"


def _on(answers: Answers, written: Written) -> str:
    """Returns of when it is: the day that was given, else the moment of writing."""
    given = answers.one("on")
    is_day = isinstance(given, date) and not isinstance(given, datetime)
    return given.isoformat() if is_day and isinstance(given, date) else written.moment


def _coding(one: Choice) -> Resource:
    system: Mapping[str, Json] = {"system": one.system} if one.system else {}
    return {**system, "code": one.code, "display": one.display}


_MAKERS: Mapping[Kind, Callable[[Questions, Answers, Written], Iterator[Resource]]] = {
    Kind.OBSERVATION: _observations,
    Kind.NOTE: _note,
    Kind.ALERT: _alert,
    Kind.ABOUT_ME: _about_me,
}
