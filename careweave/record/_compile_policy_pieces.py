"""What the conditions of a branch are written with."""

from careweave.db import Piece, fill, numbered
from careweave.record._policy_rules import WIDTH, Flag


def rule(branch: Piece, place: int) -> Piece:
    """Returns one of the numbers of a branch."""
    return fill(
        "(%(s_rules)s::bigint [])[{b} * {w} + {n}]",
        b=branch,
        w=numbered("", WIDTH),
        n=numbered("", place),
    )


def asks(branch: Piece, flag: Flag) -> Piece:
    """Returns whether a branch asks for something."""
    return fill("{n} & {f} <> 0", n=rule(branch, 1), f=numbered("", int(flag)))


def unless(spared: Piece, condition: Piece) -> Piece:
    """Returns a condition that is not asked where it is spared."""
    return fill("({s} OR ({c}))", s=spared, c=condition)


def at_of(row: Piece) -> Piece:
    """Returns the date of an entry: its main date, else when it was last updated."""
    return fill("coalesce({r}.dlo, {r}.upd)", r=row)


def kin(row: Piece) -> Piece:
    """Returns the subjects of the person whom a row is about, its own first, as table `zk`."""
    return fill(
        "(SELECT {r}.subject UNION ALL SELECT zq.subject FROM record.subject_person AS zp"
        " INNER JOIN record.subject_person AS zq"
        " ON zq.person = zp.person AND zq.subject <> zp.subject"
        " WHERE zp.subject = {r}.subject) AS zk (subject)",
        r=row,
    )


def tied(row: Piece, condition: Piece) -> Piece:
    """Returns: the person has a tie `zt` that has begun and meets a condition."""
    return fill(
        "EXISTS (SELECT 1 FROM {k} INNER JOIN record.tie AS zt ON zt.subject = zk.subject"
        " WHERE zt.since <= (%(s_moments)s::timestamptz [])[1] AND {c} OFFSET 0)",
        k=kin(row),
        c=condition,
    )
