"""Which sources there are and when each was last heard, so that a page can say who is silent.

Source: reference/interop.md 3.3; reference/record.md 3.2, rule (i).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from careweave.db import Queries, Session
from careweave.sources._source import Sources
from careweave.terms import Heading

_QUERIES = Queries("careweave.sources")
_SILENT = 2
"""Times the rhythm. Source: reference/record.md 3.2, STALE."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """One source as entries name it; `heard_at` None: never, since it is known at all.

    `live` are the headings that it can be asked for. `rhythm` None: nothing is promised.
    """

    name: str
    organisation: str
    system: str
    feed: str
    live: frozenset[Heading]
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
    )


def hearings(session: Session) -> tuple[Hearing, ...]:
    """Returns each source and when it was last heard, by name."""
    rows = session.rows(_QUERIES["hearings"])
    return tuple(
        Hearing(name, organisation, system, feed, frozenset(map(Heading, live)), *rest)
        for name, organisation, system, feed, live, *rest in rows
    )
