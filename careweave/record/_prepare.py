"""Making a resource ready for the store: one walk, no database, the same result every time."""

from collections.abc import Sequence
from datetime import tzinfo
from hashlib import sha256

from careweave.agreements import Choice
from careweave.formats import Resource
from careweave.record._choice_rules import stated_choice, trait_of
from careweave.record._extractors import gather
from careweave.record._inherited import inherited_references
from careweave.record._keys import Keys
from careweave.record._live import live_until
from careweave.record._prepared import Prepared
from careweave.record._subject_rule import patients_of
from careweave.record._tie_rules import tie_proofs
from careweave.record._types import rt_of
from careweave.terms import Heading, Incorrect


def prepare(
    resource: Resource,
    *,
    keys: Keys,
    zone: tzinfo,
    public_id: str,
    choices: Sequence[Choice] = (),
    heading: Heading | None = None,
) -> Prepared:
    """Returns all that is kept of a resource besides its bytes.

    `public_id` is the id that it will have; times without a zone are read in `zone`. The resource
    was checked before (`formats.check`); references in it are as they will be stored.
    `choices` are those that it states, `heading` is that under which it is kept.
    """
    value = resource.value
    try:
        found = gather(resource.type, value, keys, zone)
        main = None if found.low is None or found.high is None else (found.low, found.high)
        about = patients_of(resource.type, value, public_id)
        until = live_until(value, zone, main, heading)
        ties = tie_proofs(resource.type, value, zone)
    except Incorrect as fault:
        raise Incorrect(fault.message, where=resource.type, code="value") from fault
    return Prepared(
        type=resource.type,
        rt=rt_of(resource.type),
        patients=about.primary + about.secondary,
        primary=len(about.primary),
        code=found.code,
        low=found.low,
        high=found.high,
        live_until=until,
        tok=tuple(dict.fromkeys(found.tok)),
        posted=tuple(dict.fromkeys(found.posted)),
        strings=tuple(dict.fromkeys(found.strings)),
        dates=tuple(dict.fromkeys(found.dates)),
        quantities=tuple(dict.fromkeys(found.quantities)),
        ties=ties,
        references=inherited_references(value),
        digest=sha256(resource.body).digest()[:16],
        choices=tuple(stated_choice(one, keys, found.low) for one in choices),
        trait=trait_of(resource.type, value),
    )
