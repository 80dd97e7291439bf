"""Resources cut down to a summary or to named elements, and marked as such."""

from collections.abc import Callable, Collection

from careweave.formats._shape import Member, members
from careweave.terms import Json

_TAG_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
# These stay whatever their table says. Source: `reference/store.md` 4.6.
_ALWAYS = frozenset({
    "resourceType", "id", "meta", "implicitRules", "modifierExtension", "status", "clinicalStatus",
    "verificationStatus",
})  # fmt: skip

Kept = Callable[[Member], bool]


def subset(
    value: dict[str, Json], *, elements: Collection[str] = (), summary: str = "false"
) -> dict[str, Json]:
    """Returns the resource with only the elements asked for, tagged SUBSETTED.

    `elements` are names of top-level elements, without the type of a choice; `summary` is a value
    of `_summary`: true, text, data or false. Mandatory elements and those that change the meaning
    of others always stay. Source: FHIR R4 4.0.1, search.html 3.1.1.5.8 and 3.1.1.5.9.
    """
    owner = str(value.get("resourceType"))
    if elements:
        names = {name.removeprefix(f"{owner}.").split(".")[0] for name in elements}
        return _tagged(_cut(value, owner, lambda member: member.name in names, deep=False))
    match summary:
        case "true":
            return _tagged(_cut(value, owner, lambda member: member.summary, deep=True))
        case "text":
            return _tagged(_cut(value, owner, lambda member: member.name == "text", deep=False))
        case "data":
            return _tagged({name: part for name, part in value.items() if name != "text"})
        case _:
            return value


def _cut(value: dict[str, Json], owner: str, wanted: Kept, *, deep: bool) -> dict[str, Json]:
    table = members(owner)
    kept: dict[str, Json] = {}
    for key, part in value.items():
        member = next(iter(table.get(key.removeprefix("_"), ())), None)
        if key in _ALWAYS:
            kept[key] = part
        elif member is not None and (wanted(member) or _stays(member)):
            kept[key] = _within(part, member, wanted) if deep else part
    return kept


def _stays(member: Member) -> bool:
    return member.required or member.modifier or member.name in _ALWAYS


def _within(part: Json, member: Member, wanted: Kept) -> Json:
    # Only the parts of a resource's own elements are cut; values of data types stay whole.
    if "." not in member.type:
        return part
    if isinstance(part, list):
        return [_within(one, member, wanted) for one in part]
    return _cut(part, member.type, wanted, deep=True) if isinstance(part, dict) else part


def _tagged(value: dict[str, Json]) -> dict[str, Json]:
    meta = value.get("meta")
    known = meta if isinstance(meta, dict) else {}
    tags = known.get("tag")
    tags = tags if isinstance(tags, list) else []
    tag: dict[str, Json] = {"system": _TAG_SYSTEM, "code": "SUBSETTED"}
    if tag in tags:
        return value
    head: dict[str, Json] = {name: value[name] for name in ("resourceType", "id") if name in value}
    return {**head, "meta": {**known, "tag": [*tags, tag]}, **_without_head(value)}


def _without_head(value: dict[str, Json]) -> dict[str, Json]:
    return {k: v for k, v in value.items() if k not in {"resourceType", "id", "meta"}}
