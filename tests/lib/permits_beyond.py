"""Worlds in which an entry is nearly permitted for other purposes than care by one's role.

Finding a person, one's own record, a proxy's, a court order, consent by name, home care, systems: each
puts in order what it asks for, then breaks some of it, each by its own coin.
Source: `reference/agreements.md` 1.2, 1.6, 6.5 and 8.
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st

from careweave.agreements import (
    About,
    Choice,
    ChoiceKind,
    Clause,
    Context,
    Level,
    Mandate,
    Share,
    Thing,
)
from careweave.terms import Action, Cohort, Heading, Label, Purpose, Role, Tie, months_before
from tests.lib.agreed import (
    ACUTE,
    ALWAYS,
    ANNA,
    BEN,
    CARERS,
    CLINIC,
    COUNCIL,
    DAY,
    HOME,
    MAIN,
    NOW,
    PORTAL,
    PRACTICE,
    SECOND,
    SERVICE,
    SHUT,
    USER,
    agreement,
    bond,
    clause,
    consent,
    context,
    dissent,
    stranger,
    thing,
    world,
)
from tests.lib.permits import RULES, Scenario

H, S = Heading, Label
_FEW = (H.DEM, H.PRB, H.MED, H.RSK, H.FRM)
_MATRIX = {cell: level for cell, level in RULES.matrix.items() if cell[1] in _FEW}
_BARS = (S.S2, S.S4, S.S8, S.VERY_RESTRICTED)
_SHIFTS = (-SECOND, timedelta(0), SECOND)


def _one_in(draw: st.DrawFn, n: int) -> bool:
    return draw(st.integers(0, n - 1)) == n - 1


def _things(
    draw: st.DrawFn, headings: tuple[Heading, ...], labels: tuple[Label, ...], by: tuple[str, ...]
) -> tuple[Thing, ...]:
    made = []
    for number in range(draw(st.integers(1, 4))):
        at, until = draw(
            st.sampled_from(
                [
                    *[(NOW - 30 * DAY, ALWAYS)] * 3,
                    (NOW - 200 * DAY, NOW - 90 * DAY + draw(st.sampled_from(_SHIFTS))),
                    (months_before(NOW, 12) + draw(st.sampled_from(_SHIFTS)), NOW - DAY),
                ]
            )
        )
        some = st.sets(st.sampled_from(labels), max_size=2) if labels else st.just(set())
        made.append(
            thing(
                draw(st.sampled_from(headings)),
                *(draw(some) if draw(st.booleans()) else ()),
                by=draw(st.sampled_from(by)),
                person=draw(st.sampled_from([ANNA, ANNA, ANNA, BEN])),
                system=CLINIC if _one_in(draw, 4) else MAIN,
                at=at,
                live_until=until,
                id=f"Observation/e{number:02}",
                code=draw(st.sampled_from(["a", "b"])),
                is_cleared=draw(st.booleans()),
                is_frozen=_one_in(draw, 12),
            )
        )
    return tuple(made)


def _world_of(
    draw: st.DrawFn,
    made: Clause,
    asked: Context,
    people: tuple[About, ...],
    things: tuple[Thing, ...],
    **more: object,
) -> Scenario:
    held = [agreement(made, **more)] if not _one_in(draw, 12) else []
    known = {one.person for one in people}
    others = tuple(stranger(person=one) for one in (ANNA, BEN) if one not in known)
    return Scenario(world(*held, matrix=_MATRIX), asked, (*people, *others), things)


@st.composite
def finding(draw: st.DrawFn) -> Scenario:
    """Somebody looks for a person, of whom nothing but the demographics may be told."""
    role, organisation, tie = draw(
        st.sampled_from(
            [
                (Role.PA, "nm-ambulance", None),
                (Role.ED, ACUTE, None),
                (Role.CH, HOME, Tie.RESIDENCE),
                (Role.PX, PORTAL, None),
            ]
        )
    )
    made = clause(
        "find", by=(PRACTICE, ACUTE), to=(organisation,), roles=(role,),
        purpose=Purpose.PATIENT_ADMINISTRATION, ties=(tie,) if tie else (),
        headings={H.DEM: Share(Level.CURRENT, fields=("name", "born"))}, actions=(Action.FIND,),
        break_glass=SHUT, dissent="identification only",
        labels=draw(st.sampled_from([(), (S.S1, S.S10), (S.S2, S.S4)])),
        cohort=draw(st.sampled_from([Cohort(), Cohort(), Cohort(residents_of=frozenset({HOME}))])),
    )  # fmt: skip
    until = draw(st.sampled_from([None, None, NOW, NOW + SECOND]))
    living = () if _one_in(draw, 3) else (bond(Tie.RESIDENCE, HOME, until=until),)
    anna = About(ANNA, living, draw(st.sampled_from([(), (dissent(),), (consent(S.S4),)])))
    asked = context(
        role, organisation, purpose=Purpose.PATIENT_ADMINISTRATION,
        action=Action.OPEN if _one_in(draw, 8) else Action.FIND,
    )  # fmt: skip
    things = _things(draw, (H.DEM, H.DEM, H.PRB), (S.S1, *_BARS, S.S10), (PRACTICE, organisation))
    return _world_of(draw, made, asked, (anna,), things)


@st.composite
def oneself(draw: st.DrawFn) -> Scenario:
    """A citizen reads the own record, or a proxy reads it with a grant."""
    is_proxy = draw(st.booleans())
    role = Role.PX if is_proxy else Role.CI
    purpose = Purpose.FAMILY_REQUEST if is_proxy else Purpose.OWN_REQUEST
    headings = (H.PRB, H.MED, H.RSK, H.FRM)
    made = clause(
        "self", by=(PRACTICE, ACUTE, PORTAL), to=(PORTAL,), roles=(role,), purpose=purpose, ties=(),
        headings=dict.fromkeys(headings, Share(Level.FULL)), break_glass=SHUT,
        labels=draw(st.sampled_from([(), (S.S1, S.S2, S.S4, S.S5, S.S9, S.S10, S.YOUNG_PERSON)])),
    )  # fmt: skip
    granted = Choice(
        ChoiceKind.GRANT,
        since=NOW - DAY,
        until=draw(st.sampled_from([None, None, NOW, NOW + SECOND])),
        users=frozenset({draw(st.sampled_from([USER, USER, USER, "u2"]))}),
        headings=frozenset(draw(st.sampled_from([(), (), (H.PRB,), (H.MED, H.RSK)]))),
    )
    choices = (granted, *draw(st.sampled_from([(), (dissent(),), (consent(S.S4),)])))
    asked = context(
        role, PORTAL, purpose=purpose,
        self_person=None if is_proxy else draw(st.sampled_from([ANNA, ANNA, BEN, None])),
        grants=frozenset({ANNA}) if is_proxy and not _one_in(draw, 6) else frozenset(),
    )  # fmt: skip
    labels = (S.S1, S.S2, S.S4, S.S5, S.S6, S.S9, S.S10, S.YOUNG_PERSON, S.VERY_RESTRICTED)
    things = _things(draw, headings, labels, (PRACTICE, ACUTE, PORTAL))
    people = (About(ANNA, (), choices),)
    return _world_of(
        draw, made, asked, people, things, kind="person-access", confidentiality="explicit-consent"
    )


@st.composite
def ordered(draw: st.DrawFn) -> Scenario:
    """A court has ordered that somebody is told of one person."""
    made = clause(
        "court", by=(PRACTICE, ACUTE), to=(COUNCIL,), roles=(Role.SW,), purpose=Purpose.LEGAL, ties=(),
        headings={H.PRB: Share(Level.FULL), H.MED: Share(Level.FULL)}, break_glass=SHUT, dissent="order",
        labels=draw(st.sampled_from([(), (S.S1, S.S9)])),
    )  # fmt: skip
    order = Mandate(
        UUID(int=5),
        draw(st.sampled_from([ANNA, ANNA, ANNA, BEN])),
        frozenset(draw(st.sampled_from([(H.PRB,), (H.PRB, H.MED)]))),
        frozenset(draw(st.sets(st.sampled_from(_BARS), max_size=2))),
        draw(st.sampled_from([COUNCIL, COUNCIL, COUNCIL, ACUTE])),
        draw(st.sampled_from([NOW - DAY, NOW - DAY, NOW, NOW + SECOND])),
        draw(st.sampled_from([NOW + DAY, NOW + DAY, NOW, NOW + SECOND])),
    )
    held = () if _one_in(draw, 8) else (order,)
    asked = context(Role.SW, COUNCIL, purpose=Purpose.LEGAL, mandates=held)
    things = _things(draw, (H.PRB, H.MED), (*_BARS, S.S1, S.S9), (PRACTICE, ACUTE, COUNCIL))
    return _world_of(draw, made, asked, (stranger(choices=(dissent(),)),), things)


@st.composite
def consented(draw: st.DrawFn) -> Scenario:
    """What a law bars is shown to whom the person has consented to, by name."""
    made = clause(
        "clinics", roles=(Role.ED, Role.GP), labels=(S.S1, S.S2, S.S4), actions=tuple(Action),
        headings={H.PRB: Share(Level.FULL), H.MED: Share(Level.FULL)},
    )  # fmt: skip
    about = st.sampled_from(
        [
            consent(),
            consent(S.S2),
            consent(S.S4),
            consent(S.S4, to=frozenset({ACUTE})),
            consent(S.S4, to=frozenset({HOME})),
            consent(S.S4, until=NOW),
            consent(S.S2, headings=frozenset({H.MED})),
            consent(S.S4, purposes=frozenset({Purpose.RESEARCH})),
            dissent(labels=frozenset({S.S4})),
            dissent(ids=frozenset({"Observation/e00"})),
            dissent(ids=frozenset({"Observation/e00"}), id_others=True),
            dissent(from_=PRACTICE),
            dissent(data_since=NOW - 60 * DAY, data_until=NOW, data_outside=True),
        ]
    )
    choices = tuple(draw(st.lists(about, max_size=3)))
    ties = () if _one_in(draw, 8) else (bond(),)
    asked = context(action=draw(st.sampled_from([Action.OPEN, Action.LIST])))
    things = _things(draw, (H.PRB, H.MED), (S.S2, S.S4, S.S1, S.S8), (PRACTICE, PRACTICE, ACUTE))
    basis = draw(st.sampled_from(["explicit-consent", "explicit-consent", "statute"]))
    people = (About(ANNA, ties, choices),)
    return _world_of(draw, made, asked, people, things, confidentiality=basis)


@st.composite
def at_home(draw: st.DrawFn) -> Scenario:
    """Home care, with a package line as its tie; secrets of how to get in among the entries."""
    made = clause(
        "home", by=(PRACTICE, COUNCIL), to=(CARERS,), roles=(Role.CH,), ties=(Tie.CASELOAD,),
        settings=frozenset(draw(st.sampled_from([("home-care",), ("home-care",), ()]))),
        headings={H.MED: Share(Level.FULL), H.RSK: Share(Level.CURRENT)}, grace=None, break_glass=SHUT,
        labels=(S.ACCESS_SECRET, S.S9), actions=tuple(Action),
    )  # fmt: skip
    until = draw(st.sampled_from([None, None, NOW, NOW + SECOND, NOW - DAY]))
    ties = (bond(Tie.CASELOAD, CARERS, until=until, since=NOW - 90 * DAY),)
    asked = context(
        Role.CH, CARERS, setting=draw(st.sampled_from(["home-care", "home-care", ""])),
        action=draw(st.sampled_from([Action.OPEN, Action.LIST])),
        self_person=draw(st.sampled_from([None, None, None, ANNA, BEN])),
    )  # fmt: skip
    things = _things(draw, (H.MED, H.RSK), (S.ACCESS_SECRET, S.S9), (PRACTICE, COUNCIL, CARERS))
    return _world_of(draw, made, asked, (About(ANNA, ties),), things)


@st.composite
def of_systems(draw: st.DrawFn) -> Scenario:
    """A technical system of an organisation, or of a service within it."""
    team = draw(st.sampled_from(["", SERVICE]))
    asked = replace(
        context(Role.SYSTEM, ACUTE),
        team=team,
        purpose=draw(st.sampled_from([Purpose.OPERATIONS, Purpose.DIRECT_CARE])),
    )
    made = clause(roles=(Role.SYSTEM,), to=(ACUTE,), actions=tuple(Action))
    labels = (S.S1, S.S2, S.S8, S.VERY_RESTRICTED, S.S10)
    things = _things(draw, (H.PRB, H.MED), labels, (ACUTE, ACUTE, PRACTICE))
    people = (stranger(choices=(dissent(),)),)
    return _world_of(draw, made, asked, people, things)


def beyond() -> st.SearchStrategy[Scenario]:
    """Returns a world of any of these kinds."""
    return st.one_of(finding(), oneself(), ordered(), consented(), at_home(), of_systems())
