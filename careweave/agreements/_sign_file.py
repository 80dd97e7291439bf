"""A signature written into the file of an agreement, where nothing else of the file is touched."""

from dataclasses import dataclass
from datetime import date

import yaml

from careweave.agreements._canonical import canonical, emit
from careweave.agreements._notices import Notices, refuse
from careweave.agreements._organisations import slug_of
from careweave.agreements._signing import sign
from careweave.agreements._yaml import read_yaml
from careweave.formats import write_json
from careweave.terms import Incorrect


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: for which party (its slug), as what, by name, on which day, with which key."""

    slug: str
    by: str
    name: str
    at: date
    secret: bytes
    kid: str


def signed_file(data: bytes, file: str, signer: Signer) -> bytes:
    """Returns the bytes of a file with the signature of one party in it, in place of an older one.

    Remarks and layout stay as they are: a line is put in below the role of the party.
    """
    notices = Notices()
    document = read_yaml(data, file, notices)
    refuse(notices.told())
    text = data.decode("utf-8-sig")
    party = _party(yaml.compose(text, Loader=yaml.SafeLoader), signer.slug)
    payload = canonical(document.value if document else None)
    made = _written(signer, sign(payload, secret=signer.secret, kid=signer.kid))
    return _put(text, party, made).encode()


def _written(signer: Signer, signature: str) -> str:
    said = {"by": signer.by, "name": signer.name}
    words = [emit({name: text}).decode().strip() for name, text in said.items()]
    quoted = write_json(signature).decode()
    return "{" + ", ".join([*words, f"at: {signer.at.isoformat()}", f"sig: {quoted}"]) + "}"


def _party(top: yaml.Node | None, slug: str) -> yaml.MappingNode:
    """Returns the node of the party that has this slug."""
    parties = _member(top, "parties")
    for one in parties.value if isinstance(parties, yaml.SequenceNode) else ():
        org = _member(one, "org")
        is_named = isinstance(org, yaml.ScalarNode) and slug_of(str(org.value)) == slug
        if is_named and isinstance(one, yaml.MappingNode) and _member(one, "role") is not None:
            return one
    message = "This organisation is no party of the agreement; name one of its parties."
    raise Incorrect(message, where="--org")


def _member(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == name:
                return value if isinstance(value, yaml.Node) else None
    return None


def _put(text: str, party: yaml.MappingNode, made: str) -> str:
    held, role = _member(party, "signed"), _member(party, "role")
    if held is not None:
        return text[: held.start_mark.index] + made + text[_end(held) :]
    if role is None:
        return text
    at = role.end_mark.index
    if party.flow_style:
        return f"{text[:at]}, signed: {made}{text[at:]}"
    # What stands behind the role on its line, a remark, stays there.
    line = text.find("\n", at)
    line = len(text) if line < 0 else line
    indent = " " * party.value[0][0].start_mark.column
    return f"{text[:line]}\n{indent}signed: {made}{text[line:]}"


def _end(node: yaml.Node) -> int:
    """Returns where the last value of a node ends; a block goes on to the next word otherwise."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _end(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _end(node.value[-1])
    return int(node.end_mark.index)
