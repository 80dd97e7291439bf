"""What systems with FHIR R4 send: transactions that put what is new or has changed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from careweave.demonstration import _fhir_care as care
from careweave.demonstration import _fhir_clinical as clinical
from careweave.demonstration._fhir import Chart, Resource, house, patient
from careweave.demonstration._kinds import is_told, label_of
from careweave.demonstration._model import Fact, Holding, Sent
from careweave.demonstration._region import Desk
from careweave.demonstration._state import is_of_person, who_at
from careweave.formats import write_json
from careweave.terms import LABEL_SYSTEM, Json

_MOST = 100

BUILDERS: dict[str, Callable[[Chart, Fact], Resource]] = {
    "about-me": care.about_me,
    "allergy": clinical.allergy,
    "appointment": care.appointment,
    "assessment": care.answers,
    "capacity": clinical.said,
    "ceiling": clinical.said,
    "complete": clinical.complete,
    "contact": care.contact,
    "cpr": clinical.said,
    "device": care.device,
    "dispensed": clinical.dispensed,
    "document": care.document,
    "emergency": clinical.visit,
    "episode": care.episode,
    "equipment": care.device,
    "exam": clinical.exam,
    "family": clinical.family,
    "flag": care.flag,
    "formulation": clinical.formulation,
    "goal": care.goal,
    "legal": care.legal,
    "medicine": clinical.medicine,
    "need": clinical.said,
    "none-known": clinical.none_known,
    "note": care.note,
    "place": clinical.said,
    "plan": care.plan,
    "pregnancy": clinical.said,
    "problem": clinical.problem,
    "procedure": clinical.procedure,
    "prognosis": clinical.said,
    "referral": care.referral,
    "request": care.request,
    "research": care.research,
    "result": clinical.result,
    "risk": clinical.risk,
    "score": clinical.score,
    "section": care.section,
    "sign": clinical.sign,
    "social": clinical.social,
    "statement": clinical.statement,
    "stay": clinical.stay,
    "strength": clinical.said,
    "support-reason": clinical.support_reason,
    "task": care.task,
    "team": care.team,
    "vaccination": clinical.vaccination,
    "visit": clinical.visit,
}


@dataclass(frozen=True, slots=True)
class Telling:
    """A resource, or the person alone where `fact` changes only who they are, and when it goes."""

    sent_at: datetime
    fact: Fact


def tellings(holding: Holding) -> list[Telling]:
    """Returns what is told when: a fact that ends later is told twice."""
    told: list[Telling] = []
    for fact in holding.facts:
        ended_at = fact.ended_at
        if ended_at is not None and ended_at > fact.sent_at:
            more = {name: value for name, value in fact.more.items() if name != "ended_at"}
            begun = Fact(
                fact.kind, fact.text, fact.at, fact.sent_at, fact.number, more, fact.canary
            )
            told += [Telling(fact.sent_at, begun), Telling(ended_at, fact)]
        elif is_told(fact):
            told.append(Telling(fact.sent_at, fact))
    return sorted(told, key=lambda one: one.sent_at)


def houses(desk: Desk, at: datetime) -> Sent:
    """Returns the transaction that makes the organisation and its staff known."""
    return Sent(desk.sources["fhir"], at, None, transaction(house(desk)))


def transactions(desk: Desk, holding: Holding) -> Iterator[Sent]:
    """Gives the transactions of one person: the load in large pieces, then one a telling."""
    told, known_at = tellings(holding), holding.known_at
    horizon = known_at.replace(hour=23, minute=0)
    loaded = [one for one in told if one.sent_at <= horizon]
    later = [one for one in told if one.sent_at > horizon]
    who = who_at(holding, loaded[-1].fact) if loaded else holding.who
    start = [patient(Chart(desk, who))]
    resources = start + [made for one in loaded for made in _made(desk, holding, one)]
    source = desk.sources["fhir"]
    for at in range(0, len(resources), _MOST):
        yield Sent(source, known_at, None, transaction(resources[at : at + _MOST]))
    for sent_at, group in groupby(later, key=lambda one: one.sent_at):
        made = [made for one in group for made in _made(desk, holding, one)]
        yield Sent(source, sent_at, None, transaction(made))


def _made(desk: Desk, holding: Holding, one: Telling) -> list[Resource]:
    chart = Chart(desk, who_at(holding, one.fact))
    if is_of_person(one.fact):
        return [patient(chart)]
    return [resource_of(chart, one.fact)]


def resource_of(chart: Chart, fact: Fact) -> Resource:
    """Returns the resource of a fact with its id, its label and the habits of its system."""
    value: Resource = {**BUILDERS[fact.kind](chart, fact), "id": chart.id_of(fact)}
    label = label_of(fact)
    if label is not None:
        value["meta"] = {"security": [{"system": LABEL_SYSTEM, "code": label.value}]}
    if fact.more.get("uncategorised"):
        value.pop("category", None)
    if fact.more.get("narrative"):
        words = fact.word("narrative")
        div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{words}</p></div>'
        value["text"] = {"status": "additional", "div": div}
    return value


def transaction(resources: list[Resource]) -> bytes:
    """Returns a transaction that puts resources under their own ids; the last of an id counts."""
    last = {f"{one['resourceType']}/{one['id']}": one for one in resources}
    entries: list[Json] = [
        {"fullUrl": f"https://northmere.example/fhir/{place}", "resource": one,
         "request": {"method": "PUT", "url": place}}
        for place, one in last.items()
    ]  # fmt: skip
    return write_json({"resourceType": "Bundle", "type": "transaction", "entry": entries})
