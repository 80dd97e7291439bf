"""Applying a configuration: read whole or refused whole, kept as a version, accounted for.

Source: `reference/agreements.md` 3.2; the architecture, decision 9.2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from careweave.agreements import Notice, Notices, Staff, World, checked, read_staff, refuse
from careweave.db import Applying, Session, apply_configuration, configurations
from careweave.ledger import Account, Outcome, append, new_id
from careweave.terms import Conflict, Incorrect, Purpose


@dataclass(frozen=True, slots=True)
class Planned:
    """Files that read, as the world that they would make, and what is to be said of them."""

    files: Mapping[str, bytes]
    world: World
    staff: tuple[Staff, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Through:
    """By which door somebody applies a configuration, and on whose behalf."""

    organisation: str
    door: str
    request_id: str


def plan(
    session: Session, files: Mapping[str, bytes], *, takes_demonstration_keys: bool
) -> Planned:
    """Returns what the files of a region would make of who may see what.

    Raises Incorrect with every fault when any of them is refused: nothing is applied in part.
    """
    newest = configurations(session, most=1)
    number = newest[0].version + 1 if newest else 1
    world, notices = checked(
        files,
        version=number,
        zone=session.zone.key,
        takes_demonstration_keys=takes_demonstration_keys,
    )
    refuse(notices)
    if world is None:
        raise Incorrect("The files of the agreements cannot be read.")
    counted = Notices()
    staff = read_staff(files, world.organisations, counted)
    refuse(counted.told())
    return Planned(files, world, staff, notices)


def apply(
    session: Session,
    planned: Planned,
    applying: Applying,
    through: Through,
    *,
    reverted_from: int | None = None,
) -> int:
    """Keeps a plan as the newest version, with the account of it, and returns its number.

    Every process follows within five seconds of the moment from which it is in force. Raises
    Conflict, keeping nothing, where another version was applied since the plan was made: what was
    said of its effect no longer holds.
    """
    version = apply_configuration(session, planned.files, applying, reverted_from=reverted_from)
    if version != planned.world.version:
        raise Conflict("Another version was applied meanwhile; look at the difference again.")
    digest = configurations(session, most=1)[0].digest.hex()
    append(session, [_account(applying, through, version, digest, reverted_from)])
    return version


def _account(
    applying: Applying, through: Through, version: int, digest: str, reverted_from: int | None
) -> Account:
    since = f" from={applying.effective_from.isoformat()}"
    again = "" if reverted_from is None else f" reverted={reverted_from}"
    return Account(
        id=new_id(applying.at),
        at=applying.at,
        actor=applying.by,
        organisation=through.organisation,
        source=None,
        action="apply",
        door=through.door,
        request_id=through.request_id,
        purpose=str(Purpose.OPERATIONS),
        subjects=(),
        what=f"configuration={version} sha256={digest}{since}{again} second={applying.second}",
        n_items=1,
        outcome=Outcome.PERMIT,
        reason=applying.note,
        clauses="operator",
        config_version=version,
    )
