"""The rows of what came: versions as received, local identities as they are compared, keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from careweave.db import Queries, Session
from careweave.identity._coming import Ready
from careweave.identity._norm import NORM_VERSION, Norm
from careweave.identity._pack import pack

_QUERIES = Queries("careweave.identity")


@dataclass(frozen=True, slots=True)
class Stored:
    """A version to be kept, and how its record is compared from now on.

    `norm` is what is known of the record in all periods: an overlay leaves it as it was.
    """

    ready: Ready
    norm: Norm
    has_new_keys: bool
    is_incomplete: bool = False


def defer_stored(session: Session, stored: Sequence[Stored]) -> None:
    """Sends the rows along with the next statement: as many statements for one as for many."""
    if not stored:
        return
    session.defer(_QUERIES["source_records_add"], **_versions(stored))
    defer_identities(session, stored)
    _defer_keys(session, [one for one in stored if one.has_new_keys])


def defer_identities(session: Session, stored: Sequence[Stored]) -> None:
    """Sends how the records are compared from now on, along with the next statement."""
    if stored:
        session.defer(_QUERIES["local_identities_put"], **_identities(stored))


def _versions(stored: Sequence[Stored]) -> dict[str, list[object]]:
    came = [one.ready.coming for one in stored]
    return {
        "subjects": [one.incoming.subject for one in came],
        "versions": [one.ready.version for one in stored],
        "sources": [one.incoming.source for one in came],
        "entry_versions": [one.incoming.entry_version for one in came],
        "ats": [one.incoming.at for one in came],
        "raws": [one.raw for one in came],
        "norm_versions": [NORM_VERSION for _ in came],
        "digests": [one.digest for one in came],
    }


def _identities(stored: Sequence[Stored]) -> dict[str, list[object]]:
    came = [one.ready.incoming for one in stored]
    return {
        "subjects": [one.subject for one in came],
        "sources": [one.source for one in came],
        "authorities": [one.authority for one in came],
        "local_ids": [one.local_id for one in came],
        "are_provisional": [one.ready.is_provisional for one in stored],
        "versions": [one.ready.version for one in stored],
        "norms": [pack(one.norm) for one in stored],
        "seen_ats": [one.at for one in came],
        "alive_ats": [one.alive_at for one in came],
        "are_incomplete": [one.is_incomplete for one in stored],
    }


def _defer_keys(session: Session, stored: Sequence[Stored]) -> None:
    """Removes keys that are gone and adds those that are new; what stays is not touched."""
    known = [one for one in stored if one.ready.held is not None]
    if known:
        keys = _keys(known)
        session.defer(
            _QUERIES["block_keys_drop"],
            subjects=[one.ready.incoming.subject for one in known],
            owners=keys["subjects"],
            keys=keys["keys"],
        )
        session.defer(_QUERIES["block_keys_mend"], **keys)
    added = _keys([one for one in stored if one.ready.held is None])
    if added["keys"]:
        session.defer(_QUERIES["block_keys_add"], **added)


def _keys(stored: Sequence[Stored]) -> dict[str, list[object]]:
    rows = [(one.ready.incoming.subject, key) for one in stored for key in one.ready.keys]
    # In the order of the index, so that a batch touches each of its pages once.
    rows.sort(key=lambda row: row[1].key)
    return {
        "keys": [key.key for _, key in rows],
        "subjects": [subject for subject, _ in rows],
        "kinds": [key.kind for _, key in rows],
        "are_past": [key.is_past for _, key in rows],
    }
