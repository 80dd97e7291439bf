"""What a classification knows of one resource, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from careweave.sources import Telling
from careweave.terms import Heading, Json, Label

_USUAL = Telling()


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """What the region says about the feed that brings a resource.

    `service` is the kind of service ("mash", "sexual-health", ...), `organisation_type` that of its
    organisation; `may_tag` lets its heading tags count. `ties` are the kinds of relationship that
    its entries prove ("encounter", "referral", ...): none, unless its region says so. `telling` is
    how it tells who is who.
    Source: reference/store.md 2.12.
    """

    organisation_type: str | None = None
    service: str | None = None
    may_tag: bool = False
    default_labels: frozenset[Label] = frozenset()
    ties: frozenset[str] = frozenset()
    telling: Telling = _USUAL


@dataclass(frozen=True, slots=True)
class Parent:
    """One entry that the resource is derived from: stored, or of the same bundle.

    `via` is the element that points to it ("basedOn"), or by which it points here ("careTeam").
    """

    via: str
    heading: Heading | None
    labels: frozenset[Label] = frozenset()


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a resource when it comes in.

    `sections` are the headings of the Composition sections and Lists that refer to it; `roles` the
    parts that other entries give it; `mapped` the heading that the mapping of its feed sets;
    `age_years` the age of the subject; `sealed` S8 or S4 where a sealed identity is touched.
    """

    parents: tuple[Parent, ...] = ()
    sections: tuple[Heading, ...] = ()
    roles: frozenset[str] = frozenset()
    transaction: str | None = None
    service: str | None = None
    mapped: Heading | None = None
    sealed: frozenset[Label] = frozenset()
    age_years: int | None = None


@dataclass(frozen=True, slots=True)
class Classification:
    """The heading, the labels and the reasons of one resource.

    `primary` None means reference data or machinery; `rule_id` names the rules that decided,
    joined by "+"; `findings` are what somebody ought to look at.
    """

    primary: Heading | None
    also: tuple[Heading, ...]
    labels: frozenset[Label]
    rule_id: str
    findings: tuple[str, ...] = ()


@dataclass(slots=True)
class Facts:
    """One resource under classification; codes are read once per path."""

    value: Mapping[str, Json]
    source: SourceSettings
    context: Context
    members: frozenset[str]  # value sets that hold a code found anywhere in the resource
    confidentiality: frozenset[str]
    _codes: dict[str, set[str]] = field(default_factory=dict)

    def codes(self, path: str) -> set[str]:
        """Returns the codes at `path`, each as "system|code", "*|code" and "system|*"."""
        found = self._codes.get(path)
        if found is None:
            found = set()
            for item in at(self.value, path):
                _add_codes(item, found)
            self._codes[path] = found
        return found


def at(value: Json | Mapping[str, Json], path: str) -> list[Json]:
    """Returns everything at a dotted path, lists taken apart."""
    found: list[Json] = []
    head, _, rest = path.partition(".")
    if isinstance(value, list):
        for item in value:
            found += at(item, path)
    elif isinstance(value, Mapping):
        item = value.get(head)
        if item is not None:
            found += at(item, rest) if rest else item if isinstance(item, list) else [item]
    return found


def _add_codes(item: Json, found: set[str]) -> None:
    """Adds the codes of a code, Coding or CodeableConcept."""
    if isinstance(item, str):
        found.add(f"*|{item}")
    elif isinstance(item, dict):
        _add_codes_of_object(item, found)


def _add_codes_of_object(item: dict[str, Json], found: set[str]) -> None:
    code = item.get("code")
    if isinstance(code, str):
        system = item.get("system", "")
        found.update((f"{system}|{code}", f"*|{code}", f"{system}|*"))
    coding = item.get("coding")
    if isinstance(coding, list):
        for each in coding:
            if isinstance(each, dict):
                _add_codes_of_object(each, found)
