"""The part of a source that says how its messages come in. Source: reference/interop.md 3, 8, 10."""

import re
from ipaddress import ip_network

from careweave.sources._context import check_names, word, words
from careweave.sources._faults import Faults, near
from careweave.sources._source import Channel, Tls, Transport
from careweave.sources._yaml import Table, Tree

_KEYS = {
    Channel.MLLP: ("port", "peers", "tls", "ack", "on_unavailable", "processing"),
    Channel.FOLDER: ("pattern", "processing"),
    Channel.MESH: ("mailbox", "workflow", "processing"),
    Channel.FHIR: (),
}
_ACKS = ("stored", "applied")
_UNAVAILABLE = ("close", "AE")
_PROCESSING = ("P", "T", "D")

# A name has a letter, so that an address with a slip in it is told.
_is_name = re.compile(
    r"(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
).fullmatch


def transport(tree: Tree, faults: Faults) -> Transport | None:
    """Returns how a source sends; None, and faults, where that is not said."""
    kinds = [channel.value for channel in Channel]
    if not isinstance(tree, Table) or tree.get("kind") is None:
        faults.add(tree.spot, "a transport has a kind", f"write {{kind: {' or '.join(kinds)}}}")
        return None
    kind = word(faults, tree.members["kind"], "kind")
    if kind not in kinds:
        faults.add(tree.spot, f"the kind of transport {kind} is not known", near(kind, kinds))
        return None
    channel = Channel(kind)
    check_names(faults, tree, ("kind",), _KEYS[channel])
    return Transport(
        kind=channel,
        port=_port(tree, faults, is_needed=channel is Channel.MLLP),
        peers=_peers(tree.get("peers"), faults, has_names=_has_clients(tree.get("tls"))),
        tls=_tls(tree.get("tls"), faults),
        ack=_choice(tree, "ack", _ACKS, faults),
        on_unavailable=_choice(tree, "on_unavailable", _UNAVAILABLE, faults),
        processing=_processing(tree.get("processing"), faults),
        pattern=word(faults, tree.get("pattern"), "pattern", default="*"),
        mailbox=word(faults, tree.get("mailbox"), "mailbox"),
        workflow=word(faults, tree.get("workflow"), "workflow"),
    )


def _port(tree: Table, faults: Faults, *, is_needed: bool) -> int | None:
    held = tree.get("port")
    text = word(faults, held, "port")
    if re.fullmatch(r"[1-9][0-9]{0,4}", text) and int(text) < 65536:
        return int(text)
    if is_needed or held is not None:
        spot = held.spot if held is not None else tree.spot
        faults.add(spot, "a listener has a port", "write port: and a number up to 65535")
    return None


def _peers(tree: Tree | None, faults: Faults, *, has_names: bool) -> tuple[str, ...]:
    """Returns addresses and networks, and names where certificates prove them."""
    found = words(faults, tree, "peers")
    for text in found:
        try:
            ip_network(text)
        except ValueError:
            is_name = has_names and _is_name(text) is not None
            if tree is not None and not is_name:
                fix = "write 10.1.2.3 or 10.1.2.0/24; with tls.clients the name of a certificate"
                faults.add(tree.spot, f"{text} is no address", fix)
    return found


def _has_clients(tree: Tree | None) -> bool:
    return isinstance(tree, Table) and tree.get("clients") is not None


def _tls(tree: Tree | None, faults: Faults) -> Tls | None:
    if tree is None:
        return None
    if not isinstance(tree, Table) or not check_names(
        faults, tree, ("certificate", "key"), ("clients",)
    ):
        if not isinstance(tree, Table):
            faults.add(tree.spot, "tls is an object", "write {certificate: .., key: ..}")
        return None
    certificate, key, clients = (
        word(faults, tree.get(name), name) for name in ("certificate", "key", "clients")
    )
    return Tls(certificate, key, clients or None)


def _choice(tree: Table, name: str, known: tuple[str, ...], faults: Faults) -> str:
    held = tree.get(name)
    text = word(faults, held, name, default=known[0])
    if text not in known and held is not None:
        faults.add(held.spot, f"{name}: {text} is not known", near(text, known))
    return text


def _processing(tree: Tree | None, faults: Faults) -> frozenset[str]:
    found = words(faults, tree, "processing") or ("P",)
    for text in found:
        if text not in _PROCESSING and tree is not None:
            faults.add(tree.spot, f"processing: {text} is not known", near(text, _PROCESSING))
    return frozenset(found)
