"""The patient record by which a door of ours speaks of a person whom its user has open.

Nothing is compared: the id of such a record says, sealed, whose it is, so that only this
installation makes one. It holds no demographics. Source: docs/decisions/0042.
"""

from base64 import b32decode, b32encode
from functools import lru_cache
from hashlib import blake2b
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from careweave import identity, record
from careweave.db import Session
from careweave.identity import Acted, By, Means
from careweave.sources import Source
from careweave.terms import Conflict, Incorrect, PersonId, SubjectId

NAMED = "ws-"
"""How the ids begin that a door of ours chooses; its source declares it as its prefix."""

_MOST = 16
_BYTES = 16


def named_patient(session: Session, source: Source, person: PersonId) -> str:
    """Returns the id of the Patient by which a source of ours speaks of a person now.

    A record that an officer gave to somebody else is left to them, and another is begun. Raises
    Conflict for a person who is nobody any more.
    """
    survivor = _survivor(session, person)
    if survivor is None:
        raise Conflict("This person is not known any more; find them again.", where="person")
    authority = source.authority or source.organisation
    ids = [_id_of(session.secret, authority, survivor, turn) for turn in range(_MOST)]
    # They are begun one after the other, and numbered so.
    begun = sorted(record.subjects_of(session, ids))
    last = identity.standings(session, begun[-1:]).get(begun[-1]) if begun else None
    is_lost = last is not None and last.person != survivor
    turn = max(0, len(begun) - 1) + is_lost
    if turn >= _MOST:
        raise Conflict("This person was linked too often; ask for an identity review.")
    return ids[turn]


def person_named(secret: bytes, authority: str, patient: str) -> PersonId:
    """Returns whom the id of a Patient names; raises Incorrect for one that was not made here."""
    text = patient.removeprefix(NAMED).upper()
    try:
        sealed = b32decode(text + "=" * (-len(text) % 8))
        plain = _cipher(secret).decrypt(sealed, [authority.encode()])
    except (ValueError, InvalidTag):
        message = "The patient of this message was not named by a page of ours."
        raise Incorrect(message, where="Patient.id") from None
    return PersonId(UUID(bytes=plain[:_BYTES]))


def link_named(
    session: Session, subject: SubjectId, person: PersonId, *, by: By, means: Means
) -> Acted | None:
    """Links a patient record to the person whom it names; None where it is there already."""
    survivor = _survivor(session, person)
    if survivor is None:
        raise Incorrect("The person of this message is not known any more.", where="Patient.id")
    own = identity.standings(session, (subject,)).get(subject)
    if own is not None and own.person == survivor:
        return None
    try:
        return identity.link(session, subject, survivor, by=by, means=means)
    except Conflict as error:
        raise Incorrect(error.message, where="Patient.id") from error


def _survivor(session: Session, person: PersonId) -> PersonId | None:
    """Returns the person that answers for an id now; None where nobody does, or who is sealed."""
    found = identity.together(session, (person,)).get(person, ())
    return next((one.person for one in found if one.is_found), None)


def _id_of(secret: bytes, authority: str, person: PersonId, turn: int) -> str:
    plain = person.bytes + bytes(filter(None, (turn,)))
    sealed = _cipher(secret).encrypt(plain, [authority.encode()])
    return NAMED + b32encode(sealed).decode().lower().rstrip("=")


@lru_cache(maxsize=16)
def _cipher(secret: bytes) -> AESSIV:
    return AESSIV(blake2b(secret, digest_size=32, person=b"careweave-named").digest())
