"""How many people work where and as what: to say the effect of a change, never to decide.

Source: `reference/agreements.md` 1.1.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from careweave.agreements._nodes import Node
from careweave.agreements._notices import Grade, Notice, Notices
from careweave.agreements._organisations import slug_of
from careweave.agreements._schema import (
    MANDATORY,
    OPTIONAL,
    ListOf,
    Member,
    Table,
    Text,
    Whole,
    Word,
    check,
    words_of,
)
from careweave.agreements._values import Organisation
from careweave.agreements._vocabulary import SLUG
from careweave.agreements._yaml import place, read_yaml
from careweave.terms import Role

STAFF = "staff.yaml"
"""The file of a region that counts its staff."""

_ENTRY = Table(
    "staff",
    (
        Member("org", Text("an organisation", 70, r"org:[a-z0-9][a-z0-9-]+"), MANDATORY, "where"),
        Member("role", Word("role", words_of(Role)), MANDATORY, "in which role"),
        Member("setting", SLUG, OPTIONAL, "in which setting"),
        Member("team", SLUG, OPTIONAL, "in which team"),
        Member("n", Whole(0, 1_000_000), MANDATORY, "how many people"),
    ),
)
FORM = Table(
    "staff file",
    (
        Member("careweave", Word("version of the format", ("staff/1",)), MANDATORY, "staff/1"),
        Member("staff", ListOf(_ENTRY), MANDATORY, "who works where"),
    ),
)


@dataclass(frozen=True, slots=True)
class Staff:
    """People who work alike; `n` None where nobody has counted them."""

    organisation: str
    role: Role
    setting: str = ""
    team: str = ""
    n: int | None = None


def read_staff(
    files: Mapping[str, bytes], organisations: Mapping[str, Organisation], notices: Notices
) -> tuple[Staff, ...]:
    """Returns the staff that the files of a region count; nobody where there is no such file."""
    data = files.get(STAFF)
    document = None if data is None else read_yaml(data, STAFF, notices)
    if document is None or not check(document, FORM, notices):
        return ()
    found: list[Staff] = []
    for at, one in enumerate(Node(document.value)["staff"].items()):
        organisation = slug_of(one["org"].text())
        if organisation not in organisations:
            line = document.line(("staff", at, "org"))
            where = place(("staff", at, "org"))
            what, fix = "this organisation is not in organisations.yaml", "name one that is"
            notices.add(Notice(Grade.REJECT, "V1", STAFF, line, where, what, fix))
        found.append(_staff(one, organisation))
    return tuple(found)


def _staff(one: Node, organisation: str) -> Staff:
    return Staff(
        organisation,
        Role(one["role"].text()),
        one["setting"].text(),
        one["team"].text(),
        one["n"].whole(),
    )
