"""careweave sign and careweave key: signs an agreement for one of its parties; makes a key."""

import secrets
from argparse import Namespace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from careweave.agreements import (
    Key,
    Notices,
    Signer,
    emit,
    private_pem,
    public_half,
    public_text,
    read_organisations,
    refuse,
    signed_file,
)
from careweave.doors.cli._desk import Desk, note, say
from careweave.doors.cli._files import write_whole
from careweave.terms import Incorrect, Json, NotFound

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
    key = verbs.add_parser("key", help="make a key that signs agreements; print its public half")
    key.add_argument("file", type=Path, help="where the private key is, or shall be")
    key.add_argument("--kid", required=True, help="name of the key")
    key.add_argument("--by", required=True, help="whose it is: caldicott-guardian, siro, ...")
    key.add_argument("--years", type=int, default=2, help="how long it may sign (2)")
    key.set_defaults(run=_key)


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


def _key(desk: Desk, arguments: Namespace) -> int:
    file: Path = arguments.file
    if not file.exists():
        write_whole(file, private_pem(secrets.token_bytes(32)).decode())
        note(f"made {file}; keep it where only its owner can read it")
    since = desk.around.clock().astimezone(desk.settings.time_zone).date()
    line: dict[str, Json] = {
        "kid": arguments.kid,
        "alg": "Ed25519",
        "x": public_text(file.read_bytes()),
        "by": arguments.by,
        "from": since.isoformat(),
        "to": (since + timedelta(days=365 * arguments.years)).isoformat(),
    }
    note("put this below `keys` of the organisation in organisations.yaml:")
    for text in emit([line]).decode().splitlines():
        say(text)
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
