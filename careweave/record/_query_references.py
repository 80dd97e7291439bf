"""Conditions on references."""

from careweave.record._extract_references import logical_key
from careweave.record._nodes import AnyOf, HasKeys, InList, OfSubjects, Place, Predicate
from careweave.record._query_kinds import token_parts
from careweave.record._query_terms import Asked, is_public_id, plain
from careweave.record._references import CONTAINED, FOREIGN, literal

_CANONICAL = frozenset({"canonical", "uri"})
_FORM = "A reference is written Type/id, id, or as an absolute address."


def reference_node(asked: Asked) -> Predicate:
    """Returns the node of a reference. Source: FHIR R4 4.0.1, search.html 3.1.1.4.12."""
    if asked.modifier == "identifier":
        return _by_identifier(asked)
    only = _only_type(asked)
    subjects: dict[str, None] = {}
    keys: dict[int, None] = {}
    for text in asked.values:
        for parts in reference_parts(asked, plain(text), only):
            if asked.parameter.place is Place.SUBJECT and parts[:2] == ("ref", "Patient"):
                subjects[parts[2]] = None
            else:
                keys[asked.key(*parts)] = None
    return _either(tuple(subjects), tuple(keys), posted=asked.parameter.place is not Place.TOK)


def _either(subjects: tuple[str, ...], keys: tuple[int, ...], *, posted: bool) -> Predicate:
    if not subjects:
        return HasKeys(keys, posted=posted)
    if not keys:
        return OfSubjects(subjects)
    return AnyOf((OfSubjects(subjects), HasKeys(keys, posted=posted)))


def _only_type(asked: Asked) -> str | None:
    modifier = asked.modifier
    if modifier is None:
        return None
    if modifier not in asked.parameter.targets:
        asked.refuse_modifier()
    return modifier


def reference_parts(asked: Asked, text: str, only: str | None) -> list[tuple[str, ...]]:
    """Returns the key parts under which a reference as asked may have been kept."""
    own = asked.setting.base_url.rstrip("/") + "/"
    if len(own) > 1 and text.startswith(own):
        text = text[len(own) :]
    targets = (only,) if only else asked.parameter.targets
    canonical = any(way.leaf in _CANONICAL for way in asked.definition.ways)
    found: list[tuple[str, ...]] = [("uri", text)] if canonical else []
    kind, name = literal(text)
    if kind == FOREIGN:
        found += _loose(name, targets)
    elif kind in targets and is_public_id(name):
        found.append(("ref", kind, name))
    elif kind != CONTAINED and not canonical:
        asked.refuse("The type of the reference is none that this parameter leads to.")
    if not found:
        asked.refuse(_FORM)
    return found


def _loose(text: str, targets: tuple[str, ...]) -> list[tuple[str, ...]]:
    if ":" in text:
        return [("url", text)]
    return [("ref", target, text) for target in targets] if is_public_id(text) else []


def _by_identifier(asked: Asked) -> Predicate:
    keys = []
    for text in asked.values:
        system, value = token_parts(asked, text)
        if value is None:
            asked.refuse("With :identifier the value is written system|value or value.")
        name = (asked.parameter.type, asked.parameter.name)
        place = "*" if system is None else system
        keys.append(logical_key(asked.setting.keys, *name, (place, value)))
    return HasKeys(tuple(keys), posted=True)


def list_node(asked: Asked) -> Predicate:
    """Returns the node of `_list`. Source: FHIR R4 4.0.1, search.html 3.1.1.4.18."""
    if asked.modifier is not None:
        asked.refuse_modifier()
    ids = tuple(plain(text).removeprefix("List/") for text in asked.values)
    if not all(map(is_public_id, ids)):
        asked.refuse("The value is the id of a List.")
    return InList(ids)
