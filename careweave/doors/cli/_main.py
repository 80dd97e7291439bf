"""The command line: reads the words, does the command, turns an error into an exit code."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from careweave.doors.cli import (
    _agreement,
    _agreement_show,
    _apply,
    _audit,
    _check,
    _client,
    _demo,
    _episodes,
    _feed,
    _feeds,
    _identity,
    _import,
    _listen,
    _mandate,
    _messages,
    _quarantine,
    _replay,
    _serve,
    _server,
    _source,
    _user,
    _work,
)
from careweave.doors.cli._desk import Around, desk_of, note
from careweave.terms import CareweaveError

_COMMANDS = (
    *(_demo, _feed, _serve, _listen, _work, _client, _user, _source, _feeds, _messages),
    *(_quarantine, _replay),
    _identity,
    *(_import, _check, _agreement, _agreement_show, _apply, _audit, _episodes, _mandate, _server),
)
_SETTINGS = ("home", "port", "host", "region")
_NO_FILE = 74  # as sysexits has it: the machine does not let us read or write


def parser() -> ArgumentParser:
    """Returns the reader of the command line, with every verb and option."""
    top = ArgumentParser(prog="careweave", description="A shared care record for one region.")
    top.add_argument("--home", help="folder for keys and data (CAREWEAVE_HOME)")
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for command in _COMMANDS:
        command.add_to(verbs)
    return top


def main(words: Sequence[str], around: Around) -> int:
    """Does what the words say and returns the exit code; see docs/reference/errors.md."""
    arguments = parser().parse_args(list(words))
    try:
        code: int = arguments.run(desk_of(around, _overrides(arguments)), arguments)
    except CareweaveError as error:
        place = f" ({error.where})" if error.where else ""
        note(f"careweave: {error.message}{place}")
        return error.exit_code
    except KeyboardInterrupt:
        note("careweave: stopped")
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more can be said.
        sys.stderr.close()
        return 0
    except OSError as error:
        note(f"careweave: {error.strerror or 'a file could not be used'}: {error.filename}")
        return _NO_FILE
    return code


def _overrides(arguments: Namespace) -> dict[str, str]:
    given = {name: getattr(arguments, name, None) for name in _SETTINGS}
    named = {name: str(value) for name, value in given.items() if value is not None}
    if "home" in named:
        named["home"] = str(Path(named["home"]).expanduser().absolute())
    # Port 0 asks for any free port: only the demo knows that, no setting does.
    return {name: value for name, value in named.items() if (name, value) != ("port", "0")}
