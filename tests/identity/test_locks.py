"""Locks never fill the table that all of the server share."""

from uuid import UUID

import pytest

from careweave.identity._locks import lock_persons


def _n_locks(session):
    session.flush()
    row = session._link.connection.execute(
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'"
    ).fetchone()
    return row[0]


@pytest.mark.parametrize(("n_persons", "n_locks"), [(3, 4), (2000, 2001), (20_000, 1)])
def test_who_meets_very_many_persons_takes_the_room_instead(session, n_persons, n_locks):
    lock_persons(session, [UUID(int=n + 1) for n in range(n_persons)])
    assert _n_locks(session) == n_locks
