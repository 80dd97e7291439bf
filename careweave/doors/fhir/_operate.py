"""Whether the process lives, whether it can serve, and what it counted."""

from careweave import ledger
from careweave.db import Database
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._call import Parts
from careweave.doors.fhir._routes import Visit
from careweave.terms import CareweaveError, Unauthenticated, Unavailable

_JSON = "application/json"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_LOOPBACK = frozenset({"127.0.0.1", "::1"})


def health(_visit: Visit) -> Answer:
    """Answers 200: the process answers."""
    return Answer(200, b'{"status":"pass"}', media=_JSON)


def ready(visit: Visit) -> Answer:
    """Answers 200 when the database answers and is migrated, else 503."""
    try:
        _backlog(visit.parts)
    except CareweaveError:
        raise Unavailable("The database does not answer; look there first.") from None
    return Answer(200, b'{"status":"pass"}', media=_JSON)


def metrics(visit: Visit) -> Answer:
    """Answers the counts of the server, to the machine itself or to a bearer of a token."""
    environ = visit.environ
    near = environ.get("REMOTE_ADDR") in _LOOPBACK and "HTTP_X_FORWARDED_FOR" not in environ
    if not near:
        token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")[2]
        if not token:
            raise Unauthenticated
        visit.parts.clients.actor(token, visit.parts.clock())
    visit.metrics.show(levels(visit.parts.database))
    return Answer(200, visit.metrics.text(_gauges(visit.parts)), media=_PROMETHEUS)


def levels(database: Database) -> dict[str, float]:
    """Returns the levels of this process: its connections to the database."""
    return {f"pool_{name}": float(n) for name, n in database.pool().items()}


def _backlog(parts: Parts) -> float:
    with parts.database.reading() as session:
        return ledger.unsealed_s(session, now=parts.clock())


def _gauges(parts: Parts) -> dict[str, float]:
    try:
        return {"database_up": 1.0, "ledger_unsealed_seconds": _backlog(parts)}
    except CareweaveError:
        # The counts matter most when the database is away.
        return {"database_up": 0.0}
