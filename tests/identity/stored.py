"""Made-up people in the real store: kept through the one way in."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from uuid import UUID

from careweave.db import Session
from careweave.identity._demographics import Demographics
from careweave.identity._incoming import Incoming, Means, NumberTrust, SourcePolicy
from careweave.identity._model import Model, default_model
from careweave.identity._outcome import Outcome
from careweave.identity._resolve import resolve
from careweave.identity._rules import Rules, rules
from careweave.terms import PersonId, SubjectId

NOW = datetime(2026, 3, 16, 8, tzinfo=UTC)
STATED = SourcePolicy(numbers=NumberTrust.STATED)


def person_ids(seed: int = 1) -> Iterator[PersonId]:
    """Gives ids that are the same for the same seed."""
    rng = random.Random(seed)
    while True:
        yield PersonId(UUID(int=rng.getrandbits(128), version=4))


def means(model: Model | None = None, known: Rules | None = None, seed: int = 1) -> Means:
    """With what the tests judge."""
    made = person_ids(seed)
    return Means(model or default_model(), known or rules(), lambda: next(made))


def incoming(
    subject: int,
    written: Demographics,
    source: str = "nm-acute",
    *,
    version: int = 1,
    at: datetime = NOW,
    policy: SourcePolicy = STATED,
) -> Incoming:
    """One record that has come."""
    return Incoming(
        subject=SubjectId(subject),
        source=source,
        authority=source,
        local_id=f"p-{subject}",
        entry_version=version,
        demographics=written,
        at=at,
        cause="test",
        policy=policy,
    )


def keep(
    session: Session,
    written: Sequence[Demographics],
    by: Means,
    source: str = "nm-acute",
    *,
    first: int = 1,
    chunk: int = 500,
) -> list[Outcome]:
    """Resolves records as a source's, subjects numbered from `first`, and returns the outcomes."""
    numbered = zip(count(first), written, strict=False)
    found: list[Outcome] = []
    while some := list(islice(numbered, chunk)):
        records = [
            incoming(subject, one, source, at=NOW + timedelta(microseconds=subject))
            for subject, one in some
        ]
        found += resolve(session, records, means=by)
    return found
