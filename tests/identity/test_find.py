"""Who is asked for: the grades of resolve's own decision, and nothing changed by asking."""

from collections.abc import Callable, Collection
from dataclasses import replace

from careweave.db import Session
from careweave.identity._demographics import Demographics, WrittenAddress
from careweave.identity._find import find
from careweave.identity._incoming import NumberTrust
from careweave.identity._outcome import Grade
from careweave.identity._region_rules import keep_rules
from careweave.identity._resolve import resolve
from careweave.terms import SubjectId
from tests.identity.acting import nhs as number
from tests.identity.people import people
from tests.identity.resolving import ANNE, NOW, Feed, means, named, nhs

SISTER = replace(ANNE, names=named("Okafor", "Ngozi"))


def _sums(session: Session) -> list[object]:
    tables = (
        *("person", "event", "decision", "membership", "local_identity", "source_record"),
        *("barrier", "review", "block_key", "person_forward"),
    )
    session.flush()
    connection = session._link.connection
    return [
        connection.execute(
            f"SELECT count(*), md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) "
            f"FROM identity.{table} AS t".encode()
        ).fetchone()
        for table in tables
    ]


def test_whom_resolve_would_link_is_certain_and_a_twin_is_not(session: Session) -> None:
    one, twin = resolve(session, [Feed()(1, ANNE), Feed("acu")(2, SISTER)], means=means())
    found = find(session, ANNE, at=NOW)
    assert [(one_.person, one_.grade) for one_ in found] == [
        (one.person, Grade.CERTAIN),
        (twin.person, Grade.PROBABLE),
    ]
    assert found[0].weight > found[1].weight
    assert found[0].lead > 0 > found[1].lead
    assert found[0].subjects == (1,) == (found[0].best,)
    assert 0.99 < found[0].probability <= 1


def test_asking_changes_nothing(session: Session) -> None:
    crowd = people(30, 6)
    gpa = Feed()
    resolve(session, [gpa(n + 1, one.demographics) for n, one in enumerate(crowd)], means=means())
    before = _sums(session)
    for one in crowd:
        find(session, one.demographics, at=NOW)
    assert _sums(session) == before


def test_a_number_and_birth_date_are_certain_only_when_stated_by_who_checked(
    session: Session,
) -> None:
    keep_rules(session, {"test_numbers": True}, at=NOW)
    known = replace(ANNE, numbers=nhs(number(1)))
    resolve(session, [Feed()(1, known)], means=means())
    asked = Demographics(birth_date=ANNE.birth_date, numbers=nhs(number(1), ""))
    (found,) = find(session, asked, at=NOW, trust=NumberTrust.VERIFIED)
    assert found.grade is Grade.CERTAIN
    assert [one.grade for one in find(session, asked, at=NOW)] != [Grade.CERTAIN]


def test_all_who_hold_one_number_are_certain(session: Session) -> None:
    keep_rules(session, {"test_numbers": True}, at=NOW)
    by, gpa, acu = means(), Feed(), Feed("acu")
    known = replace(ANNE, numbers=nhs(number(1)))
    resolve(session, [gpa(1, known)], means=by)
    dead = replace(known, names=named("Smith", "Adaeze"), died="2026-01-01")
    resolve(session, [acu(2, dead, alive_at=None)], means=by)
    asked = Demographics(names=ANNE.names, birth_date=ANNE.birth_date, numbers=nhs(number(1)))
    found = find(session, asked, at=NOW)
    assert {one.grade for one in found} == {Grade.CERTAIN}


def test_who_is_certainly_somebody_else_is_not_shown(session: Session) -> None:
    keep_rules(session, {"test_numbers": True}, at=NOW)
    resolve(session, [Feed()(1, replace(ANNE, numbers=nhs(number(1))))], means=means())
    assert find(session, replace(ANNE, numbers=nhs(number(2))), at=NOW) == ()


def test_who_is_sealed_is_like_nobody(session: Session) -> None:
    resolve(session, [Feed()(1, replace(ANNE, is_sealed=True))], means=means())
    assert find(session, ANNE, at=NOW) == ()


def test_somebody_sealed_later_is_like_nobody_even_beside_others(session: Session) -> None:
    gpa, by = Feed(), means()
    resolve(session, [gpa(1, ANNE)], means=by)
    resolve(session, [gpa(1, replace(ANNE, is_sealed=True))], means=by)
    assert find(session, ANNE, at=NOW) == ()


def test_what_the_asker_may_not_see_counts_for_nothing(session: Session) -> None:
    first, twin = resolve(session, [Feed()(1, ANNE), Feed("acu")(2, SISTER)], means=means())
    asked: list[list[SubjectId]] = []

    def only_second(subjects: Collection[SubjectId]) -> frozenset[SubjectId]:
        asked.append(sorted(subjects))
        return frozenset({SubjectId(2)})

    found = find(session, SISTER, at=NOW, among=only_second)
    assert asked == [[1, 2]]
    assert [(one.person, one.grade) for one in found] == [(twin.person, Grade.CERTAIN)]
    assert first.person != twin.person
    alone = find(session, SISTER, at=NOW, among=lambda _: frozenset())
    assert alone == ()


def test_the_gate_is_asked_of_strangers_too(session: Session) -> None:
    calls: list[int] = []

    def gate(subjects: Collection[SubjectId]) -> frozenset[SubjectId]:
        calls.append(len(subjects))
        return frozenset(subjects)

    assert find(session, ANNE, at=NOW, among=gate) == ()
    assert calls == [0]


def test_where_a_restricted_person_is_weighs_nothing(session: Session) -> None:
    resolve(session, [Feed()(1, replace(ANNE, is_restricted=True))], means=means())
    (right,) = find(session, ANNE, at=NOW)
    (wrong,) = find(session, replace(ANNE, addresses=(), contacts=()), at=NOW)
    assert right.weight == wrong.weight


def test_family_name_and_birth_date_show_all_of_a_household_but_none_for_certain(
    session: Session,
) -> None:
    resolve(session, [Feed()(1, ANNE), Feed("acu")(2, SISTER)], means=means())
    asked = Demographics(names=named("Okafor"), birth_date=ANNE.birth_date)
    found = find(session, asked, at=NOW)
    assert {one.subjects for one in found} == {(1,), (2,)}
    assert all(one.grade is not Grade.CERTAIN for one in found)


def test_a_guess_at_the_address_of_a_restricted_person_is_not_answered_by_another_record(
    session: Session,
) -> None:
    """The old address that a source without the restriction holds is that of the same person."""
    told = replace(ANNE, numbers=nhs("4010232137"))
    restricted = replace(told, is_restricted=True)
    one, other = resolve(session, [Feed()(1, told), Feed("acu")(2, restricted)], means=means())
    assert one.person == other.person
    elsewhere = replace(ANNE, addresses=(WrittenAddress(("1 Far Road",), "", "", "ZE9 9ZZ"),))
    for seen in ({1, 2}, {1}):
        (right,) = find(session, ANNE, at=NOW, among=_only(seen))
        (wrong,) = find(session, elsewhere, at=NOW, among=_only(seen))
        assert (right.grade, right.weight) == (wrong.grade, wrong.weight)


def _only(subjects: Collection[int]) -> Callable[[Collection[SubjectId]], frozenset[SubjectId]]:
    return lambda asked: frozenset(one for one in asked if one in subjects)
