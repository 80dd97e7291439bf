"""The forms of a region: its own, and the national defaults that it does not replace."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

import yaml

from careweave.db import Session
from careweave.disclosure import region_files
from careweave.doors.workspace._form_lines import line_of
from careweave.doors.workspace._questionnaire import read_questions
from careweave.doors.workspace._questions import Choice, Questions
from careweave.terms import Incorrect, NotFound, Role

FORMS = "forms/"
"""The folder of a region with its forms: FHIR Questionnaires as JSON."""

_DEFAULTS = Path(__file__).resolve().parent / "forms"
_VALUE_SETS = "value-sets/"
_LARGEST = 256 * 1024


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms by their names; `wrong` says of those left out what to mend: file, line and place first.

    `left_out` are the names of the files that are left out.
    """

    by_name: Mapping[str, Questions]
    wrong: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def of_role(self, role: Role | None) -> tuple[Questions, ...]:
        """Returns the forms that a role may fill in, in the order of their titles."""
        found = (one for one in self.by_name.values() if role in one.roles)
        return tuple(sorted(found, key=lambda one: one.title))

    def named(self, name: str, role: Role | None) -> Questions:
        """Returns a form that a role may fill in; NotFound for every other."""
        found = self.by_name.get(name)
        if found is None or role not in found.roles:
            raise NotFound
        return found


class _Kept:
    """The forms of one version, as this process remembers them."""

    def __init__(self, version: int, forms: Forms) -> None:
        self.version = version
        self.forms = forms


def forms_in_force(session: Session, at: datetime) -> Forms:
    """Returns the forms of the configuration in force, read once for each version."""
    found = region_files(session, at, FORMS)

    def read(inside: Session) -> _Kept:
        sets = region_files(inside, at, _VALUE_SETS).files
        return _Kept(found.version, read_forms({**found.files, **sets}))

    kept = session.memo(_Kept, read)
    if kept.version != found.version:
        session.forget(_Kept)
        kept = session.memo(_Kept, read)
    return kept.forms


def read_forms(files: Mapping[str, bytes]) -> Forms:
    """Returns the forms among the files of a region, with the national defaults.

    A file of the region takes the place of the default of its name. One that pages cannot ask is
    left out, and said to be: the default stands in its place, where there is one.
    """
    given = {f"{FORMS}{path.name}": path.read_bytes() for path in _DEFAULTS.glob("*.json")}
    found = {name: _read(name, body, files) for name, body in given.items()}
    wrong, left_out = [], []
    for name, body in sorted(files.items()):
        if not _is_form(name):
            continue
        try:
            found[name] = _read(name, body, files)
        except Incorrect as fault:
            wrong.append(f"{fault.where}: {fault.message}")
            left_out.append(PurePosixPath(name).stem)
    made = (found[name] for name in sorted(found))
    return Forms({one.name: one for one in made}, tuple(wrong), tuple(left_out))


def faults_of_forms(files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Returns what is wrong with the forms of a region: file, line, place and remedy."""
    return read_forms(files).wrong


def _is_form(name: str) -> bool:
    return name.startswith(FORMS) and name.endswith(".json")


def _read(name: str, body: bytes, files: Mapping[str, bytes]) -> Questions:
    if len(body) > _LARGEST:
        raise Incorrect("A form is at most 256 KiB.", where=name)
    try:
        made = read_questions(body, lambda canonical: tuple(_members(files, canonical)))
    except Incorrect as error:
        raise Incorrect(error.message, where=_place(name, body, error.where)) from error
    if made.name != PurePosixPath(name).stem:
        message = "The file and the form have one name; name one as the other."
        raise Incorrect(message, where=_place(name, body, "Questionnaire.name"))
    return made


def _place(name: str, body: bytes, path: str | None) -> str:
    """Returns file, line and path, as far as they are known."""
    line = line_of(body, path) if path else None
    return ": ".join(one for one in (name if line is None else f"{name}:{line}", path) if one)


def _members(files: Mapping[str, bytes], canonical: str) -> Iterator[Choice]:
    """Yields the members of a value set of the region, by the last part of its canonical."""
    name = canonical.rpartition("/")[2].rpartition(":")[2]
    body = files.get(f"{_VALUE_SETS}{name}.yaml")
    try:
        said = None if body is None else yaml.safe_load(body)
    except (yaml.YAMLError, UnicodeDecodeError):
        # Whoever checks the value sets says where; a form finds nothing to choose from.
        said = None
    members = said.get("members") if isinstance(said, dict) else None
    for one in members if isinstance(members, list) else []:
        if isinstance(one, dict) and "code" in one:
            code = str(one["code"])
            yield Choice(code, str(one.get("display", code)), str(one.get("system", "")))
