"""What an agreement comes to: one row for each thing that may flow from one to another.

Two agreements that give the same rows share the same. Source: `reference/agreements.md` section 5
point 1 and section 9, I14.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product

from careweave.agreements._values import Agreement, Clause, Level, Share
from careweave.terms import Action, Cohort, Heading, Label, Purpose, Role, Tie


@dataclass(frozen=True, slots=True)
class Flow:
    """One kind of entry that one organisation lets one kind of reader of another have.

    `setting` and `team` are "" where the clause asks for none. `months_back` and `items` are those
    that count: the heading's own or, failing that, the clause's. `dissent` None honours it.
    """

    clause: str
    provider: str
    recipient: str
    role: Role
    setting: str
    team: str
    purpose: Purpose
    heading: Heading
    level: Level
    months_back: int | None
    items: int | None
    fields: tuple[str, ...] | None
    labels: frozenset[Label]
    cohort: Cohort
    project_cohort: str
    ties: frozenset[Tie]
    grace: timedelta | None
    dissent: str | None
    opt_out: tuple[tuple[str, str], ...]
    lifts: frozenset[str]
    action: Action
    valid_from: date
    valid_to: date


def flows(agreement: Agreement) -> frozenset[Flow]:
    """Returns everything that an agreement lets flow, row by row."""
    return frozenset(row for clause in agreement.clauses for row in _rows(agreement, clause))


def _rows(agreement: Agreement, clause: Clause) -> Iterator[Flow]:
    # Whatever the many rows have in common stands in one of them, which the others copy.
    for heading, share in clause.headings.items():
        first = _first(agreement, clause, heading, share)
        for provider, recipient, role, setting, team, action in product(
            clause.providers,
            clause.recipients,
            clause.roles,
            clause.settings or {""},
            clause.teams or {""},
            clause.actions,
        ):
            yield replace(
                first,
                provider=provider,
                recipient=recipient,
                role=role,
                setting=setting,
                team=team,
                action=action,
            )


def _first(agreement: Agreement, clause: Clause, heading: Heading, share: Share) -> Flow:
    limits = clause.quantity
    return Flow(
        clause=clause.id,
        provider="",
        recipient="",
        role=Role.SYSTEM,
        setting="",
        team="",
        purpose=clause.purpose,
        heading=heading,
        level=share.level,
        months_back=least(share.months_back, limits.months_back),
        items=least(share.items, limits.items.get(heading)),
        fields=share.fields,
        labels=clause.labels,
        cohort=clause.cohort,
        project_cohort=clause.project_cohort,
        ties=clause.ties,
        grace=clause.grace,
        dissent=clause.dissent,
        opt_out=tuple(sorted(clause.opt_out.items())),
        lifts=clause.break_glass.lifts if clause.break_glass.allowed else frozenset(),
        action=Action.READ,
        valid_from=agreement.valid_from,
        valid_to=agreement.valid_to,
    )


def least(first: int | None, second: int | None) -> int | None:
    """Returns the narrower of two bounds; None is no bound."""
    given = [one for one in (first, second) if one is not None]
    return min(given) if given else None


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows that are a product: each word of one side with each of every other, and each share.

    The sides are providers, recipients, roles, settings, teams and actions. `common` is a row in
    which all of that is blank.
    """

    sides: tuple[frozenset[str], ...]
    shares: frozenset[tuple[Heading, Share]]
    common: Flow


def regrouped(agreement: Agreement, rows: Iterable[Flow]) -> Agreement:
    """Returns the agreement with clauses that say these rows and nothing else.

    What rows do not tell (speed, budgets, duties) is as the clause of the same id has it. A clause
    whose rows are no longer one product comes back as several of the same id; one of whom no row
    is left is gone.
    """
    blocks = [_block(row) for row in rows]
    for side in range(6):
        blocks = list(_joined(blocks, side))
    blocks = [joined for run in _runs(blocks) for joined in run]
    old = {clause.id: clause for clause in agreement.clauses}
    ordered = sorted(blocks, key=_order)
    clauses = tuple(_clause(one, old[one.common.clause]) for one in ordered)
    return replace(agreement, clauses=clauses)


def _block(row: Flow) -> _Block:
    words = (row.provider, row.recipient, row.role, row.setting, row.team, row.action)
    share = Share(row.level, row.months_back, row.items, row.fields)
    blank = replace(row, provider="", recipient="", role=Role.SYSTEM, setting="", team="")
    common = replace(
        blank,
        action=Action.READ,
        heading=Heading.DEM,
        level=Level.NEVER,
        months_back=None,
        items=None,
        fields=None,
    )
    return _Block(
        tuple(frozenset({str(word)}) for word in words), frozenset({(row.heading, share)}), common
    )


def _joined(blocks: list[_Block], side: int) -> Iterator[_Block]:
    """Yields the blocks, those made one that are alike but for one side."""
    alike: dict[_Block, set[str]] = {}
    for block in blocks:
        rest = _with_side(block, side, frozenset())
        alike.setdefault(rest, set()).update(block.sides[side])
    for rest, words in alike.items():
        yield _with_side(rest, side, frozenset(words))


def _with_side(block: _Block, side: int, words: frozenset[str]) -> _Block:
    return replace(block, sides=(*block.sides[:side], words, *block.sides[side + 1 :]))


def _runs(blocks: list[_Block]) -> Iterator[list[_Block]]:
    """Yields blocks that are alike but for their headings, joined: a heading is there once each."""
    alike: dict[_Block, list[_Block]] = {}
    for block in sorted(blocks, key=_order):
        rest = replace(block, shares=frozenset())
        found = alike.setdefault(rest, [])
        (share,) = block.shares
        free = [at for at, one in enumerate(found) if share[0] not in dict(one.shares)]
        if free:
            found[free[0]] = replace(rest, shares=found[free[0]].shares | block.shares)
        else:
            found.append(block)
    yield from alike.values()


def _words(share: tuple[Heading, Share]) -> tuple[str, ...]:
    heading, what = share
    return (heading, what.level, str(what.months_back), str(what.items), str(what.fields))


def _order(block: _Block) -> tuple[object, ...]:
    sides = tuple(",".join(sorted(words)) for words in block.sides)
    return (block.common.clause, *sides, sorted(map(_words, block.shares)))


def _clause(block: _Block, old: Clause) -> Clause:
    providers, recipients, roles, settings, teams, actions = block.sides
    return replace(
        old,
        providers=providers,
        recipients=recipients,
        roles=frozenset(map(Role, roles)),
        settings=settings - {""},
        teams=teams - {""},
        actions=frozenset(map(Action, actions)),
        headings=dict(sorted(block.shares, key=_words)),
        quantity=replace(old.quantity, items={}),
    )
