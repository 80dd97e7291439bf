"""Words and codes that views read and print by: the package's, and what a region adds."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from careweave.agreements.forms import (
    MANDATORY,
    OPTIONAL,
    ListOf,
    MapOf,
    Member,
    Node,
    Notices,
    Table,
    Text,
    Word,
    check,
    read_yaml,
    refuse,
)

PATH = "views/terms.yaml"

_LINE, _ANY = Text("a line of text", 200), Text("words", 200, r"(?s).*")
TIMELINE_ROWS = (
    *("gp", "hospital", "emergency", "community", "mental", "social", "third", "person"),
)
FORM = Table(
    "terms",
    (
        Member("careweave", Word("version of the format", ("view-terms/1",)), MANDATORY, "version"),
        Member("units", MapOf(_LINE, _ANY), OPTIONAL, "how a unit is written for people"),
        Member("dose_units", ListOf(_LINE), OPTIONAL, "units of doses that stay as they are"),
        Member("frequencies", MapOf(_LINE, _LINE), OPTIONAL, "what the last word of a dose means"),
        Member("none_known", ListOf(_LINE), OPTIONAL, "codes of `none known`: system|code"),
        Member(
            "settings",
            MapOf(_LINE, Word("row of the timeline", TIMELINE_ROWS)),
            OPTIONAL,
            "the row of the timeline by kind of organisation",
        ),
        Member("alerts", MapOf(_LINE, _LINE), OPTIONAL, "what the categories of an alert mean"),
        Member("statuses", MapOf(_LINE, _LINE), OPTIONAL, "what a status means in a word"),
        Member("encounters", MapOf(_LINE, _LINE), OPTIONAL, "what the class of a contact means"),
        Member(
            "numbers",
            MapOf(_LINE, _LINE),
            OPTIONAL,
            "the label of a person's number by its system, or by who assigns it; first one first",
        ),
    ),
)
"""Everything that views/terms.yaml may say."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What words and codes mean to a view. `none_known` are pairs of system and code."""

    units: Mapping[str, str]
    dose_units: frozenset[str]
    frequencies: Mapping[str, str]
    none_known: frozenset[tuple[str, str]]
    settings: Mapping[str, str]
    alerts: Mapping[str, str]
    statuses: Mapping[str, str]
    numbers: Mapping[str, str]
    encounters: Mapping[str, str]

    def with_more(self, more: "Terms") -> "Terms":
        """Returns these terms with a region's, which win."""
        return Terms(
            units={**self.units, **more.units},
            dose_units=self.dose_units | more.dose_units,
            frequencies={**self.frequencies, **more.frequencies},
            none_known=self.none_known | more.none_known,
            settings={**self.settings, **more.settings},
            alerts={**self.alerts, **more.alerts},
            statuses={**self.statuses, **more.statuses},
            numbers={**self.numbers, **more.numbers},
            encounters={**self.encounters, **more.encounters},
        )


def read_terms(data: bytes, path: str, notices: Notices) -> Terms | None:
    """Returns the terms of a file; None, and notices, where it is not of their form."""
    document = read_yaml(data, path, notices)
    if document is None or not check(document, FORM, notices):
        return None
    top = Node(document.value)
    texts = {one.name: _texts(top[one.name]) for one in fields(Terms)}
    return Terms(
        units=texts["units"],
        dose_units=frozenset(top["dose_units"].texts()),
        frequencies=texts["frequencies"],
        none_known=frozenset(_coded(one) for one in top["none_known"].texts()),
        settings=texts["settings"],
        alerts=texts["alerts"],
        statuses=texts["statuses"],
        numbers=texts["numbers"],
        encounters=texts["encounters"],
    )


def _texts(node: Node) -> Mapping[str, str]:
    return {name: one.text() for name, one in node.members()}


def _coded(text: str) -> tuple[str, str]:
    system, _, code = text.rpartition("|")
    return system, code


@cache
def national_terms() -> Terms:
    """Returns the terms that come with the package."""
    notices = Notices()
    data = files("careweave.views").joinpath("defaults/terms.yaml").read_bytes()
    found = read_terms(data, PATH, notices)
    refuse(notices.told())
    if found is None:
        message = "The terms of the package cannot be read."
        raise ValueError(message)
    return found
