"""What a person has chosen, as a condition of a row."""

from careweave.db import Piece, fill, numbered
from careweave.record._compile_policy_pieces import asks, at_of, kin
from careweave.record._policy_rules import Flag

_CONSENTED = numbered("", int(Flag.CONSENT | Flag.GRANT))
_ANY = numbered("", int(Flag.DISSENT | Flag.CONSENT | Flag.GRANT))


def of_choices(row: Piece, about: Piece, branch: Piece) -> Piece:
    """Returns: nothing that somebody has chosen denies a row, and consent is there where asked.

    `about` has the subject of who has chosen.
    """
    return fill(
        "(({b}.f & {any} = 0 AND {b}.con = 0) OR (SELECT (NOT {d} OR"
        " count(*) FILTER (WHERE ze.kind = 1 AND ze.about AND NOT ({l} AND ze.is_liftable)) = 0)"
        " AND (NOT {c} OR count(*) FILTER (WHERE ze.kind = 2 AND ze.about) > 0)"
        " AND (NOT {g} OR count(*) FILTER (WHERE ze.kind = 3 AND ze.about) > 0)"
        " AND coalesce(bit_or(ze.labels) FILTER (WHERE ze.kind = 2), 0) & {b}.con = {b}.con"
        " FROM {k} CROSS JOIN LATERAL (SELECT zc.kind, zc.labels, zc.is_liftable, {w} AS about"
        " FROM record.choice AS zc WHERE zc.subject = zk.subject AND {m} OFFSET 0) AS ze))",
        b=branch,
        any=_ANY,
        d=asks(branch, Flag.DISSENT),
        l=asks(branch, Flag.LIFTS),
        c=asks(branch, Flag.CONSENT),
        g=asks(branch, Flag.GRANT),
        w=_about(row),
        k=kin(about),
        m=_matches(row),
    )


def without_choices(branch: Piece) -> Piece:
    """Returns the same of somebody who has chosen nothing: nothing is denied, nothing consented."""
    return fill("({b}.f & {asked} = 0 AND {b}.con = 0)", b=branch, asked=_CONSENTED)


def _about(row: Piece) -> Piece:
    return fill(
        "(zc.labels = 0 OR zc.labels & (SELECT zl.bits FROM record.label_set AS zl"
        " WHERE zl.label_set = {r}.label_set) <> 0)",
        r=row,
    )


def _matches(row: Piece) -> Piece:
    """Returns: a choice is in force, meant for who asks, and about this row but for its labels.

    Everybody and everything stand as all but none.
    """
    return fill(
        "zc.since <= (%(s_moments)s::timestamptz [])[1]"
        " AND zc.until > (%(s_moments)s::timestamptz [])[1]"
        " AND (zc.to_orgs && %(s_me)s::int []) <> zc.to_others"
        " AND (%(s_user)s::text = ANY(zc.users)) <> zc.user_others"
        " AND (zc.purposes >> %(s_purpose)s::int & 1 = 1) <> zc.purpose_others"
        " AND zc.headings >> {r}.heading::int & 1 = 1"
        " AND (zc.from_org = '' OR zc.from_org = (SELECT zg.org FROM record.source AS zg"
        " WHERE zg.source = {r}.source))"
        " AND ({a} >= zc.data_since AND {a} < zc.data_until) <> zc.data_outside"
        " AND ({r}.rt::text || '/' || {r}.id = ANY(zc.ids)) <> zc.id_others"
        " AND ({r}.tok && zc.authors) <> zc.author_others",
        r=row,
        a=at_of(row),
    )
