"""Whether the ledger is as it was sealed: reads every account again and grows the tree anew."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from careweave.db import Queries, Row, Session
from careweave.ledger._account import canonical
from careweave.ledger._keys import is_signed, key_id
from careweave.ledger._sealing import Head, Place, head_of
from careweave.ledger._tree import Frontier, leaf, split

_QUERIES = Queries("careweave.ledger")
_SEALS_AT_ONCE = 100


class Tampering(StrEnum):
    """What was done to the ledger."""

    EDITED = "edited"
    MISSING = "missing"
    ADDED = "added"
    REWRITTEN = "rewritten"
    UNSIGNED = "unsigned"
    SHORTENED = "shortened"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed.

    `number` is the place in the ledger, from 0; `id` the account that stands there now, where
    there is one. What a kept head shows lies somewhere from `first` on and before `number`, the
    size of that head: everything before `first` is as another kept head has it.
    """

    kind: Tampering
    number: int
    id: UUID | None = None
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome of a verification: the size and root found, and everything that is not right."""

    size: int
    root: bytes
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Tells whether nothing was found."""
        return not self.findings


def verify(session: Session, *heads: Head, public_keys: Iterable[bytes] = ()) -> Verified:
    """Returns whether every sealed account is there, unchanged, in its place, and nothing more.

    `heads` are kept elsewhere: the ledger must still hold exactly what they were over, even if
    somebody with the signing key sealed everything anew; the more of them, the closer is it told
    where that begins. `public_keys` are those that may sign; a head signed by none of them is a
    finding; without any, signatures are not looked at. Wants a snapshot session. Not found: what
    was kept back before it was sealed.
    Source: `reference/security.md` 5.3 and 5.4.
    """
    keys = {key_id(public): public for public in public_keys}
    place, frontier = Place(), Frontier()
    findings: list[Finding] = []
    roots: dict[int, bytes] = {0: frontier.root}
    sizes = {head.size for head in heads}
    for row in _seals(session):
        rows = session.rows(
            _QUERIES["sealed"], tx=place.tx, id=place.id, up_to_tx=row[3], up_to_id=row[4]
        )
        found = tuple(leaf(canonical(account)) for account in rows)
        findings += _differences(frontier.size, split(row[8]), found, rows)
        roots.update(_roots(frontier, split(row[8]), sizes))
        # The stored leaves, so that one wrong account is one finding and not all that follow.
        frontier = frontier.grown(split(row[8]))
        findings += _of_head(row, frontier, keys)
        place = Place(row[3], row[4])
    findings += _of_kept(heads, roots, frontier.size)
    return Verified(frontier.size, frontier.root, tuple(findings))


def _seals(session: Session) -> Iterator[Row]:
    size = 0
    while rows := session.rows(_QUERIES["seals_after"], size=size, most=_SEALS_AT_ONCE):
        yield from rows
        size = rows[-1][0]


def _differences(
    start: int, sealed: tuple[bytes, ...], found: tuple[bytes, ...], rows: list[Row]
) -> list[Finding]:
    if sealed == found:
        return []
    here, were = set(found), set(sealed)
    missing = [i for i, was in enumerate(sealed) if was not in here]
    changed = [i for i, (was, now) in enumerate(zip(sealed, found, strict=False)) if was != now]
    # One for one in their places: changed. Else some went and some came, and others only moved up.
    if len(sealed) == len(found) and len(missing) in {0, len(changed)}:
        return [Finding(Tampering.EDITED, start + i, rows[i][1]) for i in changed]
    gone = [Finding(Tampering.MISSING, start + i) for i in missing]
    added = [
        Finding(Tampering.ADDED, start + i, rows[i][1])
        for i, now in enumerate(found)
        if now not in were
    ]
    return gone + added


def _of_head(row: Row, frontier: Frontier, keys: dict[str, bytes]) -> list[Finding]:
    head = head_of(row)
    findings = []
    if (head.size, head.root, row[5]) != (frontier.size, frontier.root, frontier.packed):
        findings.append(Finding(Tampering.REWRITTEN, head.size))
    public = keys.get(head.key_id, b"")
    if keys and not is_signed(head.signed, head.signature, public):
        findings.append(Finding(Tampering.UNSIGNED, head.size))
    return findings


def _roots(
    before: Frontier, leaves: tuple[bytes, ...], sizes: Collection[int]
) -> Iterator[tuple[int, bytes]]:
    """Yields the roots at those of the sizes that these leaves reach."""
    for size in sizes:
        if before.size < size <= before.size + len(leaves):
            yield size, before.grown(leaves[: size - before.size]).root


def _of_kept(heads: Iterable[Head], roots: dict[int, bytes], size: int) -> Iterator[Finding]:
    """Yields what is not as kept heads have it: nothing after the first that does not hold."""
    sound = 0
    for head in sorted(heads, key=lambda one: one.size):
        if head.size > size:
            yield Finding(Tampering.SHORTENED, size)
            return
        if head.size and roots[head.size] != head.root:
            yield Finding(Tampering.REWRITTEN, head.size, first=sound)
            return
        sound = head.size
