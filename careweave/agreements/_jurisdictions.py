"""What the law of a country says, as data: `jurisdictions/<name>.yaml` of a region."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from careweave.agreements._fields_region import JURISDICTION
from careweave.agreements._notices import Grade, Notice, Notices
from careweave.agreements._schema import check
from careweave.agreements._yaml import read_yaml
from careweave.terms import Json

FOLDER = "jurisdictions/"


def read_jurisdictions(
    files: Mapping[str, bytes], notices: Notices
) -> Mapping[str, Mapping[str, Json]]:
    """Returns what each jurisdiction of a region says, by its name; tells of all faults."""
    made: dict[str, Mapping[str, Json]] = {}
    for path, data in sorted(files.items()):
        if not (path.startswith(FOLDER) and path.endswith(".yaml")):
            continue
        document = read_yaml(data, path, notices)
        if document is None or not check(document, JURISDICTION, notices):
            continue
        value = document.value if isinstance(document.value, dict) else {}
        name = PurePosixPath(path).stem
        if value.get("id") == name:
            made[name] = value
        else:
            what, fix = "this is not the name of the file", "write the same name"
            notices.add(Notice(Grade.REJECT, "V1", path, document.line(("id",)), "id", what, fix))
    return made
