"""Reading entries by id."""

from collections.abc import Sequence

from careweave.db import Queries, Session
from careweave.record._compile_known import Known, as_known
from careweave.record._compile_policy import Shape
from careweave.record._policy import seen
from careweave.record._row import Row, row_of
from careweave.record._types import rt_of
from careweave.terms import Sight

_QUERIES = Queries("careweave.record")


def read(
    session: Session, type_name: str, id_: str, *, sight: Sight, version: int | None = None
) -> Row | None:
    """Returns the current version of an entry, or the version named; None if it may not be seen.

    Old versions are judged by the class that the entry has now. A deleted entry is a row that is
    gone.
    """
    values: dict[str, object] = {"rt": rt_of(type_name), "id": id_}
    if version is None:
        query = _QUERIES["read"]
    else:
        query = _QUERIES["read_version"]
        values["version"] = version
    rows = seen(session, sight, query, values)
    return row_of(rows[0]) if rows else None


def located(
    session: Session,
    refs: Sequence[tuple[str, str]],
    *,
    sight: Sight,
    known: Known | None = None,
) -> tuple[Row, ...]:
    """Returns the current, visible, not deleted entries among these types and ids.

    `known` is what branches ask of some subjects, where it is known.
    """
    if not refs:
        return ()
    rts = sorted({rt_of(type_name) for type_name, _ in refs})
    ids = sorted({id_ for _, id_ in refs})
    more, shape = as_known(known)
    values = {**more, "rts": rts, "ids": ids}
    found = seen(session, sight, _QUERIES["located"], values, shape | Shape.TOLD)
    wanted = set(refs)
    rows = (row_of(columns) for columns in found)
    return tuple(row for row in rows if (row.type, row.id) in wanted)
