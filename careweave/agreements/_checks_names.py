"""V1: every name resolves: organisations, jurisdictions, metrics, schemes, parties, areas."""

from collections.abc import Iterator

from careweave.agreements._checking import Checking
from careweave.agreements._cohorts import outwards
from careweave.agreements._nodes import Node
from careweave.agreements._notices import near
from careweave.agreements._organisations import GROUP, expanded
from careweave.agreements._vocabulary import HEADING, ROLE, WORDS
from careweave.agreements._yaml import Path

_RULE = "V1"
_GIVES = frozenset({"provider", "both", "processor"})
_TAKES = frozenset({"recipient", "both", "processor"})


def check_names(file: Checking) -> None:
    """Notes every name that leads nowhere."""
    for path, reference in _references(file):
        _organisation(file, path, reference)
    _metrics(file)
    _jurisdiction(file)
    _cells(file)
    seen: set[str] = set()
    for path, clause in file.clauses():
        if clause["id"].text() in seen:
            file.fault(_RULE, (*path, "id"), "this id stands here twice", "take another")
        seen.add(clause["id"].text())
        _are_parties(file, path, clause)
        _cohort(file, path, clause)


def _references(file: Checking) -> Iterator[tuple[Path, str]]:
    """Yields every organisation that the file names, and where."""
    top = file.top
    yield ("owner", "org"), top["owner"]["org"].text()
    if top["law"]["controllers"]["lead"]:
        yield ("law", "controllers", "lead"), top["law"]["controllers"]["lead"].text()
    if top["project"]:
        yield ("project", "sponsor"), top["project"]["sponsor"].text()
    for at, party in enumerate(top["parties"].items()):
        yield ("parties", at, "org"), party["org"].text()
    for path, clause in file.clauses():
        lists = [
            (("from",), clause["from"]),
            (("to", "orgs"), clause["to"]["orgs"]),
            (("onward",), clause["onward"]),
            *((("cohort", name), clause["cohort"][name]) for name in _COHORT_LISTS),
        ]
        for more, named in lists:
            for at, reference in enumerate(named.texts()):
                yield (*path, *more, at), reference


_COHORT_LISTS = ("registered_with", "address_in", "residents_of")


def _organisation(file: Checking, path: Path, reference: str) -> None:
    if expanded(reference, file.organisations) is None:
        known = (
            f"{'group' if one.kind == GROUP else 'org'}:{slug}"
            for slug, one in file.organisations.items()
        )
        what = "there is no such organisation or group"
        file.fault(_RULE, path, what, near(reference, known))


def _metrics(file: Checking) -> None:
    for at, measure in enumerate(file.top["objective"]["measures"].items()):
        metric = measure["metric"].text()
        if metric not in WORDS["metric"] and not metric.startswith("analytics:"):
            path = ("objective", "measures", at, "metric")
            file.fault(_RULE, path, "there is no such metric", near(metric, WORDS["metric"]))


def _jurisdiction(file: Checking) -> None:
    known = file.rules.jurisdictions
    for at, name in enumerate(file.top["jurisdiction"].texts()):
        if name not in known:
            what = "there is no file of this jurisdiction"
            file.fault(_RULE, ("jurisdiction", at), what, near(name, known))
            return
    for name in file.top["jurisdiction"].texts():
        law = Node(dict(known[name]))
        _said(file, law["confidentiality_bases"], ("law", "confidentiality", "basis"))
        for at, party in enumerate(file.top["parties"].items()):
            if party["assurance"]:
                _said(file, law["assurance_schemes"], ("parties", at, "assurance", "scheme"))
        choices = {one["id"].text() for one in law["opt_outs"].items()}
        for path, clause in file.clauses():
            for choice in [one for one in clause["opt_out"].table() if one not in choices]:
                where = (*path, "opt_out", choice)
                file.fault(_RULE, where, "this jurisdiction has no such choice", "take it out")


def _said(file: Checking, allowed: Node, path: Path) -> None:
    """Notes a word that the jurisdiction does not know."""
    found: Node = file.top
    for step in path:
        found = found[step] if isinstance(step, str) else found.items()[step]
    if found.text() not in allowed.texts():
        fix = near(found.text(), allowed.texts())
        file.fault(_RULE, path, "this jurisdiction does not know it", fix)


def _cells(file: Checking) -> None:
    for at, line in enumerate(file.top["loosens"].items()):
        role, _, heading = line["cell"].text().partition(".")
        if role not in ROLE.words or heading not in HEADING.words:
            path: Path = ("loosens", at, "cell")
            file.fault(_RULE, path, "there is no such role or heading", "write ROLE.HEADING")


def _are_parties(file: Checking, path: Path, clause: Node) -> None:
    """Notes who gives or takes without being a party: nobody would have signed for them."""
    sides = (
        (("from",), clause["from"], _GIVES),
        (("to", "orgs"), clause["to"]["orgs"], _TAKES),
    )
    for more, named, roles in sides:
        allowed = file.all_of(
            tuple(
                party["org"].text()
                for party in file.top["parties"].items()
                if party["role"].text() in roles
            )
        )
        for at, reference in enumerate(named.texts()):
            if not (expanded(reference, file.organisations) or frozenset()) <= allowed:
                what = f"this is no party that is {' or '.join(sorted(roles))}"
                file.fault(_RULE, (*path, *more, at), what, "add it to the parties")


def _cohort(file: Checking, path: Path, clause: Node) -> None:
    cohort = clause["cohort"]
    if cohort["address_in"] and not outwards(cohort["address_in"], file.organisations):
        where = (*path, "cohort", "address_in")
        file.fault(_RULE, where, "no area of it is known", "give it `outwards`")
    project = file.top["project"]["ref"].text()
    if cohort["project_cohort"] and cohort["project_cohort"].text() != project:
        where = (*path, "cohort", "project_cohort")
        file.fault(_RULE, where, "this is not the project of the agreement", "write its ref")
    kinds = cohort["tie_kinds"].texts()
    for at, kind in enumerate(kinds):
        if kind in {"self", "grant", "project", "mandate"}:
            where = (*path, "cohort", "tie_kinds", at)
            file.fault(_RULE, where, "no entry proves such a tie", "name one that entries prove")
