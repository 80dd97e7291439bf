"""Statements of fixed shape: who refers to some rows, which carry some keys, how many there are."""

from functools import cache

from careweave.db import Query, fill, piece, whole
from careweave.record._compile_base import policy
from careweave.record._compile_statement import WHOLE


@cache
def referring_query() -> Query:
    """Returns the statement of the rows that carry one of `keys`, or are about `patients`.

    Of the latter only the types `rts`. At most `most` rows, by type and newest first.
    """
    return whole(
        fill(
            "WITH n AS MATERIALIZED (SELECT t.subject, t.rid FROM record.idx_token AS t"
            " WHERE t.key = ANY(%(keys)s::bigint []) UNION SELECT c.subject, c.rid"
            " FROM record.resource AS c WHERE c.subject = ANY(ARRAY(SELECT s.subject"
            " FROM record.subject AS s WHERE s.local_id = ANY(%(patients)s::text [])))"
            " AND c.rt + 0 = ANY(%(rts)s::int []) AND {c}),"
            " p AS MATERIALIZED (SELECT r.subject, r.rid, r.rt, r.dlo FROM n"
            " INNER JOIN record.resource AS r ON r.subject = n.subject AND r.rid = n.rid"
            " WHERE {r} ORDER BY r.rt, r.dlo DESC NULLS LAST, r.rid LIMIT %(most)s)"
            " SELECT {own}, (SELECT v.version FROM record.dictionary AS v) AS seen FROM p"
            " INNER JOIN record.resource AS b ON b.subject = p.subject AND b.rid = p.rid"
            " WHERE {b} ORDER BY p.rt, p.dlo DESC NULLS LAST, p.rid",
            c=policy(piece("c")),
            r=policy(piece("r")),
            b=policy(piece("b")),
            own=WHOLE,
        )
    )


@cache
def counts_query() -> Query:
    """Returns the statement of how often the frequent keys occur."""
    return whole(piece("SELECT c.key, c.n FROM record.key_count AS c"))


@cache
def carrying_query() -> Query:
    """Returns the statement of the rows of a type that carry a key, for many keys at once.

    `places` number the questions, `keys` and `rts` are theirs; at most `most` rows for each.
    """
    return whole(
        fill(
            "SELECT q.place, x.id, x.rid, x.subject,"
            " (SELECT v.version FROM record.dictionary AS v) AS seen"
            " FROM unnest(%(places)s::int [], %(keys)s::bigint [], %(rts)s::smallint [])"
            " AS q (place, key, rt) CROSS JOIN LATERAL (SELECT r.id, r.rid, r.subject"
            " FROM record.idx_token AS t INNER JOIN record.resource AS r"
            " ON r.subject = t.subject AND r.rid = t.rid"
            " WHERE t.key = q.key AND r.rt + 0 = q.rt AND {r} ORDER BY r.rid LIMIT %(most)s) AS x",
            r=policy(piece("r")),
        )
    )
