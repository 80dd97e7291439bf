"""The table of hostile inputs: what is sent, and what must come of it.

Each row names the rows of the attack list that it belongs to. `status` and `code` are the outcome;
code "" stands for an answer that is no refusal: a searchset without a match, or 204.
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

JSON = "application/fhir+json"
XML = "application/fhir+xml"
JSON_PATCH = "application/json-patch+json"
FORM = "application/x-www-form-urlencoded"
DEEP = 100_000


@dataclass(frozen=True)
class Hostile:
    """One hostile input. `{mine}` in a path stands for a Patient that the caller may change."""

    name: str
    rows: tuple[int, ...]
    method: str
    path: str
    status: int
    code: str
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def _patient(members: str) -> bytes:
    return ('{"resourceType":"Patient",' + members + "}").encode("utf-8", "surrogatepass")


def _post(name: str, body: bytes, code: str, status: int = 400, *rows: int) -> Hostile:
    return Hostile(
        f"json: {name}",
        rows or (44,),
        "POST",
        "/Patient",
        status,
        code,
        body,
        {"Content-Type": JSON},
    )


def json_bodies() -> Iterator[Hostile]:
    """Bodies that a parser may be fooled by."""
    for name, members in {
        "a key twice": '"active":true,"active":false',
        "a key twice, once escaped": '"active":true,"act\\u0069ve":false',
        "a key twice inside": '"name":[{"family":"a","family":"b"}]',
        "a label twice": '"meta":{"security":[],"security":[{"code":"R"}]}',
        "meta twice": '"meta":{"security":[{"code":"R"}]},"meta":{}',
        "a key twice in an extension": '"extension":[{"url":"u","url":"v","valueString":"x"}]',
        "a key twice in a contained resource": '"contained":[{"resourceType":"Basic","id":"a","id":"b","code":{"text":"x"}}]',
    }.items():
        yield _post(name, _patient(members), "structure")
    yield _post(
        "the type twice", b'{"resourceType":"Patient","resourceType":"Observation"}', "structure"
    )
    for text in (
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "-1e999",
        "1e309",
        "9" * 400,
        "0." + "1" * 30,
        "12345678901234567890",
    ):
        yield _post(f"number {text[:12]}", _patient(f'"multipleBirthInteger":{text}'), "value")
    for text in ("0x10", "01", "+1", "1.", ".5", "1e", "--1", "1_000", "True", "undefined"):
        yield _post(f"no number {text}", _patient(f'"multipleBirthInteger":{text}'), "structure")
    for text in ("\\ud800", "\\udc00", "\\udc00\\ud800", "x\\ud83dy", "\\uDBFF"):
        yield _post(f"lone surrogate {text}", _patient(f'"language":"{text}"'), "value")
    yield _post("lone surrogate in a key", _patient('"\\ud800":1'), "value")
    for text in ("\\u0000", "a\\u0000b", "\\u0001", "\\u001f"):
        yield _post(
            f"control character {text}", _patient(f'"name":[{{"family":"{text}"}}]'), "value"
        )
    for depth in (65, 1_000, DEEP):
        yield _post(
            f"arrays {depth} deep", _patient('"name":' + "[" * depth + "]" * depth), "structure"
        )
        yield _post(
            f"objects {depth} deep",
            _patient('"name":' + '{"a":' * depth + "1" + "}" * depth),
            "structure",
        )
    yield _post("arrays that never close", b"[" * DEEP, "structure")
    yield _post("objects that never close", b'{"a":' * DEEP, "structure")
    for name, raw in {
        "no UTF-8": b'{"resourceType":"Patient","language":"\xff"}',
        "Latin-1": '{"resourceType":"Patient","language":"é"}'.encode("latin-1"),
        "UTF-16": '{"resourceType":"Patient"}'.encode("utf-16"),
        "UTF-32": '{"resourceType":"Patient"}'.encode("utf-32"),
        "overlong": b'{"resourceType":"Patient","language":"\xc0\xaf"}',
        "surrogates as UTF-8": b'{"resourceType":"Patient","language":"\xed\xa0\x80"}',
        "a byte order mark": b'\xef\xbb\xbf{"resourceType":"Patient"}',
        "half a sequence": b'{"resourceType":"Patient","language":"\xe2\x82',
    }.items():
        yield _post(name, raw, "structure")
    for name, raw in {
        "nothing but blanks": b"  \n",
        "cut off": b'{"resourceType":"Patient","name":[{"fam',
        "more behind": b'{"resourceType":"Patient"}{"resourceType":"Patient"}',
        "a comment": b'{"resourceType":"Patient"/* */}',
        "a last comma": b'{"resourceType":"Patient",}',
        "single quotes": b"{'resourceType':'Patient'}",
        "a bare key": b'{resourceType:"Patient"}',
        "a raw line break in a string": b'{"resourceType":"Patient","language":"a\nb"}',
        "a raw NUL": b'{"resourceType":"Patient","language":"\x00"}',
        "an unknown escape": b'{"resourceType":"Patient","language":"\\x41"}',
        "an array": b"[]",
        "a string": b'"Patient"',
        "a number": b"1",
        "null": b"null",
        "true": b"true",
        "no type": b"{}",
        "a type that is a number": b'{"resourceType":1}',
        "a type that is null": b'{"resourceType":null}',
        "a type that is a list": b'{"resourceType":["Patient"]}',
        "a type in small letters": b'{"resourceType":"patient"}',
        "a type that is a path": b'{"resourceType":"../Patient"}',
    }.items():
        yield _post(name, raw, "structure")
    yield _post("nothing", b"", "required")
    for name in ("HumanName", "Nonsense", "Resource"):
        yield _post(f"the type {name}", b'{"resourceType":"%s"}' % name.encode(), "invalid")
    for name, members, code in (
        ("a code that is none", '"gender":"unicorn"', "code-invalid"),
        ("an invariant broken", '"contact":[{"gender":"male"}]', "invariant"),
        ("an empty object", '"maritalStatus":{}', "invariant"),
        (
            "an extension with value and more",
            '"extension":[{"url":"u","valueString":"x","extension":[{"url":"v","valueString":"y"}]}]',
            "invariant",
        ),
        (
            "contained in contained",
            '"contained":[{"resourceType":"Basic","id":"a","code":{"text":"x"},"contained":'
            '[{"resourceType":"Basic","id":"b","code":{"text":"x"}}]}]',
            "invariant",
        ),
    ):
        yield _post(name, _patient(members), code, 422)
    for name, id_ in (("a slash", "a/b"), ("65 letters", "x" * 65), ("NUL", "a\\u0000")):
        body = _patient(f'"id":"{id_}"')
        yield Hostile(
            f"json: an id of {name}",
            (1, 44),
            "PUT",
            "/Patient/{mine}",
            400,
            "*",
            body,
            {"Content-Type": JSON},
        )
    yield _post("another type", b'{"resourceType":"Slot","status":"free"}', "invalid")
    for name, members in {
        "an unknown element": '"surplus":1',
        "a prototype": '"__proto__":{"admin":true}',
        "an element of another type": '"valueQuantity":{"value":1}',
        "an array for one": '"birthDate":["2020-01-01"]',
        "one for an array": '"name":{"family":"x"}',
        "null for a value": '"active":null',
        "an empty array": '"name":[]',
        "an empty string": '"language":""',
        "a date that is none": '"birthDate":"2021-02-30"',
        "a date of words": '"birthDate":"yesterday"',
        "a truth that is a word": '"active":"true"',
        "two of a choice": '"deceasedBoolean":true,"deceasedDateTime":"2020-01-01"',
        "an extension without url": '"extension":[{"valueString":"x"}]',
    }.items():
        yield Hostile(
            f"json: {name}",
            (44,),
            "POST",
            "/Patient",
            400,
            "*",
            _patient(members),
            {"Content-Type": JSON},
        )
    yield _post("a string of 2 MiB", _patient('"language":"' + "x" * 2**21 + '"'), "*", 413)
    yield _post("too many nodes", _patient('"name":[' + ",".join(["{}"] * 200_001) + "]"), "*", 413)
    yield _post("11 MiB", _patient('"language":"' + "x" * (11 * 2**20) + '"'), "too-long", 413)


def _xml(name: str, body: str | bytes, code: str = "structure", status: int = 400) -> Hostile:
    raw = body.encode() if isinstance(body, str) else body
    return Hostile(
        f"xml: {name}", (42,), "POST", "/Patient", status, code, raw, {"Content-Type": XML}
    )


def xml_bodies() -> Iterator[Hostile]:
    """Documents that reach for files, grow, or are no FHIR."""
    fhir = 'xmlns="http://hl7.org/fhir"'
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    for name, text in {
        "external entity": f'<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><Patient {fhir}><language value="&x;"/></Patient>',
        "external entity by http": f'<!DOCTYPE p [<!ENTITY x SYSTEM "http://127.0.0.1/">]><Patient {fhir}><language value="&x;"/></Patient>',
        "parameter entity": f'<!DOCTYPE p [<!ENTITY % x SYSTEM "file:///etc/hostname">%x;]><Patient {fhir}/>',
        "external definition": f'<!DOCTYPE Patient SYSTEM "http://127.0.0.1/x.dtd"><Patient {fhir}/>',
        "public definition": f'<!DOCTYPE Patient PUBLIC "-//X" "file:///x"><Patient {fhir}/>',
        "expansion": f'<!DOCTYPE p [<!ENTITY l0 "lol">{lol}]><Patient {fhir}><language value="&l9;"/></Patient>',
        "quadratic expansion": f'<!DOCTYPE p [<!ENTITY x "{"x" * 1000}">]><Patient {fhir}><language value="{"&x;" * 1000}"/></Patient>',
        "plain definition": f"<!DOCTYPE Patient><Patient {fhir}/>",
        "definition after a comment": f"<!-- --><!DOCTYPE Patient [ ]><Patient {fhir}/>",
        "style sheet": f'<?xml-stylesheet type="text/xsl" href="http://127.0.0.1/x.xsl"?><Patient {fhir}/>',
        "instruction": f"<?php x ?><Patient {fhir}/>",
        "instruction inside": f"<Patient {fhir}><?x y?></Patient>",
        "unknown entity": f'<Patient {fhir}><language value="&nbsp;"/></Patient>',
        "inclusion": f'<Patient {fhir}><x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/></Patient>',
        "a transformation": '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/>',
        "no namespace": '<Patient><active value="true"/></Patient>',
        "another namespace": '<Patient xmlns="http://example.org"><active value="true"/></Patient>',
        "unclosed": f"<Patient {fhir}><active",
        "crossed": f"<Patient {fhir}><name></Patient></name>",
        "nothing known": f"<Nonsense {fhir}/>",
        "an unknown element": f'<Patient {fhir}><surplus value="1"/></Patient>',
        "an unknown attribute": f'<Patient {fhir}><active value="true" onload="x"/></Patient>',
        "an attribute twice": f'<Patient {fhir}><active value="true" value="false"/></Patient>',
        "text between": f"<Patient {fhir}>hello</Patient>",
        "deep": f"<Patient {fhir}>" + "<contact>" * 5_000 + "</contact>" * 5_000 + "</Patient>",
        "deep without an end": "<a>" * DEEP,
        "a type in small letters": f"<patient {fhir}/>",
        "NUL": f'<Patient {fhir}><language value="\x00"/></Patient>',
        "a character that is none": f'<Patient {fhir}><language value="&#0;"/></Patient>',
        "JSON": '{"resourceType":"Patient"}',
        "blanks": "  ",
        "two roots": f"<Patient {fhir}/><Patient {fhir}/>",
    }.items():
        yield _xml(name, text)
    yield _xml(
        "no UTF-8", b'<Patient xmlns="http://hl7.org/fhir"><language value="\xff"/></Patient>'
    )
    yield _xml("another encoding", f'<?xml version="1.0" encoding="UTF-7"?><Patient {fhir}/>')
    yield _xml("UTF-16", f'<Patient {fhir}><language value="x"/></Patient>'.encode("utf-16"))
    yield _xml("nothing", b"", "required")


def _get(
    name: str, query: str, status: int, code: str, *rows: int, path: str = "/Patient"
) -> Hostile:
    return Hostile(f"search: {name}", rows or (52,), "GET", f"{path}?{query}", status, code)


def searches() -> Iterator[Hostile]:
    """Queries that try to become SQL, to widen, to cost, or to probe."""
    injections = (
        "' OR 1=1 --",
        "'; DROP TABLE record.resource; --",
        '" OR ""="',
        "x') UNION SELECT secret FROM db.installation --",
        "\\'; SELECT pg_sleep(10); --",
        "%(bits)s",
        "$1",
        "{0}",
        "${jndi:ldap://127.0.0.1/a}",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "%",
        "_",
        "*",
        "\N{FULLWIDTH APOSTROPHE} OR 1=1",
    )
    for text in injections:
        yield _get(f"family {text[:18]}", "family=" + quote(text, safe=""), 200, "")
        yield _get(f"_id {text[:18]}", "_id=" + quote(text, safe=""), 400, "*")
    for text in injections[:8]:
        yield _get(f"identifier {text[:18]}", "identifier=" + quote(text, safe=""), 200, "")
        yield _get(f"_sort {text[:18]}", "_sort=" + quote(text, safe=""), 400, "*")
        yield _get(f"a name {text[:18]}", quote(text, safe="") + "=1", 400, "*")
        yield _get(f"birthdate {text[:18]}", "birthdate=" + quote(text, safe=""), 400, "*")
        yield _get(f"_elements {text[:18]}", "_elements=" + quote(text, safe=""), 400, "*")
        yield _get(f"_include {text[:18]}", "_include=" + quote(text, safe=""), 400, "*")
    for name, query in {
        "an unknown parameter": "frobnicate=1",
        "an unknown modifier": "family:sounds=x",
        "a modifier of another kind": "birthdate:exact=2020",
        "a filter": "_filter=name%20eq%20x",
        "a named query": "_query=all",
        "full text": "_text=x",
        "content": "_content=x",
        "a prefix that is none": "birthdate=xx2020",
        "a date that is none": "birthdate=2020-13-01",
        "a date of 10,000 digits": "birthdate=" + "9" * 5000,
        "nothing": "family=",
        "a count below nothing": "_count=-1",
        "a count of words": "_count=ten",
        "a count of digits of another script": "_count=" + quote("٣"),
        "two counts": "_count=1&_count=2",
        "a total of our own": "_total=all",
        "a summary of our own": "_summary=everything",
        "an inclusion of all": "_include=*:*:*:*",
        "an inclusion of an unknown type": "_include=Nonsense:x",
        "a chain of four": "general-practitioner:Practitioner.organization:Organization.partof:Organization.partof:Organization.partof:Organization.name=x",
        "a reverse chain of three": "_has:Observation:patient:_has:Provenance:target:_has:AuditEvent:entity:date=2020",
        "a chain to nothing": "general-practitioner.nothing=x",
        "a chain through what is no reference": "family.name=x",
        "_has without an end": "_has:Observation:patient=x",
        "_has of an unknown type": "_has:Nonsense:patient:code=x",
        "a cursor of our own": "_cursor=AAAA",
        "a cursor of SQL": "_cursor=" + quote("' OR 1=1"),
        "a list without an id": "_list=",
        "31 parameters": "&".join(["active=true"] * 31),
        "501 values": "_id=" + ",".join(f"a{n}" for n in range(501)),
        "NUL": "family=a%00b",
        "NUL in a name": "fam%00ily=a",
        "percent signs that are no UTF-8": "family=%ff%fe",
        "percent signs that are no UTF-8 in a name": "%ff=1",
        "a surrogate by percent signs": "family=%ed%a0%80",
    }.items():
        yield _get(name, query, 400, "*", 4, 8, 9, 50, 52)
    for name, path, query in (
        ("a number that is none", "/RiskAssessment", "probability=much"),
        ("a number without end", "/RiskAssessment", "probability=1e999999999"),
        ("a quantity that is none", "/Observation", "value-quantity=x|y|z"),
        ("a quantity with too many parts", "/Observation", "value-quantity=1|2|3|4"),
        ("a composite of one part", "/Observation", "code-value-quantity=x"),
        ("a token of too many parts", "/Observation", "identifier:of-type=a|b"),
        ("a reference of a type that it never has", "/Observation", "subject:Nonsense=1"),
        ("missing of neither", "/Observation", "code:missing=perhaps"),
    ):
        yield _get(name, quote(query, safe="=&:"), 400, "*", 50, path=path)
    yield _get("an address of 9 KiB", "family=" + "x" * 9000, 413, "too-long", 50)
    for name, body in {
        "SQL in a form": b"family=%27%20OR%201%3D1",
    }.items():
        yield Hostile(
            f"search: {name}",
            (52,),
            "POST",
            "/Patient/_search",
            200,
            "",
            body,
            {"Content-Type": FORM},
        )
    yield Hostile(
        "search: JSON as a form",
        (52,),
        "POST",
        "/Patient/_search",
        400,
        "*",
        b'{"family":"x"}',
        {"Content-Type": FORM},
    )
    yield Hostile(
        "search: a form that is no UTF-8",
        (52,),
        "POST",
        "/Patient/_search",
        400,
        "*",
        b"family=\xff",
        {"Content-Type": FORM},
    )


def addresses() -> Iterator[Hostile]:
    """Addresses that climb, hide or guess."""
    for name, path, status, code in (
        ("climbing", "/Patient/../Observation/x", 404, "*"),
        ("climbing, encoded", "/Patient/..%2f..%2fetc", 404, "*"),
        ("a slash in an id", "/Patient/a%2fb", 404, "*"),
        ("NUL in an id", "/Patient/a%00b", 404, "not-found"),
        ("a line break in an id", "/Patient/a%0d%0aX-Y:1", 404, "not-found"),
        ("SQL as an id", "/Patient/'%20OR%201=1", 404, "not-found"),
        ("an id too long", "/Patient/" + "x" * 65, 404, "not-found"),
        ("an id of 5,000", "/Patient/" + "x" * 5_000, 404, "not-found"),
        ("an id that is no UTF-8", "/Patient/%ff", 404, "not-found"),
        ("an unknown type", "/Nonsense/1", 404, "not-supported"),
        ("a data type as a type", "/HumanName/1", 404, "not-supported"),
        ("Resource itself", "/Resource/1", 404, "not-supported"),
        ("DomainResource itself", "/DomainResource", 404, "not-supported"),
        ("SQL as a type", "/record.resource;--/1", 404, "not-supported"),
        ("a version of SQL", "/Patient/{mine}/_history/1;--", 404, "not-found"),
        ("a version below nothing", "/Patient/{mine}/_history/-1", 404, "not-found"),
        ("a version without end", "/Patient/{mine}/_history/" + "9" * 400, 404, "not-found"),
        ("a version of another script", "/Patient/{mine}/_history/" + quote("١"), 404, "not-found"),
        ("an unknown operation", "/Patient/{mine}/$erase", 404, "not-supported"),
        ("an operation of the system", "/$reindex", 404, "not-supported"),
        ("everything of a type", "/Observation/x/$everything", 404, "not-supported"),
        ("deeper than there is", "/Patient/1/2/3/4/5/6/7/8", 404, "not-supported"),
        ("since of SQL", "/Patient/{mine}/_history?_since='--", 400, "value"),
        ("a count without end", "/Patient/{mine}/_history?_count=-5", 400, "value"),
        (
            "everything of a type that is none",
            "/Patient/{mine}/$everything?_type='--",
            400,
            "value",
        ),
    ):
        yield Hostile(f"address: {name}", (1, 12, 52), "GET", path, status, code)


def headers() -> Iterator[Hostile]:
    """Headers that lie, grow or inject."""
    body = b'{"resourceType":"Patient"}'

    def write(
        name: str,
        status: int,
        code: str,
        *,
        method: str = "POST",
        path: str = "/Patient",
        sent: bytes = body,
        **more: str,
    ) -> Hostile:
        named = {key.replace("_", "-"): value for key, value in more.items()}
        return Hostile(
            f"header: {name}",
            (16, 50),
            method,
            path,
            status,
            code,
            sent,
            {"Content-Type": JSON} | named,
        )

    mine = _patient('"id":"{mine}"')
    for text in (
        'W/"0"',
        'W/"-1"',
        'W/"x"',
        "*",
        'W/"1", W/"2"',
        "1' OR 1=1",
        'W/"' + "9" * 30 + '"',
    ):
        yield write(
            f"If-Match {text[:12]}",
            400,
            "value",
            method="PUT",
            path="/Patient/{mine}",
            sent=mine,
            If_Match=text,
        )
    for text in ("nonsense=1", "family:sounds=x", "birthdate=x", "=", "%ff=1", "_count=1", ""):
        yield write(f"If-None-Exist {text}", 400, "*", If_None_Exist=text)
    yield write(
        "If-None-Exist that finds many", 412, "multiple-matches", If_None_Exist="family=Hostile"
    )
    yield write("packed as nothing known", 415, "not-supported", Content_Encoding="zip")
    yield write("packed in name only", 400, "invalid", Content_Encoding="gzip")
    bomb = gzip.compress(b" " * (60 * 2**20))
    yield write(
        "a body that grows a thousandfold", 413, "too-long", sent=bomb, Content_Encoding="gzip"
    )
    yield write("an idempotency key of 10,000", 400, "value", Idempotency_Key="x" * 10_000)
    yield write("an idempotency key of nothing", 400, "value", Idempotency_Key="")
    yield write("headers of 40 KiB", 413, "too-long", X_Large="x" * 40_000)
    for accept in ("text/html", "x/y;q=1", "application/fhir+json;fhirVersion=9"):
        yield Hostile(
            f"header: Accept {accept}",
            (50,),
            "GET",
            "/Patient/{mine}",
            406,
            "not-supported",
            headers={"Accept": accept},
        )
    for token in (
        "",
        "x" * 20_000,
        "' OR 1=1 --",
        "null",
        "undefined",
        "\N{LATIN SMALL LETTER E WITH ACUTE}",
    ):
        yield Hostile(
            f"header: token {token[:10]!r}",
            (1, 76),
            "GET",
            "/Patient/{mine}",
            401,
            "login",
            headers={"Authorization": f"Bearer {token}"},
        )
    for scheme in ("Basic YTpi", "Negotiate x", "Bearer", "bearer"):
        yield Hostile(
            f"header: scheme {scheme}",
            (1,),
            "GET",
            "/Patient/{mine}",
            401,
            "login",
            headers={"Authorization": scheme},
        )


def _sent(
    name: str, entries: object, status: int, code: str, *rows: int, kind: str = "transaction"
) -> Hostile:
    body = json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()
    return Hostile(
        f"bundle: {name}",
        rows or (16, 17, 18),
        "POST",
        "",
        status,
        code,
        body,
        {"Content-Type": JSON},
    )


def bundles() -> Iterator[Hostile]:
    """Bundles that reach where a single request could not."""
    patient = {"resourceType": "Patient"}

    def entry(method: str, url: str, resource: object = None, **more: object) -> dict[str, object]:
        request = {"method": method, "url": url} | {k: v for k, v in more.items() if k != "full"}
        found: dict[str, object] = {"request": request}
        if resource is not None:
            found["resource"] = resource
        if "full" in more:
            found["fullUrl"] = more["full"]
        return found

    def seen(reference: str) -> dict[str, object]:
        return {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "x"},
            "subject": {"reference": reference},
        }

    urn = "urn:uuid:7d9c1a2e-0c0c-4d4d-8e8e-5f5f5f5f5f5f"
    for name, entries, status, code in (
        ("a method that is none", [entry("FETCH", "Patient/1")], 400, "*"),
        ("no method", [{"request": {"url": "Patient"}, "resource": patient}], 400, "*"),
        ("no address", [{"request": {"method": "POST"}, "resource": patient}], 400, "*"),
        ("no request", [{"resource": patient}], 400, "*"),
        ("an entry that is a word", ["x"], 400, "*"),
        ("entries that are an object", {"a": 1}, 400, "*"),
        ("an unknown type", [entry("POST", "Nonsense", patient)], 400, "*"),
        ("a type that is another's", [entry("POST", "Observation", patient)], 400, "*"),
        (
            "an address elsewhere",
            [entry("POST", "http://127.0.0.1/fhir/Patient", patient)],
            400,
            "*",
        ),
        ("an address of a file", [entry("GET", "file:///etc/passwd")], 404, "*"),
        ("a climbing address", [entry("GET", "../../metrics")], 404, "*"),
        ("a create without its resource", [entry("POST", "Patient")], 400, "*"),
        ("an update without an id", [entry("PUT", "Patient", patient)], 400, "*"),
        (
            "an update of an id not held",
            [entry("PUT", "Patient/no-such", patient | {"id": "no-such"})],
            404,
            "not-found",
        ),
        (
            "two creates of one urn",
            [
                entry("POST", "Patient", patient, full=urn),
                entry("POST", "Patient", patient, full=urn),
            ],
            400,
            "*",
        ),
        (
            "a condition of SQL",
            [entry("POST", "Patient", patient, ifNoneExist="' OR 1=1")],
            400,
            "*",
        ),
        (
            "a condition that finds many",
            [entry("POST", "Patient", patient, ifNoneExist="family=Hostile")],
            412,
            "multiple-matches",
        ),
        (
            "a reference that finds many",
            [entry("POST", "Observation", seen("Patient?family=Hostile"))],
            412,
            "*",
        ),
        (
            "a reference that finds nothing",
            [entry("POST", "Observation", seen("Patient?family=NoSuchFamily"))],
            412,
            "*",
        ),
        ("a reference of SQL", [entry("POST", "Observation", seen("Patient?' OR 1=1"))], 400, "*"),
        (
            "a wrong If-Match",
            [entry("PUT", "Patient/x", patient | {"id": "x"}, ifMatch="x")],
            400,
            "*",
        ),
        ("an operation", [entry("POST", "Patient/x/$erase", patient)], 400, "not-supported"),
        ("a search that is none", [entry("GET", "Patient?frobnicate=1")], 400, "*"),
        (
            "an entry beside the standard",
            [entry("POST", "Patient", patient) | {"surplus": 1}],
            400,
            "structure",
        ),
        ("a delete of everything", [entry("DELETE", "Patient?")], 400, "*"),
        ("a delete of many", [entry("DELETE", "Patient?family=Hostile")], 412, "multiple-matches"),
    ):
        yield _sent(name, entries, status, code)
    yield _sent("5,001 entries", [entry("GET", "Patient/x")] * 5_001, 413, "too-long", 50)
    yield _sent("a type that is none", [], 400, "*", kind="everything")
    yield _sent("a history", [entry("POST", "Patient", patient)], 400, "*", kind="history")
    twice = b'{"resourceType":"Bundle","type":"transaction","entry":[{"request":{"method":"GET","method":"DELETE","url":"Patient/{mine}"}}]}'
    yield Hostile(
        "bundle: a method twice", (44,), "POST", "", 400, "structure", twice, {"Content-Type": JSON}
    )
    inner = b'{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"resourceType":"Patient","active":true,"active":false},"request":{"method":"POST","url":"Patient"}}]}'
    yield Hostile(
        "bundle: a key twice in an entry",
        (44,),
        "POST",
        "",
        400,
        "structure",
        inner,
        {"Content-Type": JSON},
    )


def patches() -> Iterator[Hostile]:
    """Patches that change what they may not, or cost without end."""

    def change(name: str, patch: object, status: int, code: str = "*") -> Hostile:
        return Hostile(
            f"patch: {name}",
            (17, 50),
            "PATCH",
            "/Patient/{mine}",
            status,
            code,
            json.dumps(patch).encode(),
            {"Content-Type": JSON_PATCH},
        )

    for name, patch, status in (
        ("the type", [{"op": "replace", "path": "/resourceType", "value": "Slot"}], 422),
        ("the id", [{"op": "replace", "path": "/id", "value": "other"}], 422),
        ("nowhere", [{"op": "replace", "path": "/nothing/7", "value": 1}], 422),
        ("the end of no list", [{"op": "add", "path": "/gender/-", "value": 1}], 422),
        ("a place without end", [{"op": "add", "path": "/name/" + "9" * 50, "value": {}}], 422),
        ("a place of another script", [{"op": "remove", "path": "/name/" + "١"}], 422),
        ("a prototype", [{"op": "add", "path": "/__proto__", "value": {}}], 400),
        ("a test that fails", [{"op": "test", "path": "/gender", "value": "male"}], 422),
        ("an operation that is none", [{"op": "exec", "path": "/name"}], 400),
        ("no operation", [{"path": "/name"}], 400),
        ("no list", {"op": "remove", "path": "/name"}, 400),
        ("a list of words", ["remove"], 400),
        ("null", None, 400),
        ("a path without a slash", [{"op": "remove", "path": "name"}], 400),
        ("a path that is a number", [{"op": "remove", "path": 1}], 400),
        ("into itself", [{"op": "move", "from": "/name", "path": "/name/0/x"}], 422),
    ):
        yield change(name, patch, status)
    for name, path, status in (("another type", "Observation.status", 422),):
        yield _fhirpath(name, path, status)
    for name, path in {
        "a regular expression": "Patient.name.where(family.matches('(a+)+$'))",
        "a function that is none": "Patient.exec('ls')",
        "a bracket too few": "Patient.name.where(family = 'x'",
        "nothing": "",
        "a path of 10,000": "Patient" + ".name" * 10_000,
        "deep brackets": "(" * 5_000 + "Patient" + ")" * 5_000,
        "SQL": "Patient.name' OR 1=1",
    }.items():
        yield _fhirpath(name, path, 400)


def _fhirpath(name: str, path: str, status: int) -> Hostile:
    part = [
        {"name": "type", "valueCode": "replace"},
        {"name": "path", "valueString": path},
        {"name": "value", "valueString": "x"},
    ]
    body = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}
    sent = json.dumps(body).encode()
    return Hostile(
        f"fhirpath: {name}",
        (50,),
        "PATCH",
        "/Patient/{mine}",
        status,
        "*",
        sent,
        {"Content-Type": JSON},
    )


def table() -> list[Hostile]:
    """The whole table."""
    return [
        *json_bodies(),
        *xml_bodies(),
        *searches(),
        *addresses(),
        *headers(),
        *bundles(),
        *patches(),
    ]
