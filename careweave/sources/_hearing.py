"""Which sources there are and when each was last heard, so that a page can say who is silent.

Source: reference/interop.md 3.3; reference/record.md 3.2, rule (i).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave.db import Queries, Row, Session
from careweave.sources._source import Source, Sources
from careweave.terms import Heading

_QUERIES = Queries("careweave.sources")
_SILENT = 2
"""Times the rhythm. Source: reference/record.md 3.2, STALE."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """One source as entries name it; `heard_at` None: never, since it is known at all.

    `live` are the headings that it can be asked for. `types` are those of the entries that its
    mapping makes, empty where it may send any. `rhythm` None: nothing is promised.
    """

    name: str
    organisation: str
    system: str
    feed: str
    live: frozenset[Heading]
    types: frozenset[str]
    rhythm: timedelta | None
    heard_at: datetime | None
    since: datetime | None

    def is_silent(self, at: datetime) -> bool:
        """Says whether it was last heard longer ago than twice its rhythm."""
        last = self.heard_at or self.since
        if self.rhythm is None or last is None:
            return False
        return at - last > _SILENT * self.rhythm


def describe(session: Session, sources: Sources) -> None:
    """Keeps which sources there are, by the organisation, system and feed that entries name."""
    listed = list(sources)
    session.run(
        _QUERIES["describe"],
        names=[one.name for one in listed],
        organisations=[one.organisation for one in listed],
        systems=[one.system for one in listed],
        feeds=[one.feed or str(one.transport.kind) for one in listed],
        lives=[" ".join(sorted(one.live)) for one in listed],
        types=_types(listed),
    )


def _types(sources: Iterable[Source]) -> list[str]:
    """Returns the types of the entries that each source's mapping makes, each mapping read once."""
    known: dict[str, str] = {}
    found = []
    for one in sources:
        mapping = one.mapping
        if mapping is not None and mapping.digest not in known:
            types = {origin.type for origin in mapping.lineage}
            known[mapping.digest] = " ".join(sorted(types))
        found.append("" if mapping is None else known[mapping.digest])
    return found


def hearings(session: Session) -> tuple[Hearing, ...]:
    """Returns each source and when it was last heard, by name."""
    rows = session.rows(_QUERIES["hearings"])
    return tuple(_hearing(row) for row in rows)


def _hearing(row: Row) -> Hearing:
    name, organisation, system, feed, live, types, rhythm, heard_at, since = row
    headings = frozenset(map(Heading, live))
    return Hearing(
        name, organisation, system, feed, headings, frozenset(types), rhythm, heard_at, since
    )
