"""What a person has chosen, as a condition of a row."""

from careweave.db import Piece, fill, numbered
from careweave.record._compile_policy_pieces import asks, at_of, kin, rule
from careweave.record._policy_rules import Flag


def of_choices(row: Piece, branch: Piece) -> list[Piece]:
    """Returns: nothing that the person has chosen denies it, and consent is there where asked."""
    parts = {"chosen": _chosen(row), "matches": _matches(row), "about": _about(row)}
    return [
        fill(
            "(NOT {f} OR NOT EXISTS (SELECT 1 FROM {chosen} WHERE zc.kind = 1"
            " AND NOT ({l} AND zc.is_liftable) AND {matches} AND {about} OFFSET 0))",
            f=asks(branch, Flag.DISSENT),
            l=asks(branch, Flag.LIFTS),
            **parts,
        ),
        *(
            fill(
                "(NOT {f} OR EXISTS (SELECT 1 FROM {chosen} WHERE zc.kind = {k}"
                " AND {matches} AND {about} OFFSET 0))",
                f=asks(branch, flag),
                k=numbered("", kind),
                **parts,
            )
            for flag, kind in ((Flag.CONSENT, 2), (Flag.GRANT, 3))
        ),
        fill(
            "({n} = 0 OR coalesce((SELECT bit_or(zc.labels) FROM {chosen} WHERE zc.kind = 2"
            " AND {matches}), 0) & {n} = {n})",
            n=rule(branch, 6),
            **parts,
        ),
    ]


def _chosen(row: Piece) -> Piece:
    return fill("{k} INNER JOIN record.choice AS zc ON zc.subject = zk.subject", k=kin(row))


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
