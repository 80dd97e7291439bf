"""An STU3 resource as R4: element by element, by the packaged table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from careweave.formats._stu3_addresses import (
    CROSS,
    r4_extension,
    r4_profile,
    r4_reference,
    r4_system,
)
from careweave.formats._stu3_mend import bundle_time, mended, same_offset
from careweave.formats._stu3_pieces import Piece, other_type, simple
from careweave.formats._stu3_place import place, target_of
from careweave.formats._stu3_table import Rule, is_stu3_type, rules, stu3_members
from careweave.formats._table import Member, has_shape, is_type, members, primitives
from careweave.terms import Finding, Severity

_NO_RULE = Rule()
_OF_REFERENCE = frozenset({"id", "extension", "reference", "identifier", "display"})
_LINKS = {
    "Reference": "reference",
    "Bundle.entry": "fullUrl",
    "Bundle.entry.request": "url",
    "Bundle.entry.response": "location",
}


@dataclass(slots=True)
class _Target:
    """The R4 value that is being made: its shape, the STU3 type that it is of, and where it was."""

    out: dict[str, Any]
    shape: str
    kind: str
    where: str


@dataclass(slots=True)
class Converter:
    """Converts one resource and all that is in it, and notes what it found.

    `zone` is that of times which do not say theirs.
    """

    zone: tzinfo | None = None
    findings: list[Finding] = field(default_factory=list)

    def resource(self, value: Mapping[str, Any], where: str) -> dict[str, Any] | None:
        """Returns the R4 resource; None where R4 has no such type."""
        kind = str(value.get("resourceType"))
        known = rules().types.get(kind, kind)
        if not is_stu3_type(kind) or not is_type(known):
            self._note("stu3-type-dropped", where, Severity.ERROR)
            return None
        out: dict[str, Any] = {"resourceType": known}
        self._members(value, kind, _Target(out, known, kind, where))
        self._profiles(out, kind, where)
        if kind == "Bundle" and "timestamp" not in out:
            self._time(out, value, where)
        return out

    def _time(self, out: dict[str, Any], value: Mapping[str, Any], where: str) -> None:
        at = bundle_time(value)
        if at is not None:
            out["timestamp"] = at
            self._note("r4-element-added", f"{where}.timestamp", Severity.INFORMATION)

    def _profiles(self, out: dict[str, Any], kind: str, where: str) -> None:
        """Gives the profiles that the resource claims their R4 names; others it claims no more."""
        said = out.get("meta", {}).get("profile", [])
        kept = [r4_profile(profile, kind) for profile in said if isinstance(profile, str)]
        for i, profile in enumerate(kept):
            if profile is None:
                place_of = f"{where}.meta.profile[{i}]"
                self._note("stu3-element-dropped", place_of, Severity.INFORMATION)
        if said:
            out["meta"]["profile"] = list(dict.fromkeys(filter(None, kept)))
            out["meta"] = {name: item for name, item in out["meta"].items() if item != []}
        if "meta" in out and not out["meta"]:
            del out["meta"]

    def _note(
        self, code: str, where: str, severity: Severity = Severity.WARNING, about: str = ""
    ) -> None:
        self.findings.append(Finding(code, severity, where, about))

    def _members(self, value: Mapping[str, Any], shape: str, target: _Target) -> None:
        """Converts the members of an object into the target: what has a place of its own first."""
        later: list[tuple[str, Member, Rule]] = []
        for name in dict.fromkeys(name.removeprefix("_") for name in value):
            if name == "resourceType":
                continue
            member = stu3_members(shape).get(name)
            if member is None:
                self._of_r4(value, name, target)
                continue
            rule = rules().elements.get(f"{shape}.{name}", _NO_RULE)
            if rule.sets is not None or rule.beside or (rule.to and "." in rule.to):
                later.append((name, member, rule))
            else:
                self._member(value, member, rule, target)
        for _, member, rule in later:
            self._member(value, member, rule, target)
        self._absent(shape, target)

    def _of_r4(self, value: Mapping[str, Any], name: str, target: _Target) -> None:
        """Keeps an element that STU3 does not know and R4 does: its sender mixes the two."""
        known = members(target.shape).get(name) if has_shape(target.shape) else None
        is_free = name not in target.out and f"_{name}" not in target.out
        if known is None or not is_free or known.type == "Resource":
            self._note("stu3-element-dropped", f"{target.where}.{name}")
            return
        self._note("stu3-element-mixed", f"{target.where}.{name}")
        target.out.update({key: value[key] for key in (name, f"_{name}") if key in value})

    def _member(
        self, value: Mapping[str, Any], member: Member, rule: Rule, target: _Target
    ) -> None:
        pieces = _pieces(value.get(member.name), value.get(f"_{member.name}"))
        where = f"{target.where}.{member.name}"
        if member.type == "Extension":
            self._extensions(pieces, member, target, where)
        elif rule.spread:
            for piece in pieces:
                self._spread(piece, member, target, where)
        elif rule.sets is not None:
            self._set(pieces, member, rule, target)
        elif rule.by is not None:
            self._by_case(pieces, member, rule, target)
        else:
            self._move(pieces, member, rule, target)

    def _spread(self, piece: Piece, member: Member, target: _Target, where: str) -> None:
        if isinstance(piece.value, dict):
            inside = _Target(target.out, target.shape, target.kind, where)
            self._members(piece.value, member.shape, inside)

    def _set(self, pieces: Sequence[Piece], member: Member, rule: Rule, target: _Target) -> None:
        for piece in pieces:
            text = str(piece.value).lower() if isinstance(piece.value, bool) else piece.value
            target.out.update((rule.sets or {}).get(str(text), {}))
        if rule.keep:
            self._keep(pieces, member, target)

    def _by_case(
        self, pieces: Sequence[Piece], member: Member, rule: Rule, target: _Target
    ) -> None:
        for piece in pieces:
            case = piece.value.get(rule.by) if isinstance(piece.value, dict) else None
            path = rule.cases.get(str(case))
            if path is None:
                self._keep([piece], member, target)
                continue
            inner = {name: value for name, value in piece.value.items() if name != rule.by}
            self._move([Piece(inner)], member, Rule(to=path, take=rule.take), target)

    def _move(self, pieces: Sequence[Piece], member: Member, rule: Rule, target: _Target) -> None:
        path = rule.to or member.name
        there = target_of(target.shape, path)
        made: list[Piece] = []
        for i, piece in enumerate(pieces):
            where = f"{target.where}.{member.name}" + (f"[{i}]" if member.element.is_many else "")
            if self._is_elsewhere(piece, member, rule, target):
                continue
            new = None if there is None else self._piece(piece, member, there, rule, where)
            if new is None:
                self._keep([piece], member, target)
            else:
                made.append(new)
        if made:
            left = place(target.out, target.shape, path, made, rule.beside)
            self._rest(left, member, rule, target)

    def _is_elsewhere(self, piece: Piece, member: Member, rule: Rule, target: _Target) -> bool:
        """Says whether a reference went into an extension of its own, because of what it is to."""
        for kind, url in rule.unless.items():
            reference = piece.value.get("reference") if isinstance(piece.value, dict) else None
            if isinstance(reference, str) and f"{kind}/" in reference:
                where = f"{target.where}.{member.name}"
                held = self._shaped(piece.value, member.shape, member.shape, where)
                _extend(target.out, {"url": url, "valueReference": held})
                return True
        return False

    def _rest(self, left: list[Piece], member: Member, rule: Rule, target: _Target) -> None:
        if left and rule.rest is not None:
            left = place(target.out, target.shape, rule.rest, left, {})
        for _ in left:
            self._note("stu3-element-dropped", f"{target.where}.{member.name}")

    def _piece(
        self, piece: Piece, member: Member, there: Member, rule: Rule, where: str
    ) -> Piece | None:
        """Returns one value as the element takes it; None where it cannot be one."""
        piece = Piece(self._mended(piece.value, member, where), self._beside(piece.beside, where))
        if self._is_of_r4(piece, member, rule):
            return self._mixed(piece, there, where)
        if rule.take is not None:
            return self._taken(piece, member, there, rule, where)
        if member.is_primitive and there.is_primitive:
            return simple(piece, there, rule)
        if not _is_like(member, there):
            return other_type(piece, member.type, there, rule)
        made = self._object(piece.value, member, there, where)
        return None if made is None else Piece(made)

    def _mended(self, value: object, member: Member, where: str) -> object:
        new = mended(value, member, self.zone) if member.is_primitive else value
        if new != value or type(new) is not type(value):
            self._note("stu3-value-mended", where)
        return new

    def _is_of_r4(self, piece: Piece, member: Member, rule: Rule) -> bool:
        """Says whether the value is what R4 has here and STU3 has not."""
        if not isinstance(piece.value, dict):
            return False
        is_group = rule.take is not None and rule.by is None
        return member.is_primitive or (is_group and piece.value.keys() <= _OF_REFERENCE)

    def _mixed(self, piece: Piece, there: Member, where: str) -> Piece | None:
        if not stu3_members(there.type) or there.is_primitive:
            return None
        self._note("stu3-element-mixed", where)
        return Piece(self._shaped(piece.value, there.type, there.shape, where))

    def _object(
        self, value: object, member: Member, there: Member, where: str
    ) -> dict[str, Any] | None:
        if not isinstance(value, dict):
            return None
        if member.type == "Resource":
            return self.resource(value, where)
        return self._shaped(value, member.shape, there.shape, where)

    def _taken(
        self, piece: Piece, member: Member, there: Member, rule: Rule, where: str
    ) -> Piece | None:
        """Returns the part of a group that R4 holds; the other parts become its extensions."""
        name = str(rule.take)
        if not isinstance(piece.value, dict) or name not in piece.value:
            return None
        inner = stu3_members(member.shape)[name]
        made = self._piece(Piece(piece.value[name]), inner, there, _NO_RULE, f"{where}.{name}")
        if made is None or not isinstance(made.value, dict):
            return made
        inside = _Target(made.value, there.shape, member.shape, where)
        for key in [key for key in piece.value if key != name]:
            self._part_beside(key, piece.value[key], inside)
        return made

    def _part_beside(self, name: str, value: object, target: _Target) -> None:
        """Keeps a part of a group that became one of its parts as an extension of that."""
        known = stu3_members(target.kind).get(name)
        where = f"{target.where}.{name}"
        if known is None:
            self._note("stu3-element-dropped", where)
        elif known.type == "Extension":
            self._extensions(_pieces(value, None), known, target, where)
        elif name != "id":
            self._keep(_pieces(value, None), known, target)

    def _shaped(
        self, value: Mapping[str, Any], shape: str, r4_shape: str, where: str
    ) -> dict[str, Any]:
        out: dict[str, Any] = {}
        if shape == "Period":
            value = same_offset(value)
        self._members(value, shape, _Target(out, r4_shape, shape, where))
        _readdressed(out, shape)
        return out

    def _beside(self, beside: Mapping[str, Any] | None, where: str) -> dict[str, Any] | None:
        if not isinstance(beside, dict):
            return None
        return self._shaped(beside, "Element", "Element", where) or None

    def _extensions(
        self, pieces: Sequence[Piece], member: Member, target: _Target, where: str
    ) -> None:
        for i, piece in enumerate(pieces):
            if not isinstance(piece.value, dict):
                self._note("stu3-element-dropped", f"{where}[{i}]")
                continue
            made = self._shaped(piece.value, "Extension", "Extension", f"{where}[{i}]")
            if not self._is_lifted(made, target):
                target.out.setdefault(member.name, []).append(r4_extension(made))

    def _is_lifted(self, made: Mapping[str, Any], target: _Target) -> bool:
        """Says whether an extension became the element that R4 has for it."""
        path = rules().lifted.get(f"{target.kind} {made.get('url')}")
        held = [made[name] for name in made if name.startswith("value")]
        if path is None or not held:
            return False
        return not place(target.out, target.shape, path, [Piece(held[0])], {})

    def _keep(self, pieces: Sequence[Piece], member: Member, target: _Target) -> None:
        """Keeps what R4 has no element for as an extension, or says that it is gone."""
        for piece in pieces:
            where = f"{target.where}.{member.name}"
            made = self._as_extension(piece, member, CROSS + member.element.path, where)
            code = "stu3-element-dropped" if made is None else "stu3-element-kept"
            severity = Severity.WARNING if made is None else Severity.INFORMATION
            self._note(code, where, severity)
            if made is not None:
                _extend(target.out, made)

    def _as_extension(
        self, piece: Piece, member: Member, url: str, where: str
    ) -> dict[str, Any] | None:
        name = f"value{member.type[:1].upper()}{member.type[1:]}"
        if name in members("Extension"):
            if member.is_primitive:
                return None if piece.value is None else {"url": url, name: piece.value}
            if isinstance(piece.value, dict):
                held = self._shaped(piece.value, member.shape, member.shape, where)
                return {"url": url, name: held} if held else None
        if "." in member.shape and isinstance(piece.value, dict):
            return self._parts_as_extension(piece.value, member.shape, url, where)
        return None

    def _parts_as_extension(
        self, value: Mapping[str, Any], shape: str, url: str, where: str
    ) -> dict[str, Any] | None:
        parts: list[dict[str, Any]] = []
        for name in value:
            member = stu3_members(shape).get(name)
            for piece in _pieces(value[name], None) if member is not None else ():
                made = member and self._as_extension(piece, member, name, f"{where}.{name}")
                if made:
                    parts.append(made)
                else:
                    self._note("stu3-element-dropped", f"{where}.{name}")
        return {"url": url, "extension": parts} if parts else None

    def _absent(self, shape: str, target: _Target) -> None:
        """Adds what R4 asks for and STU3 may lack. Source: FHIR R4 4.0.1, cardinalities."""
        added = {**rules().absent.get(target.shape, {}), **rules().absent.get(shape, {})}
        for name, value in added.items():
            begin = name.removesuffix("[x]")
            is_choice = begin != name
            if any(
                key == name or (is_choice and key.removeprefix("_").startswith(begin))
                for key in target.out
            ):
                continue
            target.out.update(value if is_choice else {name: value})
            self._note("r4-element-added", f"{target.where}.{begin}", Severity.INFORMATION)


def _pieces(value: object, beside: object) -> list[Piece]:
    values = value if isinstance(value, list) else [value]
    extras = beside if isinstance(beside, list) else [beside]
    length = max(len(values), len(extras))
    pairs = zip(_padded(values, length), _padded(extras, length), strict=True)
    return [Piece(one, extra) for one, extra in pairs if one is not None or extra is not None]


def _padded(values: list[Any], length: int) -> list[Any]:
    return [*values, *[None] * (length - len(values))]


def _is_like(member: Member, there: Member) -> bool:
    """Says whether two elements hold the same kind of thing: a type, or a group of elements."""
    if member.type in primitives() or there.type in primitives():
        return False
    return there.shape == member.shape or ("." in member.shape and "." in there.shape)


def _extend(out: dict[str, Any], extension: dict[str, Any]) -> None:
    out.setdefault("extension", []).append(extension)


def _readdressed(out: dict[str, Any], shape: str) -> None:
    """Gives the addresses in a converted value their R4 names."""
    if shape == "Coding" and isinstance(out.get("system"), str):
        out["system"] = r4_system(out["system"])
    name = _LINKS.get(shape)
    if name is not None and isinstance(out.get(name), str):
        out[name] = r4_reference(out[name])
