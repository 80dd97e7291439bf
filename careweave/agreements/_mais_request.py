"""A request under sharing policies, as the draft Request object has it, and what is answered.

Source: SocialCareData/information-governance, request.json 0.1 (draft); `reference/agreements.md`
13.1. Whether sharing is right is judged here; whether it is wise stays with a human.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careweave.agreements._exchange import refused
from careweave.agreements._force import in_force
from careweave.agreements._mais import SECTIONS
from careweave.agreements._nodes import Node
from careweave.agreements._question import Answer, Reason, Verdict
from careweave.agreements._values import Agreement, World
from careweave.agreements._vocabulary import PURPOSE
from careweave.terms import Json, Purpose


class MaisAnswer(StrEnum):
    """What is answered: give it, do not, or let a human look."""

    PERMIT = "PERMIT"
    DENY = "DENY"
    REVIEW = "REVIEW"


@dataclass(frozen=True, slots=True)
class MaisRequest:
    """One request: who asks by its catalogue id, about whom, why, and under which policies.

    `person` is the identifying record as it was sent; `policies` are ids or addresses.
    """

    id: str
    system: str
    at: datetime
    requester: str
    requester_system: str
    person: Mapping[str, Json]
    purpose: Purpose
    policies: tuple[str, ...]


def read_request(value: Json) -> MaisRequest:
    """Returns a Request object; raises Incorrect with everything that is wrong with it."""
    request = Node(value)["Request"]
    faults = tuple(_faults(request))
    purpose = _purpose(request["AssertedPurpose"].text())
    if faults or purpose is None:
        raise refused("This is no Request.", *faults)
    who = request["RequesterIdentifier"]
    return MaisRequest(
        id=request["Identifier"]["value"].text(),
        system=request["Identifier"]["System"].text(),
        at=datetime.fromisoformat(request["DateStamp"].text()),
        requester=who["value"].text(),
        requester_system=who["system"].text(),
        person=request["RequestedData"]["Query"].table(),
        purpose=purpose,
        policies=tuple(map(_policy, request["SharingPolicy"].items())),
    )


def _faults(request: Node) -> Iterator[str]:
    for first, second in (
        ("Identifier", "value"),
        ("Identifier", "System"),
        ("RequesterIdentifier", "value"),
        ("RequesterIdentifier", "system"),
    ):
        if not request[first][second].text():
            yield f"{first}.{second} is missing."
    if not _is_time(request["DateStamp"].text()):
        yield "DateStamp has to be a time such as 2026-03-16T08:00:00."
    if not request["RequestedData"]["Query"].table():
        yield "RequestedData.Query has to name a Person."
    if _purpose(request["AssertedPurpose"].text()) is None:
        yield "AssertedPurpose is no purpose that is known here."
    if not request["SharingPolicy"].items() or not all(
        map(_policy, request["SharingPolicy"].items())
    ):
        yield "SharingPolicy has to name at least one policy, each by Identifier or URI."


def _is_time(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _purpose(said: str) -> Purpose | None:
    if said in SECTIONS.values():
        return Purpose.SAFEGUARDING
    return Purpose(said) if said in PURPOSE.words else None


def _policy(one: Node) -> str:
    return one["Identifier"]["value"].text() or one["URI"].text() or one.text()


def permitted_policies(
    world: World, request: MaisRequest, organisation: str, at: datetime
) -> tuple[Agreement, ...]:
    """Returns the policies of a request that are in force and let this organisation ask for it.

    `organisation` is who asks, as its sign-in says; the request does not decide that. None means
    DENY, whoever the person is.
    """
    return tuple(
        agreement
        for agreement in world.agreements
        if {agreement.name, agreement.uri} & set(request.policies)
        and not in_force(world, agreement, at)
        and any(
            clause.purpose is request.purpose and organisation in clause.recipients
            for clause in agreement.clauses
        )
    )


_TO_REVIEW = frozenset({Reason.CONSENT_NEEDED, Reason.GATE})


def answer_of(verdict: Verdict, purpose: Purpose) -> MaisAnswer:
    """Returns what is answered for one decision.

    What is absent is answered as if nothing were held: PERMIT, with nothing in it. For
    safeguarding a human looks first, whether or not anything is held, so that no answer tells it.
    """
    if verdict.answer is Answer.REFUSED and verdict.reason not in _TO_REVIEW:
        return MaisAnswer.DENY
    if purpose is Purpose.SAFEGUARDING or verdict.answer in {Answer.WITHHELD, Answer.REFUSED}:
        return MaisAnswer.REVIEW
    return MaisAnswer.PERMIT
