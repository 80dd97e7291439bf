"""Records for tests of resolve: short words for demographics, messages and what they need."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from uuid import UUID

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._incoming import Incoming, Means, SourcePolicy
from careweave.identity._model import default_model
from careweave.identity._rules import rules
from careweave.terms import PersonId, SubjectId

NOW = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)
NHS = "https://fhir.nhs.uk/Id/nhs-number"

ANNE = Demographics(
    names=(WrittenName("Okafor", ("Adaeze", "Ruth"), "official"),),
    birth_date="1984-05-23",
    sex="female",
    addresses=(WrittenAddress(("12 Orchard Lane",), "Caldbeck", "", "XR4 7QT"),),
    contacts=(WrittenContact("phone", "01632 960123"),),
)

VERIFIED, STATED = "01", "02"


def nhs(value: str, status: str = VERIFIED) -> tuple[WrittenNumber, ...]:
    return (WrittenNumber(NHS, value, status),)


def named(family: str, *given: str) -> tuple[WrittenName, ...]:
    return (WrittenName(family, given, "official"),)


def maker(seed: int = 1) -> Callable[[], PersonId]:
    rng = Random(seed)
    return lambda: PersonId(UUID(int=rng.getrandbits(128)))


def means(seed: int = 1) -> Means:
    return Means(default_model(), replace(rules(), accepts_test=True), maker(seed))


class Feed:
    """Makes messages of one source, one minute after the other."""

    def __init__(self, source: str = "gpa", policy: SourcePolicy | None = None) -> None:
        self.source = source
        self.policy = policy or SourcePolicy()
        self._times = count()

    def __call__(self, subject: int, written: Demographics, **other: object) -> Incoming:
        number = next(self._times)
        made = Incoming(
            SubjectId(subject),
            self.source,
            self.source.upper(),
            f"p{subject}",
            number + 1,
            written,
            NOW + timedelta(minutes=number),
            f"message-{number}",
            self.policy,
        )
        return replace(made, **other)  # type: ignore[arg-type]
