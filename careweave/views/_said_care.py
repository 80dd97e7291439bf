"""Plain readings of care, people and papers: plans, packages, teams, tasks, consents, documents."""

from careweave.terms import Json
from careweave.views import _fhir as fhir
from careweave.views._context import Detail
from careweave.views._format import quantity, written_day
from careweave.views._making import Making
from careweave.views._said import (
    Phase,
    Said,
    answer,
    details,
    hours,
    is_over,
    joined,
    names,
    period_text,
    phase_of,
)

_ANSWERS_IN_A_LINE = 3
TIMES_PER = {"d": "{n} times a day", "wk": "{n} times a week", "mo": "{n} times a month"}
ONCE_PER = {"d": "once a day", "wk": "once a week", "mo": "once a month"}


def _phase(value: fhir.Value, making: Making) -> tuple[str, Phase]:
    status = fhir.words(value.get("status")) or fhir.words(value.get("lifecycleStatus"))
    phase = phase_of(status)
    if phase is Phase.CURRENT and is_over(value, making.now):
        phase = Phase.ENDED
    return status, phase


def episode(value: fhir.Value, making: Making) -> Said:
    """Returns what an EpisodeOfCare says: what, by whom, since when, whether it is suspended."""
    status, phase = _phase(value, making)
    kinds = [fhir.concept(one) for one in fhir.items(value.get("type"))]
    held = fhir.words(fhir.at(value, "managingOrganization", "display"))
    funding = [
        fhir.words(one.get("valueString"))
        for one in fhir.items(value.get("extension"))
        if fhir.words(one.get("url")).endswith("/funding-source")
    ]
    return Said(
        next((kind for kind in kinds if kind), "") or making.say("Care"),
        joined(held, *(kind for kind in kinds[1:] if not kind.isupper())),
        status,
        phase,
        details(
            making,
            ("Period", period_text(value, making)),
            ("Paid by", joined(*funding)),
            ("Worker", fhir.words(fhir.at(value, "careManager", "display"))),
        ),
    )


def request(value: fhir.Value, making: Making) -> Said:
    """Returns what a ServiceRequest says: what is asked or ordered, by whom, of whom, how much."""
    status, phase = _phase(value, making)
    kind = fhir.concept(value.get("category"))
    often = _frequency(value, making)
    amount = quantity(value.get("quantityQuantity"), making).text
    asked = fhir.words(fhir.at(value, "requester", "display"))
    of = joined(*names(value.get("performer")))
    return Said(
        fhir.concept(value.get("code")) or kind or making.say("Request"),
        joined(often, amount, of and making.say("by {name}", name=of)) or kind,
        status,
        phase,
        details(
            making,
            ("Kind", kind),
            ("Asked by", asked),
            ("Reason", fhir.concept(value.get("reasonCode"))),
            ("Note", fhir.notes(value)),
        ),
    )


def _frequency(value: fhir.Value, making: Making) -> str:
    repeat = fhir.at(value.get("occurrenceTiming"), "repeat")
    times, unit = (
        fhir.number(fhir.at(repeat, "frequency")),
        fhir.words(fhir.at(repeat, "periodUnit")),
    )
    if times is None or fhir.number(fhir.at(repeat, "period")) != 1 or unit not in TIMES_PER:
        return ""
    return making.say(ONCE_PER[unit]) if times == 1 else making.say(TIMES_PER[unit], n=times)


def plan(value: fhir.Value, making: Making) -> Said:
    """Returns what a CarePlan says, its activities in its own order."""
    status, phase = _phase(value, making)
    kind = fhir.concept(value.get("category"))
    title = fhir.words(value.get("title")) or kind or making.say("Plan")
    what = fhir.words(value.get("description"))
    steps = [_step(one) for one in fhir.items(value.get("activity"))]
    return Said(
        title,
        joined("" if what == title else what, *steps),
        "" if status == "active" else status,
        phase,
        details(
            making,
            ("Kind", "" if kind == title else kind),
            ("Period", period_text(value, making)),
            ("Contact", fhir.words(fhir.at(value, "author", "display"))),
            ("Note", fhir.notes(value)),
        ),
    )


def _step(one: dict[str, Json]) -> str:
    inner = fhir.table(one.get("detail"))
    said = fhir.words(inner.get("description")) or fhir.concept(inner.get("code"))
    return said or fhir.words(fhir.at(one.get("reference"), "display"))


def goal(value: fhir.Value, making: Making) -> Said:
    """Returns what a Goal says: what is aimed at, and by which measure."""
    status, phase = _phase(value, making)
    aims = [
        fhir.words(one.get("detailString")) or quantity(one.get("detailQuantity"), making).text
        for one in fhir.items(value.get("target"))
    ]
    return Said(
        fhir.concept(value.get("description")) or making.say("Goal"),
        joined(*(making.say("target {value}", value=one) for one in aims if one)),
        "" if status == "active" else status,
        phase,
    )


def team(value: fhir.Value, making: Making) -> Said:
    """Returns what a CareTeam says: who works with the person as what, and how to reach them."""
    status, phase = _phase(value, making)
    who = [_member(one) for one in fhir.items(value.get("participant"))]
    phones = [fhir.words(one.get("value")) for one in fhir.items(value.get("telecom"))]
    held = joined(*names(value.get("managingOrganization")))
    return Said(
        fhir.words(value.get("name")) or held or making.say("Team"),
        joined(*who, *phones),
        "" if status == "active" else status,
        phase,
        details(
            making,
            ("Organisation", held),
            ("Telephone", joined(*phones)),
            ("Period", period_text(value, making)),
        ),
    )


def _member(one: dict[str, Json]) -> str:
    role, name = fhir.concept(one.get("role")), fhir.words(fhir.at(one.get("member"), "display"))
    return f"{name} ({role})" if role and name else name or role


def relative(value: fhir.Value, making: Making) -> Said:
    """Returns what a RelatedPerson says: as what, who, and the telephone."""
    roles = [fhir.concept(one) for one in fhir.items(value.get("relationship"))]
    is_kin = any(code == "N" for _, code in fhir.codes(value.get("relationship")))
    number = fhir.phone(value.get("telecom"))
    role = next((one for one in roles if one and one != "N"), "")
    is_former = value.get("active") is False or is_over(value, making.now)
    return Said(
        making.say("Next of kin") if is_kin else role or making.say("Contact"),
        joined(fhir.human_name(value.get("name")), role if is_kin else "", number),
        making.say("no longer") if is_former else "",
        Phase.ENDED if is_former else Phase.CURRENT,
        details(
            making,
            ("Name", fhir.human_name(value.get("name"))),
            ("Relation", joined(*(one for one in roles if one != "N"))),
            ("Telephone", number),
        ),
    )


def task(value: fhir.Value, making: Making) -> Said:
    """Returns what a Task says: what is to be done, by whom, until when."""
    status, phase = _phase(value, making)
    title = fhir.concept(value.get("code")) or fhir.words(value.get("description"))
    what = fhir.words(value.get("description"))
    owner = fhir.words(fhir.at(value, "owner", "display"))
    return Said(
        title or making.say("Task"),
        joined("" if what == title else what, owner and making.say("with {name}", name=owner)),
        status,
        phase,
        details(
            making,
            ("Reason", fhir.concept(value.get("statusReason"))),
            ("Period", period_text(value, making)),
            ("Note", fhir.notes(value)),
        ),
    )


def appointment(value: fhir.Value, making: Making) -> Said:
    """Returns what an Appointment says: what, when, with whom, where."""
    status = fhir.words(value.get("status"))
    start, end = (fhir.words(value.get(name)) for name in ("start", "end"))
    phase = Phase.ENDED if is_over(value, making.now) else Phase.PLANNED
    if status in {"cancelled", "noshow", "entered-in-error"}:
        phase = Phase.ENDED
    what = fhir.words(value.get("description")) or fhir.concept(value.get("serviceType"))
    return Said(
        what or fhir.concept(value.get("reasonCode")) or making.say("Appointment"),
        joined(
            hours(start, end, making),
            *names(value.get("participant")),
            fhir.words(value.get("comment")),
        ),
        status,
        phase,
    )


def consent(value: fhir.Value, making: Making) -> Said:
    """Returns what a Consent says: what kind, about what, whether it permits or refuses."""
    status, phase = _phase(value, making)
    kind = fhir.concept(value.get("category")) or fhir.concept(value.get("scope"))
    rule = fhir.words(fhir.at(value, "policyRule", "text"))
    is_refusal = fhir.at(value, "provision", "type") == "deny"
    end = fhir.end_date(value)
    until = written_day(end, making).text if end else ""
    return Said(
        kind or making.say("Consent"),
        joined(
            making.say("refused") if is_refusal else "",
            "" if rule == kind else rule.removeprefix(kind).strip() or rule,
            until and making.say("until {date}", date=until),
        ),
        "" if status == "active" else status,
        phase,
        details(making, ("Period", period_text(value, making))),
    )


def questionnaire(value: fhir.Value, making: Making) -> Said:
    """Returns what a QuestionnaireResponse says: its answers; the first kind named is its title."""
    asked = [(question, answer(said, making)) for question, said in fhir.answers(value)]
    kinds = [said for question, said in asked if question.lower().startswith("kind")]
    rest = [one for one in asked if one[1] not in kinds]
    if len(asked) == 1:
        return Said(asked[0][0], asked[0][1])
    name = fhir.words(value.get("questionnaire")).rpartition(":")[2].rpartition("/")[2]
    title = kinds[0] if kinds else name.replace("-", " ").capitalize()
    return Said(
        title or making.say("Form"),
        joined(*(f"{question}: {said}" for question, said in rest[:_ANSWERS_IN_A_LINE])),
        "" if value.get("status") == "completed" else fhir.words(value.get("status")),
        Phase.CURRENT,
        tuple(Detail(question, said) for question, said in rest),
    )


def document(value: fhir.Value, making: Making) -> Said:
    """Returns what a DocumentReference says: its title and its form; never its contents."""
    kind = fhir.concept(value.get("type"))
    title = fhir.words(value.get("description")) or kind
    form = fhir.words(fhir.at(value.get("content"), "attachment", "contentType"))
    status = fhir.words(value.get("status"))
    return Said(
        title or making.say("Document"),
        joined("" if kind == title else kind, form.rpartition("/")[2].upper()),
        "" if status == "current" else status,
        Phase.CURRENT if status == "current" else phase_of(status),
    )


def message(value: fhir.Value, making: Making) -> Said:
    """Returns what a Communication says."""
    said = [fhir.words(one.get("contentString")) for one in fhir.items(value.get("payload"))]
    topic = fhir.concept(value.get("topic"))
    return Said(topic or making.say("Note"), joined(*(one for one in said if one != topic)))


def device(value: fhir.Value, making: Making) -> Said:
    """Returns what a Device or an order or use of one says."""
    status, phase = _phase(value, making)
    names_ = (value.get("type"), value.get("codeCodeableConcept"), value.get("device"))
    title = next((said for one in names_ if (said := fhir.concept(one))), "")
    return Said(
        title or fhir.words(fhir.at(value.get("device"), "display")) or making.say("Equipment"),
        joined(fhir.words(value.get("modelNumber")), fhir.notes(value)),
        "" if status == "active" else status,
        phase,
    )


def other(value: fhir.Value, making: Making) -> Said:
    """Returns what an entry of any other kind says: its code or title, and its notes."""
    status, phase = _phase(value, making)
    title = fhir.concept(value.get("code")) or fhir.words(value.get("title"))
    kind = fhir.words(value.get("resourceType"))
    return Said(title or making.say(kind), fhir.notes(value), status, phase)
