"""What every generated predicate is made of: the policy, bound values, look-ups by place."""

from collections.abc import Iterable

from careweave.db import Piece, fill, join, parameter, piece

COLUMNS = piece("x.subject, x.rid, x.rt, x.id, x.cls, x.gone, x.code, x.dlo, x.dhi, x.upd, x.tok")
"""What predicates and orders speak of; what is not used is not read."""


def policy(row: Piece) -> Piece:
    """Returns what every alias must meet: not deleted, and of a class that the caller may see."""
    return fill("NOT {r}.gone AND get_bit(%(bits)s::bytea, {r}.cls) <> 0", r=row)


def looked_up(places: Piece, row: Piece) -> Piece:
    """Returns a FROM clause: the rows at some places, each fetched by its primary key.

    OFFSET 0 keeps the planner from turning the look-ups into a join that reads the whole table. The
    policy is tested outside, since inside it would let a longer index take the primary key's place.
    """
    return fill(
        "{t} CROSS JOIN LATERAL (SELECT {c} FROM record.resource AS x"
        " WHERE x.subject = t.subject AND x.rid = t.rid OFFSET 0) AS {r}",
        t=places,
        c=COLUMNS,
        r=row,
    )


def slot(number: int) -> Piece:
    """Returns the place of a bound value."""
    return parameter("p", number)


def all_of(predicates: Iterable[Piece]) -> Piece:
    """Returns the predicates joined by AND; true of none."""
    return join(" AND ", [piece("TRUE"), *predicates])
