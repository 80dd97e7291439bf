"""careweave audit: the sealed ledger of what was shown and changed."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from careweave import ledger
from careweave.doors.cli import _audit_read
from careweave.doors.cli._desk import Desk, note, say
from careweave.terms import Incorrect

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction


def add_to(verbs: "_SubParsersAction[ArgumentParser]") -> None:
    """Adds the verbs seal and verify, and those that read."""
    audit = verbs.add_parser(
        "audit", help="the ledger: seal it, prove it unchanged, read it for a case"
    )
    words = audit.add_subparsers(dest="word", required=True, metavar="WORD")
    words.add_parser("seal", help="seal what is not yet sealed").set_defaults(run=_seal)
    verify = words.add_parser("verify", help="read everything again and compare")
    verify.add_argument(
        "--head",
        action="append",
        help="a head that you kept, as this command printed it; may repeat",
    )
    verify.add_argument("--heads", type=Path, help="a file of heads that you kept, one a line")
    verify.set_defaults(run=_verify)
    _audit_read.add_to(words)


def _seal(desk: Desk, _arguments: Namespace) -> int:
    key = ledger.SealKey.load(desk.settings.seal_key_path)
    n_added = 0
    with desk.database() as database:
        while True:
            with database.session() as session:
                sealed = ledger.seal(session, now=desk.around.clock(), key=key)
            if sealed is None:
                break
            n_added += sealed.n_added
    say(f"sealed {n_added} accounts")
    return 0


def _verify(desk: Desk, arguments: Namespace) -> int:
    public = ledger.SealKey.load(desk.settings.seal_key_path).public
    texts = [*(arguments.head or ()), *_lines(arguments.heads)]
    with desk.database() as database, database.session(snapshot=True, bulk=True) as session:
        newest = ledger.newest_head(session)
        kept = [_kept(text, newest) for text in texts]
        found = ledger.verify(session, *kept, public_keys=[public])
    for finding in found.findings:
        say(f"{finding.kind}\t{_place(finding)}\t{finding.id or ''}")
    note("sound" if found.is_sound else "NOT as it was sealed")
    say(f"{found.size}:{found.root.hex()}")
    return 0 if found.is_sound else 65


def _place(finding: ledger.Finding) -> str:
    if finding.first is None:
        return f"account {finding.number}"
    return f"from account {finding.first}, before account {finding.number}"


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]


def _kept(text: str, newest: ledger.Head | None) -> ledger.Head:
    size, _, root = text.partition(":")
    try:
        number, digest = int(size), bytes.fromhex(root)
    except ValueError as fault:
        message = "A head is a number, a colon and 64 hexadecimal digits, as audit verify prints."
        raise Incorrect(message, where="--head") from fault
    if newest is None:
        message = "The ledger holds nothing that is sealed, and you kept a head of it."
        raise Incorrect(message, where="--head")
    return ledger.Head(number, digest, newest.at, newest.key_id, b"")
