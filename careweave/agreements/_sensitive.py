"""What the labels of an entry say to one reader: bars of law, cells of the table, masks.

Source: `reference/agreements.md` 1.5 and section 6, steps 1 and 5.
"""

from typing import Final, Protocol

from careweave.agreements._bonds import is_known
from careweave.agreements._chosen import consents
from careweave.agreements._matrix import cell, origin_cell
from careweave.agreements._offers import cited, family_of
from careweave.agreements._question import About, Context, Thing
from careweave.agreements._values import Family, World
from careweave.terms import Action, Label, Role

_WHOLE: Final = frozenset({"F", "o"})
_SPREADING: Final = frozenset(
    {
        Action.LIST,
        Action.SEARCH_MANY,
        Action.EXPORT,
        Action.NOTIFY,
        Action.MESSAGE,
        Action.SUBSCRIBE,
        Action.AGGREGATE,
    }
)
"""Actions that show a secret for entering a home to nobody, tie or not."""

_NO_ORIGIN: Final = frozenset({Role.CI, Role.PX, Role.AN})

ADDRESS: Final = "address"
SECRET: Final = Label.ACCESS_SECRET.value


class Question(Protocol):
    """One question: who asks, about whom, about which entry, in which world."""

    @property
    def world(self) -> World: ...
    @property
    def context(self) -> Context: ...
    @property
    def about(self) -> About: ...
    @property
    def thing(self) -> Thing: ...


def is_origin(case: Question) -> bool:
    """Says that the asker is of the service that recorded the entry.

    The whole organisation only where its system is no service of its own.
    """
    context, thing = case.context, case.thing
    if thing.organisation != context.organisation or context.role in _NO_ORIGIN:
        return False
    known = case.world.organisations.get(thing.organisation)
    service = known.services.get(thing.system, "") if known else ""
    return not service or context.team == service


def words(case: Question) -> list[tuple[Label, str]]:
    """Returns what the table says of each label of the entry to this reader."""
    return [(label, _word(case, label)) for label in sorted(case.thing.labels)]


def _word(case: Question, label: Label) -> str:
    rules, context = case.world.rules, case.context
    if context.role is Role.SYSTEM:
        return "F" if is_origin(case) else "-"
    if label in cited(context, case.thing):
        return "F"
    if is_origin(case):
        return origin_cell(rules, label)
    return cell(rules, label, case.thing.heading, context.role, context.setting)


def is_barred(case: Question) -> bool:
    """Says that a law keeps the entry from this reader, whatever was agreed."""
    bars = case.world.rules.bars
    return any(_bars(case, label, word) for label, word in words(case) if label in bars)


def _bars(case: Question, label: Label, word: str) -> bool:
    if case.context.role is Role.SYSTEM or label in cited(case.context, case.thing):
        return False
    if word == "K":
        return not consents(case.world, case.context, case.about, case.thing, label)
    # Only the service that recorded it, and the person, see it without a recorded exception.
    is_theirs = is_origin(case) or case.context.role is Role.CI
    return not (is_theirs and word in _WHOLE | {"T"})


def masks(case: Question) -> frozenset[str]:
    """Returns what is taken out of the entry before this reader sees it."""
    taken = {SECRET} if _hides_secret(case) else set()
    return frozenset(taken | ({ADDRESS} if _hides_address(case) else set()))


def _hides_secret(case: Question) -> bool:
    said = dict(words(case)).get(Label.ACCESS_SECRET)
    if said is None or case.context.role is Role.SYSTEM:
        return False
    is_met = said == "tie" and is_known(case.about, case.context)
    return case.context.action in _SPREADING or not (said in _WHOLE or is_met)


def _hides_address(case: Question) -> bool:
    if not case.about.is_protected or case.context.role in {Role.SYSTEM, Role.CI}:
        return False
    is_finding = family_of(case.context.purpose) is Family.FINDING
    return is_finding or not is_known(case.about, case.context)
