"""What is passed over for speed would have given nothing."""

from pathlib import Path

import pytest

from careweave.sources import Reading, SourceMapping
from careweave.sources import _conditions as conditions
from careweave.sources import _nodes as nodes
from careweave.sources import _ops_shape as shape
from careweave.sources._examples import _place
from careweave.sources._faults import Faults
from careweave.sources._load import load_library
from careweave.sources._mapping_file import compile_mapping

HERE = Path(__file__).parent
MESSAGES = sorted((HERE / "golden").rglob("*.hl7"))


def _mappings() -> dict[str, SourceMapping]:
    faults = Faults()
    library = load_library(HERE / "no-region", faults)
    made = {}
    for file in library.mappings.values():
        mapping = compile_mapping(file, library, _place(file, faults), faults)
        if mapping is not None:
            made[file.id] = mapping
    return made


@pytest.fixture(scope="module")
def quick() -> dict[str, SourceMapping]:
    return _mappings()


@pytest.fixture(scope="module")
def plain() -> dict[str, SourceMapping]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nodes, "guard_of", lambda _c, _tree: None)
        patch.setattr(shape, "remembered", lambda _c, _tree, get, _key: get)
        patch.setattr(conditions, "remembered_test", lambda _c, _tree, test, _key: test)
        return _mappings()


def _read(mapping: SourceMapping, body: bytes) -> Reading:
    return mapping.read(body, mapping.peek(body))


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_passed_over_would_have_given_nothing(
    path: Path, quick: dict[str, SourceMapping], plain: dict[str, SourceMapping]
) -> None:
    whole = path.read_bytes().replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    for body in (whole, *(_with_nulls(whole, step) for step in range(3))):
        for name in (path.parent.name, "uk-adt"):
            found, wanted = _read(quick[name], body), _read(plain[name], body)
            assert found.resources == wanted.resources
            assert found == wanted


def _with_nulls(body: bytes, step: int) -> bytes:
    """Returns the message with every third field saying "take it away"."""
    header, *lines = body.split(b"\r")
    made = [header]
    for line in lines:
        fields = line.split(b"|")
        made.append(
            b"|".join(b'""' if n > 3 and n % 3 == step else one for n, one in enumerate(fields))
        )
    return b"\r".join(made)
