"""The newest so many: how many a clause gives, and which place an entry has among them.

Source: `reference/agreements.md` 6.4; `reference/record.md` 5.1.
"""

from collections import defaultdict
from collections.abc import Sequence

from careweave.agreements._question import Thing, Verdict
from careweave.agreements._steps import Case, Trial
from careweave.agreements._values import Clause, Filter, Filters, Rules
from careweave.terms import Heading, Role

_Group = tuple[object, ...]


def newest_of(case: Case, trial: Trial) -> int | None:
    """Returns how many of the newest a clause gives under the entry's heading; None is all."""
    heading = case.thing.heading
    if heading is None or case.context.role is Role.SYSTEM or Filter.INDICATOR in trial.filters:
        return None
    rules = case.world.rules
    if is_per_code(rules, trial.filters, heading):
        return 1
    items = _items(case, trial.offer.clause, heading)
    return rules.brief if items is None and Filter.BRIEF in trial.filters else items


def is_per_code(rules: Rules, filters: Filters, heading: Heading | None) -> bool:
    """Says that what is current of a heading is the last of each kind."""
    is_ranked = Filter.CURRENT in filters and Filter.BRIEF not in filters
    return is_ranked and heading in rules.latest_per_code


def _items(case: Case, clause: Clause | None, heading: Heading) -> int | None:
    if clause is None:
        return case.world.rules.own_items.get((case.context.role, heading))
    given = clause.headings[heading].items, clause.quantity.items.get(heading)
    return min((one for one in given if one is not None), default=None)


def places_of(
    rules: Rules, things: Sequence[Thing], given: Sequence[Sequence[Verdict]]
) -> list[list[int]]:
    """Returns the place, from 0, of each entry among what each of its clauses gives beside it."""
    groups: defaultdict[_Group, list[Thing]] = defaultdict(list)
    for thing, found in zip(things, given, strict=True):
        for one in found:
            if Filter.INDICATOR not in one.filters:
                groups[_group(one, thing)].append(thing)
                groups[(*_group(one, thing), thing.code)].append(thing)
    for group in groups.values():
        # Newest first; of the same moment in the order of their ids.
        group.sort(key=lambda thing: thing.id)
        group.sort(key=lambda thing: thing.at, reverse=True)
    return [
        [_place(rules, one, thing, groups) for one in found]
        for thing, found in zip(things, given, strict=True)
    ]


def _place(rules: Rules, one: Verdict, thing: Thing, groups: dict[_Group, list[Thing]]) -> int:
    if Filter.INDICATOR in one.filters:
        return 0
    group = _group(one, thing)
    if is_per_code(rules, one.filters, thing.heading):
        group = *group, thing.code
    return groups[group].index(thing)


def _group(one: Verdict, thing: Thing) -> _Group:
    return one.clause, thing.person, thing.heading
