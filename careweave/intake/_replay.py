"""Replay: messages are read again, and the record is as if it had been right at first.

Source: reference/interop.md 11.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from careweave import ledger
from careweave.db import FOREVER, NEVER, Database, Queries, Session
from careweave.intake._arrival import MessageState
from careweave.intake._contribution import said_in
from careweave.intake._fold import Contribution
from careweave.intake._lanes import Taken
from careweave.intake._operators import Operator, account_of_act
from careweave.intake._replay_lines import requeue
from careweave.intake._work import Ref
from careweave.intake._worker_read import Read, read_message
from careweave.sources import Mapped, Sources
from careweave.terms import Incorrect, Json, SourceId

_QUERIES = Queries("careweave.intake")
_PAGE = 500
_PARKED = frozenset({MessageState.HELD, MessageState.QUARANTINED, MessageState.REFUSED})
_NUMBER = SourceId(0)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which messages: all that is named must fit, and something must be named.

    `mapping` is the one that read them last, "uk-adt@3". Received at or after `since`, before
    `until`.
    """

    ids: frozenset[int] | None = None
    source: str | None = None
    kind: str | None = None
    state: MessageState | None = None
    reason: str | None = None
    mapping: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def words(self) -> str:
        """Returns what is asked for, for accounts: names and times of ours, nobody's data."""
        named = {
            "n": None if self.ids is None else len(self.ids),
            "source": self.source,
            "kind": self.kind,
            "state": self.state,
            "reason": self.reason,
            "mapping": self.mapping,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
        }
        return " ".join(f"{name}={value}" for name, value in named.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many messages go again; of a dry run also what would change.

    `changes` counts by element: "Patient.birthDate" where it would differ, "+Observation" and
    "-Observation" where an entry would be spoken of anew or no more. `failures` counts reasons.
    """

    n_messages: int
    n_lanes: int
    changes: Mapping[str, int]
    failures: Mapping[str, int]


def replay(
    database: Database,
    selection: Selection,
    *,
    operator: Operator,
    why: str,
) -> Replayed:
    """Puts messages back into their lanes, where the workers do them in order; says how many.

    Each page of them is one transaction with its account.
    """
    n_messages, lanes = 0, set[int]()
    for ids in _pages(database, selection):
        with database.session() as session:
            done = requeue(session, ids)
            lanes.update(_lanes(session, done))
            what = f"Message?{selection.words}"
            account = account_of_act(operator, "replay", what, n_items=len(done), why=why)
            ledger.append(session, [account])
        n_messages += len(done)
    return Replayed(n_messages, len(lanes), {}, {})


def try_replay(database: Database, selection: Selection, *, sources: Sources) -> Replayed:
    """Returns what a replay would change in what the messages say; nothing is stored."""
    n_messages, lanes = 0, set[int]()
    changes: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    for ids in _pages(database, selection):
        with database.reading() as session:
            before = said_in(session, ids)
            for read in _reads(session, ids, sources):
                n_messages += 1
                lanes.update(read.message.lanes)
                if read.reading.failure is not None:
                    failures[str(read.reading.failure.reason)] += 1
                else:
                    changes.update(_differences(before.get(read.message.id, []), read))
    return Replayed(n_messages, len(lanes), dict(changes), dict(failures))


def _pages(database: Database, selection: Selection) -> Iterator[tuple[int, ...]]:
    """Gives the numbers of the messages, in order, a page at a time."""
    if not selection.words:
        message = "Name what is to be replayed: messages, a source, a reason, a time."
        raise Incorrect(message, where="selection")
    is_parked = selection.state in _PARKED or selection.reason is not None
    query = _QUERIES["selected_parked" if is_parked else "selected"]
    values = {
        "source": selection.source,
        "kind": selection.kind,
        "state": None if selection.state is None else str(selection.state),
        "reason": selection.reason,
        "mapping": selection.mapping,
        "since": selection.since or NEVER,
        "until": selection.until or FOREVER,
        "ids": None if selection.ids is None else sorted(selection.ids),
    }
    after = 0
    while True:
        with database.session() as session:
            rows = session.rows(query, after=after, most=_PAGE, **values)
        if rows:
            yield tuple(int(row[0]) for row in rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _lanes(session: Session, ids: Sequence[int]) -> set[int]:
    rows = session.rows(_QUERIES["messages_lanes"], ids=list(ids))
    return {int(lane) for row in rows for lane in row[0]}


def _reads(session: Session, ids: Sequence[int], sources: Sources) -> Iterator[Read]:
    for row in session.rows(_QUERIES["messages_shown"], ids=list(ids)):
        *facts, lanes = row
        message = Taken(*facts, tuple(lanes), True)  # type: ignore[call-arg]  # noqa: FBT003
        yield read_message(message, sources.by_name.get(message.source), _NUMBER)


def _differences(before: Sequence[Contribution], read: Read) -> Counter[str]:
    """Returns in how many entries which elements would be said otherwise."""
    old = _by_entry(one.said for one in before)
    new = _by_entry(read.reading.resources)
    found: Counter[str] = Counter()
    found.update(f"+{ref[0]}" for ref in new.keys() - old.keys())
    found.update(f"-{ref[0]}" for ref in old.keys() - new.keys())
    for ref in old.keys() & new.keys():
        found.update(_elements(ref[0], old[ref], new[ref]))
    return found


def _by_entry(said: Iterable[Mapped]) -> dict[Ref, list[Mapped]]:
    found: dict[Ref, list[Mapped]] = {}
    for one in said:
        found.setdefault((one.type, one.id), []).append(one)
    return found


def _elements(type_name: str, old: Sequence[Mapped], new: Sequence[Mapped]) -> Iterator[str]:
    before, after = _merged(old), _merged(new)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield f"{type_name}.{name}"
    if [_way(one) for one in old] != [_way(one) for one in new]:
        yield f"{type_name} (how it is written)"


def _merged(said: Sequence[Mapped]) -> dict[str, Json]:
    return {name: value for one in said for name, value in one.value.items()}


def _way(one: Mapped) -> tuple[object, ...]:
    lists = tuple(sorted(one.lists.items()))
    ways = (one.write, lists, one.nulls, one.forces_status, one.heading, one.snapshot)
    return (*ways, tuple(sorted(one.labels)), tuple(sorted(one.clears)))
