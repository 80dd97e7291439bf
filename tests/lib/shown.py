"""Small worlds of what was disclosed, for tests of views: entries as the way out gives them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from careweave.agreements import Reason
from careweave.disclosure import (
    Expected,
    FeedLine,
    FeedState,
    Indicator,
    Line,
    OrganisationShown,
    Row,
    ShownPerson,
)
from careweave.terms import Heading, PersonId, SourceId, SubjectId
from careweave.views import Audience, Making

NOW = datetime(2026, 4, 5, 9, 42, tzinfo=UTC)
"""In Northmere it is 10:42 then."""

ORGANISATIONS = {
    SourceId(1): OrganisationShown("riverside", "Riverside Surgery", "01632 960001", "gp"),
    SourceId(2): OrganisationShown("hospital", "The Hospital", "01632 960002", "acute"),
    SourceId(3): OrganisationShown("council", "The Council", "01632 960003", "council"),
}
NAMES = {of.slug: (source, of) for source, of in ORGANISATIONS.items()}


def making(now: datetime = NOW, audience: Audience = Audience.PROFESSIONAL) -> Making:
    """Returns how a page of these tests is made: handles are type and id."""
    return Making(
        now, ZoneInfo("Europe/London"), lambda kind, id_: f"{kind}.{id_}", audience=audience
    )


def row(heading: Heading, body: Mapping[str, Any], *, of: str = "riverside", **more: Any) -> Row:
    """Returns an entry as it was disclosed; `updated` is a day before NOW unless said."""
    plain = {name: value for name, value in body.items() if name not in {"id", "meta"}}
    made = Row(
        type=body["resourceType"],
        id=str(body.get("id", "one")),
        version=1,
        updated=NOW - timedelta(days=1),
        subject=SubjectId(1),
        source=NAMES[of][0],
        heading=heading,
        gone=False,
        body=json.dumps(plain).encode(),
        cut=(),
        meta=b"",
        op="U",
    )
    return replace(made, **more)


def line(of: Row, at: datetime | None = None) -> Line:
    """Returns an entry as the outline has it."""
    return Line(of.type, of.id, of.subject, of.source, of.heading, at, of.updated, 0)


def feed(
    of: str = "riverside", state: FeedState = FeedState.OK, last: datetime | None = NOW
) -> FeedLine:
    """Returns how an organisation stands for a heading."""
    _, found = NAMES[of]
    return FeedLine(found.slug, found.name, state, last, found.telephone, found.kind)


def told(heading: Heading, *, is_open: bool = True, sentence: str = "") -> Expected:
    """Returns what may be expected of a heading."""
    reason = None if is_open else Reason.NO_RELATIONSHIP
    return Expected(heading, reason, reason, sentence, may_break_glass=False, clauses=())


def shown(*rows: Row, **more: Any) -> ShownPerson:
    """Returns what was disclosed of a person: these entries, by their headings."""
    by_heading: dict[Heading, list[Row]] = {}
    for one in rows:
        by_heading.setdefault(Heading(one.heading), []).append(one)
    made = ShownPerson(
        person=PersonId(UUID(int=1)),
        rows={heading: tuple(its) for heading, its in by_heading.items()},
        lines=tuple(line(one) for one in rows),
        withheld=frozenset(),
        indicators=(),
        expected={},
        coverage={},
        issues=(),
        is_whole=True,
        at=NOW,
        organisations=ORGANISATIONS,
    )
    return replace(made, **more)


def indicator(heading: Heading) -> Indicator:
    """Returns that somebody holds something."""
    return Indicator(heading, "The Council", "01632 960003")
