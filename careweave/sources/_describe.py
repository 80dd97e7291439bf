"""From the file of a source to its description. Source: reference/interop.md 1, 3, 4."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careweave.formats import HL7_PLACEHOLDERS
from careweave.sources._context import Place, check_names, word, words
from careweave.sources._faults import Faults, Spot, near
from careweave.sources._fhir import FhirFeed, fhir_mapping
from careweave.sources._fhir_names import Names
from careweave.sources._file_rules import file_rules
from careweave.sources._mapping import Input, SourceMapping
from careweave.sources._mapping_file import Library, MappingFile, compile_mapping
from careweave.sources._source import Channel, Order, OrderRule, Source, Transport
from careweave.sources._tables import Codes
from careweave.sources._telling import telling
from careweave.sources._transport import transport
from careweave.sources._yaml import Scalar, Table, Tree
from careweave.terms import Heading, Json, Label

_NEEDED = ("careweave", "name", "organisation", "system", "transport")
_ALLOWED = (
    *("feed", "authority", "mapping", "input", "codes", "systems", "parameters", "time_zone"),
    *("rhythm", "order", "control_id", "entitled", "service", "labels", "may_tag", "ties"),
    *("live", "live_base", "id_prefix", "sender", "charset", "version", "accept", "about"),
    "identity",
)
_WIDTH = re.compile(r"([1-9][0-9]{0,5})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_RIGHTS = ("merge", "move")
_ZONE = "Europe/London"
_is_name = re.compile(r"[a-z0-9][a-z0-9-]{0,62}").fullmatch
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Organisation:
    """What the region says of an organisation: its name, its kind and its code."""

    id: str
    name: str
    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes sources of their files: with the organisations, the mappings and the key of the ids."""

    organisations: Mapping[str, Organisation]
    library: Library
    secret: bytes
    faults: Faults

    def source(self, tree: Tree | None, stem: str) -> Source | None:
        """Returns the source of a file; None, and faults, where it is wrong."""
        if not isinstance(tree, Table):
            if tree is not None:
                self.faults.add(
                    tree.spot, "a source is an object", "begin with careweave: source/1"
                )
            return None
        if not check_names(self.faults, tree, _NEEDED, _ALLOWED):
            return None
        self._check_form(tree, stem)
        organisation = self._organisation(tree.members["organisation"])
        carrier = transport(tree.members["transport"], self.faults)
        if organisation is None or carrier is None:
            return None
        return self._described(tree, stem, organisation, carrier)

    def _check_form(self, tree: Table, stem: str) -> None:
        if self._word(tree, "careweave") != "source/1":
            self.faults.add(tree.spot, "this is no source", "begin with careweave: source/1")
        name = self._word(tree, "name")
        if name != stem or not _is_name(name):
            fix = "give both the same name, in small letters, digits and hyphens"
            self.faults.add(tree.names["name"], f"the file is {stem}.yaml and the name {name}", fix)

    def _word(self, tree: Table, name: str, default: str = "") -> str:
        return word(self.faults, tree.get(name), name, default=default)

    def _organisation(self, tree: Tree) -> Organisation | None:
        name = word(self.faults, tree, "organisation")
        if name not in self.organisations:
            what = f"there is no organisation {name} in organisations.yaml"
            self.faults.add(tree.spot, what, near(name, self.organisations))
        return self.organisations.get(name)

    def _described(
        self, tree: Table, stem: str, organisation: Organisation, carrier: Transport
    ) -> Source:
        file = self._file(tree, carrier)
        base = self._place(tree, stem, organisation, file, carrier)
        mapping = self._mapping(tree, file, base)
        sender = tree.get("sender")
        said = sender if isinstance(sender, Table) else Table(tree.spot, {}, {})
        check_names(self.faults, said, (), ("application", "facility"))
        return Source(
            name=stem,
            organisation=organisation.id,
            system=self._word(tree, "system"),
            transport=carrier,
            organisation_name=organisation.name,
            organisation_type=organisation.kind,
            organisation_code=organisation.code,
            feed=self._word(tree, "feed", carrier.kind.value),
            authority=base.authority,
            mapping=mapping,
            zone=str(base.zone),
            rhythm=self._width(tree.get("rhythm"), "rhythm"),
            order=self._order(tree.get("order")),
            is_control_id_unique=self._choice(tree, "control_id", ("unique", "not-unique"))
            == "unique",
            entitled=base.entitled,
            live=frozenset(self._known(tree, "live", Heading)),
            live_base=self._word(tree, "live_base"),
            service=self._word(tree, "service"),
            labels=frozenset(self._known(tree, "labels", Label)),
            may_tag=self._choice(tree, "may_tag", ("false", "true")) == "true",
            ties=frozenset(words(self.faults, tree.get("ties"), "ties")),
            id_prefix=self._word(tree, "id_prefix"),
            sender=(self._word(said, "application"), self._word(said, "facility")),
            charset=base.charset,
            version=base.version,
            file=file_rules(file.tree.get("file") if file else None, self.faults),
            parameters=self._parameters(tree.get("parameters")),
            telling=telling(tree.get("identity"), self.faults),
        )

    def _file(self, tree: Table, carrier: Transport) -> MappingFile | None:
        held = tree.get("mapping")
        if held is None:
            if carrier.kind is not Channel.FHIR and not self._word(tree, "live_base"):
                is_open = carrier.kind is Channel.MESH or self._word(tree, "input")
                if not is_open:
                    fix = f"write mapping: and one of {', '.join(sorted(self._mappings()))}"
                    self.faults.add(tree.spot, "mapping is missing here", fix)
            return None
        name = word(self.faults, held, "mapping")
        found = self.library.find(name)
        if found is None:
            self.faults.add(held.spot, f"there is no mapping {name}", near(name, self._mappings()))
        return found

    def _mappings(self) -> frozenset[str]:
        return frozenset(ident for ident, _ in self.library.mappings)

    def _place(
        self,
        tree: Table,
        stem: str,
        organisation: Organisation,
        file: MappingFile | None,
        carrier: Transport,
    ) -> Place:
        inside = file.tree if file is not None else Table(tree.spot, {}, {})
        authority = self._word(inside, "authority", organisation.id)
        codes, spots = self._codes(tree.get("codes"))
        facts: dict[str, Json] = self._parameters(tree.get("parameters"))
        facts |= {
            "name": stem,
            "organisation": organisation.id,
            "system": self._word(tree, "system"),
        }
        facts |= {"organisation_name": organisation.name, "organisation_code": organisation.code}
        authority = self._word(tree, "authority", authority)
        sender = tree.get("sender")
        said = sender if isinstance(sender, Table) else Table(tree.spot, {}, {})
        return Place(
            name=stem,
            authority=authority,
            zone=self._zone(tree.get("time_zone") or inside.get("tz")),
            secret=self.secret,
            facts=facts | {"authority": authority},
            systems=self._systems(tree.get("systems"), authority),
            codes=codes,
            spots=spots,
            placeholders=HL7_PLACEHOLDERS,
            entitled=self._entitled(tree.get("entitled")),
            sender=(self._word(said, "application"), self._word(said, "facility")),
            charset=self._word(tree, "charset") or None,
            version=self._word(tree, "version") or None,
            processing=carrier.processing,
        )

    def _mapping(self, tree: Table, file: MappingFile | None, base: Place) -> SourceMapping | None:
        kind = word(self.faults, file.tree.get("input") if file else tree.get("input"), "input")
        is_fhir = kind in {"fhir-stu3", "fhir-r4"}
        if tree.get("mapping") is not None and file is None:
            return None
        if file is not None and not is_fhir:
            return compile_mapping(file, self.library, base, self.faults)
        if file is None and isinstance(tree.members["transport"], Table) and not is_fhir:
            carrier = self._word(tree.members["transport"], "kind")
            if carrier != "fhir" and not self._word(tree, "live_base"):
                return None
        return self._fhir(
            tree, file, base, Input.FHIR_STU3 if kind == "fhir-stu3" else Input.FHIR_R4
        )

    def _fhir(
        self, tree: Table, file: MappingFile | None, base: Place, kind: Input
    ) -> SourceMapping:
        prefix, live = self._word(tree, "id_prefix"), self._word(tree, "live_base")
        names = Names(self.secret, base.authority, prefix=prefix, base=live)
        accept = file.tree.get("accept") if file is not None else tree.get("accept")
        accepted = frozenset(words(self.faults, accept, "accept"))
        feed = FhirFeed(base.name, names, kind, str(base.zone), accepted)
        if file is None:
            return fhir_mapping(feed)
        return fhir_mapping(feed, id=file.id, version=file.version, body=file.body)

    def _zone(self, tree: Tree | None) -> ZoneInfo:
        name = word(self.faults, tree, "a time zone", default=_ZONE)
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            if tree is not None:
                self.faults.add(tree.spot, f"there is no time zone {name}", "write Europe/London")
            return ZoneInfo(_ZONE)

    def _codes(self, tree: Tree | None) -> tuple[dict[str, Codes], dict[str, Spot]]:
        if not isinstance(tree, Table):
            return {}, {}
        made: dict[str, Codes] = {}
        for table, one in tree.members.items():
            made[table] = {}
            for name in words(self.faults, one, "a code file"):
                made[table] |= self.library.codes.read(name, one.spot, self.faults)
        return made, tree.names

    def _systems(self, tree: Tree | None, authority: str) -> dict[str, str]:
        if not isinstance(tree, Table):
            return {}
        pairs = ((name, word(self.faults, one, "a system")) for name, one in tree.members.items())
        return {name: text.replace("{authority}", authority) for name, text in pairs}

    def _parameters(self, tree: Tree | None) -> dict[str, Json]:
        if not isinstance(tree, Table):
            return {}
        return {n: one.value for n, one in tree.members.items() if isinstance(one, Scalar)}

    def _entitled(self, tree: Tree | None) -> frozenset[str]:
        found = frozenset(words(self.faults, tree, "entitled"))
        for name in sorted(found - set(_RIGHTS)):
            if tree is not None:
                self.faults.add(tree.spot, f"there is no right {name}", near(name, _RIGHTS))
        return found

    def _width(self, tree: Tree | None, what: str) -> timedelta | None:
        if tree is None:
            return None
        found = _WIDTH.fullmatch(word(self.faults, tree, what))
        if found is None:
            self.faults.add(tree.spot, f"{what} is a span of time", "write 30s, 15m, 24h or 7d")
            return None
        return timedelta(**{_UNITS[found[2]]: int(found[1])})

    def _order(self, tree: Tree | None) -> Order:
        text = word(self.faults, tree, "order", default="hold")
        if text in {"hold", "skip"}:
            return Order(OrderRule(text))
        rule, _, width = text.partition(" ")
        if tree is None or rule != "hold-for":
            if tree is not None:
                self.faults.add(
                    tree.spot, f"order: {text} is not known", "hold, skip or hold-for 30m"
                )
            return Order()
        return Order(OrderRule.HOLD_FOR, self._width(Scalar(tree.spot, width), "hold-for"))

    def _choice(self, tree: Table, name: str, known: tuple[str, ...]) -> str:
        text = self._word(tree, name, known[0])
        if text not in known:
            self.faults.add(tree.names[name], f"{name}: {text} is not known", near(text, known))
        return text

    def _known(self, tree: Table, name: str, kind: type[_Word]) -> list[_Word]:
        held = tree.get(name)
        known = [one.value for one in kind]
        found = words(self.faults, held, name)
        for text in found:
            if text not in known and held is not None:
                self.faults.add(held.spot, f"{name}: {text} is not known", near(text, known))
        return [kind(text) for text in found if text in known]
