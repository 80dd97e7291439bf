"""What the conditions of a branch are written with."""

from careweave.db import Piece, fill, join, numbered, piece
from careweave.record._policy_rules import WIDTH, Flag

_RULES = ("f", "cur", "hor", "tie", "coh", "con", "p1", "p2", "top", "say")


def branches(row: Piece, name: Piece) -> Piece:
    """Returns the branches that may let in rows of the class of `row`, as a table with their rules.

    OFFSET 0 lets each number be looked up once. As a column unnest needs no table of its own.
    """
    profile = fill(
        "get_byte(%(s_profiles)s::bytea, {r}.cls * 2) * 256"
        " + get_byte(%(s_profiles)s::bytea, {r}.cls * 2 + 1)",
        r=row,
    )
    return fill(
        "(SELECT zb.b, {c} FROM (SELECT"
        " unnest((%(s_slots)s::int [])[(%(s_first)s::int [])[{p} + 1] + 1"
        ":(%(s_first)s::int [])[{p} + 2]]) AS b OFFSET 0) AS zb OFFSET 0) AS {n}",
        c=rules_columns(piece("zb")),
        p=profile,
        n=name,
    )


def rules_columns(branch: Piece) -> Piece:
    """Returns the rules of a branch of a number as columns."""
    columns = [
        fill("(%(s_rules)s::bigint [])[{b}.b * {w} + {n}] AS {c}", b=branch, w=w, n=n, c=c)
        for w, n, c in (
            (numbered("", WIDTH), numbered("", place), piece(column))
            for place, column in enumerate(_RULES, start=1)
        )
    ]
    return join(", ", columns)


def asks(branch: Piece, flag: Flag) -> Piece:
    """Returns whether a branch asks for something."""
    return fill("{b}.f & {f} <> 0", b=branch, f=numbered("", int(flag)))


def at_of(row: Piece) -> Piece:
    """Returns the date of an entry: its main date, else when it was last updated."""
    return fill("coalesce({r}.dlo, {r}.upd)", r=row)


def kin(about: Piece) -> Piece:
    """Returns all subjects of the person of one subject, itself first, as table `zk`."""
    return fill(
        "(SELECT {r}.subject UNION ALL SELECT zq.subject FROM record.subject_person AS zp"
        " CROSS JOIN LATERAL (SELECT zl.subject FROM record.subject_person AS zl"
        " WHERE zl.person = zp.person AND zl.subject <> zp.subject OFFSET 0) AS zq"
        " WHERE zp.subject = {r}.subject) AS zk (subject)",
        r=about,
    )
