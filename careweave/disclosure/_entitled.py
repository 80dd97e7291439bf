"""Who may break the glass, and what has to be said for it. Pure.

Source: `reference/security.md` section 4; `reference/record.md` section 7.
"""

from dataclasses import dataclass
from enum import StrEnum

from careweave.agreements import Level, Rules
from careweave.terms import Actor, Heading, Label, Purpose, Role

_NO_WORDS, _MOST_WORDS = 10, 2000

_NEVER = frozenset({Role.CI, Role.PX, Role.AN, Role.SYSTEM})
"""A citizen's gate is opened by the source that releases it, a proxy opens none."""

_CARE = frozenset(
    {Purpose.DIRECT_CARE, Purpose.EMERGENCY, Purpose.COORDINATION, Purpose.SAFEGUARDING}
)


class Because(StrEnum):
    """Why the glass is broken, as a code beside the words."""

    UNCONSCIOUS = "unconscious"
    LIFE_AT_RISK = "life-at-risk"
    CANNOT_ASK = "cannot-ask"
    PERSON_ASKS = "person-asks-now"
    SAFEGUARDING = "safeguarding"
    WRONG_TIE = "wrong-or-missing-tie"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says who breaks the glass: a reason opens a `heading` or a `label`.

    An emergency names neither. `words` are typed by hand; they may be left out where an emergency
    that is open is stated again.
    """

    is_emergency: bool
    because: Because
    words: str = ""
    heading: Heading | None = None
    label: Label | None = None

    @property
    def plain_words(self) -> str:
        """Returns the words without blanks at the ends or in rows."""
        return " ".join(self.words.split())


def is_entitled(rules: Rules, actor: Actor, purpose: Purpose, said: Said) -> bool:
    """Says whether a role may open this at all; whether anything is there is never asked.

    An emergency is for the roles and purposes that the rules name; a reason for every care role
    that has a cell R, on a heading that is not closed to it or a label whose cell is R.
    """
    if not actor.user or actor.role in _NEVER or purpose not in _CARE:
        return False
    if said.is_emergency:
        named = said.heading or said.label
        return not named and purpose in rules.emergency.get(actor.role, frozenset())
    if said.label is not None:
        return said.heading is None and _asks_reason(rules, actor, said.label)
    return said.heading is not None and _is_open(rules, actor.role, said.heading)


def is_said_well(said: Said) -> bool:
    """Says whether the words are long enough to be a reason, and no longer than one is."""
    return _NO_WORDS <= len(said.plain_words) <= _MOST_WORDS


def _asks_reason(rules: Rules, actor: Actor, label: Label) -> bool:
    cells = {rules.labels.get((label, actor.role), "")}
    cells.add(rules.in_settings.get((label, actor.role, actor.setting), ""))
    cells |= {rules.exceptions.get((label, heading, actor.role), "") for heading in Heading}
    return Level.REASON in cells


def _is_open(rules: Rules, role: Role, heading: Heading) -> bool:
    level = rules.matrix.get((role, heading), Level.NEVER)
    return level not in {Level.NEVER, Level.INDICATOR} and _has_gate(rules, role)


def _has_gate(rules: Rules, role: Role) -> bool:
    levels = [level for (one, _), level in rules.matrix.items() if one is role]
    cells = [cell for (_, one), cell in rules.labels.items() if one is role]
    return Level.REASON in {*levels, *cells}
