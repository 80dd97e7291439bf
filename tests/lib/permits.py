"""Worlds in which an entry is nearly permitted: everything is in order, then some of it is broken.

Worlds drawn at random are nearly always refused early, so that the later steps are never reached.
Here a reader, an entry and all that lets it be seen are made first; then a random subset of the
conditions is broken, each by its own coin, and entries beside it show where something is too wide.
Source: `reference/agreements.md` section 10.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st

from careweave.agreements import (
    About,
    Agreement,
    Bond,
    BreakGlass,
    Clause,
    Context,
    Episode,
    Level,
    Organisation,
    Share,
    Thing,
    World,
    default_rules,
)
from careweave.terms import Action, Cohort, Heading, Label, Purpose, Role, Tie, months_before
from tests.lib.agreed import (
    ACUTE,
    ALWAYS,
    AMBULANCE,
    ANNA,
    BEN,
    CARA,
    CLINIC,
    COUNCIL,
    DAN,
    DAY,
    HOME,
    MAIN,
    NOW,
    OTHER_USER,
    PRACTICE,
    SECOND,
    SERVICE,
    TRUST,
    USER,
    agreement,
    clause,
    dissent,
    organisations,
    world,
)

H, S = Heading, Label
PEOPLE = (ANNA, BEN, CARA, DAN)
HEADINGS = (H.PRB, H.DOC, H.INV, H.LEG, H.MED)
LABELS = (S.S1, S.S6, S.S9, S.S2, S.VERY_RESTRICTED, S.S10, S.ACCESS_SECRET)
RULES = default_rules()
_FEW = frozenset({*HEADINGS, H.SAF, H.EOL})
# Compiling what one's own organisation holds takes as long as there are headings.
_MATRIX = {cell: level for cell, level in RULES.matrix.items() if cell[1] in _FEW}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody at work: the tie that their clause asks for, and a label that hides from them."""

    role: Role
    organisation: str
    purpose: Purpose
    tie: Tie
    gate: Label
    setting: str = ""


READERS = (
    Reader(Role.ED, ACUTE, Purpose.DIRECT_CARE, Tie.ENCOUNTER, S.S1),
    Reader(Role.ED, ACUTE, Purpose.EMERGENCY, Tie.ENCOUNTER, S.S3),
    Reader(Role.HC, ACUTE, Purpose.DIRECT_CARE, Tie.REFERRAL, S.S9),
    Reader(Role.GP, PRACTICE, Purpose.DIRECT_CARE, Tie.REGISTRATION, S.S5),
    Reader(Role.PA, AMBULANCE, Purpose.EMERGENCY, Tie.INCIDENT, S.S9),
    Reader(Role.MH, TRUST, Purpose.DIRECT_CARE, Tie.CASELOAD, S.S1),
    Reader(Role.SW, COUNCIL, Purpose.SAFEGUARDING, Tie.ENQUIRY, S.S9),
)
"""Who may break the glass; those who may not stand beside them."""

OTHERS = (
    Reader(Role.SW, COUNCIL, Purpose.COORDINATION, Tie.LA_EPISODE, S.S9),
    Reader(Role.CN, TRUST, Purpose.DIRECT_CARE, Tie.CASELOAD, S.S9),
    Reader(Role.CH, HOME, Purpose.DIRECT_CARE, Tie.RESIDENCE, S.S9),
)
PROVIDERS = (ACUTE, PRACTICE, COUNCIL)
SHIFTS = (-SECOND, timedelta(0), SECOND)


@dataclass(frozen=True, slots=True, repr=False)
class Scenario:
    """One world, one reader, some people and what is held of them; the first entry is asked for."""

    world: World = field(repr=False)
    context: Context
    people: tuple[About, ...]
    things: tuple[Thing, ...]

    def __repr__(self) -> str:
        """Shows all but the rules, which are the same everywhere and very long."""
        told = [
            f"{agreed.name} {agreed.valid_from}..{agreed.valid_to} {agreed.status} {one}"
            for agreed in self.world.agreements
            for one in agreed.clauses
        ]
        return "\n".join([*told, *map(repr, (self.context, *self.people, *self.things))])

    def asked(self) -> list[tuple[About, Thing]]:
        """Returns every entry with whom it is about."""
        known = {one.person: one for one in self.people}
        return [(known[thing.person], thing) for thing in self.things if thing.person in known]


@dataclass(frozen=True, slots=True)
class Broken:
    """What is not in order, by its own coin: the inputs of the truth table."""

    assured: bool = True
    barred: bool = False
    shared: bool = True
    tied: bool = True
    denied: bool = False
    gated: bool = False
    broken: bool = False
    typed: bool = False
    spent: bool = False


# The fifteen rows of the truth table; what is not named is drawn.
# Source: `reference/agreements.md` 6.2.
ROWS: tuple[dict[str, bool], ...] = (
    {"assured": False},
    {"barred": True},
    {"shared": False},
    {"tied": False, "broken": False},
    {"denied": True, "broken": False},
    {"gated": True, "broken": False, "typed": False},
    {"gated": True, "broken": False, "typed": True, "spent": True},
    {"gated": False, "broken": False, "spent": True},
    {"gated": True, "broken": False, "typed": True, "spent": False},
    {"gated": False, "broken": False, "spent": False},
    {"tied": False, "broken": True},
    {"denied": True, "broken": True},
    {"gated": True, "broken": True, "typed": False},
    {"gated": True, "broken": True, "typed": True},
    {"gated": False, "broken": True},
)
_RARE = (6, 7, 7, 8, 13)
"""Rows for which most must come together are drawn more often."""
_COINS = {
    "barred": 12, "shared": 16, "tied": 4, "denied": 4, "gated": 3, "broken": 3, "typed": 3,
    "spent": 5,
}  # fmt: skip


def _one_in(draw: st.DrawFn, n: int) -> bool:
    return draw(st.integers(0, n - 1)) == n - 1


@st.composite
def _brokens(draw: st.DrawFn) -> Broken:
    row = draw(st.sampled_from([*range(len(ROWS)), *_RARE]))
    named = dict(ROWS[row])
    for name in ("assured", "barred", "shared", "tied", "denied"):
        named.setdefault(name, getattr(Broken(), name))
    for name, odds in _COINS.items():
        named.setdefault(name, _one_in(draw, odds))
    if _one_in(draw, 4):
        name = draw(st.sampled_from(sorted(_COINS)))
        named[name] = not named[name]
    return Broken(**named)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Worlds of direct care around one entry that is nearly permitted."""
    how = draw(_brokens())
    reader = _reader(draw, how)
    heading = draw(st.sampled_from(_headings(reader.role)))
    provider = draw(st.sampled_from([one for one in PROVIDERS if one != reader.organisation]))
    is_own = not how.denied and _one_in(draw, 8)
    entry = _entry(draw, reader, heading, reader.organisation if is_own else provider, how)
    by_heading = how.gated and reader.gate not in entry.labels
    main = _clause(draw, reader, heading, provider, is_gated=by_heading)
    extra = [_second(draw, reader, heading, provider)] if _one_in(draw, 3) else []
    agreements = _agreements(draw, main, extra, how)
    first = _person(draw, reader, main, ANNA, how)
    others = [_bystander(draw, reader, main, person) for person in PEOPLE[1:]]
    beside = [_sibling(draw, reader, entry, n) for n in range(draw(st.integers(0, 3)))]
    return Scenario(
        world(*agreements, matrix=_MATRIX),
        _context(draw, reader, heading, main, how),
        (first, *others),
        (entry, *beside),
    )


def _reader(draw: st.DrawFn, how: Broken) -> Reader:
    if how.broken or not _one_in(draw, 4):
        return draw(st.sampled_from(READERS))
    return draw(st.sampled_from(OTHERS))


def _headings(role: Role) -> list[Heading]:
    """The few headings, those of which the matrix gives this role something to see."""
    seen = [one for one in HEADINGS if RULES.matrix[role, one] in {"F", "C", "S", "R"}]
    plain = [one for one in seen if RULES.matrix[role, one] != Level.REASON]
    return plain + seen


def _entry(draw: st.DrawFn, reader: Reader, heading: Heading, by: str, how: Broken) -> Thing:
    labels = {reader.gate} if how.gated and not _one_in(draw, 3) else set[Label]()
    if how.barred:
        labels.add(draw(st.sampled_from([S.S2, S.VERY_RESTRICTED, S.S8, S.S4])))
    elif _one_in(draw, 6):
        labels.add(draw(st.sampled_from([S.S6, S.S10, S.ACCESS_SECRET])))
    at, until = _times(draw)
    return Thing(
        person=ANNA,
        organisation=by,
        system=CLINIC if _one_in(draw, 8) else MAIN,
        heading=heading,
        labels=frozenset(labels),
        at=at,
        live_until=until,
        id="Observation/e00",
        code=draw(st.sampled_from(["a", "b"])),
        is_cleared=draw(st.booleans()),
        is_frozen=_one_in(draw, 20),
    )


def _times(draw: st.DrawFn) -> tuple[datetime, datetime]:
    """When an entry was made and until when it is current: mostly now, else about a boundary."""
    shift = draw(st.sampled_from(SHIFTS))
    kind = draw(st.sampled_from(["current", "current", "current", "ended", "old", "today"]))
    if kind == "ended":
        return NOW - 200 * DAY, NOW - 90 * DAY + shift
    if kind == "old":
        return months_before(NOW, 12) + shift, NOW - DAY
    if kind == "today":
        return NOW - 40 * DAY, NOW + shift
    return NOW - draw(st.integers(1, 500)) * DAY, ALWAYS


def _clause(
    draw: st.DrawFn, reader: Reader, heading: Heading, provider: str, *, is_gated: bool
) -> Clause:
    level = Level.REASON if is_gated else draw(st.sampled_from(["F", "F", "F", "C", "S"]))
    items = draw(st.sampled_from([None, None, None, 1, 2]))
    return clause(
        "c1",
        by=(provider,),
        to=(reader.organisation,),
        roles=(reader.role,),
        purpose=reader.purpose,
        headings={heading: Share(Level(level), items=items)},
        labels=(reader.gate, S.S6, S.S10, S.ACCESS_SECRET),
        ties=(reader.tie,),
        actions=tuple(Action),
        months_back=draw(st.sampled_from([None, None, 12])),
        grace=draw(st.sampled_from([timedelta(0), timedelta(days=7), None])),
        break_glass=BreakGlass(allowed=True, lifts=_lifts(draw), minutes=60, total=240),
        cohort=_cohort(draw, reader),
        dissent="by law" if _one_in(draw, 25) else None,
    )


def _lifts(draw: st.DrawFn) -> frozenset[str]:
    everything = frozenset({"relationship", "dissent", "reason"})
    if _one_in(draw, 6):
        return everything - {draw(st.sampled_from(sorted(everything)))}
    return everything


def _cohort(draw: st.DrawFn, reader: Reader) -> Cohort:
    return draw(
        st.sampled_from(
            [
                *[Cohort()] * 12,
                Cohort(registered_with=frozenset({PRACTICE})),
                Cohort(residents_of=frozenset({HOME})),
                Cohort(address_in=frozenset({"NM1"})),
                Cohort(age_from=65),
                Cohort(age_below=18),
                Cohort(tie_kinds=frozenset({reader.tie})),
            ]
        )
    )


def _second(draw: st.DrawFn, reader: Reader, heading: Heading, provider: str) -> Clause:
    """Another clause for the same reader: what one keeps back the other may give."""
    made = _clause(draw, reader, heading, provider, is_gated=_one_in(draw, 4))
    return replace(
        made,
        id="c0",
        labels=frozenset(draw(st.sets(st.sampled_from(LABELS[:3]), max_size=2))),
        ties=frozenset({draw(st.sampled_from([reader.tie, Tie.PHARMACY]))}),
        providers=frozenset({draw(st.sampled_from([provider, provider, *PROVIDERS]))}),
    )


def _agreements(draw: st.DrawFn, main: Clause, extra: list[Clause], how: Broken) -> list[Agreement]:
    if not how.shared:
        return _not_shared(draw, main, extra)
    if extra and draw(st.booleans()):
        return [agreement(*extra, name="agr-two"), agreement(main, name="agr-one")]
    return [agreement(main, *extra, name="agr-one")]


def _not_shared(draw: st.DrawFn, main: Clause, extra: list[Clause]) -> list[Agreement]:
    """Nothing at all, or something that is nearly it."""
    wrong = [
        None,
        replace(main, roles=frozenset({Role.PH})),
        replace(main, recipients=frozenset({BUREAUX})),
        replace(main, purpose=Purpose.COORDINATION if main.purpose is not Purpose.COORDINATION else Purpose.SAFEGUARDING),
        replace(main, settings=frozenset({"elsewhere"})),
        replace(main, teams=frozenset({"another"})),
        replace(main, actions=frozenset({Action.EXPORT})),
        replace(main, headings={Heading.EOL: Share(Level.FULL)}),
    ]  # fmt: skip
    chosen = draw(st.sampled_from(wrong))
    if chosen is not None:
        return [agreement(chosen)]
    ended = agreement(main, valid_to=date(2026, 11, 21), review_by=date(2026, 11, 1))
    begun_late = agreement(main, valid_from=date(2026, 11, 23))
    return draw(st.sampled_from([[], [ended], [begun_late], [agreement(main, status="suspended")]]))


BUREAUX = "nm-icb"


def _person(draw: st.DrawFn, reader: Reader, main: Clause, person: UUID, how: Broken) -> About:
    bonds = [_bond(draw, reader, main, holds=True)] if how.tied else _loose(draw, reader, main)
    choices = []
    if how.denied:
        choices.append(_denial(draw, reader, main))
    elif _one_in(draw, 4):
        choices.append(_beside(draw))
    return About(
        person=person,
        bonds=(*bonds, *_memberships(draw, main.cohort)),
        choices=tuple(choices),
        is_protected=_one_in(draw, 10),
        is_watched=_one_in(draw, 10),
        born=_born(draw, main.cohort),
        outward="NM1" if not _one_in(draw, 8) else "ZZ9",
    )


def _bond(draw: st.DrawFn, reader: Reader, main: Clause, *, holds: bool) -> Bond:
    """A tie that holds, or has ended, by a second or by years."""
    grace = main.grace
    if grace is None:
        default = RULES.grace[reader.tie, None]
        grace = RULES.grace.get((reader.tie, reader.role), default)
    end = NOW - grace
    if holds:
        until = draw(st.sampled_from([None, None, NOW + DAY, end + SECOND]))
    else:
        until = draw(st.sampled_from([end, end - SECOND, NOW - 400 * DAY]))
    since = NOW - 500 * DAY if until is not None else draw(st.sampled_from([NOW, NOW - DAY]))
    return Bond(reader.tie, reader.organisation, since, until)


def _loose(draw: st.DrawFn, reader: Reader, main: Clause) -> list[Bond]:
    """No tie, or one that does not count."""
    ended = _bond(draw, reader, main, holds=False)
    return draw(
        st.sampled_from(
            [
                [],
                [ended],
                [Bond(reader.tie, reader.organisation, NOW + SECOND)],
                [Bond(reader.tie, "nm-pharmacy", NOW - DAY)],
                [Bond(Tie.PHARMACY, reader.organisation, NOW - DAY)],
            ]
        )
    )


def _memberships(draw: st.DrawFn, cohort: Cohort) -> list[Bond]:
    """What makes somebody one of those of whom the clause speaks, mostly."""
    if _one_in(draw, 12):
        return []
    found = []
    if cohort.registered_with:
        found.append(Bond(Tie.REGISTRATION, PRACTICE, NOW - DAY))
    if cohort.residents_of:
        until = draw(st.sampled_from([None, None, NOW, NOW + SECOND]))
        found.append(Bond(Tie.RESIDENCE, HOME, NOW - DAY, until))
    return found


def _born(draw: st.DrawFn, cohort: Cohort) -> date | None:
    today = NOW.date()
    if cohort.age_from is not None:
        years = today.replace(year=today.year - cohort.age_from)
        return draw(st.sampled_from([years, years, years + DAY, years - DAY, None]))
    if cohort.age_below is not None:
        years = today.replace(year=today.year - cohort.age_below)
        return draw(st.sampled_from([years + DAY, years + DAY, years, None]))
    return draw(st.sampled_from([None, date(1950, 6, 1)]))


def _denial(draw: st.DrawFn, reader: Reader, main: Clause) -> object:
    """Something that the person has said against this reader and this entry."""
    names = frozenset({f"Organization/{reader.organisation}"})
    heading = next(iter(main.headings))
    return draw(
        st.sampled_from(
            [
                dissent(),
                dissent(),
                dissent(to=names),
                dissent(to=frozenset({reader.organisation})),
                dissent(headings=frozenset({heading})),
                dissent(purposes=frozenset({reader.purpose})),
                dissent(users=frozenset({USER})),
                dissent(to=frozenset({HOME + "x"}), to_others=True),
                dissent(until=NOW + SECOND),
                dissent(since=NOW),
                dissent(is_liftable=False) if _one_in(draw, 4) else dissent(),
            ]
        )
    )


def _beside(draw: st.DrawFn) -> object:
    """Something that the person has said, which does not speak of this."""
    return draw(
        st.sampled_from(
            [
                dissent(to=frozenset({"nm-pharmacy"})),
                dissent(headings=frozenset({Heading.EOL})),
                dissent(until=NOW),
                dissent(since=NOW + SECOND),
                dissent(purposes=frozenset({Purpose.RESEARCH})),
                dissent(users=frozenset({OTHER_USER})),
                dissent(labels=frozenset({Label.S3})),
                dissent(data_since=NOW - 3 * DAY, data_until=NOW),
            ]
        )
    )


def _bystander(draw: st.DrawFn, reader: Reader, main: Clause, person: UUID) -> About:
    coin = draw(st.integers(0, 4))
    bonds = () if coin < 2 else (_bond(draw, reader, main, holds=coin > 2),)
    choices = (dissent(),) if coin == 4 else ()
    return About(person=person, bonds=bonds, choices=choices, born=date(1950, 6, 1), outward="NM1")


def _sibling(draw: st.DrawFn, reader: Reader, entry: Thing, n: int) -> Thing:
    """An entry of the same heading, with other labels, of somebody else, or of another day."""
    at, until = _times(draw)
    return replace(
        entry,
        id=f"Observation/e{n + 1:02}",
        person=draw(st.sampled_from([ANNA, ANNA, BEN, CARA, DAN])),
        labels=frozenset(
            draw(st.sets(st.sampled_from([reader.gate, *LABELS]), max_size=1))
            if draw(st.booleans())
            else ()
        ),
        at=at,
        live_until=until,
        code=draw(st.sampled_from(["a", "b"])),
        system=draw(st.sampled_from([MAIN, MAIN, MAIN, CLINIC])),
        organisation=draw(st.sampled_from([entry.organisation, entry.organisation, *PROVIDERS])),
        is_cleared=draw(st.booleans()),
        is_frozen=False,
    )


def _context(
    draw: st.DrawFn, reader: Reader, heading: Heading, main: Clause, how: Broken
) -> Context:
    actions = [Action.OPEN, Action.READ]
    if not how.typed:
        actions += [Action.SEARCH_ONE]
    if not (how.typed or how.broken):
        actions += [Action.LIST]
    spent = {f"agr-one@1/{main.id}", f"agr-two@1/{main.id}", f"own:{reader.organisation}"}
    return Context(
        organisation=reader.organisation,
        role=reader.role,
        purpose=reader.purpose,
        action=draw(st.sampled_from(actions)),
        at=NOW,
        user=USER,
        setting=reader.setting,
        team=SERVICE if _one_in(draw, 10) else "",
        is_assured=how.assured,
        episodes=tuple(_episodes(draw, reader, heading, how)),
        spent=frozenset(spent if how.spent else ()),
    )


def _episodes(draw: st.DrawFn, reader: Reader, heading: Heading, how: Broken) -> list[Episode]:
    made = Episode(
        id=UUID(int=77),
        is_emergency=True,
        user=USER,
        organisation=reader.organisation,
        role=reader.role,
        person=ANNA,
        purpose=reader.purpose,
        opened_at=NOW - timedelta(minutes=10),
        expires_at=NOW + timedelta(minutes=50),
    )
    typed = replace(made, id=UUID(int=78), is_emergency=False, heading=heading)
    found = []
    if how.broken:
        found.append(
            replace(made, expires_at=draw(st.sampled_from([made.expires_at, NOW + SECOND])))
        )
    elif _one_in(draw, 3):
        found.append(_void(draw, made))
    if how.typed:
        found.append(
            draw(st.sampled_from([typed, typed, replace(typed, heading=None, label=reader.gate)]))
        )
    elif _one_in(draw, 4):
        wrong = [replace(typed, heading=Heading.EOL), replace(typed, heading=None, label=Label.S7)]
        found.append(draw(st.sampled_from([_void(draw, typed), *wrong])))
    return found


def _void(draw: st.DrawFn, episode: Episode) -> Episode:
    """An episode that opens nothing of this: of another person, user, role or hour."""
    return draw(
        st.sampled_from(
            [
                replace(episode, person=BEN),
                replace(episode, user=OTHER_USER),
                replace(episode, role=Role.PH),
                replace(episode, organisation="nm-pharmacy"),
                replace(episode, expires_at=NOW),
                replace(episode, opened_at=NOW + SECOND),
            ]
        )
    )


def organisation_of(name: str) -> Organisation:
    """Returns one of the organisations of these worlds."""
    return organisations()[name]
