"""All files of a region that say who may see what, as one world."""

from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careweave.agreements._checks import is_refused
from careweave.agreements._checks_region import Achieved, Beside, faults_among
from careweave.agreements._fields import AGREEMENT
from careweave.agreements._jurisdictions import read_jurisdictions
from careweave.agreements._nodes import Node
from careweave.agreements._notices import Grade, Notice, Notices, refuse
from careweave.agreements._organisations import read_organisations
from careweave.agreements._read import agreement_of
from careweave.agreements._rules_files import rules_of, unknown_files
from careweave.agreements._schema import check
from careweave.agreements._values import Agreement, Organisation, Rules, World
from careweave.agreements._yaml import Document, read_yaml

FOLDER = "agreements/"
ORGANISATIONS = "organisations.yaml"
FOLDERS = (
    *("agreements/", "roles/", "jurisdictions/", "cohorts/"),
    *("views/", "clinical/", "forms/", "value-sets/"),
)
"""The folders of a region that are part of its configuration, besides its organisations.

What stands in the second line is read by the pages, from the version in force.
"""


def read_world(
    files: Mapping[str, bytes],
    *,
    version: int,
    zone: str,
    takes_demonstration_keys: bool = False,
) -> World:
    """Returns the world that the files of a region make, by their paths below the region.

    Read are organisations.yaml, agreements/*.yaml, roles/* and jurisdictions/*.yaml; other files
    are none of ours. Raises Incorrect with all faults at once, one issue for each.
    """
    world, notices = checked(
        files, version=version, zone=zone, takes_demonstration_keys=takes_demonstration_keys
    )
    refuse(notices)
    if world is None:
        message = "The files of the agreements cannot be read."
        raise ValueError(message)
    return world


def checked(
    files: Mapping[str, bytes],
    *,
    version: int,
    zone: str,
    takes_demonstration_keys: bool = False,
    achieved: Achieved | None = None,
) -> tuple[World | None, tuple[Notice, ...]]:
    """Returns the world of the files, and all that is to be said of them.

    The world is None where a file is refused. `achieved` is how fresh feeds have been, against
    which promises are held. What depends on the day is not here: `in_force` says that.
    """
    notices = Notices()
    _check_zone(zone, notices)
    organisations = _organisations(files, notices)
    jurisdictions = read_jurisdictions(files, notices)
    rules = rules_of(files, jurisdictions, notices)
    for path in unknown_files(files):
        notices.add(_refusal(path, "this is no table of rules", "name it as the package does"))
    documents = dict(_documents(files, notices))
    agreements = []
    for path, document in documents.items():
        made = _agreement(document, organisations, rules, notices)
        if made is not None:
            agreements.append((path, made))
    faults_among(agreements, documents, Beside(files, achieved or {}), notices)
    world = World(
        version=version,
        organisations=organisations,
        agreements=tuple(made for _, made in sorted(agreements, key=_order)),
        rules=rules,
        zone=zone,
        takes_demonstration_keys=takes_demonstration_keys,
    )
    return None if notices.is_refused else world, notices.told()


def _order(one: tuple[str, Agreement]) -> tuple[str, int]:
    return one[1].id, one[1].version


def _check_zone(zone: str, notices: Notices) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        notices.add(_refusal("", "the time zone of the region is not known", "name one of IANA"))


def _refusal(path: str, what: str, fix: str) -> Notice:
    return Notice(Grade.REJECT, "V1", path, 0, "", what, fix)


def _organisations(files: Mapping[str, bytes], notices: Notices) -> Mapping[str, Organisation]:
    data = files.get(ORGANISATIONS)
    if data is None:
        notices.add(_refusal(ORGANISATIONS, "this file is missing", "list the organisations"))
        return {}
    return read_organisations(data, ORGANISATIONS, notices)


def _documents(files: Mapping[str, bytes], notices: Notices) -> Iterator[tuple[str, Document]]:
    """Yields each file of an agreement whose form is right."""
    for path, data in sorted(files.items()):
        if path.startswith(FOLDER) and path.endswith(".yaml"):
            document = read_yaml(data, path, notices)
            if document is not None and check(document, AGREEMENT, notices):
                yield path, document


def _agreement(
    document: Document,
    organisations: Mapping[str, Organisation],
    rules: Rules,
    notices: Notices,
) -> Agreement | None:
    top = Node(document.value)
    if is_refused(document, organisations, rules, notices):
        return None
    return agreement_of(top, organisations)
