"""What somebody at work did: the own accounts, told to nobody else. Accounted for like any reading.

Source: `reference/interface.md` 12.1, W20; `reference/security.md` 5.6.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from careweave import ledger
from careweave.disclosure._asking import Asking, Way
from careweave.disclosure._episode_accounts import acted
from careweave.disclosure._looks import items_of
from careweave.disclosure._replay import is_page_shown
from careweave.ledger import Account, Outcome, Period
from careweave.terms import Forbidden, Heading, PersonId, Role

_MOST = 2000


@dataclass(frozen=True, slots=True)
class Access:
    """One answer that somebody got: `id` is the account by which it can be shown again.

    `items` tells how many entries of each heading were shown. `outcome` is permit, withheld,
    refused or absent, and `reason` why, or for which case.
    """

    id: UUID
    at: datetime
    action: str
    person: PersonId | None
    role: str
    setting: str
    purpose: str
    items: Mapping[Heading, int]
    outcome: str
    reason: str
    door: str
    is_emergency: bool
    is_page: bool

    @property
    def n_items(self) -> int:
        """Returns how many entries were shown."""
        return sum(self.items.values())


def my_accesses(way: Way, asking: Asking, period: Period) -> tuple[Access, ...]:
    """Returns what the asker did within a period, as this user of this organisation, newest first.

    Everything, in whatever role; a person that was shown stands by its id alone. Nobody else's is
    there. Raises Forbidden for who is no user at work.
    """
    actor = asking.actor
    if not actor.user or actor.role in (Role.SYSTEM, Role.CI, Role.PX):
        raise Forbidden("Who works here reads their own accesses; others have none.")
    with way.reading() as session:
        found = ledger.done_by(
            session, period, organisation=actor.organisation, user=actor.user, most=_MOST
        )
    looked = replace(acted(asking, "own-accesses", None), n_items=len(found))
    way.account((replace(looked, outcome=Outcome.PERMIT if found else Outcome.ABSENT),))
    answers: dict[tuple[str, datetime, str, PersonId | None], list[Account]] = {}
    for one in found:
        answers.setdefault((one.request_id, one.at, one.action, one.person), []).append(one)
    return tuple(map(_access, answers.values()))


def _access(accounts: list[Account]) -> Access:
    """Returns the accounts of one answer about one person as one."""
    one = min(accounts, key=lambda account: account.id)
    items: dict[Heading, int] = {}
    for account in accounts:
        for name, n in items_of(account).items():
            if name:
                items[Heading(name)] = items.get(Heading(name), 0) + n
    return Access(
        id=one.id,
        at=one.at,
        action=one.deed or one.action,
        person=one.person,
        role=one.role or "",
        setting=one.setting or "",
        purpose=one.purpose,
        items=dict(sorted(items.items())),
        outcome=str(one.outcome),
        reason=one.reason,
        door=one.door,
        is_emergency=any(account.second_purpose == "BTG" for account in accounts),
        is_page=is_page_shown(one),
    )
