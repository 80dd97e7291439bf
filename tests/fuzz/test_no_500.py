"""Whatever is sent, the answer is an answer: never a 500, always an OperationOutcome on refusal."""

import json
import string
import urllib.error
import urllib.parse
import urllib.request

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lib.cases import cases
from tests.lib.demo import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
CALM = settings(
    max_examples=cases(300), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
TYPES = ["Patient", "Observation", "Condition", "Encounter", "Bundle", "Nonsense", "patient"]
NAMES = [
    "_id", "_lastUpdated", "_sort", "_count", "_include", "_revinclude", "_has", "_elements", "_total",
    "_summary", "_list", "_cursor", "_filter", "code", "date", "patient", "subject:Patient.family",
    "value-quantity", "code-value-quantity", "name", "identifier:of-type", "birthdate", "status:not",
    "_has:Observation:patient:code", "_has:Observation:patient:_has:Provenance:target:agent",
]  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="|,$\\:/%&=.-+ge0123456789TZ", max_size=24),
    st.sampled_from(
        ["ge2020", "5.4|http://unitsofmeasure.org|mg", "a|b$c", "-date,code", "*", "1e999", "\x00"]
    ),
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["resourceType", "id", "meta", "name", "entry", "contained", "a"]), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


def _ask(running: Running, method: str, path: str, body: bytes | None, kind: str) -> int:
    headers = {"Authorization": f"Bearer {running.token}"}
    if body is not None:
        headers["Content-Type"] = kind
    request = urllib.request.Request(running.base + path, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        status, text = refused.code, refused.read()
    if method != "HEAD" and status != 304:
        assert json.loads(text)["resourceType"] == "OperationOutcome", (status, text[:300])
    return status


@CALM
@given(
    kind=st.sampled_from(TYPES),
    pairs=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4),
)
def test_no_search_is_answered_by_500(
    running: Running, kind: str, pairs: list[tuple[str, str]]
) -> None:
    query = urllib.parse.urlencode(pairs, errors="surrogatepass")
    assert _ask(running, "GET", f"/{kind}?{query}", None, "") < 500
    form = "application/x-www-form-urlencoded"
    assert _ask(running, "POST", f"/{kind}/_search", query.encode(), form) < 500


@CALM
@given(
    kind=st.sampled_from(TYPES),
    value=JSON_VALUES,
    path=st.sampled_from(["", "/Patient", "/Patient/$validate"]),
)
def test_no_json_body_is_answered_by_500(
    running: Running, kind: str, value: object, path: str
) -> None:
    if isinstance(value, dict):
        value = {"resourceType": kind, **value}
    body = json.dumps(value).encode("utf-8", "surrogatepass")
    assert _ask(running, "POST", path, body, "application/fhir+json") < 500


@CALM
@given(body=st.binary(max_size=200), kind=st.sampled_from([
    "application/fhir+json", "application/fhir+xml", "application/json-patch+json", "text/plain", "",
]), method=st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]))  # fmt: skip
def test_no_bytes_are_answered_by_500(
    running: Running, body: bytes, kind: str, method: str
) -> None:
    assert (
        _ask(running, method, "/Patient/abc" if method != "POST" else "/Patient", body, kind) < 500
    )


@CALM
@given(path=st.text(alphabet=string.ascii_letters + string.digits + "/$_%.-~", max_size=60),
       method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]))  # fmt: skip
def test_no_address_is_answered_by_500(running: Running, path: str, method: str) -> None:
    assert _ask(running, method, "/" + path, None, "") < 500
