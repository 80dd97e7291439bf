"""How candidates are found: rare keys alone, common ones in pairs, too common ones not at all."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from careweave.db import Queries, Query, Session
from careweave.identity._explaining import Skipped
from careweave.identity._held import held
from careweave.identity._keys import BlockKey, keys
from careweave.identity._limits import limits
from careweave.identity._lookup import Hits, choose, count_hot_keys, look_up
from careweave.identity._resolve import resolve
from careweave.terms import SubjectId
from tests.identity.resolving import ANNE, NOW, Feed, means, named

LIMITS = replace(limits(), hot_key=3, candidates=4)
RARE, COMMON, USUAL = BlockKey(1, 2), BlockKey(2, 7), BlockKey(3, 8)


def _hits(**shared: set[int]) -> Hits:
    counts = {1: 1, 2: 40, 3: 50}
    return Hits({SubjectId(int(name[1:])): keys for name, keys in shared.items()}, counts)


def test_a_rare_key_is_enough_and_a_common_one_only_with_another() -> None:
    found = choose((RARE, COMMON, USUAL), _hits(s5={1}, s6={2}, s7={2, 3}, s8={1, 2}), 20.0, LIMITS)
    assert found.subjects == (5, 7, 8)
    assert found.blocking.kinds == (2, 7, 8)
    assert (found.blocking.skipped, found.blocking.is_incomplete) == ((), False)


def test_one_common_key_alone_is_told_as_left_out() -> None:
    hits = Hits({SubjectId(5): {1}, SubjectId(6): {2}}, {1: 1, 2: 40})
    found = choose((RARE, COMMON), hits, 20.0, LIMITS)
    assert found.subjects == (5,)
    assert found.blocking.skipped == (Skipped(7, 40),)
    assert found.blocking.is_incomplete


def test_of_too_many_those_with_the_rarest_keys_stay_and_the_rest_is_counted() -> None:
    shared = {f"s{n}": {1} for n in range(10, 16)} | {"s50": {1, 2}, "s51": {1, 3}}
    hits = Hits(_hits(**shared).shared, {1: 3, 2: 40, 3: 50})
    found = choose((RARE, COMMON, USUAL), hits, 20.0, LIMITS)
    assert {50, 51} <= set(found.subjects)
    assert len(found.subjects) == 4
    assert found.blocking.n_cut == 4
    assert found.blocking.is_incomplete


@given(
    st.dictionaries(
        st.integers(1, 9).map(SubjectId), st.sets(st.sampled_from([1, 2, 3]), min_size=1)
    )
)
def test_a_common_key_never_loses_whom_a_rare_one_finds(shared: dict[SubjectId, set[int]]) -> None:
    known = replace(LIMITS, candidates=100)
    all_ = Hits(shared, {1: 1, 2: 40, 3: 50})
    rare = Hits({one: keys & {1} for one, keys in shared.items() if 1 in keys}, {1: 1})
    with_common = choose((RARE, COMMON, USUAL), all_, 20.0, known)
    alone = choose((RARE,), rare, 20.0, known)
    assert set(alone.subjects) <= set(with_common.subjects)


def _crowd(session: Session, n: int) -> None:
    """Makes people of one birth date and family sound, who share nothing else."""
    gpa, by = Feed(), means()
    people = [
        replace(
            ANNE,
            names=named("Okafor", f"{chr(97 + at % 26)}{chr(97 + at // 26)}ko"),
            addresses=(),
            contacts=(),
            sex=("female", "male")[at % 2],
        )
        for at in range(n)
    ]
    resolve(session, [gpa(at + 1, one) for at, one in enumerate(people)], means=by)


def test_the_store_answers_as_the_choice_expects(session: Session) -> None:
    _crowd(session, 6)
    norm = held(session, [SubjectId(1)])[SubjectId(1)].norm
    wanted = keys(norm)
    ((hits,), persons) = look_up(session, [wanted], LIMITS, at=NOW)
    assert SubjectId(1) in hits.shared
    assert max(hits.counts.values()) == 6
    # Who shares only keys that six have is not read.
    assert all(
        len(keys_) > 1 or min(hits.counts[key] for key in keys_) <= 3
        for keys_ in hits.shared.values()
    )
    assert len(persons) == len(hits.shared)
    assert look_up(session, [()], LIMITS, at=NOW) == ([Hits()], set())


def test_keys_of_too_many_are_not_read_but_told(session: Session) -> None:
    _crowd(session, 6)
    few = replace(limits(), pair_key=4)
    count_hot_keys(session, at=NOW, limits=few)
    wanted = keys(held(session, [SubjectId(1)])[SubjectId(1)].norm)
    (hits,), _ = look_up(session, [wanted], few, at=NOW)
    assert hits.skipped
    assert all(one.n == 6 for one in hits.skipped)
    # Counted anew, with a wider limit, they are read again: within the hour this process knows.
    count_hot_keys(session, at=NOW, limits=limits())
    (hits,), _ = look_up(session, [wanted], few, at=NOW + timedelta(minutes=5))
    assert hits.skipped == ()


def test_what_is_known_of_common_keys_grows_old(session: Session) -> None:
    _crowd(session, 6)
    wanted = keys(held(session, [SubjectId(1)])[SubjectId(1)].norm)
    look_up(session, [wanted], limits(), at=NOW)
    few = replace(limits(), pair_key=4)
    session.run(_hot("hot_keys_count"), at=NOW, most=few.pair_key)
    (hits,), _ = look_up(session, [wanted], few, at=NOW + timedelta(minutes=30))
    assert hits.skipped == ()
    (hits,), _ = look_up(session, [wanted], few, at=NOW + timedelta(minutes=90))
    assert hits.skipped


def _hot(name: str) -> Query:
    return Queries("careweave.identity")[name]


def test_who_is_missed_for_a_common_key_is_looked_at_again(session: Session) -> None:
    _crowd(session, 6)
    few = replace(means(7), limits=replace(limits(), hot_key=3))
    other = replace(ANNE, names=named("Vbnm", "Zyxw"), addresses=(), contacts=(), sex="")
    resolve(session, [Feed("acu")(99, other)], means=few)
    session.flush()
    rows = session._link.connection.execute(
        b"SELECT subject FROM identity.local_identity WHERE is_incomplete ORDER BY subject"
    ).fetchall()
    assert (99,) in rows
