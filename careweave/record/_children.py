"""Who refers to an entry: for labels, which pass from parents to what draws on them."""

from collections.abc import Sequence
from functools import cache

from careweave.db import Queries, Session
from careweave.record._keyring import keys
from careweave.record._nodes import Kind, Place
from careweave.record._parameters import parameters
from careweave.record._types import all_types, type_of
from careweave.terms import SourceId

_QUERIES = Queries("careweave.record")

Ref = tuple[str, str]


def children(
    session: Session, refs: Sequence[Ref], *, sources: frozenset[SourceId]
) -> tuple[Ref, ...]:
    """Returns the current entries of these sources that refer to one of these, by any parameter.

    Only references that R4 has a search parameter for are found.
    """
    if not refs or not sources:
        return ()
    make = keys(session)
    wanted = {
        make.of(type_name, name, "ref", *ref) for ref in refs for type_name, name in _ways(ref[0])
    }
    rows = session.rows(_QUERIES["children"], keys=sorted(wanted), sources=sorted(sources))
    return tuple((type_of(number), id_) for number, id_ in rows)


@cache
def _ways(target: str) -> tuple[tuple[str, str], ...]:
    """Returns the (type, parameter) pairs under which a reference to this type is posted."""
    return tuple(
        (type_name, name)
        for type_name in all_types()
        for name, parameter in parameters(type_name).items()
        if parameter.kind is Kind.REFERENCE
        and parameter.place in (Place.POSTED, Place.SUBJECT)
        and (not parameter.targets or target in parameter.targets)
    )
