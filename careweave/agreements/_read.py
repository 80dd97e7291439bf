"""An agreement of its file: the values of section 2, once the form has been checked."""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from careweave.agreements._cohorts import cohort_of
from careweave.agreements._durations import duration
from careweave.agreements._nodes import Node
from careweave.agreements._organisations import expanded
from careweave.agreements._values import (
    Agreement,
    BreakGlass,
    Ceiling,
    Clause,
    Hours,
    Level,
    Loosening,
    Organisation,
    Party,
    Quantity,
    Share,
    Speed,
)
from careweave.terms import Action, Heading, Label, Purpose, Role, Tie

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NEVER = date.min


def agreement_of(top: Node, organisations: Mapping[str, Organisation]) -> Agreement:
    """Returns the agreement that a checked document says."""
    valid, law = top["valid"], top["law"]
    return Agreement(
        id=top["id"].text(),
        version=top["version"].whole(),
        status=top["status"].text(),
        kind=top["kind"].text(),
        title=top["title"].text(),
        summary={language: text.text() for language, text in top["summary"].members()},
        uri=top["uri"].text(),
        jurisdiction=top["jurisdiction"].texts(),
        valid_from=valid["from"].day() or _NEVER,
        valid_to=valid["to"].day() or _NEVER,
        review_by=valid["review_by"].day() or _NEVER,
        purposes=frozenset(Purpose(one) for one in top["objective"]["purposes"].texts()),
        confidentiality=law["confidentiality"]["basis"].text(),
        parties=tuple(_party(one) for one in top["parties"].items()),
        clauses=tuple(_clause(one, organisations) for one in top["clauses"].items()),
        loosens=tuple(_loosening(one) for one in top["loosens"].items()),
        project=top["project"].table(),
        document=top.table(),
    )


def _party(one: Node) -> Party:
    signed, assurance = one["signed"], one["assurance"]
    return Party(
        org=one["org"].text(),
        name=one["name"].text(),
        role=one["role"].text(),
        signed_by=signed["by"].text(),
        signed_name=signed["name"].text(),
        signed_at=signed["at"].day(),
        signature=signed["sig"].text(),
        scheme=assurance["scheme"].text(),
        result=assurance["result"].text(),
        assured_to=assurance["to"].day(),
    )


def _loosening(one: Node) -> Loosening:
    role, _, heading = one["cell"].text().partition(".")
    return Loosening(
        role=Role(role),
        heading=Heading(heading),
        level=Level(one["level"].text()),
        owner=one["owner"].text(),
        reason=one["reason"].text(),
        until=one["until"].day() or _NEVER,
    )


def _clause(one: Node, organisations: Mapping[str, Organisation]) -> Clause:
    to, relationship, headings = one["to"], one["relationship"], one["headings"]
    return Clause(
        id=one["id"].text(),
        sent_by=one["from"].texts(),
        sent_to=to["orgs"].texts(),
        providers=all_of(one["from"].texts(), organisations),
        recipients=all_of(to["orgs"].texts(), organisations),
        roles=frozenset(Role(role) for role in to["roles"].texts()),
        settings=frozenset(to["settings"].texts()),
        teams=frozenset(to["teams"].texts()),
        purpose=Purpose(one["purpose"].text()),
        headings={Heading(name): _share(share) for name, share in headings.members()},
        labels=frozenset(Label(label) for label in one["labels"].texts()),
        cohort=cohort_of(one["cohort"], organisations),
        ties=frozenset(Tie(tie) for tie in relationship["test"].texts() if tie in set(Tie)),
        grace=duration(relationship["grace"].text()) if relationship["grace"] else None,
        break_glass=_break_glass(one["break_glass"]),
        actions=frozenset(Action(action) for action in one["action"].texts()),
        quantity=_quantity(one["quantity"]),
        speed=_speed(one["speed"], headings),
        retention=one["retention"]["recipient"].text(),
        duties=frozenset(one["duties"].texts()) | {"audit"},
        log_to_person=one["log_to_person"].text(),
        dissent=one["dissent"]["not-applicable"].text() or None,
        opt_out={name: value.text() for name, value in one["opt_out"].members()},
        onward=one["onward"].texts(),
        hours=hours_of(one["when"]["hours"].text()),
        trigger=one["when"]["trigger"].text(),
        identifiability=one["form"]["identifiability"].text(),
        project_cohort=one["cohort"]["project_cohort"].text(),
    )


def all_of(
    references: tuple[str, ...], organisations: Mapping[str, Organisation]
) -> frozenset[str]:
    """Returns the organisations of references, groups expanded; unknown ones add nobody."""
    found = (expanded(reference, organisations) for reference in references)
    return frozenset(slug for slugs in found for slug in slugs or ())


def _share(one: Node) -> Share:
    if one.text():
        return Share(Level(one.text()))
    return Share(
        level=Level(one["level"].text()),
        months_back=_number(one["months_back"]),
        items=_number(one["items"]),
        fields=one["fields"].texts() if one["fields"] else None,
    )


def _number(one: Node) -> int | None:
    return one.whole() if one else None


def _break_glass(one: Node) -> BreakGlass:
    return BreakGlass(
        allowed=one["allowed"].flag(),
        lifts=frozenset(one["lifts"].texts()),
        minutes=one["minutes"].whole(60),
        total=one["total"].whole(240),
    )


def _ceiling(one: Node) -> Ceiling:
    return Ceiling(one["soft"].whole(), one["hard"].whole())


def _quantity(one: Node) -> Quantity:
    return Quantity(
        months_back=None if one["months_back"].text() == "all" else one["months_back"].whole(),
        people_per_request=one["people_per_request"].whole(),
        rows_per_request=one["rows_per_request"].whole(),
        per_user_hour=_ceiling(one["per_user_hour"]),
        per_day=_ceiling(one["per_day"]),
        items={Heading(name): count.whole() for name, count in one["items"].members()},
    )


def _speed(one: Node, headings: Node) -> Speed:
    everywhere = duration(one["freshness"].text()) if one["freshness"].text() else None
    spans: dict[Heading, timedelta] = {}
    for name, _ in headings.members():
        span = everywhere or duration(one["freshness"][name].text())
        if span is not None and (everywhere or one["freshness"][name]):
            spans[Heading(name)] = span
    availability = one["availability"].value
    is_said = isinstance(availability, int | float) or bool(one["availability"])
    return Speed(
        freshness=spans,
        answer_p95=duration(one["answer_p95"].text()) or timedelta(0),
        availability=float(str(availability)) if is_said else None,
    )


def hours_of(text: str) -> Hours | None:
    """Returns when a clause holds, None for always: "24x7", or "Mon-Fri 07:00-19:00"."""
    found = re.fullmatch(r"(\w{3})(?:-(\w{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)", text)
    if found is None:
        return None
    first, last = found[1], found[2] or found[1]
    start, end = _DAYS.index(first), _DAYS.index(last)
    # Sat-Mon goes round the end of the week.
    days = frozenset((start + step) % 7 for step in range((end - start) % 7 + 1))
    opens, closes = (int(found[at]) * 60 + int(found[at + 1]) for at in (3, 5))
    return Hours(days, opens, closes)
