"""careweave sign: signs an agreement for one of its parties, in its file."""

from argparse import Namespace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.agreements import (
    Key,
    Notices,
    Signer,
    public_half,
    read_organisations,
    refuse,
    signed_file,
)
from careweave.doors.cli._desk import Desk, note
from careweave.terms import Incorrect, NotFound

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

_LISTED = "organisations.yaml"


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verb."""
    sign = verbs.add_parser("sign", help="sign an agreement for one of its parties")
    sign.add_argument("file", type=Path, help="the file of the agreement, in region/agreements/")
    sign.add_argument("--org", required=True, help="the party: name of an organisation or a group")
    sign.add_argument("--key", type=Path, required=True, help="its private key, Ed25519 as PEM")
    sign.add_argument("--name", help="who signs (whose the key is, by organisations.yaml)")
    sign.add_argument("--at", type=_day, help="the day of signing (today)")
    sign.set_defaults(run=_sign)


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _sign(desk: Desk, arguments: Namespace) -> int:
    file: Path = arguments.file
    if not file.is_file() or not arguments.key.is_file():
        message = "There is no such file; name the agreement, and --key the private key."
        raise NotFound(message, where=str(arguments.key if file.is_file() else file))
    secret: bytes = arguments.key.read_bytes()
    key = _key_of(_folder(desk, file), arguments.org, public_half(secret))
    at = arguments.at or desk.around.clock().astimezone(desk.settings.time_zone).date()
    if not key.from_ <= at <= key.to:
        message = "This key is not in date on the day of signing; see organisations.yaml."
        raise Incorrect(message, where="--key")
    who = Signer(arguments.org, key.by, arguments.name or key.by, at, secret, key.kid)
    aside = file.with_name(f"{file.name}.new")
    aside.write_bytes(signed_file(file.read_bytes(), file.name, who))
    aside.replace(file)
    note(f"signed {file} for {arguments.org} with {key.kid}")
    return 0


def _folder(desk: Desk, file: Path) -> Path:
    """Returns the region that a file belongs to: that above its folder, else that of the settings."""
    above = file.resolve().parent.parent
    return above if (above / _LISTED).is_file() else desk.region


def _key_of(region: Path, slug: str, public: bytes) -> Key:
    """Returns which of the keys of a party this is."""
    notices = Notices()
    known = read_organisations((region / _LISTED).read_bytes(), _LISTED, notices)
    refuse(notices.told())
    if slug not in known:
        message = "There is no such organisation or group in organisations.yaml."
        raise Incorrect(message, where="--org")
    for key in known[slug].keys:
        if key.public == public:
            return key
    message = "The public half of this key is not listed for this party; add it to its keys."
    raise Incorrect(message, where="--key")
