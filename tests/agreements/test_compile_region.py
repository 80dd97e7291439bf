"""Over the agreements of Northmere too: what is compiled lets out what deciding permits.

Here are the purposes that worlds of direct care do not reach: finding, one's own request, a
family's, a mandate; and every role with its own organisation's entries.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import event, given, note, settings
from hypothesis import strategies as st

from careweave.agreements import (
    About,
    Answer,
    Bond,
    Choice,
    ChoiceKind,
    Clause,
    Context,
    Episode,
    Filter,
    Mandate,
    Thing,
    World,
    ranked,
)
from careweave.terms import (
    Action,
    Heading,
    Label,
    PersonId,
    Purpose,
    Role,
    Tie,
    months_before,
)
from tests.lib.branches import Asked, compiled
from tests.lib.cases import cases
from tests.lib.region import northmere

NOW = datetime(2026, 3, 16, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ANNA, BEN = (PersonId(UUID(int=n)) for n in (1, 2))
USER = "u1"
GRANTED = (ChoiceKind.GRANT, ChoiceKind.CONSENT, ChoiceKind.DENY)


@dataclass(frozen=True, slots=True)
class Line:
    """A clause of the region, or none: then the reader asks for what its own organisation holds."""

    organisation: str
    role: Role
    purpose: Purpose
    clause: Clause | None


def _lines(world: World) -> list[Line]:
    by_clause = [
        Line(organisation, role, clause.purpose, clause)
        for agreement in world.agreements
        for clause in agreement.clauses
        for organisation in sorted(clause.recipients)
        for role in sorted(clause.roles)
    ]
    own = [
        Line(line.organisation, line.role, purpose, None)
        for line in by_clause
        for purpose in sorted(world.rules.own_purposes.get(line.role, frozenset()))
    ]
    return by_clause + list(dict.fromkeys(own))


def _maybe(draw: st.DrawFn, n: int) -> bool:
    return draw(st.integers(0, n - 1)) == 0


@st.composite
def _questions(draw: st.DrawFn) -> tuple[Context, list[Asked]]:
    line = draw(st.sampled_from(_lines(northmere())))
    context = _context(draw, line)
    people = [_about(draw, line, person) for person in (ANNA, BEN)]
    things = [_thing(draw, line, n) for n in range(draw(st.integers(1, 5)))]
    known = {one.person: one for one in people}
    return context, [(known[one.person], one) for one in things if one.person is not None]


def _context(draw: st.DrawFn, line: Line) -> Context:
    clause = line.clause
    actions = sorted(clause.actions) if clause else sorted(Action)
    settings_of = sorted(clause.settings) if clause and clause.settings else ["", "obstetrics"]
    teams = sorted(clause.teams) if clause and clause.teams else ["", "sexual-health"]
    return Context(
        line.organisation,
        line.role,
        line.purpose,
        draw(st.sampled_from(actions)) if _maybe(draw, 2) else Action.OPEN,
        NOW,
        user=USER,
        setting=draw(st.sampled_from(settings_of)),
        team=draw(st.sampled_from(teams)),
        self_person=ANNA if line.purpose is Purpose.OWN_REQUEST else None,
        episodes=tuple(_episodes(draw, line)),
        mandates=tuple(_mandates(draw, line)),
        grants=frozenset({ANNA}) if line.purpose is Purpose.FAMILY_REQUEST else frozenset(),
    )


def _episodes(draw: st.DrawFn, line: Line) -> list[Episode]:
    found = []
    for n in range(draw(st.integers(0, 2))):
        is_emergency = draw(st.booleans())
        heading = None if is_emergency or draw(st.booleans()) else draw(st.sampled_from(Heading))
        label = None if is_emergency or heading else draw(st.sampled_from(Label))
        opened = NOW - draw(st.sampled_from([0, 1, 59, 60])) * timedelta(minutes=1)
        found.append(
            Episode(
                UUID(int=100 + n),
                is_emergency,
                USER,
                line.organisation,
                line.role,
                draw(st.sampled_from([ANNA, ANNA, BEN])),
                line.purpose,
                opened,
                opened + timedelta(hours=1),
                heading,
                label,
                began_at=NOW - draw(st.sampled_from([1, 3, 4])) * timedelta(hours=1),
            )
        )
    return found


def _mandates(draw: st.DrawFn, line: Line) -> list[Mandate]:
    if line.purpose is not Purpose.LEGAL:
        return []
    bars = draw(st.frozensets(st.sampled_from([Label.S4, Label.S8, Label.VERY_RESTRICTED])))
    headings = frozenset(line.clause.headings) if line.clause else frozenset[Heading]()
    until = NOW + draw(st.sampled_from([timedelta(0), DAY]))
    to = draw(st.sampled_from([line.organisation, line.organisation, "nm-hospice"]))
    return [Mandate(UUID(int=9), ANNA, headings, bars, to, NOW - DAY, until)]


def _about(draw: st.DrawFn, line: Line, person: PersonId) -> About:
    rules = northmere().rules
    wanted = set(line.clause.ties) if line.clause else set[Tie]()
    wanted |= rules.own_ties.get((line.role, ""), frozenset())
    bonds = [Bond(kind, line.organisation, NOW - 300 * DAY, draw(_ends)) for kind in sorted(wanted)]
    if line.clause:
        cohort = line.clause.cohort
        bonds += [Bond(Tie.REGISTRATION, one, NOW - DAY) for one in sorted(cohort.registered_with)]
        bonds += [Bond(Tie.RESIDENCE, one, NOW - DAY) for one in sorted(cohort.residents_of)]
    return About(
        person,
        tuple(bonds) if not _maybe(draw, 4) else (),
        tuple(_choices(draw, line)),
        born=draw(st.sampled_from([None, NOW.date().replace(year=1950)])),
        outward=draw(st.sampled_from(sorted(line.clause.cohort.address_in) or ["NM1"]))
        if line.clause
        else "",
    )


_ends = st.sampled_from([None, None, NOW + DAY, NOW, NOW - DAY, NOW - 8 * DAY, NOW - 31 * DAY])


def _choices(draw: st.DrawFn, line: Line) -> list[Choice]:
    found = []
    for kind in draw(st.lists(st.sampled_from(GRANTED), max_size=2)):
        labels = draw(st.frozensets(st.sampled_from([Label.S2, Label.S4]), max_size=2))
        headings = draw(st.frozensets(st.sampled_from([Heading.PRB, Heading.DOC]), max_size=1))
        if kind is ChoiceKind.GRANT:
            found.append(Choice(kind, NOW - DAY, users=frozenset({USER}), headings=headings))
        else:
            to = draw(st.sampled_from([frozenset[str](), frozenset({line.organisation})]))
            found.append(
                Choice(
                    kind,
                    NOW - DAY,
                    to=to,
                    headings=headings,
                    labels=labels if kind is ChoiceKind.CONSENT else frozenset(),
                    is_liftable=draw(st.booleans()),
                )
            )
    return found


def _thing(draw: st.DrawFn, line: Line, n: int) -> Thing:
    clause = line.clause
    is_own = clause is None or _maybe(draw, 5)
    by = (
        line.organisation
        if is_own or clause is None
        else draw(st.sampled_from(sorted(clause.providers)))
    )
    services = sorted(northmere().organisations[by].services)
    usual = list(Heading) if clause is None else sorted(clause.headings)
    heading = draw(st.sampled_from(usual))
    labels = draw(st.frozensets(st.sampled_from(Label), max_size=2))
    return Thing(
        draw(st.sampled_from([ANNA, ANNA, BEN])),
        by,
        draw(st.sampled_from([*services, "main"])),
        heading,
        labels if not _maybe(draw, 3) else frozenset(),
        draw(st.sampled_from([NOW - DAY, months_before(NOW, 12), NOW - 3000 * DAY])),
        draw(st.sampled_from([NOW + DAY, NOW, NOW - 90 * DAY, NOW - 89 * DAY])),
        id=f"Observation/e{n}",
        code=draw(st.sampled_from(["a", "b"])),
        is_cleared=draw(st.booleans()),
        is_frozen=_maybe(draw, 12),
    )


@settings(max_examples=cases(200))
@given(_questions())
def test_over_northmere_branches_let_out_what_deciding_permits(
    question: tuple[Context, list[Asked]],
) -> None:
    context, asked = question
    verdicts = ranked(northmere(), context, asked)
    seen = compiled(northmere(), context, [thing for _, thing in asked])
    shown = seen.shown(asked)
    due = {
        thing.id: verdict
        for (_, thing), verdict in zip(asked, verdicts, strict=True)
        if verdict.answer is Answer.PERMIT
        and not verdict.filters & {Filter.INDICATOR, Filter.CODED}
    }
    event(f"{context.purpose}: {'shown' if shown else 'nothing'}")
    note(str((context, asked)))
    note(str([(name, branch) for name, branch in shown.items()]))
    note(str([(thing.id, verdict) for (_, thing), verdict in zip(asked, verdicts, strict=True)]))
    assert shown.keys() == due.keys()
    withheld, indicated = seen.told(asked)
    said = {thing.id: verdict for (_, thing), verdict in zip(asked, verdicts, strict=True)}
    assert withheld == {name for name, one in said.items() if one.answer is Answer.WITHHELD}
    assert indicated == {
        name
        for name, one in said.items()
        if one.answer is Answer.PERMIT and Filter.INDICATOR in one.filters
    }
    for name, branch in shown.items():
        assert branch.clause == due[name].clause
        assert branch.masks == due[name].masks - {"address"}
        assert bool(branch.episode) == (due[name].episode is not None)
