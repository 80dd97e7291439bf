"""The organisations and groups of a region: who they are, what they are called, how they sign."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from careweave.agreements._fields_region import ORGANISATIONS
from careweave.agreements._nodes import Node
from careweave.agreements._notices import Grade, Notice, Notices
from careweave.agreements._schema import check
from careweave.agreements._values import Key, Organisation
from careweave.agreements._yaml import Document, Path, place, read_yaml

GROUP = "group"
"""The kind of what is a group of organisations."""


def read_organisations(data: bytes, file: str, notices: Notices) -> Mapping[str, Organisation]:
    """Returns the organisations and groups of a region by their slug; tells of all faults."""
    document = read_yaml(data, file, notices)
    if document is None or not check(document, ORGANISATIONS, notices):
        return {}
    top = Node(document.value)
    reading = _Reading(document, notices, top["code_system"].text())
    made = {one.id: one for one in reading.organisations(top)}
    reading.check_keys(top)
    return made | {one.id: one for one in reading.groups(top, made)}


@dataclass(frozen=True, slots=True)
class _Reading:
    document: Document
    notices: Notices
    code_system: str

    def fault(self, path: Path, what: str, fix: str) -> None:
        line = self.document.line(path)
        self.notices.add(
            Notice(Grade.REJECT, "V1", self.document.file, line, place(path), what, fix)
        )

    def organisations(self, top: Node) -> Iterator[Organisation]:
        seen: set[str] = set()
        for at, one in enumerate(top["organisations"].items()):
            path: Path = ("organisations", at)
            if one["id"].text() in seen:
                self.fault((*path, "id"), "this organisation stands here twice", "keep one")
            seen.add(one["id"].text())
            yield self._organisation(one, path)

    def _organisation(self, one: Node, path: Path) -> Organisation:
        codes = set(one["codes"].texts())
        if self.code_system and one["code"]:
            codes.add(f"identifier {self.code_system}|{one['code'].text()}")
        return Organisation(
            id=one["id"].text(),
            name=one["name"].text(),
            kind=one["kind"].text(),
            codes=frozenset(codes),
            jurisdiction=one["jurisdiction"].text(),
            services=self._services(one, path),
            outwards=frozenset(word.upper() for word in one["outwards"].texts()),
            telephone=one["telephone"].text(),
            keys=tuple(self._keys(one, path)),
        )

    def _services(self, one: Node, path: Path) -> Mapping[str, str]:
        made: dict[str, str] = {}
        for service, systems in one["services"].members():
            for system in systems.texts():
                if system in made:
                    where = (*path, "services", service)
                    self.fault(where, "a system belongs to one service", "keep it in one")
                made[system] = service
        return made

    def _keys(self, one: Node, path: Path) -> Iterator[Key]:
        for at, key in enumerate(one["keys"].items()):
            public = public_bytes(key["x"].text())
            if public is None:
                where = (*path, "keys", at, "x")
                self.fault(where, "this is no public key of Ed25519", "write 32 bytes, base64url")
                continue
            since, until = key["from"].day(), key["to"].day()
            if since is None or until is None:
                continue
            is_demonstration = key["demonstration"].flag()
            by = key["by"].text()
            yield Key(key["kid"].text(), public, by, since, until, is_demonstration)

    def check_keys(self, top: Node) -> None:
        """Notes keys of the same name: a signature says with which key by its name alone."""
        seen: set[str] = set()
        for part in ("organisations", "groups"):
            for at, one in enumerate(top[part].items()):
                for index, key in enumerate(one["keys"].items()):
                    if key["kid"].text() in seen:
                        path: Path = (part, at, "keys", index, "kid")
                        self.fault(path, "another key has this name", "take another")
                    seen.add(key["kid"].text())

    def groups(self, top: Node, known: Mapping[str, Organisation]) -> Iterator[Organisation]:
        for at, one in enumerate(top["groups"].items()):
            path: Path = ("groups", at)
            name = one["id"].text()
            if name in known:
                self.fault((*path, "id"), "an organisation has this name", "take another")
            members = frozenset(one["members"].texts())
            for index, member in enumerate(one["members"].texts()):
                if member not in known:
                    where = (*path, "members", index)
                    self.fault(where, "there is no such organisation", "name one of this file")
            group = Organisation(name, one["name"].text(), GROUP, members=members)
            yield replace(group, keys=self._signers(one, path, known))

    def _signers(self, one: Node, path: Path, known: Mapping[str, Organisation]) -> tuple[Key, ...]:
        """Returns the keys of a group: its own, and those of who signs for it."""
        signer = one["signer"].text()
        if signer and signer not in known:
            self.fault((*path, "signer"), "there is no such organisation", "name one of this file")
        lent = known[signer].keys if signer in known else ()
        return (*self._keys(one, path), *lent)


def public_bytes(text: str) -> bytes | None:
    """Returns the 32 bytes of a public key in base64url, None where it is none."""
    try:
        made = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return made if len(made) == 32 else None


def slug_of(reference: str) -> str:
    """Returns the slug of "org:..." or "group:..."."""
    return reference.partition(":")[2]


def expanded(reference: str, organisations: Mapping[str, Organisation]) -> frozenset[str] | None:
    """Returns the organisations of a reference; None where there is no such one or group."""
    kind, _, slug = reference.partition(":")
    found = organisations.get(slug)
    if found is None or (kind == "group") is not (found.kind == GROUP):
        return None
    return found.members if found.kind == GROUP else frozenset({slug})
