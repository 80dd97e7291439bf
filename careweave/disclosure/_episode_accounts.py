"""The accounts of breaking the glass: each try is one, whatever came of it."""

from dataclasses import replace
from uuid import UUID

from careweave.agreements import Rules
from careweave.disclosure._accounts import account_of
from careweave.disclosure._asking import Asking
from careweave.disclosure._entitled import Said
from careweave.ledger import Account, Outcome
from careweave.terms import Heading, PersonId, Purpose, Role

BREAK_GLASS, REASON = "BTG", "reason"
"""The second purpose of an account. Source: HL7 v3 ActReason, BTG; `reference/security.md` 5.1."""

NOW, WITHHELD = "now", "withheld"


def account_of_try(asking: Asking, person: PersonId, said: Said, rules: Rules | None) -> Account:
    """Returns the account of a try to open an episode; what came of it is the caller's to say.

    The typed words are not in it: they are for the officer alone. Without `rules` nothing was
    opened, and the person is told nothing.
    """
    action = "break-glass" if said.is_emergency else "reason"
    return replace(
        acted(asking, action, person),
        reason=str(said.because),
        second_purpose=BREAK_GLASS if said.is_emergency else REASON,
        visible_to_person=WITHHELD if rules is None else _visible(asking, said, rules),
    )


def account_of_end(asking: Asking, person: PersonId, episode: UUID) -> Account:
    """Returns the account of an episode that its user ended."""
    ended = acted(asking, "episode-end", person)
    return replace(ended, outcome=Outcome.PERMIT, episode=episode)


def acted(asking: Asking, action: str, person: PersonId | None) -> Account:
    """Returns the account of an act of a person at work that shows no entry of anybody."""
    actor = asking.actor
    return replace(
        account_of(asking, action, f"Patient/${action}", (), 0),
        clauses="",
        deed=None,
        person=person,
        role=None if actor.role is Role.SYSTEM else str(actor.role),
        setting=actor.setting or None,
        team=actor.team or None,
        user_name=actor.user or None,
        visible_to_person=WITHHELD,
    )


def _visible(asking: Asking, said: Said, rules: Rules) -> str:
    """Returns when the person is told: never of safeguarding or of what is silent.

    Source: `reference/record.md` sections 6.4 and 7, notice.
    """
    is_silent = said.label in rules.silent or said.heading is Heading.SAF
    return WITHHELD if is_silent or asking.purpose is Purpose.SAFEGUARDING else NOW
