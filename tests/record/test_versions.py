"""Updates, deletes and undeletes against a plain model: current, versions, as of any time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from careweave.record import append, as_of, history, read
from careweave.terms import Heading, Label
from tests.lib.cases import cases
from tests.record.lib import START, Desk, minutes, rows_in, undone


@dataclass(frozen=True)
class Step:
    """One write: None as text is a delete."""

    id: str
    text: str | None
    heading: Heading
    wait_s: float


@dataclass(frozen=True)
class Version:
    """What the model says of one version."""

    version: int
    updated: datetime
    op: str
    text: str | None
    heading: Heading


STEPS = st.lists(
    st.builds(
        Step,
        id=st.sampled_from(["a", "b", "c"]),
        text=st.sampled_from([None, "x", "y", "z"]),
        heading=st.sampled_from([Heading.INV, Heading.EXM]),
        wait_s=st.sampled_from([0, 0.001, 60]),
    ),
    max_size=12,
)


class Model:
    """The record in plain Python."""

    def __init__(self) -> None:
        self.of: dict[str, list[Version]] = {}

    def apply(self, step: Step, at: datetime) -> None:
        versions = self.of.setdefault(step.id, [])
        last = versions[-1] if versions else None
        gone = last is None or last.text is None
        if step.text is None:
            if not gone:
                self._add(versions, step, at, "D", last.heading)
        elif gone or (last.text, last.heading) != (step.text, step.heading):
            self._add(versions, step, at, "U" if versions else "C", step.heading)

    def _add(self, versions, step, at, op, heading) -> None:
        updated = max(at, versions[-1].updated + timedelta(milliseconds=1)) if versions else at
        versions.append(Version(len(versions) + 1, updated, op, step.text, heading))

    def known_at(self, at: datetime) -> dict[str, Version]:
        found = {}
        for id_, versions in self.of.items():
            before = [version for version in versions if version.updated <= at]
            if before and before[-1].text is not None:
                found[id_] = before[-1]
        return found


@pytest.fixture
def open_desk(database):
    """Opens the desk in a transaction that is undone; its classes are there already."""
    with database.session() as session:
        desk = Desk(session)
        for heading in (Heading.INV, Heading.EXM):
            desk.create(f"first-{heading}", heading=heading)
    return lambda: undone(database)


def play(desk: Desk, model: Model, step: Step, prefix: str, at: datetime) -> None:
    """Does one step to the store and to the model."""
    id_ = prefix + step.id
    is_new = not model.of.get(step.id)
    if step.text is None:
        if not is_new:
            desk.delete(id_, at=at)
    elif is_new:
        desk.create(id_, step.text, at=at, heading=step.heading, tok=(len(step.text),))
    else:
        desk.update(id_, step.text, at=at, heading=step.heading)
    model.apply(step, at)


def found(row) -> Version:
    text = None if row.body is None else row.body.decode().split('"')[-2]
    return Version(row.version, row.updated, row.op, text, row.heading)


@settings(max_examples=cases(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=[Step("a", "x", Heading.INV, 0), Step("a", "y", Heading.INV, 0)])
@example(steps=[Step("a", "x", Heading.INV, 0), Step("a", None, Heading.INV, 0)] * 2)
def test_the_store_is_what_a_plain_model_says(open_desk, steps):
    with open_desk() as session:
        desk, model, at, times = Desk(session, local_id="model"), Model(), minutes(60), []
        for step in steps:
            at += timedelta(seconds=step.wait_s)
            play(desk, model, step, "m-", at)
            times += [at - timedelta(milliseconds=1), at]
        for id_, versions in model.of.items():
            if not versions:
                continue
            now = read(session, "Observation", f"m-{id_}", sight=desk.sight)
            assert found(now) == versions[-1]
            page = history(session, "Observation", f"m-{id_}", sight=desk.sight, count=100)
            assert [found(row) for row in page.rows] == versions[::-1]
            for version in versions:
                one = read(
                    session,
                    "Observation",
                    f"m-{id_}",
                    sight=desk.sight,
                    version=version.version,
                )
                assert found(one) == version
        for moment in [*times, minutes(600)]:
            rows = as_of(session, [desk.subject], moment, sight=desk.sight)
            known = {row.id.removeprefix("m-"): found(row) for row in rows}
            assert known == model.known_at(moment)


def test_the_same_again_makes_no_version(desk):
    desk.create("a1", "one")
    again = desk.update("a1", "one", at=minutes(5))

    assert (again.version, again.changed, again.updated) == (1, False, START)
    assert rows_in(desk, "outbox", "ver") == [(1,)]


@pytest.mark.parametrize(
    "other",
    [{"labels": frozenset({Label.S1})}, {"heading": Heading.EXM}, {"tags": b'"tag":[]'}],
)
def test_other_labels_heading_or_tags_make_a_version(desk, other):
    desk.create("a1", "one")

    assert desk.update("a1", "one", at=minutes(5), **other).version == 2


def test_an_update_leaves_exactly_the_new_search_rows(desk):
    desk.create("a1", "one", tok=(1, 2, 3, 4), posted=(2, 3), strings=((5, "x"), (5, "y")))
    desk.update("a1", "two", at=minutes(1), tok=(2, 4, 9), posted=(2, 4), strings=((5, "y"),))

    assert rows_in(desk, "idx_token", "key") == [(2,), (4,)]
    assert rows_in(desk, "idx_string", "v") == [("y",)]
    assert rows_in(desk, "resource", "tok") == [([2, 4, 9],)]


def test_a_delete_leaves_a_tombstone_without_search_rows(desk):
    desk.create("a1", "one", tok=(1,), posted=(1,), strings=((5, "x"),))
    desk.delete("a1", at=minutes(1))

    assert rows_in(desk, "resource", "gone, body, tok") == [(True, None, [])]
    assert rows_in(desk, "idx_token", "key") == rows_in(desk, "idx_string", "v") == []
    assert rows_in(desk, "outbox", "ver, op") == [(1, "C"), (2, "D")]
    assert desk.delete("a1", at=minutes(2)).changed is False


def test_an_update_is_at_most_six_statements_however_many(settled):
    from decimal import Decimal

    more = {
        "tok": (1,),
        "posted": (1,),
        "strings": ((2, "x"),),
        "dates": ((3, START, START),),
        "quantities": ((4, 5, Decimal(1), Decimal(1)),),
    }
    ids = [f"a{i}" for i in range(40)]
    append(settled.session, [settled.change("C", id_, **more) for id_ in ids], at=START, actor="x")
    settled.update("a0", "warm", at=minutes(1), **more)
    costs = []
    for some in (ids[:1], ids):
        changes = [
            settled.change("U", id_, f"n{len(some)}", held=settled.held(id_), **more)
            for id_ in some
        ]
        before = settled.session.n_sent
        append(settled.session, changes, at=minutes(2), actor="x")
        costs.append(settled.session.n_sent - before)

    assert costs == [6, 6]


def test_who_replaced_a_version_is_kept(desk):
    desk.create("a1")
    held = desk.held("a1")
    append(desk.session, [desk.change("U", "a1", "b", held=held)], at=minutes(1), actor="clerk")

    assert rows_in(desk, "version", "ver, op, actor, until") == [(1, "C", "clerk", minutes(1))]
