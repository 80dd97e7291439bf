"""Signatures: over what is said and nothing else, with one form and one algorithm."""

import base64
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careweave.agreements import Key, Signer, canonical, public_half, sign, signed_file
from careweave.agreements._notices import Notices
from careweave.agreements._signing import doubt_of
from careweave.agreements._yaml import read_yaml
from careweave.terms import Incorrect
from tests.lib.agreement_files import DAY, ROOT, SECRETS, agreement, signed

SECRET = SECRETS["acute"]
KEY = Key("k", public_half(SECRET), "guardian", date(2026, 1, 1), date(2026, 12, 31))


def _doubt(signature: str, payload: bytes = b"said", *, at: date = DAY) -> str:
    doubt = doubt_of(signature, payload, keys=[KEY], at=at, takes_demonstration_keys=False)
    return doubt.what if doubt else ""


def test_what_was_signed_verifies_and_nothing_else_does() -> None:
    made = sign(b"said", secret=SECRET, kid="k")
    assert _doubt(made) == ""
    assert "over what the file says" in _doubt(made, b"saie")


@pytest.mark.parametrize(("at", "fair"), [(date(2026, 1, 1), True), (date(2026, 12, 31), True),
                                          (date(2025, 12, 31), False), (date(2027, 1, 1), False)])  # fmt: skip
def test_a_key_signs_from_its_first_to_its_last_day(at: date, fair: bool) -> None:
    assert (_doubt(sign(b"said", secret=SECRET, kid="k"), at=at) == "") is fair


def _with_header(header: dict[str, object]) -> str:
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{head}..{sign(b'said', secret=SECRET, kid='k').rpartition('.')[2]}"


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "..",
        "x..y",
        "a.b.c",
        _with_header({"alg": "none", "kid": "k"}),
        _with_header({"alg": "HS256", "kid": "k"}),
        _with_header({"alg": "EdDSA", "kid": "k", "crit": ["b64"], "b64": False}),
        _with_header({"alg": "EdDSA"}),
        _with_header({"alg": "EdDSA", "kid": 7}),
        _with_header({"alg": "EdDSA", "kid": "other"}),
        _with_header({"alg": "EdDSA", "kid": "k"}),  # another spelling of the header
        sign(b"said", secret=SECRET, kid="k").replace("..", ".c2FpZA."),
        sign(b"said", secret=SECRETS["home"], kid="k"),
    ],
)
def test_another_form_key_or_algorithm_never_counts(signature: str) -> None:
    assert _doubt(signature)


@given(st.text(max_size=120))
@settings(max_examples=60)
def test_no_text_passes_for_a_signature_or_ends_the_reader(signature: str) -> None:
    assert _doubt(signature)


def test_signing_changes_nothing_else_of_a_file() -> None:
    text = (ROOT / "region/agreements/agr-care-homes.yaml").read_bytes()
    who = Signer("nm-acute", "guardian", "B. Example", DAY, SECRET, "k")
    made = signed_file(text, "x.yaml", who)
    old, new = text.decode().splitlines(), made.decode().splitlines()
    assert len(old) == len(new)
    differing = [(a, b) for a, b in zip(old, new, strict=True) if a != b]
    assert len(differing) == 1
    assert differing[0][1].startswith("    signed: {by: guardian, name: B. Example, at: 2026-03-01")
    assert signed_file(made, "x.yaml", who) == made


@pytest.mark.parametrize(
    "party",
    [
        "  - {org: 'org:acute', name: A, role: both}  # a remark\n",
        "  - {org: 'org:acute', name: A, role: both, signed: {by: x, name: y, at: z, sig: w}}\n",
        "  - org: org:acute\n    role: both  # gives and takes\n    name: A\n",
        "  - org: org:acute\n    role: both\n    signed:\n      by: x\n      sig: w\n    name: A\n",
    ],
)
def test_a_signature_finds_its_place_in_every_layout(party: str) -> None:
    text = f"# first\nparties:\n  - {{org: 'org:home', name: H, role: both}}\n{party}last: 1\n"
    who = Signer("acute", "guardian: yes", "B. Example", DAY, SECRET, "k")
    made = signed_file(text.encode(), "x.yaml", who)
    document = read_yaml(made, "x.yaml", Notices())
    before = read_yaml(text.encode(), "x.yaml", Notices())
    assert document is not None
    assert before is not None
    assert canonical(document.value) == canonical(before.value)
    assert isinstance(document.value, dict)
    held = document.value["parties"]
    assert isinstance(held, list)
    assert isinstance(held[1], dict)
    assert isinstance(held[1]["signed"], dict)
    assert held[1]["signed"]["by"] == "guardian: yes"
    assert "#" not in party or made.count(b"#") == text.encode().count(b"#")


def test_who_is_no_party_cannot_sign() -> None:
    who = Signer("home", "guardian", "B", DAY, SECRET, "k")
    with pytest.raises(Incorrect, match="no party"):
        signed_file(signed(agreement()), "x.yaml", who)


@pytest.mark.parametrize("secret", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_key_signs_nothing(secret: bytes) -> None:
    with pytest.raises(Incorrect, match="private key"):
        sign(b"said", secret=secret, kid="k")
