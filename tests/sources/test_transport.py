"""Who may connect is said by address, or by the name that a certificate proves."""

from pathlib import Path

import pytest

from careweave.sources import Tls, load_sources
from careweave.terms import Incorrect

ORGANISATIONS = "organisations:\n  - {id: hill, key: H, name: Hill, kind: acute, code: H01}\n"
SOURCE = """careweave: source/1
name: hill-pas
organisation: hill
system: pas
transport: {kind: mllp, port: 2575, %s}
mapping: uk-adt
"""
CLIENTS = "tls: {certificate: /a.pem, key: /a.key, clients: /c.pem}"


def _loaded(folder: Path, transport: str):
    (folder / "sources").mkdir()
    (folder / "organisations.yaml").write_text(ORGANISATIONS)
    (folder / "sources" / "hill-pas.yaml").write_text(SOURCE % transport)
    return load_sources(folder, secret=b"toy").named("hill-pas").transport


def test_a_name_stands_where_certificates_prove_it(tmp_path):
    peers = "[10.1.2.3, 10.2.0.0/16, '::1', pas.hill.example]"
    transport = _loaded(tmp_path, f"peers: {peers}, {CLIENTS}")
    assert transport.peers == ("10.1.2.3", "10.2.0.0/16", "::1", "pas.hill.example")
    assert transport.tls == Tls("/a.pem", "/a.key", "/c.pem")


@pytest.mark.parametrize(
    "transport",
    [
        "peers: [pas.hill.example]",
        "peers: [pas.hill.example], tls: {certificate: /a.pem, key: /a.key}",
        f"peers: [10.1.2.300], {CLIENTS}",
        f"peers: [10.1.2.3/40], {CLIENTS}",
        f"peers: ['pas hill'], {CLIENTS}",
    ],
)
def test_what_proves_nothing_is_refused_with_its_line(tmp_path, transport):
    with pytest.raises(Incorrect) as error:
        _loaded(tmp_path, transport)
    assert "sources/hill-pas.yaml:5: " in error.value.message
