"""Until when branches that were compiled stay what they are."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from careweave.agreements._question import Context
from careweave.agreements._values import BreakGlass, World

_OWN = BreakGlass(allowed=True)


def changes_at(world: World, context: Context) -> datetime:
    """Returns until when the branches of a context would be compiled alike, if nothing else changes.

    Agreements begin and end with days, episodes and mandates with moments.
    """
    zone = ZoneInfo(world.zone)
    tomorrow = context.at.astimezone(zone).date() + timedelta(days=1)
    ends = (datetime.combine(tomorrow, time(), zone), *_ends(world, context))
    return min(end for end in ends if end > context.at)


def _ends(world: World, context: Context) -> Iterator[datetime]:
    for mandate in context.mandates:
        yield mandate.since
        yield mandate.until
    if context.episodes:
        clauses = (clause for one in world.agreements for clause in one.clauses)
        limits = {(rule.minutes, rule.total) for rule in (_OWN, *(c.break_glass for c in clauses))}
        for episode in context.episodes:
            yield episode.opened_at
            yield episode.expires_at
            for minutes, total in limits:
                yield episode.opened_at + timedelta(minutes=minutes)
                yield (episode.began_at or episode.opened_at) + timedelta(minutes=total)
