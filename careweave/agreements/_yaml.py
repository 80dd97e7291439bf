"""YAML as plain values with the line of each, and nothing of YAML that surprises.

Refused are names that stand twice, anchors, aliases, tags, several documents, files over 256 KiB
and depth over 12. Dates, times, versions and words like `on` and `NO` stay text.
Source: `reference/agreements.md` 3.1.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import yaml

from careweave.agreements._notices import Grade, Notice, Notices
from careweave.terms import Json

LARGEST = 256 * 1024
DEEPEST = 12
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}")
_WORDS: Mapping[str, Json] = {"true": True, "false": False, "null": None, "~": None, "": None}

Step = str | int
Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A file as values; `lines` says where each value stands, by the path to it."""

    file: str
    value: Json
    lines: Mapping[Path, int] = field(repr=False)

    def line(self, path: Path) -> int:
        """Returns the line of a value, or of what should hold it where it is missing."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def place(path: Path) -> str:
    """Returns a path as people write it: clauses[0].to.roles[2]."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def plain(text: str) -> Json:
    """Returns what a word without quotation marks means: true, a number, nothing, or text."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def read_yaml(data: bytes, file: str, notices: Notices) -> Document | None:
    """Returns the values of a file; None, and notices, where it cannot be read safely."""
    walk = _Walk(file, notices)
    node = _node(data, walk)
    value = None if node is None else walk.value(node, ())
    return None if walk.is_faulty else Document(file, value, walk.lines)


def _node(data: bytes, walk: "_Walk") -> yaml.Node | None:
    if len(data) > LARGEST:
        walk.fault(0, (), "the file is larger than 256 KiB", "divide it")
        return None
    try:
        return _composed(data.decode("utf-8-sig"), walk)
    except UnicodeDecodeError:
        walk.fault(1, (), "the file is not UTF-8", "save it as UTF-8")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = (error.problem or "it cannot be read").split("\n")[0][:120]
        walk.fault(mark.line + 1 if mark else 1, (), f"this is not YAML: {why}", "mend the form")
    except yaml.YAMLError:
        walk.fault(1, (), "this is not YAML", "mend the form")
    return None


def _composed(text: str, walk: "_Walk") -> yaml.Node | None:
    """Returns the nodes of the one document, after a look at its events."""
    # Anchors, tags and depth are seen in the events, before anything is built of them.
    depth = documents = 0
    for event in yaml.parse(text, Loader=_loader()):
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            walk.fault(_line(event), (), f"this is deeper than {DEEPEST} levels", "make it flatter")
            return None
        _refuse_marks(event, walk)
    if documents != 1:
        what = "a file holds one document" if documents else "the file is empty"
        walk.fault(1, (), what, "write it, or take the file away")
    return None if walk.is_faulty else yaml.compose(text, Loader=_loader())


def _refuse_marks(event: yaml.Event, walk: "_Walk") -> None:
    if isinstance(event, yaml.AliasEvent):
        walk.fault(_line(event), (), "aliases (*name) are not read here", "write it out")
    elif getattr(event, "anchor", None):
        walk.fault(_line(event), (), "anchors (&name) are not read here", "write it out")
    elif getattr(event, "tag", None):
        walk.fault(_line(event), (), "tags (!name) are not read here", "take the tag out")


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1


def _loader() -> type[yaml.SafeLoader]:
    # The reader in C is twelve times as fast; where it was not built, the other gives the same.
    loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return loader


@dataclass(slots=True)
class _Walk:
    """One walk over the nodes of a file."""

    file: str
    notices: Notices
    lines: dict[Path, int] = field(default_factory=dict)
    is_faulty: bool = False

    def fault(self, line: int, path: Path, what: str, fix: str) -> None:
        self.is_faulty = True
        self.notices.add(Notice(Grade.REJECT, "YAML", self.file, line, place(path), what, fix))

    def value(self, node: yaml.Node, path: Path) -> Json:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return str(node.value) if node.style else plain(node.value)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, at)) for at, item in enumerate(node.value)]
        return self._table(node, path)

    def _table(self, node: yaml.Node, path: Path) -> Json:
        made: dict[str, Json] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.fault(line, path, "a name is a word here", "write a word before the colon")
                continue
            name = str(key.value)
            if name in made:
                self.fault(line, (*path, name), "this name stands here twice", "keep one of them")
                continue
            self.lines[*path, name] = line
            made[name] = self.value(value, (*path, name))
        return made
