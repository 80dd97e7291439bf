"""One clause of an agreement in plain English."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from careweave.agreements._telling_words import counted, ended, lasting
from careweave.agreements._values import Clause, Level, Share
from careweave.agreements._words import listed, named, plural, role_named
from careweave.terms import Action, Cohort, Heading, Purpose

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_LOOKING = (Action.OPEN, Action.READ, Action.SEARCH_ONE, Action.LIST)
_ONE = {Purpose.OWN_REQUEST: "self", Purpose.FAMILY_REQUEST: "grant", Purpose.LEGAL: "mandate"}


def told_clause(clause: Clause, names: Mapping[str, str]) -> str:
    """Returns a clause in plain English; `names` are what its organisations are called."""
    return "\n".join(_lines(clause, names))


def _lines(clause: Clause, names: Mapping[str, str]) -> Iterator[str]:
    yield f"Clause {clause.id}"
    yield f"{_who(clause, names)} may {_what(clause)}, for {named('purpose', clause.purpose)},"
    yield f"in what {_of(clause.sent_by, names)} hold{_s(clause.sent_by)} about {_about(clause, names)}."
    yield "They get:"
    yield from (f"- {line}" for line in _shares(clause))
    yield "Nothing else is shared."
    yield _labels(clause)
    yield _age(clause)
    yield _choices(clause)
    yield _emergency(clause)
    yield from _limits(clause)
    yield from _hours(clause)
    yield _promises(clause)
    yield _kept(clause)
    yield named("log", clause.log_to_person.partition(":")[0])


def _who(clause: Clause, names: Mapping[str, str]) -> str:
    roles = [plural(role_named(role, clause.settings)) for role in sorted(clause.roles)]
    teams = f" in the team {listed(sorted(clause.teams), 'or')}" if clause.teams else ""
    who = listed(roles)
    return f"{who[:1].upper()}{who[1:]}{teams} of {_of(clause.sent_to, names)}"


def _what(clause: Clause) -> str:
    looking = [action for action in _LOOKING if action in clause.actions]
    others = sorted(clause.actions - set(_LOOKING))
    return listed(named("action", action) for action in (*looking, *others))


def _of(organisations: tuple[str, ...], names: Mapping[str, str]) -> str:
    return listed(names.get(one, one) for one in organisations)


def _s(organisations: tuple[str, ...]) -> str:
    return "s" if len(organisations) == 1 and organisations[0].startswith("org:") else ""


def _about(clause: Clause, names: Mapping[str, str]) -> str:
    return f"{_cohort(clause.cohort, names)}{_tie(clause)}"


def _cohort(cohort: Cohort, names: Mapping[str, str]) -> str:
    said = [
        *_aged(cohort),
        *(_one_of("registered with", cohort.registered_with, names)),
        *(_one_of("living in", cohort.residents_of, names)),
        *(_one_of("with an address in", cohort.address_in, names)),
        *(f"who {named('tie', tie)}" for tie in sorted(cohort.tie_kinds)),
    ]
    return f"anybody {listed(said)}" if said else "anybody in the region"


def _aged(cohort: Cohort) -> Iterator[str]:
    if cohort.age_from is not None:
        yield f"of at least {cohort.age_from} years"
    if cohort.age_below is not None:
        yield f"of less than {cohort.age_below} years"


def _one_of(what: str, which: frozenset[str], names: Mapping[str, str]) -> Iterator[str]:
    if which:
        called = (names.get(f"org:{one}", one) for one in sorted(which))
        yield f"{what} {listed(called, 'or')}"


def _tie(clause: Clause) -> str:
    if clause.project_cohort:
        return f" in the cohort of the project {clause.project_cohort}"
    kinds = [str(tie) for tie in sorted(clause.ties)] or [_ONE.get(clause.purpose, "")]
    if kinds == [""]:
        return ", whether or not there is a relationship"
    ways = listed((f"who {named('tie', kind)}" for kind in kinds), "or")
    return f" {ways}{_grace(clause.grace)}"


def _grace(grace: timedelta | None) -> str:
    if grace is None:
        return " (or was until lately, as long as the rules of the region say)"
    return f" (or was until {lasting(grace)} ago)" if grace else " (and not a moment longer)"


def _shares(clause: Clause) -> Iterator[str]:
    for level in Level:
        found = {h: share for h, share in clause.headings.items() if share.level is level}
        if found:
            words = [_heading(clause, heading, share) for heading, share in found.items()]
            yield f"{named('level', level)}: {', '.join(words)}"


def _heading(clause: Clause, heading: Heading, share: Share) -> str:
    items = share.items or clause.quantity.items.get(heading)
    said = [
        *([f"the newest {items}"] if items else []),
        *([f"of {counted(share.months_back, 'month')}"] if share.months_back is not None else []),
        *([f"only {listed(share.fields)}"] if share.fields is not None else []),
    ]
    return f"{named('heading', heading)} ({'; '.join(said)})" if said else named("heading", heading)


def _labels(clause: Clause) -> str:
    if not clause.labels:
        return "Entries that carry a label of sensitivity are left out, every one."
    which = listed(named("label", label) for label in sorted(clause.labels))
    return (
        f"Of sensitive entries only those about {which} may pass, each as far as "
        "the table of labels lets this role see it; all others are left out."
    )


def _age(clause: Clause) -> str:
    months = clause.quantity.months_back
    if months is None:
        return "Entries of any age are shown."
    return f"What is no longer current is shown for {counted(months, 'month')}."


def _choices(clause: Clause) -> str:
    said = "If the person has objected to sharing, nothing is shown."
    if clause.dissent is not None:
        said = f"An objection to sharing does not apply: {ended(clause.dissent)}"
    for name, how in sorted(clause.opt_out.items()):
        what = "Whoever opted out is left out" if how == "apply" else "Opting out changes nothing"
        said += f" {what} ({name}: {how})."
    return said


def _emergency(clause: Clause) -> str:
    glass = clause.break_glass
    if not glass.allowed or not glass.lifts:
        return "An emergency opens nothing here."
    lifts = listed(named("lifts", one) for one in sorted(glass.lifts))
    return (
        f"In an emergency the glass may be broken, which lifts {lifts}, for one person, "
        f"{glass.minutes} minutes at a time and {glass.total} minutes in all."
    )


def _limits(clause: Clause) -> Iterator[str]:
    limits = clause.quantity
    hour, a_day = limits.per_user_hour, limits.per_day
    yield (
        f"One request reaches at most {counted(limits.people_per_request, 'person')}; "
        f"one page has at most {counted(limits.rows_per_request, 'entry')}."
    )
    what = "searches" if Action.FIND in clause.actions else "people opened"
    yield (
        f"More than {hour.soft:,} {what} by one user in an hour raise an alarm, "
        f"more than {hour.hard:,} are refused; so are more than {a_day.hard:,} entries a day "
        f"(alarm at {a_day.soft:,})."
    )


def _hours(clause: Clause) -> Iterator[str]:
    hours = clause.hours
    if hours is None:
        return
    days = listed(_DAYS[day] for day in sorted(hours.days))
    yield (
        f"It works on {days} from {_time(hours.from_minute)} to {_time(hours.until_minute)}; "
        "outside these hours planners are refused, and whoever gives care is let in with an alarm."
    )


def _time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _promises(clause: Clause) -> str:
    speed = clause.speed
    times = {time for heading, time in speed.freshness.items() if heading in clause.headings}
    said = f"An answer takes at most {lasting(speed.answer_p95)}, 95 times of 100"
    if times:
        quickest, slowest = lasting(min(times)), lasting(max(times))
        span = quickest if quickest == slowest else f"{quickest} to {slowest}"
        said += f"; what is new at its source is here within {span}"
    return f"{said}."


def _kept(clause: Clause) -> str:
    keep, _, how_long = clause.retention.partition(":")
    said = f"They may keep a copy for {how_long}" if keep == "copy" else "They keep no copy"
    return (
        f"{said} and pass it on {f'to {listed(clause.onward)}' if clause.onward else 'to nobody'}."
    )
