"""A region is compiled as a whole, or all that is wrong with it is told at once, with its lines."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from careweave.sources import (
    Channel,
    OrderRule,
    Sources,
    Telling,
    TrustedNumbers,
    load_sources,
    try_examples,
)
from careweave.terms import Heading, Incorrect, Label, NotFound

KEY = b"careweave-demo-key"
ORGANISATIONS = """careweave: organisations/1
organisations:
  - {id: stbeda, name: St Beda's, kind: acute, code: STB01}
"""
SOURCE = """careweave: source/1
name: pas
organisation: stbeda
system: pas
transport: {kind: mllp, port: 2575}
mapping: mini
"""
MAPPING = """careweave: mapping/1
id: mini
version: 2
input: hl7v2
accept: [ADT^*]
systems: {mrn: "urn:{authority}:mrn"}
codes: {nok: {from: "urn:x:a", to: "urn:x:b", values: {A: {code: a}}}}
resources:
  - type: Patient
    key: ["=PID-3.1"]
    body:
      identifier: [{$id: {system: mrn, value: "=PID-3.1"}}]
      active: true
"""
Write = Callable[..., Path]


@pytest.fixture
def region(tmp_path: Path) -> Write:
    def write(**files: str) -> Path:
        for name, text in {"organisations": ORGANISATIONS, **files}.items():
            folder = {"sources": "sources", "mappings": "mappings", "codes": "codes"}
            kind, _, stem = name.partition("__")
            path = tmp_path / folder[kind] / stem if stem else tmp_path / kind
            path = path.with_suffix(".csv" if kind == "codes" else ".yaml")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return write


def _faults(region: Path) -> list[str]:
    with pytest.raises(Incorrect) as refused:
        load_sources(region, secret=KEY)
    return [issue.message for issue in refused.value.issues]


def _loaded(region: Path) -> Sources:
    return load_sources(region, secret=KEY)


def test_a_source_is_what_its_file_says(region: Write) -> None:
    text = SOURCE + (
        "feed: adt\nauthority: beda\nrhythm: 15m\norder: hold-for 30m\ncontrol_id: not-unique\n"
        "entitled: [merge]\nlive: [EOL]\nlabels: [S1]\nmay_tag: true\nid_prefix: b-\n"
        "sender: {application: PAS}\nparameters: {ward: W7}\ntime_zone: Europe/Dublin\n"
    )
    source = _loaded(region(sources__pas=text, mappings__mini=MAPPING)).named("pas")
    assert (source.organisation, source.organisation_name) == ("stbeda", "St Beda's")
    assert (source.organisation_type, source.organisation_code) == ("acute", "STB01")
    assert (source.transport.kind, source.transport.port) == (Channel.MLLP, 2575)
    assert source.mapping is not None
    assert source.mapping.name == "mini@2"
    assert (source.authority, source.zone, source.feed) == ("beda", "Europe/Dublin", "adt")
    assert source.rhythm == timedelta(minutes=15)
    assert (source.order.rule, source.order.wait) == (OrderRule.HOLD_FOR, timedelta(minutes=30))
    assert not source.is_control_id_unique
    assert (source.entitled, source.live) == ({"merge"}, {Heading.EOL})
    assert (source.labels, source.may_tag, source.id_prefix) == ({Label.S1}, True, "b-")
    assert source.sender == ("PAS", "")
    assert source.parameters == {"ward": "W7"}


def test_sources_are_found_by_their_name_and_by_their_client(region: Write) -> None:
    fhir = SOURCE.replace("name: pas", "name: gp").replace("system: pas", "system: gp")
    fhir = fhir.replace("{kind: mllp, port: 2575}\nmapping: mini", "{kind: fhir}")
    sources = _loaded(region(sources__pas=SOURCE, sources__gp=fhir, mappings__mini=MAPPING))
    assert sources.names == ("gp", "pas")
    assert sources.of_client("stbeda", "gp") is sources.named("gp")
    assert sources.of_client("stbeda", "lims") is None
    with pytest.raises(NotFound):
        sources.named("lims")


def test_all_faults_are_told_at_once_with_their_lines(region: Write) -> None:
    source = SOURCE.replace("rhythm", "x") + "rythm: 15m\n"
    wrong = MAPPING.replace("PID-3.1", "PID-").replace("active: true", "activ: true")
    wrong += "drop:\n  - {path: ZBD}\n"
    faults = _faults(
        region(sources__pas=source, sources__lab=SOURCE, mappings__mini=wrong, mappings__bad="[")
    )
    assert faults == [
        "mappings/bad.yaml:2: this is not YAML: did not find expected node content; mend the form",
        "mappings/mini.yaml:10: =PID- is not a path; a path is written PID-5.1, PID-3[5=PI].1, "
        "PID-13[*], NK1 or @.2",
        "mappings/mini.yaml:12: =PID- is not a path; a path is written PID-5.1, PID-3[5=PI].1, "
        "PID-13[*], NK1 or @.2",
        "mappings/mini.yaml:13: activ is not an element of Patient in FHIR R4; did you mean active?",
        "mappings/mini.yaml:15: why is missing here; write why: and its value",
        "sources/lab.yaml:2: the file is lab.yaml and the name pas; give both the same name, in "
        "small letters, digits and hyphens",
        "sources/pas.yaml:7: rythm is not known here; did you mean rhythm?",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("organisation: beda", "there is no organisation beda in organisations.yaml"),
        ("mapping: minni", "there is no mapping minni; did you mean mini?"),
        ("mapping: mini@9", "there is no mapping mini@9"),
        ("transport: {kind: mlp}", "the kind of transport mlp is not known; did you mean mllp?"),
        ("transport: {kind: mllp}", "a listener has a port"),
        ("transport: {kind: mllp, port: 70000}", "a listener has a port"),
        ("transport: {kind: mllp, port: 1, ack: later}", "ack: later is not known"),
        ("transport: {kind: mllp, port: 1, processing: [X]}", "processing: X is not known"),
        ("order: hold-for ever", "hold-for is a span of time"),
        ("order: maybe", "order: maybe is not known"),
        ("rhythm: soon", "rhythm is a span of time"),
        ("entitled: [murge]", "there is no right murge; did you mean merge?"),
        ("labels: [S99]", "labels: S99 is not known"),
        ("live: [EOLL]", "live: EOLL is not known; did you mean EOL?"),
        ("time_zone: Europe/Nowhere", "there is no time zone Europe/Nowhere"),
        ("codes: {nok: none.csv}", "there is no code file none.csv"),
        ("codes: {knok: nok.csv}", "the mapping has no table knok; did you mean nok?"),
        ("control_id: often", "control_id: often is not known"),
    ],
)
def test_a_wrong_line_is_told_with_what_to_write(region: Write, line: str, told: str) -> None:
    key = line.partition(":")[0]
    rest = "".join(one for one in SOURCE.splitlines(keepends=True) if not one.startswith(key + ":"))
    faults = _faults(
        region(
            sources__pas=f"{rest}{line}\n", mappings__mini=MAPPING, codes__nok="from,code\nA,b\n"
        )
    )
    assert len(faults) == 1
    assert told in faults[0]
    assert faults[0].startswith("sources/pas.yaml:")


def test_a_source_fills_the_tables_of_its_mapping(region: Write) -> None:
    mapping = MAPPING.replace("active: true", 'maritalStatus: {$code: {in: "=PID-16", table: nok}}')
    source = SOURCE + "codes: {nok: ours.csv}\n"
    csv = "from,code,display,to_system\nB,bee,A bee,urn:x:c\n"
    sources = _loaded(region(sources__pas=source, mappings__mini=mapping, codes__ours=csv))
    compiled = sources.named("pas").mapping
    assert compiled is not None
    body = b"MSH|^~\\&|||||||ADT^A01|1|P|2.4\rPID|||A1" + b"|" * 13 + b"B\r"
    value = compiled.read(body, compiled.peek(body)).resources[0].value
    assert value["maritalStatus"] == {
        "coding": [
            {"system": "urn:x:c", "code": "bee", "display": "A bee"},
            {"system": "urn:x:a", "code": "B"},
        ]
    }
    assert value["identifier"] == [{"system": "urn:stbeda:mrn", "value": "A1"}]


def test_two_sources_never_share_a_port(region: Write) -> None:
    twin = SOURCE.replace("name: pas", "name: lab")
    faults = _faults(region(sources__pas=SOURCE, sources__lab=twin, mappings__mini=MAPPING))
    assert faults == [
        "sources/pas.yaml:1: the port 2575 is that of lab too; a port says who sends: give each its own"
    ]


def test_the_named_sources_alone_are_read_where_that_is_enough(region: Write) -> None:
    place = region(sources__pas=SOURCE, sources__bad="x: y\n", mappings__mini=MAPPING)
    assert load_sources(place, secret=KEY, only=frozenset({"pas"})).names == ("pas",)


def test_the_digest_follows_every_file(region: Write) -> None:
    first = _loaded(region(sources__pas=SOURCE, mappings__mini=MAPPING)).digest
    second = _loaded(region(sources__pas=SOURCE + "feed: adt\n")).digest
    third = _loaded(region(mappings__mini=MAPPING.replace("active: true", "active: false"))).digest
    assert len({first, second, third}) == 3
    assert _loaded(region()).digest == third


def test_examples_are_run_and_what_differs_is_told(region: Write) -> None:
    example = (
        "examples:\n  - name: one\n    message: |\n      MSH|^~\\&|||||||ADT^A01|1|P|2.4\n"
        "      PID|||A1\n      ZBD|1\n    gives: [{resourceType: Patient, id: %s, active: true, "
        "identifier: [{system: 'urn:mini:mrn', value: A1}]}]\n    unmapped: [%s]\n"
    )
    right = MAPPING + example % (
        "ioyfirjmfmxceryzhb5hgudjca",
        "MSH-9, MSH-10, MSH-11, MSH-12, ZBD-1",
    )
    assert try_examples(region(mappings__mini=right)) == ()
    wrong = MAPPING + example % ("other", "PID-5")
    assert [one.split("; ")[0] for one in try_examples(region(mappings__mini=wrong))] == [
        "mappings/mini.yaml:20: one gives something else",
        "mappings/mini.yaml:21: one has other unmapped",
    ]


def test_the_lineage_names_the_path_and_the_operators(region: Write) -> None:
    mapping = _loaded(region(sources__pas=SOURCE, mappings__mini=MAPPING)).named("pas").mapping
    assert mapping is not None
    assert [(one.type, one.element, one.path, one.chain) for one in mapping.lineage] == [
        ("Patient", "id", "PID-3.1", ()),
        ("Patient", "identifier.value", "PID-3.1", ("$id",)),
    ]


def test_a_file_that_cannot_be_read_is_told(region: Write) -> None:
    place = region(sources__pas=SOURCE, mappings__mini=MAPPING)
    (place / "sources" / "gone.yaml").symlink_to(place / "nowhere.yaml")
    with pytest.raises(Incorrect, match="cannot be read"):
        load_sources(place, secret=KEY)


def test_a_source_that_says_nothing_of_identity_is_trusted_as_far_as_it_states(
    region: Write,
) -> None:
    source = _loaded(region(sources__pas=SOURCE, mappings__mini=MAPPING)).named("pas")

    assert source.telling == Telling(TrustedNumbers.STATED, deduplicates=False, links=True, rank=0)


def test_a_source_tells_who_is_who_as_its_file_says(region: Write) -> None:
    text = SOURCE + "identity: {numbers: verified, deduplicates: true, links: false, rank: 3}\n"

    source = _loaded(region(sources__pas=text, mappings__mini=MAPPING)).named("pas")

    assert source.telling == Telling(
        TrustedNumbers.VERIFIED, deduplicates=True, links=False, rank=3
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("identity: yes", "identity is an object"),
        ("identity: {numbers: trusted}", "numbers: trusted is not known"),
        ("identity: {deduplicates: often}", "deduplicates: often is not known"),
        ("identity: {links: perhaps}", "links: perhaps is not known"),
        ("identity: {rank: first}", "the rank is a whole number"),
        ("identity: {rank: 100}", "the rank is a whole number"),
        ("identity: {golden: true}", "golden is not known here"),
    ],
)
def test_a_wrong_word_on_identity_is_told_with_its_line(
    region: Write, text: str, fault: str
) -> None:
    faults = _faults(region(sources__pas=f"{SOURCE}{text}\n", mappings__mini=MAPPING))

    assert len(faults) == 1
    assert faults[0].startswith(f"sources/pas.yaml:7: {fault}")
