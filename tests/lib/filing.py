"""What a system of Northmere sends besides: entries filed as its own, by the real way in."""

import itertools
import json
from collections.abc import Iterable
from typing import Any

from careweave import disclosure
from careweave.formats import read_bundle
from careweave.intake import Writing
from careweave.terms import Action, PersonId
from tests.lib.northmere import no_reads
from tests.lib.pages import World

_N = itertools.count()


def patient_of(world: World, person: PersonId, prefix: str) -> str:
    """The id by which a source whose ids begin so knows somebody."""
    (found,) = world.rows(
        "SELECT s.local_id FROM record.subject AS s JOIN record.subject_person AS p"
        " USING (subject) WHERE p.person = %(person)s AND s.local_id LIKE %(local)s",
        person=person,
        local=f"{prefix}-%",
    )
    return str(found[0])


def file_from(world: World, source: str, resources: Iterable[dict[str, Any]]) -> None:
    """Files entries of a source that sends FHIR, each under the id that it has."""
    entries = [
        {
            "resource": one,
            "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"},
        }
        for one in resources
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    actor = world.north.actors[source]
    with world.database.session() as session:
        sight = disclosure.sight(session, actor, actor.purpose, Action.WRITE, at=world.now)
    writing = Writing(actor, sight, "fhir", f"filed-{next(_N)}", world.now)
    world.north.writer.transact(read_bundle(json.dumps(bundle).encode()), writing, reads=no_reads)
