"""The members that an R4 type may have in JSON, as patches and summaries ask for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from careweave.formats import _table


@dataclass(frozen=True, slots=True)
class Member:
    """One name that an object of type `owner` may have in JSON.

    `key` is that name, `name` the element's own, which a choice of types shares. `type` is the type
    of its values, or the path of a backbone element.
    """

    owner: str
    name: str
    key: str
    type: str
    many: bool
    required: bool
    summary: bool
    modifier: bool


@cache
def members(owner: str) -> Mapping[str, tuple[Member, ...]]:
    """Returns the members of a type by key and by element name; none for an unknown type."""
    shape = owner if _table.has_shape(owner) and owner not in _table.primitives() else "Element"
    found: dict[str, tuple[Member, ...]] = {}
    for key, one in _table.members(shape).items():
        member = _member(owner, key, one)
        found[member.name] = (*found.get(member.name, ()), member)
        found[key] = found[key] if key == member.name else (member,)
    return MappingProxyType(found)


def _member(owner: str, key: str, one: _table.Member) -> Member:
    element = one.element
    return Member(
        owner,
        element.name,
        key,
        one.shape or one.type,
        many=element.is_many,
        required=element.is_required,
        summary=element.is_summary,
        modifier=element.is_modifier,
    )
