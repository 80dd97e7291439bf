"""The example staff of a demonstration: data of the region, made accounts once."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import yaml

from careweave.db import Database
from careweave.doors import _access
from careweave.terms import Conflict, Incorrect, Role

FILE = "demonstration-staff.yaml"
"""The file of a region that names its example staff; a real region has none."""

_FORMAT = "demonstration-staff/1"
_KEYS = frozenset({"user", "name", "org", "as", "person"})
_OF_POSTING = frozenset({"role", "office", "org", "setting", "team"})

Signin = dict[str, object]


def read_example_staff(region: Path) -> tuple[_access.Newcomer, ...]:
    """Returns the example staff of a region; nobody where it names none."""
    path = region / FILE
    if not path.is_file():
        return ()
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        if told["careweave"] != _FORMAT:
            raise Incorrect("This file is of another format.", where=FILE)
        return tuple(_newcomer(one) for one in told["staff"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as fault:
        raise Incorrect("This file does not say who the example staff are.", where=FILE) from fault


def add_example_staff(database: Database, region: Path, told: _access.Told) -> None:
    """Makes accounts of the example staff; those of an earlier start stay as they are."""
    for newcomer in read_example_staff(region):
        with suppress(Conflict), database.session() as session:
            _access.add_account(session, newcomer, told)


def staff_who_are_people(region: Path) -> Mapping[str, str]:
    """Returns by user the key of whom of the people of the region somebody of the staff is."""
    path = region / FILE
    told = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {"staff": ()}
    return {str(one["user"]): str(one["person"]) for one in told["staff"] if "person" in one}


def signins(database: Database) -> list[Signin]:
    """Returns who may be signed in as, and what each may act as, as demo.json lists them."""
    with database.reading() as session:
        accounts = _access.list_accounts(session)
    return [
        {
            "user": one.user,
            "name": one.display_name,
            "organisation": one.organisation,
            "as": str(one.id),
            "roles": [_said(one, posting) for posting in one.postings],
        }
        for one in accounts
        if one.ended_at is None
    ]


def _said(account: _access.Account, posting: _access.Posting) -> dict[str, str]:
    said = {
        "as": f"{account.id}/{posting.id}",
        "organisation": posting.organisation,
        "role": str(posting.role or ""),
        "setting": posting.setting,
        "team": posting.team,
        "office": posting.office,
    }
    return {name: value for name, value in said.items() if value}


def _newcomer(one: Mapping[str, object]) -> _access.Newcomer:
    if one.keys() - _KEYS:
        raise ValueError("an unknown key")
    organisation = str(one["org"])
    return _access.Newcomer(
        user=str(one["user"]),
        display_name=str(one["name"]),
        organisation=organisation,
        postings=tuple(_postings(one.get("as", ()), organisation)),
    )


def _postings(told: object, organisation: str) -> Iterator[_access.Posting]:
    if not isinstance(told, list | tuple):
        raise TypeError("a list of roles")
    for one in told:
        if one.keys() - _OF_POSTING:
            raise ValueError("an unknown key")
        yield _access.Posting(
            organisation=one.get("org", organisation),
            role=Role(one["role"]) if "role" in one else None,
            setting=one.get("setting", ""),
            team=one.get("team", ""),
            office=one.get("office", ""),
        )
