"""The form of a view file, and the rules that it is held to: a wrong one is refused with its place.

Source: `reference/interface.md` 4 (HZ18) and 5.5; `reference/stories.md` N4.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files as packaged

from careweave.agreements import CARE_ROLES
from careweave.agreements.forms import (
    MANDATORY,
    OPTIONAL,
    SLUG,
    Document,
    Flag,
    Grade,
    ListOf,
    MapOf,
    Member,
    Node,
    Notice,
    Notices,
    Number,
    Table,
    Text,
    Whole,
    Word,
    check,
    near,
    place,
    read_yaml,
    refuse,
)
from careweave.terms import Heading, Role
from careweave.views._clinical import clinical_defaults, read_clinical
from careweave.views._definition import KINDS, SLOTS, Answer, Block, Budget, Definition, Views
from careweave.views._terms import PATH as TERMS
from careweave.views._terms import national_terms, read_terms

FOLDER = "views/"
FOLDERS = (FOLDER, "clinical/")
"""Where a region keeps what its pages are made by, below its folder."""

_LINE = Text("a line of text", 120)
_HEADING = Word("heading", tuple(Heading))
_WHOLE = (Heading.MED, Heading.ALG)
_OF_CHANGES = frozenset({"delta", "changes"})
_MOST_BYTES, _MOST_CLICKS = 1_000_000, 10

_WIDGET = Table(
    "widget",
    (
        Member("name", SLUG, MANDATORY, "its name in this file"),
        Member("kind", Word("kind of widget", KINDS), MANDATORY, "how it is printed"),
        Member("slot", Word("slot", SLOTS), MANDATORY, "where on the page it stands"),
        Member("title", _LINE, MANDATORY, "its heading on the page"),
        Member("headings", ListOf(_HEADING, 1), MANDATORY, "what it shows, in order"),
        Member("count", Whole(1, 200), OPTIONAL, "at most so many facts of each heading"),
        Member("past", Flag(), OPTIONAL, "true: also what is over, apart from what holds"),
    ),
)
_QUESTION = Table(
    "question",
    (
        Member("ask", _LINE, MANDATORY, "the question in the reader's words"),
        Member("widget", SLUG, MANDATORY, "the widget that answers it"),
    ),
)
_BUDGET = Table(
    "budget",
    (
        Member("clicks", Whole(0, _MOST_CLICKS), MANDATORY, "clicks from launch to the answers"),
        Member("seconds", Number(), MANDATORY, "seconds at p95 until they are on the screen"),
        Member("bytes", Whole(1, _MOST_BYTES), MANDATORY, "bytes on the wire, with all assets"),
    ),
)
VIEW = Table(
    "view",
    (
        Member("careweave", Word("version of the format", ("view/1",)), MANDATORY, "version"),
        Member("role", Word("role", tuple(sorted(CARE_ROLES))), MANDATORY, "for which role"),
        Member("setting", SLUG, OPTIONAL, "only for this setting of the role"),
        Member("team", SLUG, OPTIONAL, "only for this team of the role"),
        Member("title", _LINE, MANDATORY, "what the page is called"),
        Member("page", Word("page", ("card",)), OPTIONAL, "card: small styles and no script"),
        Member("budget", _BUDGET, MANDATORY, "what the first screen may cost; tests hold it"),
        Member("questions", ListOf(_QUESTION, 1), MANDATORY, "what the first screen must answer"),
        Member("widgets", ListOf(_WIDGET, 1), MANDATORY, "the blocks of the page, in order"),
        Member(
            "newest",
            MapOf(_HEADING, Whole(1, 500)),
            OPTIONAL,
            "how many of the newest entries of a heading are fetched: 60, where it is not named",
        ),
    ),
)
"""Everything that a file of `views/` may say."""

RULES: Mapping[str, str] = {
    "W1": "a question names a widget of the file",
    "W2": "two widgets have different names",
    "W3": "medicines and allergies are neither cut nor counted off, whatever their number (HZ18)",
    "W4": "one view for a role, setting and team",
    "W5": "what is fetched by number is shown by a widget",
}


def read_views(given: Mapping[str, bytes]) -> Views:
    """Returns the views of a region over those of the package; raises Incorrect with every fault.

    `given` are files by their paths below the region; those outside `views/` and `clinical/` are none of
    ours. A
    file of a region holds whole instead of the package's view for the same role, setting and team.
    """
    views, notices = checked_views(given)
    refuse(notices)
    return views


def checked_views(given: Mapping[str, bytes]) -> tuple[Views, tuple[Notice, ...]]:
    """Returns the views of a region, and all that is to be said of its files."""
    notices = Notices()
    found: dict[tuple[str, ...], tuple[str, Definition]] = {}
    terms = national_terms()
    for path, data in sorted(given.items()):
        if not path.startswith(FOLDER) or not path.endswith(".yaml"):
            continue
        if path == TERMS:
            more = read_terms(data, path, notices)
            terms = terms if more is None else terms.with_more(more)
        elif (made := _read(data, path, notices)) is not None:
            _keep(found, path, made, notices)
    mine = {key: made for key, (_, made) in found.items()}
    rest = {_key(one): one for one in national().definitions}
    definitions = tuple(one for _, one in sorted({**rest, **mine}.items()))
    clinical = read_clinical(given, notices)
    return Views(definitions, terms, clinical), notices.told()


@cache
def national() -> Views:
    """Returns the views that come with the package."""
    folder = packaged("careweave.views").joinpath("defaults")
    notices = Notices()
    found = []
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        path = FOLDER + one.name
        if one.name.endswith(".yaml") and path != TERMS:
            made = _read(one.read_bytes(), path, notices)
            found += [] if made is None else [made]
    refuse(notices.told())
    return Views(tuple(sorted(found, key=_key)), national_terms(), clinical_defaults())


def _key(one: Definition) -> tuple[str, ...]:
    return (str(one.role), one.setting, one.team)


def _keep(
    found: dict[tuple[str, ...], tuple[str, Definition]],
    path: str,
    made: Definition,
    notices: Notices,
) -> None:
    other = found.setdefault(_key(made), (path, made))
    if other[1] is not made:
        what = f"{other[0]} is a view for the same role, setting and team"
        notices.add(Notice(Grade.REJECT, "W4", path, 1, "role", what, "keep one of them"))


def _read(data: bytes, path: str, notices: Notices) -> Definition | None:
    document = read_yaml(data, path, notices)
    if document is None or not check(document, VIEW, notices):
        return None
    faults = tuple(_faults(document))
    for one in faults:
        notices.add(one)
    return None if faults else _definition(Node(document.value), path)


def _faults(document: Document) -> Iterator[Notice]:
    """Yields what breaks a rule in a file of the right form."""
    top = Node(document.value)
    widgets = top["widgets"].items()
    names = [one["name"].text() for one in widgets]
    for at, name in enumerate(names):
        if name in names[:at]:
            yield _fault(document, "W2", ("widgets", at, "name"), "rename one of them")
    for at, one in enumerate(top["questions"].items()):
        if one["widget"].text() not in names:
            fix = near(one["widget"].text(), names)
            yield _fault(document, "W1", ("questions", at, "widget"), fix)
    yield from _cuts(document, widgets)


def _cuts(document: Document, widgets: tuple[Node, ...]) -> Iterator[Notice]:
    """Yields what is cut that must not be, and what is fetched for nothing."""
    for at, one in enumerate(widgets):
        is_list = one["kind"].text() not in _OF_CHANGES
        if is_list and one["count"] and set(one["headings"].texts()) & set(_WHOLE):
            fix = "take `count` out, or put these headings into a widget of their own"
            yield _fault(document, "W3", ("widgets", at, "count"), fix)
    shown = {text for one in widgets for text in one["headings"].texts()}
    for name, _ in Node(document.value)["newest"].members():
        if name in _WHOLE:
            yield _fault(document, "W3", ("newest", name), "take it out")
        elif name not in shown:
            yield _fault(document, "W5", ("newest", name), "show it, or take it out")


def _fault(document: Document, rule: str, path: tuple[str | int, ...], fix: str) -> Notice:
    line = document.line(path)
    what = f"this is against the rule that {RULES[rule]}"
    return Notice(Grade.REJECT, rule, document.file, line, place(path), what, fix)


def _definition(top: Node, path: str) -> Definition:
    budget = top["budget"]
    return Definition(
        name=path.removeprefix(FOLDER).removesuffix(".yaml"),
        role=Role(top["role"].text()),
        title=top["title"].text(),
        blocks=tuple(map(_block, top["widgets"].items())),
        answers=tuple(
            Answer(one["ask"].text(), one["widget"].text()) for one in top["questions"].items()
        ),
        newest={Heading(name): one.whole() for name, one in top["newest"].members()},
        budget=Budget(
            budget["clicks"].whole(), _number(budget["seconds"]), budget["bytes"].whole()
        ),
        setting=top["setting"].text(),
        team=top["team"].text(),
        is_card=top["page"].text() == "card",
    )


def _number(node: Node) -> float:
    return float(node.value) if isinstance(node.value, int | Decimal) else 0.0


def _block(one: Node) -> Block:
    return Block(
        name=one["name"].text(),
        kind=one["kind"].text(),
        slot=one["slot"].text(),
        title=one["title"].text(),
        headings=tuple(Heading(text) for text in one["headings"].texts()),
        count=one["count"].whole() if one["count"] else None,
        past=one["past"].flag(),
    )
