"""Putting the mappings of a region in force: what a version says never changes."""

from datetime import datetime

from careweave.db import Queries, Session
from careweave.sources._hearing import describe
from careweave.sources._mapping import SourceMapping
from careweave.sources._source import Sources
from careweave.terms import Conflict, Issue, Severity

_QUERIES = Queries("careweave.sources")


def activate(session: Session, sources: Sources, *, now: datetime) -> tuple[str, ...]:
    """Keeps the versions of mappings that are new, and returns their names ("uk-adt@4").

    Which sources there are is kept too, so that a page can say which of them is silent.
    Raises Conflict, naming all of them, where a mapping has another content than it had when this
    version of it was put in force: give it the next version. Source: interop.md 6.1, 6.3.
    """
    used = {one.mapping.name: one.mapping for one in sources if one.mapping is not None}
    mappings = [mapping for mapping in used.values() if mapping.body]
    # In one order everywhere, so that two starts do not wait for each other in a circle.
    mappings.sort(key=lambda one: (one.id, one.version))
    rows = session.rows(
        _QUERIES["activate_mappings"],
        ids=[one.id for one in mappings],
        versions=[one.version for one in mappings],
        digests=[bytes.fromhex(one.digest) for one in mappings],
        bodies=[one.body for one in mappings],
        now=now,
    )
    made = {f"{row[0]}@{row[1]}": (bytes(row[2]), bool(row[3])) for row in rows}
    _refuse_changed([one for one in mappings if made[one.name][0].hex() != one.digest])
    describe(session, sources)
    return tuple(name for name, (_, is_new) in made.items() if is_new)


def _refuse_changed(changed: list[SourceMapping]) -> None:
    if not changed:
        return
    names = ", ".join(one.name for one in changed)
    message = f"Mappings changed under a version that is in force: {names}; raise the version."
    issues = tuple(
        Issue(Severity.ERROR, "conflict", f"{one.name} has changed; raise its version.")
        for one in changed
    )
    raise Conflict(message, issues=issues)
