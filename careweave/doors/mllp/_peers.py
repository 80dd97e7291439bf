"""Who may connect: addresses, networks, and the names of client certificates."""

import ssl
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from careweave.sources import Tls, Transport
from careweave.terms import Incorrect

_Networks = tuple[IPv4Network | IPv6Network, ...]


def is_admitted(transport: Transport, address: str, certificate: Mapping[str, object]) -> bool:
    """Returns whether this peer is the one that the source declares.

    Where client certificates are required, a name among the peers must be that of the certificate;
    without a name, any certificate of the declared authorities does. Without peers and without
    certificates only this machine itself may connect. What a message says of its sender is no proof
    of anything. Source: `reference/interop.md` 3.
    """
    networks, names = _declared(transport.peers)
    is_known = transport.tls is not None and transport.tls.clients is not None
    if names and not (is_known and names & _names(certificate)):
        return False
    host = ip_address(address)
    mapped = getattr(host, "ipv4_mapped", None) or host
    if networks:
        return any(mapped in network for network in networks)
    return is_known or mapped.is_loopback


def is_loopback(host: str) -> bool:
    """Returns whether a host to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def context_of(tls: Tls) -> ssl.SSLContext:
    """Returns the context of a listener, or raises Incorrect where its files cannot be used.

    TLS 1.2 or 1.3; with `clients`, who has no certificate of these authorities is not let in.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        if tls.clients is not None:
            context.load_verify_locations(tls.clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        message = "The files of a source's TLS cannot be used; mend `tls` in its description."
        raise Incorrect(message, where="transport.tls") from error
    return context


@lru_cache(maxsize=256)
def _declared(peers: tuple[str, ...]) -> tuple[_Networks, frozenset[str]]:
    networks: list[IPv4Network | IPv6Network] = []
    names: set[str] = set()
    for peer in peers:
        try:
            networks.append(ip_network(peer, strict=False))
        except ValueError:
            names.add(peer.lower())
    return tuple(networks), frozenset(names)


def _names(certificate: Mapping[str, object]) -> frozenset[str]:
    """Returns the names of a certificate as `getpeercert` tells them, in small letters."""
    found: set[str] = set()
    subject = certificate.get("subject", ())
    others = certificate.get("subjectAltName", ())
    for part in subject if isinstance(subject, tuple) else ():
        found |= {value.lower() for key, value in part if key == "commonName"}
    for kind, value in others if isinstance(others, tuple) else ():
        if kind == "DNS":
            found.add(value.lower())
    return frozenset(found)
