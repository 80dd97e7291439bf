"""Conditions on tokens, strings and uris."""

from careweave.record._extract_tokens import of_type_key
from careweave.record._nodes import HasKeys, HasText, Place, Predicate, Span
from careweave.record._parameters import PHONETIC
from careweave.record._query_terms import Asked, plain, split
from careweave.record._values import LONGEST, normalise, sound_of

_AFTER_ALL = "\U0010ffff"
_SHORTEST_PART = 3


def token_node(asked: Asked) -> Predicate:
    """Returns the node of a token. Source: FHIR R4 4.0.1, search.html 3.1.1.4.10."""
    if asked.modifier == "of-type":
        return _of_type(asked)
    if asked.modifier not in {None, "not"}:
        asked.refuse_modifier()
    place = asked.parameter.place
    pairs = [token_parts(asked, text) for text in asked.values]
    # A whole system is no key that drives: then none of the values may.
    drives = all(code is not None for _, code in pairs)
    return HasKeys(
        keys=tuple(dict.fromkeys(_token_key(asked, *pair) for pair in pairs)),
        posted=drives and place in {Place.POSTED, Place.CODE},
        main=drives and place is Place.CODE and any(s is not None for s, _ in pairs),
        negated=asked.modifier == "not",
    )


def token_parts(asked: Asked, text: str) -> tuple[str | None, str | None]:
    """Returns (system, code): system None is whatever system, code None any code of the system."""
    found = [plain(part) for part in split(text, "|")]
    if len(found) > 2 or not any(found):
        asked.refuse("A token is written code, system|code, |code or system|.")
    code = found[-1]
    _check_boolean(asked, code)
    if len(found) == 1:
        return None, code
    return found[0], code or None


def _check_boolean(asked: Asked, code: str) -> None:
    leaves = {way.leaf for way in asked.definition.ways}
    if leaves and leaves <= {"boolean", "Deceased"} and code not in {"true", "false"}:
        asked.refuse("The value is true or false.")


def _token_key(asked: Asked, system: str | None, code: str | None) -> int:
    if code is None:
        return asked.key("system", system or "")
    parameter = asked.parameter
    return asked.setting.keys.token(parameter.type, parameter.name, system, code)


def _of_type(asked: Asked) -> Predicate:
    if not any(way.leaf == "Identifier" for way in asked.definition.ways):
        asked.refuse_modifier()
    keys = []
    for text in asked.values:
        parts = [plain(part) for part in split(text, "|")]
        if len(parts) != 3 or not parts[1] or not parts[2]:
            asked.refuse("With :of-type the value is written type-system|type-code|value.")
        name = (asked.parameter.type, asked.parameter.name)
        keys.append(of_type_key(asked.setting.keys, *name, (parts[0], parts[1], parts[2])))
    return HasKeys(tuple(keys), posted=asked.parameter.place is not Place.TOK)


def string_node(asked: Asked) -> Predicate:
    """Returns the node of a string. Source: FHIR R4 4.0.1, search.html 3.1.1.4.8."""
    if asked.parameter.name == PHONETIC:
        return _sounding(asked)
    if asked.modifier not in {None, "exact", "contains"}:
        asked.refuse_modifier()
    return HasText(asked.key(), tuple(_span(asked, plain(text)) for text in asked.values))


def _sounding(asked: Asked) -> Predicate:
    if asked.modifier is not None:
        asked.refuse_modifier()
    sounds = [sound_of(plain(text)) for text in asked.values]
    if not all(sounds):
        asked.refuse("The text is empty.")
    return HasText(asked.key(), tuple(Span(low=sound) for sound in sounds))


def _span(asked: Asked, text: str) -> Span:
    normal = normalise(text)
    if not normal:
        asked.refuse("The text is empty.")
    if asked.modifier == "exact":
        return Span(low=normal, exact_key=asked.key("exact", text))
    if asked.modifier == "contains":
        if len(normal) < _SHORTEST_PART:
            asked.refuse("With :contains the text has at least three characters.")
        return Span(part=normal)
    return Span(low=normal, high=normal + _AFTER_ALL)


def uri_node(asked: Asked) -> Predicate:
    """Returns the node of a uri. Source: FHIR R4 4.0.1, search.html 3.1.1.4.13."""
    posted = asked.parameter.place is not Place.TOK
    texts = [plain(text) for text in asked.values]
    if asked.modifier == "below" and posted:
        return HasText(asked.key("uri"), tuple(_below(text[:LONGEST]) for text in texts))
    if asked.modifier == "above":
        texts = [above for text in texts for above in _above(text)]
    elif asked.modifier is not None:
        asked.refuse_modifier()
    return HasKeys(tuple(dict.fromkeys(asked.key("uri", text) for text in texts)), posted=posted)


def _below(text: str) -> Span:
    return Span(low=text, high=text + _AFTER_ALL)


def _above(text: str) -> list[str]:
    """Returns the address and those above it, each with and without its last stroke."""
    scheme, stroke, rest = text.partition("//")
    if not stroke:
        return [text]
    segments = rest.rstrip("/").split("/")
    shorter = ["/".join(segments[:n]) for n in range(len(segments), 0, -1)]
    return [scheme + stroke + path + end for path in shorter for end in ("", "/")]
