"""No message and no log line is made of what somebody sent or what is held of anybody.

The rule is sharp so that it can be read off the code: a text for a reader may only be filled with
names that are known to hold facts of our own: a place, a limit, a count, a type, a constant.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from careweave import terms

PACKAGE = Path(__file__).resolve().parents[2] / "careweave"
MODULES = sorted(PACKAGE.rglob("*.py"))

ERRORS = {
    name
    for name in dir(terms)
    if isinstance(kind := getattr(terms, name), type) and issubclass(kind, terms.CareweaveError)
}
# What becomes an issue of an OperationOutcome, and the exceptions of Python that we raise.
TELLING = ERRORS | {"Issue", "Finding", "ValueError", "TypeError", "KeyError", "RuntimeError"}
LOG_METHODS = {"debug", "info", "warning", "error", "critical", "exception", "log"}
# These make a log line of a fixed list of fields: tests/doors/fhir holds them to it.
LINE_MAKERS = {"line", "fault_line"}

# What may fill a text anywhere. Besides these: constants in capitals, what begins with `n_`, and
# the length of something.
ANYWHERE = {
    # the resource type of an address or of a definition: a word of R4
    *("type_name", "call.type", "resource.type"),
    # places: a parameter's name, a path of elements, an address or a folder of our own
    *("where", "home", "host", "port", "desk.settings.base"),
}
# A bare word means what its room means by it.
IN_ROOM = {
    "db": {
        *("self.query.name", "self.query.names", "query.name", "migration.name", "missing"),
        *("name", "package", "self._package"),  # of a query and of who owns it
        *("account.pw_name", "folder", "data", "version", "log", "target", "program"),
        "done.stdout.strip()[-500:]",  # what PostgreSQL's own program said when it did not start
        "detail",  # what PostgreSQL said of a migration, which holds no record
    },
    "disclosure": {"months"},  # how far back a clause goes
    "doors": {
        *("limit", "rule", "time.monotonic() - started", "purposes_there"),  # of agreements
        *("item.longest", "item.unit", "bound", "side"),  # of a question that a region declares
        "element",  # of a Questionnaire
        "self._most",  # how large a body may be
    },
    "formats": {
        *("limits.entries", "limits.size", "limits.depth", "limits.digits", "limits.string"),
        *("limits.nodes", "error.start", "at + 1"),
        *("limits.segments", "limits.fields", "limits.repetitions", "number + 1"),
        *("limits.lines", "limits.columns", "declared"),  # columns that a mapping names
        "name",  # of an element or of a part that an operation needs
        *("op", "needs"),  # one of six words, checked the line before
        *("invariant.message", "invariant.key", "key"),
    },
    # words of the code itself: settings and lists that the file of a region may name
    "identity": {"known", "name", "what"},
    "intake": {"finding"},  # of the classification: names of headings and rules
    "ledger": {"path"},  # of the key
    "record": {
        *("allowed", "what"),  # words of the code itself
        "self.modifier",  # part of a parameter's name, which is told anyway
    },
    "sources": {
        # words of the files of a region: of mappings, tables and labels; a character of a pattern
        *("names", "one.name", "table.name", "needed", "sign", "declared"),
        "row.line",  # a place in a file
    },
    "settings.py": {"low", "high", "name", "error", "path", "place"},
}

# Tellers of agreements and decisions are made of sentences that are filled with what a region says
# of organisations, roles and headings. Of anybody they know nothing, which is held below.
TELLERS = "agreements/_telling"
OF_SOMEBODY = {
    *("user", "person", "self_person", "grants", "project", "born", "outward", "bonds"),
    *("choices", "authors", "code", "organisation_of", "body", "value", "subject"),
}


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_log(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute)
        and call.func.attr in LOG_METHODS
        and "log" in ast.unparse(call.func.value).lower()
    )


def _literal(text: ast.JoinedStr) -> str:
    return "\0".join(part.value for part in text.values if isinstance(part, ast.Constant))


def _is_sentence(text: ast.JoinedStr) -> bool:
    """Whether it reads as a sentence for somebody, wherever it goes from here."""
    words = _literal(text)
    return words.rstrip(")").endswith(".") and words.count(" ") >= 2 and words[:1].isupper()


def _told(tree: ast.Module, *, is_teller: bool = False) -> Iterator[ast.expr]:
    """Every expression that goes into a message or a log line; of a teller, what it raises."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from node.exc.args
        elif isinstance(node, ast.Call) and (_called(node) in TELLING or _is_log(node)):
            yield from node.args
        elif isinstance(node, ast.JoinedStr) and _is_sentence(node) and not is_teller:
            yield node


def _is_ours(filler: ast.expr, allowed: set[str]) -> bool:
    if ast.unparse(filler) in allowed:
        return True
    match filler:
        case ast.Constant():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").isupper() or name.startswith("n_")
        case ast.Call(func=ast.Name(id="len"), args=[_]):
            return True
        # A list of words: the rule holds for what is inside.
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="join"), args=[inner]):
            return _is_ours(inner, allowed)
    return False


def _faults(
    tree: ast.Module, room: str = "", *, is_teller: bool = False
) -> Iterator[tuple[int, str]]:
    allowed = ANYWHERE | IN_ROOM.get(room, set())
    for told in _told(tree, is_teller=is_teller):
        for node in ast.walk(told):
            if isinstance(node, ast.FormattedValue) and not _is_ours(node.value, allowed):
                yield node.lineno, ast.unparse(node.value)
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
                yield node.lineno, ast.unparse(node)
            if isinstance(node, ast.Call) and _called(node) in {"format", "str", "repr", "ascii"}:
                yield node.lineno, ast.unparse(node)


def _log_faults(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """A log line is a constant, or what one of the line makers returns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_log(node):
            first, *others = node.args
            is_made = isinstance(first, ast.Call) and _called(first) in LINE_MAKERS
            if others or not (is_made or isinstance(first, ast.Constant)):
                yield node.lineno, ast.unparse(node)


def _found(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(PACKAGE)
    is_teller = name.as_posix().startswith(TELLERS)
    faults = [*_faults(tree, name.parts[0], is_teller=is_teller), *_log_faults(tree)]
    return sorted({f"{name}:{line} {text}" for line, text in faults})


def test_no_message_and_no_log_line_is_filled_with_a_value_of_anybody() -> None:
    assert [fault for path in MODULES for fault in _found(path)] == []


def test_what_tells_of_agreements_and_decisions_never_looks_at_anybody() -> None:
    tellers = [one for one in MODULES if one.relative_to(PACKAGE).as_posix().startswith(TELLERS)]
    looked = {
        (one.name, node.attr)
        for one in tellers
        for node in ast.walk(ast.parse(one.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in OF_SOMEBODY
    }
    assert tellers
    assert looked == set()


@pytest.mark.parametrize(
    "planted",
    [
        'raise Incorrect(f"The family {resource.value} is wrong.")',
        'raise Incorrect(f"The family {value!r} is wrong.")',
        'raise Incorrect(f"There is no {name} here.")',
        'message = f"There is no {row.body} here."',
        'raise Incorrect("It is " + str(entry))',
        'raise Incorrect("It is %s" % entry)',
        'raise Fault("It is {}".format(entry))',
        '_LOG.info("read", row)',
        '_LOG.info(f"read {row.id}")',
        "_LOG.warning(text)",
        "LOGGER.exception(str(error))",
        'raise ValueError(f"bad {text}")',
        'Issue(Severity.ERROR, "value", f"no code {code}")',
        "f\"The people are {', '.join(people)}, as you said.\"",
    ],
)
def test_a_planted_value_is_found(planted: str) -> None:
    tree = ast.parse(planted)
    assert [*_faults(tree), *_log_faults(tree)]


@pytest.mark.parametrize(
    "fair",
    [
        'raise TooLong(f"A bundle has at most {MOST_ENTRIES} entries.")',
        'raise Incorrect(f"There are {len(issues)} faults.")',
        "_LOG.info(line(served))",
        '_LOG.warning("job-failed", extra={"kind": job.kind})',
    ],
)
def test_what_is_ours_may_be_told(fair: str) -> None:
    tree = ast.parse(fair)
    assert not [*_faults(tree), *_log_faults(tree)]
