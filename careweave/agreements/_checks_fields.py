"""Fields that are mandatory under a condition, and fields that must agree with each other."""

from careweave.agreements._checking import Checking
from careweave.agreements._nodes import Node
from careweave.agreements._read import hours_of
from careweave.agreements._yaml import Path

_NAMED_BASES = frozenset({"statute", "s251", "public-interest"})
_HONOURED = frozenset({"TREAT", "ETREAT", "COC"})
_THREE_YEARS = 3 * 366


def check_fields(file: Checking) -> None:
    """Notes what is missing although something else asks for it. Source: section 2, "C"."""
    top, law = file.top, file.top["law"]
    is_later = top["version"].whole() > 1
    _asked(file, "supersedes", is_asked=is_later, why="version 2 and later name the one before")
    _asked(
        file, "uri", is_asked=top["status"].text() == "agreed", why="an agreed file is published"
    )
    is_secondary = top["kind"].text() == "secondary-use"
    _asked(file, "project", is_asked=is_secondary, why="secondary use has a project")
    if "en" not in top["summary"].table():
        file.fault("FORM", ("summary", "en"), "this is missing", "write it in English too")
    basis = law["confidentiality"]
    if basis["basis"].text() in _NAMED_BASES and not basis["ref"]:
        path: Path = ("law", "confidentiality", "ref")
        file.fault("FORM", path, "this basis needs a reference", "name it")
    if law["dpia"]["residual_risk"].text() == "high" and not law["dpia"]["ico_consulted"]:
        path = ("law", "dpia", "ico_consulted")
        file.fault("FORM", path, "a high risk needs the regulator", "say when it was consulted")
    if law["controllers"]["model"].text() == "joint" and not law["controllers"]["lead"]:
        path = ("law", "controllers", "lead")
        file.fault("FORM", path, "joint controllers have a lead", "name the organisation")
    _check_version(file)
    _check_parties(file)
    _check_span(file)


def _asked(file: Checking, name: str, *, is_asked: bool, why: str) -> None:
    if is_asked and not file.top[name]:
        file.fault("FORM", (name,), "this is missing", why)


def _check_version(file: Checking) -> None:
    older, _, number = file.top["supersedes"].text().partition("@")
    if not older:
        return
    is_older = number.isdecimal() and int(number) < file.top["version"].whole()
    if older != file.top["id"].text() or not is_older:
        what = "this is no earlier version of the same agreement"
        file.fault("V1", ("supersedes",), what, "name the version before")


def _check_parties(file: Checking) -> None:
    parties = file.top["parties"].items()
    least = 1 if file.top["kind"].text() == "person-access" else 2
    if len(parties) < least:
        file.fault("FORM", ("parties",), f"at least {least} agree", "name each")
    seen: set[str] = set()
    for at, party in enumerate(parties):
        if party["org"].text() in seen:
            file.fault("FORM", ("parties", at), "this party stands here twice", "keep one")
        seen.add(party["org"].text())


def _check_span(file: Checking) -> None:
    since, until = (file.top["valid"][name].day() for name in ("from", "to"))
    if since is not None and until is not None and (until - since).days > _THREE_YEARS:
        file.warn("V9", ("valid", "to"), "this is longer than three years", "shorten it")


def clause_fields(file: Checking, path: Path, clause: Node) -> None:
    """Notes what a clause says that does not agree with itself."""
    glass = clause["break_glass"]
    if glass["allowed"].flag() and not glass["lifts"].items():
        where = (*path, "break_glass", "lifts")
        file.fault("FORM", where, "it is allowed and lifts nothing", "say what it lifts")
    if not glass["allowed"].flag() and glass["lifts"].items():
        where = (*path, "break_glass", "lifts")
        file.fault("FORM", where, "it is not allowed and lifts something", "take it out")
    if glass["minutes"].whole(60) > glass["total"].whole(240):
        where = (*path, "break_glass", "minutes")
        file.fault("FORM", where, "one lasts longer than all together", "make it shorter")
    _freshness(file, path, clause)
    hours = hours_of(clause["when"]["hours"].text())
    if hours is not None and hours.from_minute >= hours.until_minute:
        where = (*path, "when", "hours")
        file.fault("FORM", where, "this ends before it begins", "make two clauses of it")
    if clause["dissent"]["not-applicable"] and clause["purpose"].text() in _HONOURED:
        what = "an objection of the person does not count in this clause"
        file.warn("V3", (*path, "dissent"), what, "be sure of the law that is named")
    labels = set(clause["labels"].texts())
    may_hide = clause["purpose"].text() == "SAFEG" or labels & {"S6", "S7"}
    if clause["log_to_person"].text() == "withheld" and not may_hide:
        where = (*path, "log_to_person")
        what = "only SAFEG, S6 and S7 are withheld from the person"
        file.fault("FORM", where, what, "write now or delayed:<duration>")


def _freshness(file: Checking, path: Path, clause: Node) -> None:
    promised = clause["speed"]["freshness"].table()
    if not promised:
        return
    shared = clause["headings"].table()
    for name in [one for one in shared if one not in promised]:
        where = (*path, "speed", "freshness", name)
        file.fault("FORM", where, "no freshness is promised for it", "promise one")
    for name in [one for one in promised if one not in shared]:
        where = (*path, "speed", "freshness", name)
        file.fault("FORM", where, "this heading is not shared here", "take it out")
