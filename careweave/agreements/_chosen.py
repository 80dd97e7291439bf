"""Whether what somebody has chosen speaks of one reader and one entry.

Source: `reference/agreements.md` section 8.
"""

from datetime import datetime

from careweave.agreements._question import About, Choice, ChoiceKind, Context, Thing
from careweave.agreements._values import World
from careweave.terms import Label


def names_of(world: World, organisation: str) -> frozenset[str]:
    """Returns the names under which entries know an organisation: its slug and its codes."""
    known = world.organisations.get(organisation)
    return frozenset({organisation}) | (known.codes if known else frozenset())


def in_force(choice: Choice, at: datetime) -> bool:
    """Says that a choice holds at a moment, half-open."""
    return choice.since <= at and (choice.until is None or at < choice.until)


def matches(world: World, choice: Choice, context: Context, thing: Thing) -> bool:
    """Says that a choice is in force and speaks of this reader, this purpose and this entry."""
    return (
        in_force(choice, context.at)
        and concerns_reader(world, choice, context)
        and concerns_entry(world, choice, thing)
    )


def concerns_reader(world: World, choice: Choice, context: Context) -> bool:
    """Says that a choice speaks of who asks and why."""
    to = bool(choice.to & names_of(world, context.organisation))
    return (
        _holds(is_among=to, is_asked=bool(choice.to), is_turned=choice.to_others)
        and _holds(
            is_among=context.user in choice.users,
            is_asked=bool(choice.users),
            is_turned=choice.user_others,
        )
        and _holds(
            is_among=context.purpose in choice.purposes,
            is_asked=bool(choice.purposes),
            is_turned=choice.purpose_others,
        )
    )


def concerns_entry(world: World, choice: Choice, thing: Thing) -> bool:
    """Says that a choice speaks of an entry."""
    return (
        (not choice.from_ or choice.from_ in names_of(world, thing.organisation))
        and (not choice.headings or thing.heading in choice.headings)
        and (not choice.labels or bool(thing.labels & choice.labels))
        and _concerns_time(choice, thing.at)
        and _holds(
            is_among=thing.id in choice.ids, is_asked=bool(choice.ids), is_turned=choice.id_others
        )
        and (not choice.authors or bool(thing.authors & choice.authors))
        and not (choice.authors_others and thing.authors & choice.authors_others)
    )


def concerns_every_entry(choice: Choice) -> bool:
    """Says that a choice asks nothing of an entry but its heading, so that it is told of a person."""
    asks = (choice.from_, choice.labels, choice.data_since, choice.data_until)
    return not any(asks) and not (choice.ids or choice.authors or choice.authors_others)


def _concerns_time(choice: Choice, at: datetime) -> bool:
    if choice.data_since is None and choice.data_until is None:
        return True
    is_late_enough = choice.data_since is None or choice.data_since <= at
    is_inside = is_late_enough and (choice.data_until is None or at < choice.data_until)
    return is_inside is not choice.data_outside


def _holds(*, is_among: bool, is_asked: bool, is_turned: bool) -> bool:
    return not is_asked or is_among is not is_turned


def denials(world: World, context: Context, about: About, thing: Thing) -> list[Choice]:
    """Returns what the person has said against this reader and this entry."""
    return [
        one
        for one in about.choices
        if one.kind is ChoiceKind.DENY and matches(world, one, context, thing)
    ]


def consents(
    world: World, context: Context, about: About, thing: Thing, label: Label | None = None
) -> bool:
    """Says that the person has consented to this reader and this entry, to a label by its name."""
    return any(
        one.kind is ChoiceKind.CONSENT
        and (label is None or label in one.labels)
        and matches(world, one, context, thing)
        for one in about.choices
    )


def grants(world: World, context: Context, about: About, thing: Thing) -> bool:
    """Says that the person has let this proxy see this entry; a grant names its proxy."""
    return any(
        one.kind is ChoiceKind.GRANT and bool(one.users) and matches(world, one, context, thing)
        for one in about.choices
    )


def objects_to_use(world: World, context: Context, about: About, thing: Thing) -> bool:
    """Says that the person keeps this practice's entries from uses beyond care (type 1)."""
    return any(
        one.kind is ChoiceKind.TYPE_1
        and in_force(one, context.at)
        and concerns_entry(world, one, thing)
        for one in about.choices
    )
