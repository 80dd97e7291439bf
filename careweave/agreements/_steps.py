"""The steps of deciding after the offers: each lets an offer go on, or ends it with its reason.

Source: `reference/agreements.md` section 6. This is the meaning that the compiled form is held
against: written for one entry, step by step, and sharing nothing with the compiler.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from careweave.agreements._bonds import has_own_tie, has_tie
from careweave.agreements._chosen import consents, denials, grants
from careweave.agreements._glass import emergency, opened_by
from careweave.agreements._matrix import cell_filters, meet
from careweave.agreements._offers import Offer, family_of, mandates_for, share_of
from careweave.agreements._question import About, Context, Episode, Reason, Thing
from careweave.agreements._sensitive import words
from careweave.agreements._values import Clause, Family, Filter, Filters, World
from careweave.terms import Action, Heading, Label, Purpose, Role, months_before

_LAST_CHANGE: Final = timedelta(days=90)
"""For how long what ended still counts as current. Source: `reference/record.md` 5.1."""

_YEAR: Final = 12
"""How many months back the last of each kind is looked for. Source: `reference/record.md` 5.1."""

_UNNAMED: Final = frozenset({Action.AGGREGATE, Action.EXPORT})


@dataclass(frozen=True, slots=True)
class Case:
    """One question: who asks, about whom, about which entry, in which world."""

    world: World
    context: Context
    about: About
    thing: Thing

    @property
    def is_own(self) -> bool:
        """Says that the entry belongs to the asker's own organisation."""
        return self.thing.organisation == self.context.organisation

    @property
    def family(self) -> Family | None:
        """Returns how the purpose is decided."""
        return family_of(self.context.purpose)


@dataclass(frozen=True, slots=True)
class Trial:
    """An offer on its way through the steps: what restricts it by now, and what was lifted."""

    offer: Offer
    filters: Filters
    lifted: frozenset[str] = frozenset()
    episode: Episode | None = None
    is_reasoned: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Why an offer does not go on. A silent one leaves no trace where others are withheld."""

    reason: Reason
    is_silent: bool = False


def _lift(case: Case, trial: Trial, what: str) -> Trial | None:
    episode = emergency(case.world, case.context, case.about, trial.offer.clause)
    lifts = episode.lifts if episode else frozenset()
    if episode is None or what not in lifts or case.thing.person is None:
        return None
    return replace(trial, lifted=trial.lifted | {what}, episode=episode.episode)


# --- step 3 ---------------------------------------------------------------------------------------


def relationship(case: Case, trial: Trial) -> Trial | Stop:
    """Asks for the tie, the identity, the grant or the mandate that the offer needs."""
    if _is_related(case, trial.offer.clause):
        return trial
    return _lift(case, trial, "relationship") or Stop(Reason.NO_RELATIONSHIP)


def _is_related(case: Case, clause: Clause | None) -> bool:
    if case.thing.person is None or case.context.role is Role.SYSTEM:
        return True
    if clause is None:
        return _is_related_to_own(case)
    if case.family in {Family.PERSON, Family.MANDATE}:
        return _is_named(case)
    is_asked = bool(clause.ties) or case.family is Family.CARE
    return not is_asked or has_tie(case.world.rules, case.context, case.about, clause)


def _is_related_to_own(case: Case) -> bool:
    # A care home finds its residents only. Source: `reference/agreements.md` 6.5.
    is_free = case.family is Family.FINDING and case.context.role is not Role.CH
    return is_free or has_own_tie(case.world.rules, case.context, case.about)


def _is_named(case: Case) -> bool:
    context, person = case.context, case.thing.person
    if context.purpose is Purpose.OWN_REQUEST:
        return context.self_person == person
    if context.purpose is Purpose.FAMILY_REQUEST:
        return person in context.grants
    return bool(mandates_for(context, case.thing))


# --- step 4 ---------------------------------------------------------------------------------------


def choice(case: Case, trial: Trial) -> Trial | Stop:
    """Asks what the person has chosen: dissent, consent, the extent of a grant, a lock."""
    if case.thing.person is None or case.context.role is Role.SYSTEM:
        return trial
    if case.family is Family.PERSON:
        return trial if _is_granted(case) else Stop(Reason.GRANT)
    heard = _dissent(case, trial) if case.family is Family.CARE else trial
    if isinstance(heard, Stop):
        return heard
    return heard if _has_consented(case, trial.offer) else Stop(Reason.CONSENT_NEEDED)


def _is_granted(case: Case) -> bool:
    if case.about.is_locked:
        return False
    if case.context.purpose is Purpose.OWN_REQUEST:
        return True
    return grants(case.world, case.context, case.about, case.thing)


def _dissent(case: Case, trial: Trial) -> Trial | Stop:
    clause = trial.offer.clause
    if clause is None or case.is_own or clause.dissent is not None:
        return trial
    said = denials(case.world, case.context, case.about, case.thing)
    if not said:
        return trial
    lifted = _lift(case, trial, "dissent")
    is_liftable = all(one.is_liftable for one in said)
    return lifted if lifted is not None and is_liftable else Stop(Reason.DISSENT)


def _has_consented(case: Case, offer: Offer) -> bool:
    agreement = offer.agreement
    is_basis = agreement is not None and agreement.confidentiality == "explicit-consent"
    if is_basis and case.family is Family.CARE and not _consents(case, None):
        return False
    asked = [label for label, word in words(case) if word == "K"]
    return all(_consents(case, label) for label in asked)


def _consents(case: Case, label: Label | None) -> bool:
    return consents(case.world, case.context, case.about, case.thing, label)


# --- step 5 ---------------------------------------------------------------------------------------


def labels(case: Case, trial: Trial) -> Trial | Stop:
    """Meets what the labels of the entry say; nobody looks at oneself as staff."""
    if _looks_at_oneself(case):
        return Stop(Reason.LABEL)
    cells = [cell_filters(word) for _label, word in words(case)]
    filters = meet(trial.filters, *cells)
    # A level T never shows what was given in confidence. Source: `reference/agreements.md` 1.4.
    is_confided = Filter.CLEARED in trial.filters and Label.S10 in case.thing.labels
    is_named = Filter.CODED in filters and case.context.action not in _UNNAMED
    if Filter.NEVER in filters or is_confided or is_named:
        return Stop(Reason.LABEL, is_silent=True)
    return replace(trial, filters=filters)


def _looks_at_oneself(case: Case) -> bool:
    person = case.context.self_person
    is_work = case.family is Family.CARE
    return is_work and person is not None and person == case.thing.person


def depth(case: Case, trial: Trial) -> Trial | Stop:
    """Asks whether the entry is current or young enough, and released where it has to be."""
    if not _is_deep_enough(case, trial.filters):
        return Stop(Reason.DEPTH, is_silent=True)
    months = months_of(case, trial)
    if months is None or _is_young(case.thing, months_before(case.context.at, months)):
        return trial
    return Stop(Reason.HORIZON, is_silent=True)


def _is_young(thing: Thing, since: datetime) -> bool:
    """Says that an entry is of a time since then: it began, or it still held, after its beginning.

    What was stopped last week is a week old, however long ago it began.
    """
    return thing.live_until > since or thing.at >= since


def _is_deep_enough(case: Case, filters: Filters) -> bool:
    if Filter.CLEARED in filters and not case.thing.is_cleared:
        return False
    heading = case.thing.heading
    if Filter.CURRENT not in filters or heading in case.world.rules.latest_per_code:
        return True
    after = timedelta(0) if heading in case.world.rules.only_today else _LAST_CHANGE
    return case.thing.live_until > case.context.at - after


def months_of(case: Case, trial: Trial) -> int | None:
    """Returns how many months old what is no longer current may be; None is any age."""
    heading = case.thing.heading
    if case.context.role is Role.SYSTEM or heading is None:
        return None
    asked = _months_asked(case, trial.offer.clause, heading)
    if Filter.CURRENT in trial.filters and heading in case.world.rules.latest_per_code:
        asked = [*asked, _YEAR]
    return min((one for one in asked if one is not None), default=None)


def _months_asked(case: Case, clause: Clause | None, heading: Heading) -> list[int | None]:
    if clause is None:
        return [case.world.rules.own_months.get(case.context.role, 0)]
    return [share_of(clause, heading).months_back, clause.quantity.months_back]


def gate(case: Case, trial: Trial) -> Trial | Stop:
    """Asks for a typed reason where the heading or a label hides the entry behind one."""
    shut = _gates(case, trial.offer)
    opened = {one: opened_by(case.context, case.thing, one) for one in shut}
    left = {one for one, episode in opened.items() if episode is None}
    if not left:
        by = next(iter(opened.values()), None)
        return replace(trial, is_reasoned=bool(shut), episode=trial.episode or by)
    barred = {one for one in left if one is not None} - case.world.rules.gates
    lifted = None if barred else _lift(case, trial, "reason")
    is_silent = any(one in case.world.rules.silent for one in left)
    return lifted or Stop(Reason.GATE, is_silent=is_silent)


def _gates(case: Case, offer: Offer) -> set[Label | None]:
    """The gates before an entry: None is that of its heading."""
    shut: set[Label | None] = {label for label, word in words(case) if word == "R"}
    return shut | ({None} if Filter.GATE in offer.filters else set())


# --- step 7 ---------------------------------------------------------------------------------------


def budget(case: Case, trial: Trial) -> Trial | Stop:
    """Asks what is left of the clause's budget, except in an emergency."""
    is_spent = trial.offer.name in case.context.spent
    clause = trial.offer.clause
    if not is_spent or emergency(case.world, case.context, case.about, clause) is not None:
        return trial
    return Stop(Reason.BUDGET)
