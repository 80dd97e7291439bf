"""What a frozen record was told meanwhile, taken up once a human has found it to be the same."""

from dataclasses import replace
from datetime import datetime

from careweave.db import Queries, Session
from careweave.identity._compose import compose
from careweave.identity._held import held
from careweave.identity._incoming import Means
from careweave.identity._keys import keys
from careweave.identity._normalise import n_usable, normalise
from careweave.identity._pack import pack
from careweave.identity._raw import read_raw
from careweave.terms import SubjectId

_QUERIES = Queries("careweave.identity")


def take_up(session: Session, subject: SubjectId, *, at: datetime, means: Means) -> None:
    """Brings a record to its newest version, by which it is compared from now on.

    A number counts as verified when the version says so and one of its kind was so before: how far
    the source is trusted is known only when it speaks.
    """
    row = session.row(_QUERIES["newest_raw"], subject=subject)
    if row is None:
        return
    newest = normalise(read_raw(row[0]), means.rules, today=at.date())
    before = held(session, (subject,))[subject].norm
    newest = replace(newest, verified=newest.verified & before.verified)
    whole = compose(newest, before)
    is_provisional = n_usable(whole) < means.limits.usable_fields
    found = () if is_provisional else keys(whole)
    session.defer(
        _QUERIES["norm_put"], subject=subject, norm=pack(whole), is_provisional=is_provisional
    )
    owners = [subject for _ in found]
    numbers = [one.key for one in found]
    session.defer(_QUERIES["block_keys_drop"], subjects=[subject], owners=owners, keys=numbers)
    session.defer(
        _QUERIES["block_keys_mend"],
        keys=numbers,
        subjects=owners,
        kinds=[one.kind for one in found],
        are_past=[one.is_past for one in found],
    )
