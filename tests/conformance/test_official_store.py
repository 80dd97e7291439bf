"""Official examples through the way in: stored, given back, changed, deleted and brought back.

UK Core examples (FHIR R4 XML), HL7's R4 examples (JSON) and Synthea's bundles, of ../shared/data.
"""

import json
import uuid
from pathlib import Path

import psycopg
import pytest

from careweave.db import Database
from careweave.formats import read_bundle, read_json, read_xml, splice, to_xml
from careweave.intake import (
    Context,
    Interaction,
    SourceSettings,
    Writer,
    classify,
    load_rules,
)
from careweave.record import faults
from careweave.terms import Incorrect
from tests.conformance.test_official_formats import OTHER_ORDER, REFUSED, canonical, in_order
from tests.lib.desk import Desk

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout"),
]

SHAPE = "A literal reference has a shape that R4 does not know; it is neither Type/id nor absolute."
REFUSED_BY_INTAKE = {
    **REFUSED,
    "UKCore-MedicationDispense-CiprofloxacinOral-Example.xml": SHAPE,
    "UKCore-Provenance-RARecordConsent-Example.xml": SHAPE,
}
"""The files that are refused, each with the reason."""


@pytest.fixture(scope="module")
def desk(server, template):
    """One client of one database for all files."""
    name = f"official_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        database = Database(server.address(name))
        rules = load_rules(ROOT / "region" / "value-sets")
        yield Desk(database, Writer(database, rules=rules))
        database.close()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def files(folder, pattern):
    return sorted((DATA / folder).rglob(pattern)) or [
        pytest.param(
            None, marks=pytest.mark.skip("../shared/data does not lie beside this checkout")
        )
    ]


def name_of(path):
    return path.name if path else ""


def given_back(desk, type_name, key):
    row = desk.read(type_name, key)
    return read_json(
        splice(
            row.body,
            row.cut,
            id=row.id,
            version=row.version,
            updated=row.updated,
            meta=row.meta,
        )
    )


def content(resource):
    """The value without what the server writes: id, and version, time and codes of meta."""
    value = {name: item for name, item in resource.value.items() if name not in ("id", "meta")}
    return json.dumps(value, sort_keys=True, default=str)


def said_in_meta(resource):
    """What the sender said in meta, as a set of texts."""
    meta = resource.value.get("meta") or {}
    kept = {name: meta.get(name) for name in ("profile", "source", "extension")}
    codings = [*meta.get("tag", ()), *meta.get("security", ())]
    return kept, {json.dumps(coding, sort_keys=True, default=str) for coding in codings}


@pytest.mark.parametrize("path", files("r4-examples", "*.json"), ids=name_of)
def test_an_r4_example_lives_through_create_update_delete_and_back(desk, path):
    sent = read_json(path.read_bytes())
    if path.name in REFUSED_BY_INTAKE:
        with pytest.raises(Incorrect):
            desk.write(Interaction.CREATE, sent.type, resource=sent)
        return
    made = desk.write(Interaction.CREATE, sent.type, resource=sent)
    back = given_back(desk, made.type, made.id)
    assert desk.read(made.type, made.id).body == sent.body
    assert content(back) == content(sent)
    kept, codings = said_in_meta(sent)
    assert said_in_meta(back)[0] == kept
    assert codings <= said_in_meta(back)[1]
    same = desk.write(Interaction.UPDATE, made.type, id=made.id, resource=back, if_match=1)
    assert (same.version, same.changed) == (1, False)
    desk.write(Interaction.DELETE, made.type, id=made.id)
    assert desk.read(made.type, made.id).gone
    again = desk.write(Interaction.UPDATE, made.type, id=made.id, resource=back)
    assert (again.status, again.version) == (201, 3)
    assert content(given_back(desk, made.type, made.id)) == content(sent)
    assert desk.read(made.type, made.id, version=1).body == sent.body


@pytest.mark.parametrize("path", files("uk-core", "*.xml"), ids=name_of)
def test_a_uk_core_example_is_given_back_as_the_same_xml(desk, path):
    data = path.read_bytes()
    sent = read_xml(data)
    if path.name in REFUSED_BY_INTAKE:
        with pytest.raises(Incorrect):
            desk.write(Interaction.CREATE, sent.type, resource=sent)
        return
    made = desk.write(Interaction.CREATE, sent.type, resource=sent)
    back = given_back(desk, made.type, made.id)
    assert content(back) == content(sent)
    value = {name: item for name, item in back.value.items() if name not in ("id", "meta")}
    for member in ("id", "meta"):
        if member in sent.value:
            value[member] = sent.value[member]
    as_xml = canonical(to_xml(value)), canonical(data)
    if path.name in OTHER_ORDER:
        as_xml = in_order(as_xml[0]), in_order(as_xml[1])
    assert in_order(as_xml[0]) == in_order(as_xml[1])


@pytest.mark.parametrize("path", files("synthea", "*.json"), ids=name_of)
def test_a_synthea_bundle_is_one_transaction(desk, path):
    sent = read_bundle(path.read_bytes())
    done = desk.writer.transact(sent, desk.writing(), reads=lambda *_: None)
    assert {outcome.status for outcome in done} == {201}
    new = {
        entry.full_url: f"{outcome.written.type}/{outcome.written.id}"
        for entry, outcome in zip(sent.entries, done, strict=True)
    }
    for entry, outcome in list(zip(sent.entries, done, strict=True))[:40]:
        expected = content(entry.resource)
        for address, ref in new.items():
            expected = expected.replace(f'"{address}"', f'"{ref}"')
        back = given_back(desk, outcome.written.type, outcome.written.id)
        assert content(back) == expected


def test_every_uk_core_example_finds_its_heading():
    """Source: reference/record.md section 9, third point."""
    rules = load_rules(ROOT / "region" / "value-sets")
    unplaced = []
    for path in (DATA / "uk-core").rglob("UKCore-*.xml"):
        found = classify(read_xml(path.read_bytes()).value, SourceSettings(), Context(), rules)
        if "heading-unclassified" in found.findings:
            unplaced.append(path.name)
    assert unplaced == []


def test_what_was_stored_breaks_no_law_of_the_store(desk):
    with desk.database.session(bulk=True) as session:
        assert faults(session, sample=400) == ()
