"""Two workers at once come to what they would one after the other."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

from careweave.db import Database
from careweave.identity._incoming import Incoming
from careweave.identity._outcome import Outcome
from careweave.identity._resolve import lock, resolve
from tests.identity.acting import nhs as number
from tests.identity.acting import someone
from tests.identity.people import people
from tests.identity.resolving import ANNE, Feed, means, nhs


def _at_once(*works: Callable[[], list[Outcome]]) -> list[list[Outcome]]:
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], list[Outcome]]) -> list[Outcome]:
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def _worker(database: Database, seed: int, *batches: list[Incoming]) -> Callable[[], list[Outcome]]:
    def work() -> list[Outcome]:
        by = means(seed)
        done: list[Outcome] = []
        for batch in batches:
            with database.session() as session:
                done += resolve(session, batch, means=by)
        return done

    return work


def test_two_workers_with_one_new_person_make_one(database: Database) -> None:
    gpa, acu = Feed(), Feed("acu")
    for round_ in range(10):
        written = replace(ANNE, birth_date=f"19{50 + round_}-05-23")
        first, second = gpa(2 * round_ + 1, written), acu(2 * round_ + 2, written)
        (one,), (other,) = _at_once(
            _worker(database, 2 * round_, [first]), _worker(database, 2 * round_ + 1, [second])
        )
        assert one.person == other.person


def test_the_same_message_twice_at_once_is_one_version(database: Database) -> None:
    message = Feed()(1, ANNE)
    (one,), (other,) = _at_once(_worker(database, 1, [message]), _worker(database, 2, [message]))
    assert {one.verdict, other.verdict} == {"new", "unchanged"}
    assert one.person == other.person


def test_two_different_verified_numbers_never_meet_in_one_person(database: Database) -> None:
    # Both agree with the first, which has no number, by keys that they do not share.
    gpa, acu, men = Feed(), Feed("acu"), Feed("men")
    for round_ in range(8):
        base = replace(ANNE, names=someone(round_).names, birth_date=someone(round_).birth_date)
        (known,) = _worker(database, 90 + round_, [gpa(10 * round_ + 1, base)])()
        left = replace(base, numbers=nhs(number(2 * round_)), addresses=())
        right = replace(base, numbers=nhs(number(2 * round_ + 1)), contacts=())
        (one,), (other,) = _at_once(
            _worker(database, 2 * round_, [acu(10 * round_ + 2, left)]),
            _worker(database, 2 * round_ + 1, [men(10 * round_ + 3, right)]),
        )
        assert one.person != other.person
        assert known.person in {one.person, other.person}


def test_crowded_workers_neither_wait_in_a_circle_nor_part_anybody(database: Database) -> None:
    crowd = people(60, 3)
    gpa, acu, rng = Feed(), Feed("acu"), Random(4)
    ours = [gpa(at + 1, person.demographics) for at, person in enumerate(crowd)]
    theirs = [acu(at + 1001, person.demographics) for at, person in enumerate(crowd)]
    rng.shuffle(theirs)
    batches = [
        [records[at : at + 5] for at in range(0, len(records), 5)] for records in (ours, theirs)
    ]
    done = _at_once(_worker(database, 1, *batches[0]), _worker(database, 2, *batches[1]))
    persons = {one.subject: one.person for outcomes in done for one in outcomes}
    by = means(3)
    with database.session() as session:
        again = resolve(session, [*ours, *theirs], means=by)
    assert {one.subject: one.person for one in again} == persons
    together = sum(persons[one.subject] == persons[one.subject + 1000] for one in ours)  # type: ignore[index]
    assert together >= 55


def test_a_lock_taken_first_covers_the_batches_that_follow(database: Database) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    first, second = gpa(1, ANNE), acu(2, ANNE)
    with database.session() as session:
        lock(session, [first, second], means=by)
        (one,) = resolve(session, [first], means=by)
        (other,) = resolve(session, [second], means=by)
    assert one.person == other.person


def test_a_batch_with_too_many_keys_takes_the_room_for_itself(database: Database) -> None:
    crowd = people(80, 5)
    gpa, acu = Feed(), Feed("acu")
    ours = [gpa(at + 1, person.demographics) for at, person in enumerate(crowd)]
    theirs = [acu(at + 1001, person.demographics) for at, person in enumerate(crowd)]
    done = _at_once(_worker(database, 1, ours), _worker(database, 2, theirs))
    persons = {one.subject: one.person for outcomes in done for one in outcomes}
    assert sum(persons[one.subject] == persons[one.subject + 1000] for one in ours) >= 74  # type: ignore[index]
