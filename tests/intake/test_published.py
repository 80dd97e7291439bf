"""Everything that NHS England publishes is taken in, or refused with a reason that is written down.

`refused.csv` beside this file lists what is refused and why. The list may only shrink: a file that
is taken must leave it, and none may be added.
"""

import csv
from pathlib import Path

import pytest

from careweave.db import Database
from careweave.intake import Arrival, receive
from careweave.sources import Channel, Reason, Source, Sources, Transport
from careweave.sources._fhir import FhirFeed, fhir_mapping
from careweave.sources._fhir_names import Names
from tests.lib.arrivals import SECRET
from tests.lib.inbox import NOW, Inbox
from tests.lib.published import DATA, Published, published

REFUSED = Path(__file__).with_name("refused.csv")
N_REFUSED = 126
"""How many are refused now; lower it when one fewer is."""

HOLD_NOTHING = frozenset(
    {
        "nhs-messages/validated-relationships/responses/GET_Consent/no-relationships.yaml",
        "nhs-messages/programme-guides/FGM-BundleWithNoFlag-Example.xml",
        "nhs-messages/programme-guides/ODS-Bundle-NoOrganisationSearchResults-Example.xml",
        "nhs-messages/programme-guides/ODS-Bundle-NoRelationshipSearchResults-Example.xml",
        "nhs-messages/booking-and-referral-api/examples/document_reference/GET-success-empty.json",
        "nhs-messages/frameworks/Bundle/Notification-empty.json",
    }
)
"""Answers without an entry: they are taken, and there is nothing in them."""

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the published examples are not here")


def _source(number: int, one: Published) -> Source:
    """Returns a source that sends this one file: the files are of many authors, and share ids."""
    name = f"published-{number:03}"
    feed = FhirFeed(name, Names(SECRET, name), one.release, "Europe/London")
    return Source(
        name,
        name,
        "fhir",
        Transport(Channel.FOLDER),
        feed="fhir",
        authority=name,
        mapping=fhir_mapping(feed),
    )


def _listed() -> dict[str, tuple[str, str]]:
    with REFUSED.open(encoding="utf-8", newline="") as file:
        return {row["file"]: (row["reason"], row["place"]) for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def files() -> list[Published]:
    return list(published())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_published_file_is_in_the_record_or_refused_for_a_reason_that_is_listed(
    database: Database, files: list[Published]
) -> None:
    known = {f"published-{n:03}": _source(n, one) for n, one in enumerate(files)}
    inbox = Inbox(database, Sources(known))
    with database.session() as session:
        receive(
            session,
            [
                Arrival(f"published-{n:03}", "file", one.body, NOW, name=one.path)
                for n, one in enumerate(files)
            ],
            sources=inbox.sources,
        )
    inbox.work()
    rows = inbox.rows("SELECT source, state, reason, place, n_entries FROM intake.message")
    assert len(rows) == len(files)
    refused = {}
    for source, state, reason, place, n_entries in rows:
        one = files[int(source.rpartition("-")[2])]
        if state == "done":
            assert n_entries > 0 or one.path in HOLD_NOTHING, one.path
        else:
            assert state in {"held", "quarantined", "refused"}, (one.path, state)
            refused[one.path] = (Reason(reason).value, place or "")
    assert refused == _listed()


def test_the_list_of_what_is_refused_only_shrinks(files: list[Published]) -> None:
    listed = _listed()
    assert len(listed) == N_REFUSED
    assert listed.keys() <= {one.path for one in files}
    assert {Reason(reason) for reason, _ in listed.values()} <= {
        Reason.TYPE_NOT_MAPPED,
        Reason.INVALID_RESOURCE,
        Reason.NO_PATIENT,
        Reason.NO_KEY,
        Reason.IDENTIFIER_CONFLICT,
    }
