"""Every example of the reference of the mapping language does what the page says."""

import re
from pathlib import Path
from textwrap import indent

import pytest

from careweave.formats import write_json
from careweave.sources import Reading
from careweave.sources._examples import example_body, json_of, mapping_of
from careweave.sources._faults import Faults
from careweave.sources._operators import OPERATORS
from careweave.sources._rules_compile import _ALLOWED, _MORE, _NEEDED
from careweave.sources._yaml import Sequence, Table, read_tree

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "mapping.md"
TEXT = PAGE.read_text("utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
HEADER = "MSH|^~\\&|PAS|RZZ01|CW|REGION|20260314093012||ADT^A01|1|P|2.4\n"


def _tree(text: str) -> Table:
    faults = Faults()
    tree = read_tree(text.encode(), "example", faults)
    assert faults.told() == ()
    assert isinstance(tree, Table)
    return tree


def _mapping(text: str, tree: Table) -> str:
    kind = "csv" if "row" in tree.members else "json" if "document" in tree.members else "hl7v2"
    tables = [
        block
        for block in re.split(r"^(?=\w)", text, flags=re.MULTILINE)
        if block.split(":")[0] in {"maps", "codes", "systems", "nodes"}
    ]
    node = re.search(r"^node:(.*?)(?=^\w|\Z)", text, re.DOTALL | re.MULTILINE)
    assert node is not None
    body = indent(node[1], "            ") if node[1].startswith("\n") else node[1]
    return (
        f"careweave: mapping/1\nid: example\nversion: 1\ninput: {kind}\n{''.join(tables)}"
        f"resources:\n  - type: Basic\n    key: [x]\n    body:\n      contained:\n"
        f"        - it:{body}"
    )


def _body(tree: Table) -> bytes:
    body = example_body(tree)
    return HEADER.replace("\n", "\r").encode() + body if "message" in tree.members else body


def _read(text: str) -> tuple[Table, Reading]:
    tree = _tree(text)
    mapping = mapping_of(_mapping(text, tree))
    body = _body(tree)
    return tree, mapping.read(body, mapping.peek(body))


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_gives_what_the_page_says(text: str) -> None:
    tree, reading = _read(text)
    assert reading.failure is None
    contained = reading.resources[0].value.get("contained", [{}])
    found = contained[0].get("it")
    assert write_json(found) == write_json(json_of(tree.members["gives"]))
    codes = tree.members.get("findings")
    wanted = [item.text for item in codes.items] if isinstance(codes, Sequence) else []
    assert [finding.code for finding in reading.findings] == wanted


def test_the_page_has_an_example_of_every_operator() -> None:
    sections = re.findall(r"^### (\$\w+)$", TEXT, re.MULTILINE)
    assert sorted(sections) == sorted(OPERATORS)
    used = " ".join(EXAMPLES)
    assert [name for name in OPERATORS if f"{name}:" not in used] == []


def test_the_page_names_every_key_of_a_rule() -> None:
    rules = TEXT.split("## Rules")[1].split("## Groups")[0]
    known = {*_NEEDED, *_ALLOWED, *_MORE} - {"about"}
    assert [name for name in known if f"`{name}" not in rules] == []
