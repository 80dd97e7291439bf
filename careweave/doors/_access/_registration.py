"""What is asked for a new client, and whether it can be given."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from careweave.terms import Incorrect, PersonId, Purpose, Role

_SCOPE = re.compile(r"system/(?:\*|[A-Z][A-Za-z]+)\.(?=[cruds])c?r?u?d?s?")
LAUNCH = "launch"
"""The scope with which a client opens people here for its users, and does nothing else."""
_PREFIX = re.compile(r"[A-Za-z0-9.-]{1,32}")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
# A proxy is named as the person's consent names them: "identifier system|value".
_USER = re.compile(r"[!-~](?: ?[!-~]){0,199}")


@dataclass(frozen=True, slots=True)
class Registration:
    """What is asked for a new client. Names are small letters, digits and hyphens.

    `scopes` are SMART 2.2 system scopes such as "system/Observation.rs". `id_prefix` lets the
    client choose ids that begin so. `role` is as what it asks, one of them for its whole life; a
    role other than SYS stands for people, so `user` says who is at work, by default the client's
    own name. `person` is who that is in the record: a citizen without is nobody.
    Source: SMART App Launch 2.2, scopes; `reference/store.md` 6.4; `reference/agreements.md` 1.1.
    """

    name: str
    organisation: str
    system: str
    scopes: frozenset[str]
    expires_at: datetime
    purpose: Purpose = Purpose.DIRECT_CARE
    id_prefix: str | None = None
    role: Role = Role.SYSTEM
    setting: str = ""
    team: str = ""
    user: str = ""
    person: PersonId | None = None

    @property
    def at_work(self) -> str:
        """Returns who is at work behind the client; nobody behind a technical system."""
        return "" if self.role is Role.SYSTEM else self.user or self.name


Check = tuple[str, Callable[[Registration], bool], str]


def check(wanted: Registration, now: datetime) -> None:
    """Raises Incorrect, naming the part, for what no client can be."""
    if wanted.expires_at <= now:
        raise Incorrect(
            "The expires_at of the client lies in the past.", where="expires_at", code="value"
        )
    for where, holds, rule in _CHECKS:
        if not holds(wanted):
            raise Incorrect(f"The {where} of the client {rule}.", where=where, code="value")


def _are_scopes(wanted: Registration) -> bool:
    return bool(wanted.scopes) and all(
        scope == LAUNCH or _SCOPE.fullmatch(scope) for scope in wanted.scopes
    )


def _is_prefix(wanted: Registration) -> bool:
    return wanted.id_prefix is None or bool(_PREFIX.fullmatch(wanted.id_prefix))


def _is_name(text: str) -> bool:
    return bool(_NAME.fullmatch(text))


def _is_placed(wanted: Registration) -> bool:
    places = wanted.setting, wanted.team, wanted.user
    return wanted.role is not Role.SYSTEM or not (any(places) or wanted.person)


_NAMES = "is made of small letters, digits and hyphens, at most 63"

_CHECKS: tuple[Check, ...] = (
    ("name", lambda one: _is_name(one.name), _NAMES),
    ("organisation", lambda one: _is_name(one.organisation), _NAMES),
    ("system", lambda one: _is_name(one.system), _NAMES),
    ("scopes", _are_scopes, "are words such as system/*.rs, or launch"),
    ("id_prefix", _is_prefix, "is 1 to 32 of A-Z a-z 0-9 - ."),
    ("setting", lambda one: not one.setting or _is_name(one.setting), _NAMES),
    ("team", lambda one: not one.team or _is_name(one.team), _NAMES),
    (
        "user",
        lambda one: not one.user or bool(_USER.fullmatch(one.user)),
        "is 1 to 200 plain characters, without blanks at its ends",
    ),
    ("role", _is_placed, "is SYS, a technical system: it has no setting, team, user or person"),
    (
        "person",
        lambda one: one.role is not Role.CI or one.person is not None,
        "is needed for the role CI: a citizen sees one record, the own one",
    ),
)
