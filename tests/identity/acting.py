"""A small region to act on: records that arrive, acts, and the whole state as canonical bytes."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

from careweave.db import Session
from careweave.identity import By, Ground, Method
from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenLink,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._incoming import Incoming, Means, SourcePolicy
from careweave.identity._model import default_model
from careweave.identity._resolve import resolve
from careweave.identity._rules import rules

NHS = "https://fhir.nhs.uk/Id/nhs-number"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)

FAMILIES = ("Okafor", "Whitcombe", "Nowak", "Barrow", "Achebe", "Szymanski", "Griffith", "Lund")
GIVENS = ("Ngozi", "Bertram", "Halina", "Cedric", "Folasade", "Tadeusz", "Myfanwy", "Ingrid")
STREETS = ("Mill Lane", "Castle Street", "Ferry Road", "Abbey Close", "Quarry Hill", "Orchard Way")
POSTCODES = ("LS1 4AB", "M20 3QT", "NE4 7DD", "YO1 9ZZ", "CA3 8HH", "PR2 6FF", "HG1 2KL", "BB5 1MN")


def nhs(n):
    """The n-th valid test number."""
    found = count(n * 17)
    for serial in found:
        first = f"999{serial:06d}"
        check = (11 - sum(int(d) * (10 - i) for i, d in enumerate(first)) % 11) % 11
        if check != 10:
            return first + str(check)
    raise AssertionError


def someone(n, *, number=False, links=(), is_sealed=False, family=None, given=None, died=""):
    """The n-th person, unlike all others."""
    return Demographics(
        names=(
            WrittenName(
                family or FAMILIES[n % 8] + "abcdefgh"[n // 8 % 8], (given or GIVENS[n * 3 % 8],)
            ),
        ),
        birth_date=date(1950 + n * 7 % 50, 1 + n * 5 % 12, 2 + n * 11 % 26).isoformat(),
        sex="female" if n % 2 else "male",
        addresses=(WrittenAddress((f"{n + 1} {STREETS[n % 6]}",), "Leeds", "", POSTCODES[n % 8]),),
        numbers=(WrittenNumber(NHS, nhs(n), "01"),) if number else (),
        links=tuple(WrittenLink(kind, other) for kind, other in links),
        is_sealed=is_sealed,
        died=died,
    )


@dataclass
class Region:
    """A session with what acts need: makers of ids, a clock that goes on by itself."""

    session: Session
    hazard: int = 1
    ids: count = field(default_factory=lambda: count(1))
    minutes: count = field(default_factory=lambda: count(1))
    entry_versions: dict = field(default_factory=dict)
    means: Means = None

    def __post_init__(self):
        self.means = Means(
            default_model(),
            replace(rules(), accepts_test=True),
            lambda: UUID(int=next(self.ids) << 80 | 0x8 << 76 | 0b10 << 62),
            lambda _session, subjects: dict.fromkeys(subjects, self.hazard),
        )

    def now(self):
        return NOW + timedelta(minutes=next(self.minutes))

    def by(self, actor="officer", second="", ground=Ground.JUDGED):
        return By(actor, self.now(), ground, second=second)

    def by_source(self, source="pas"):
        return By(source, self.now(), Ground.SOURCE_MESSAGE, method=Method.SOURCE_MERGE)

    def incoming(self, subject, demographics, *, authority="pas", policy=None):
        version = self.entry_versions[subject] = self.entry_versions.get(subject, 0) + 1
        return Incoming(
            subject,
            authority,
            authority,
            f"p{subject}",
            version,
            demographics,
            self.now(),
            "message",
            policy or SourcePolicy(),
        )

    def arrive(self, subject, demographics, **more):
        """One version of the record `subject`, public id `p<subject>`."""
        (outcome,) = resolve(
            self.session, [self.incoming(subject, demographics, **more)], means=self.means
        )
        return outcome

    def sql(self, text, *values):
        self.session.flush()
        return self.session._link.connection.execute(text, values).fetchall()

    def persons(self):
        """The person of each subject."""
        return dict(
            self.sql("SELECT subject, person FROM identity.membership WHERE until_seq IS NULL")
        )

    def ids_given(self):
        return {row[0] for row in self.sql("SELECT person FROM identity.person")}

    def view(self, known=None):
        """All that anybody could see, as canonical bytes: of the ids `known`, or of all."""
        given = self.ids_given() if known is None else known
        forwards = dict(
            self.sql(
                "SELECT person, to_person FROM identity.person_forward WHERE until_seq IS NULL"
            )
        )
        whole = {
            "members": {str(s): str(p) for s, p in self.persons().items()},
            "forwards": {str(p): str(to) for p, to in forwards.items() if p in given},
            "states": {
                str(s): [state, replaced]
                for s, state, replaced in self.sql(
                    "SELECT subject, state, replaced_by FROM identity.local_identity"
                )
            },
            "barriers": sorted(
                [a, b, kind]
                for a, b, kind in self.sql(
                    "SELECT left_subject, right_subject, kind FROM identity.barrier WHERE until_seq IS NULL"
                )
            ),
        }
        return json.dumps(whole, sort_keys=True).encode()
