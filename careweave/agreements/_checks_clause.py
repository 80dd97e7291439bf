"""V2 to V6, V13, V15 and V17: what each clause may say for its purpose."""

from collections.abc import Callable
from dataclasses import dataclass

from careweave.agreements._checking import Checking
from careweave.agreements._checks_fields import clause_fields
from careweave.agreements._nodes import Node
from careweave.agreements._values import Family
from careweave.agreements._vocabulary import CARE_ROLES, family_of
from careweave.agreements._yaml import Path
from careweave.terms import Purpose

_MAY_BREAK = frozenset({Purpose.DIRECT_CARE, Purpose.EMERGENCY, Purpose.SAFEGUARDING})
_OWN_TIE = {
    Purpose.OWN_REQUEST: ("CI", "self"),
    Purpose.FAMILY_REQUEST: ("PX", "grant"),
}
_PERSON_ACCESS = "person-access"


@dataclass(frozen=True, slots=True)
class _One:
    """One clause of a file that is being checked."""

    file: Checking
    path: Path
    node: Node
    purpose: Purpose
    family: Family | None

    def fault(self, rule: str, more: Path, what: str, fix: str) -> None:
        self.file.fault(rule, (*self.path, *more), what, fix)

    @property
    def tests(self) -> tuple[str, ...]:
        return self.node["relationship"]["test"].texts()

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(self.node["to"]["roles"].texts())

    @property
    def actions(self) -> frozenset[str]:
        return frozenset(self.node["action"].texts())

    @property
    def breaks(self) -> bool:
        return self.node["break_glass"]["allowed"].flag()

    @property
    def kind(self) -> str:
        return self.file.top["kind"].text()


def check_clauses(file: Checking) -> None:
    """Notes what a clause says that its purpose does not allow."""
    for path, node in file.clauses():
        clause_fields(file, path, node)
        purpose = Purpose(node["purpose"].text())
        one = _One(file, path, node, purpose, family_of(purpose))
        _purpose(one)
        _glass(one)
        _labels(one)
        _quantity(one)
        _oneself(one)
        _coded(one)
        _finding_only(one)
        if one.family is not None:
            _BY_FAMILY[one.family](one)


def _purpose(one: _One) -> None:
    if one.purpose not in one.file.top["objective"]["purposes"].texts():
        what = "this purpose is not one of the objective"
        one.fault("V2", ("purpose",), what, "add it to objective.purposes")
    if (one.family is Family.SECONDARY) is not (one.kind == "secondary-use"):
        what = "secondary purposes and kind secondary-use go together"
        one.fault("V2", ("purpose",), what, "make it a file of its own")


def _glass(one: _One) -> None:
    if one.breaks and one.purpose not in _MAY_BREAK:
        rule = "V4" if one.family is Family.SECONDARY else "V3"
        rule = "V17" if one.family is Family.FINDING else rule
        what = "no emergency opens this purpose"
        one.fault(rule, ("break_glass", "allowed"), what, "write allowed: false")


def _labels(one: _One) -> None:
    for at, label in enumerate(one.node["labels"].texts()):
        if label in {"S8", "V", "S11", "S12"}:
            one.fault("V6", ("labels", at), "no agreement carries this label", "take it out")
        basis = one.file.top["law"]["confidentiality"]["basis"].text()
        if label in {"S2", "S4"} and basis != "explicit-consent":
            what = "this label needs the basis explicit-consent"
            one.fault("V6", ("labels", at), what, "take it out, or make a file of its own")


def _quantity(one: _One) -> None:
    quantity = one.node["quantity"]
    for name in ("per_user_hour", "per_day"):
        if quantity[name]["soft"].whole() > quantity[name]["hard"].whole():
            what = "soft is above hard"
            one.fault("V13", ("quantity", name), what, "soft comes first")
    people = quantity["people_per_request"].whole()
    most = _most_people(one)
    if most is not None and people > most:
        where: Path = ("quantity", "people_per_request")
        one.fault("V13", where, f"at most {most} here", "more needs `list` or a secondary purpose")


def _most_people(one: _One) -> int | None:
    if "find" in one.actions:
        return 5
    return None if "list" in one.actions or one.family is Family.SECONDARY else 1


def _oneself(one: _One) -> None:
    # What a person asks for goes to the person, not to the staff of the portal.
    recipients = one.file.all_of(one.node["to"]["orgs"].texts())
    providers = one.file.all_of(one.node["from"].texts())
    if one.kind != _PERSON_ACCESS and len(recipients) == 1 and recipients <= providers:
        one.fault(
            "V15", ("to", "orgs"), "an organisation shares with itself", "take it out of from"
        )


def _coded(one: _One) -> None:
    if one.node["form"]["identifiability"].text() == "identified":
        return
    for heading, share in one.node["headings"].members():
        if (share.text() or share["level"].text()) != "D":
            what = "what is not identified is of level D"
            one.fault("V4", ("headings", heading), what, "write D")


def _finding_only(one: _One) -> None:
    if "find" in one.actions and one.family is not Family.FINDING:
        what = "to find somebody is the purpose PATADMIN"
        one.fault("V17", ("action",), what, "make it a clause of its own")


def _care(one: _One) -> None:
    if not one.tests:
        what = "care asks for a relationship"
        one.fault("V3", ("relationship", "test"), what, "name the ties")
    for at, tie in enumerate(one.tests):
        if tie in {"self", "grant", "project", "mandate"}:
            what = "this tie is not one of care"
            one.fault("V3", ("relationship", "test", at), what, "take it out")
    _identified(one, "V3")
    _only(one, frozenset(str(role) for role in CARE_ROLES), "V3")


def _identified(one: _One, rule: str) -> None:
    if one.node["form"]["identifiability"].text() != "identified":
        what = "this purpose is about a person who is known"
        one.fault(rule, ("form", "identifiability"), what, "write identified")


def _only(one: _One, roles: frozenset[str], rule: str) -> None:
    for at, role in enumerate(one.node["to"]["roles"].texts()):
        if role not in roles:
            fix = f"one of {', '.join(sorted(roles))}"
            one.fault(rule, ("to", "roles", at), "this purpose is not for this role", fix)


def _person(one: _One) -> None:
    role, tie = _OWN_TIE[one.purpose]
    if one.kind != _PERSON_ACCESS:
        what = "what people ask for themselves is of kind person-access"
        one.fault("V5", ("purpose",), what, "make it a file of its own")
    _only(one, frozenset({role}), "V5")
    if one.tests != (tie,):
        one.fault("V5", ("relationship", "test"), "this is not its tie", f"write [{tie}]")
    for at, label in enumerate(one.node["labels"].texts()):
        if label in {"S6", "S7"}:
            what = "no person-access carries this label"
            one.fault("V5", ("labels", at), what, "take it out")
    _identified(one, "V5")


def _secondary(one: _One) -> None:
    if one.tests:
        what = "secondary use asks for no relationship"
        one.fault("V4", ("relationship", "test"), what, "write none")
    if not one.node["opt_out"]:
        one.fault("V4", ("opt_out",), "this is missing", "say what the choices of people do")
    if not one.actions <= {"aggregate", "export"}:
        one.fault("V4", ("action",), "only aggregate and export are possible", "keep these")
    for heading, share in one.node["headings"].members():
        if (share.text() or share["level"].text()) != "D":
            one.fault("V4", ("headings", heading), "secondary use is of level D", "write D")
    if one.node["form"]["identifiability"].text() == "identified":
        what = "secondary use is never identified"
        one.fault("V4", ("form", "identifiability"), what, "write aggregate or de-identified")
    _only(one, frozenset({"AN"}), "V4")


def _mandate(one: _One) -> None:
    if one.tests != ("mandate",):
        what = "only a mandate that names the person"
        one.fault("V3", ("relationship", "test"), what, "write [mandate]")
    _identified(one, "V3")
    _only(one, frozenset(str(role) for role in CARE_ROLES), "V3")


def _finding(one: _One) -> None:
    if one.actions != {"find"}:
        one.fault("V17", ("action",), "PATADMIN only finds", "write [find]")
    if set(one.node["headings"].table()) != {"DEM"}:
        one.fault("V17", ("headings",), "to find somebody is DEM only", "keep DEM")
    _only(one, frozenset(str(role) for role in CARE_ROLES), "V17")
    asked = _finding_tests(one)
    if one.tests != asked:
        fix = f"write [{asked[0]}]" if asked else "write none"
        where: Path = ("relationship", "test")
        one.fault("V17", where, "this is not what finding asks for", fix)
    if "CH" in one.roles and one.roles != {"CH"}:
        what = "CH finds its residents only"
        one.fault("V17", ("to", "roles"), what, "make it a clause of its own")
    _identified(one, "V17")


def _finding_tests(one: _One) -> tuple[str, ...]:
    if "CH" not in one.roles:
        return ()
    is_home_care = one.node["to"]["settings"].texts() == ("home-care",)
    return ("caseload",) if is_home_care else ("residence",)


_BY_FAMILY: dict[Family, Callable[[_One], None]] = {
    Family.CARE: _care,
    Family.PERSON: _person,
    Family.SECONDARY: _secondary,
    Family.MANDATE: _mandate,
    Family.FINDING: _finding,
}
