"""Who is asked for: persons ranked by the same decision as resolve, and nothing changed by it.

Source: reference/identity.md section 16.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from careweave.db import Session
from careweave.identity._board import Board
from careweave.identity._coming import trusted
from careweave.identity._conflicts import Judging, Veto
from careweave.identity._decide import Case, case, certain, is_proven, wrong_numbers
from careweave.identity._demographics import Demographics
from careweave.identity._explaining import explanation
from careweave.identity._force import model_in_force
from careweave.identity._held import People, people
from careweave.identity._incoming import NumberTrust
from careweave.identity._keys import keys
from careweave.identity._limits import Limits, limits
from careweave.identity._lookup import choose, look_up
from careweave.identity._member import Group, Member
from careweave.identity._model import Model
from careweave.identity._normalise import n_usable, normalise
from careweave.identity._outcome import Grade, Ranked
from careweave.identity._region_rules import rules_in_force
from careweave.identity._weigh import Weighed, lead_of
from careweave.terms import SubjectId

Gate = Callable[[Collection[SubjectId]], frozenset[SubjectId]]
"""Lets through those of these subjects that the asker may know of."""

_NOBODY = SubjectId(0)


def everybody(subjects: Collection[SubjectId]) -> frozenset[SubjectId]:
    """Returns all of them: for those who decide on links, and see nothing else by it."""
    return frozenset(subjects)


def find(
    session: Session,
    asked: Demographics,
    *,
    at: datetime,
    among: Gate = everybody,
    trust: NumberTrust = NumberTrust.STATED,
) -> tuple[Ranked, ...]:
    """Returns the persons that what is asked may be about, the most likely first.

    `among` is asked once, always, with all candidates and the other members of their persons; who
    it does not let through is not compared, counted or told. `trust` says whether a number in the
    question counts as stated by one who checked it. Nothing is written. As many statements for a
    stranger as for anybody.
    """
    model, known = model_in_force(session), limits()
    # Who asks for a family name alone knows no other: it is not somebody of one name only.
    rules = replace(rules_in_force(session), has_single_names=False)
    norm = trusted(normalise(asked, rules, today=at.date()), trust)
    is_little = n_usable(norm) < known.usable_fields
    record = Member(_NOBODY, "", "", norm, at, is_provisional=is_little)
    found = _case(session, record, model, known, among)
    return tuple(_ranked(found))


def _case(session: Session, record: Member, model: Model, known: Limits, among: Gate) -> Case:
    wanted = keys(record.norm)
    (hits,), _ = look_up(session, [wanted], known, at=record.seen_at)
    chosen = choose(wanted, hits, -model.prior, known)
    told = people(session, chosen.subjects)
    seen = among([one.subject for group in told.groups for one in group.members])
    board = Board(_only(told, seen))
    judging = Judging(known, model.frequencies.get("given", {}), board.barriers)
    groups = board.groups([one for one in chosen.subjects if one in seen], None)
    blocking = replace(chosen.blocking, n_candidates=len(groups))
    return case(record, groups, model, judging, blocking)


def _only(told: People, seen: Collection[SubjectId]) -> People:
    groups = (replace(group, members=_told_of(group, seen)) for group in told.groups)
    return People(tuple(group for group in groups if group.members), told.barriers)


def _told_of(group: Group, seen: Collection[SubjectId]) -> tuple[Member, ...]:
    """Returns the records as askers may learn of them: where a restricted person is weighs nothing.

    Else a guess at the address would be answered by the grade. Restricted is who is so by any
    record, seen or not. Source: reference/agreements.md 6.5, S12: a search never matches on it.
    """
    told = tuple(one for one in group.members if one.subject in seen)
    if not any(one.norm.is_restricted for one in group.members):
        return told
    return tuple(_without_place(one) for one in told)


def _without_place(one: Member) -> Member:
    norm = replace(one.norm, homes=(), phones=(), emails=(), practice="")
    return replace(one, norm=norm)


def _ranked(asked: Case) -> list[Ranked]:
    """Returns who is shown: near enough, or proven, and not certainly somebody else."""
    sure = _certain(asked)
    least = asked.model.thresholds.show
    shown = [
        one
        for one in asked.ranked
        if _NEVER.isdisjoint(one.vetoes) and (one.weight >= least or one in sure)
    ]
    shown.sort(key=lambda one: one not in sure)
    return [_told(asked, one, is_sure=one in sure) for one in shown]


_NEVER = frozenset({Veto.NUMBER, Veto.BIRTH, Veto.GENERATION, Veto.NOT_SAME, Veto.SEALED})
"""With one of these it is certainly somebody else; the other vetoes only ask for a human."""


def _certain(asked: Case) -> tuple[Weighed, ...]:
    """Returns who a record that says the same would be linked to; several hold one number."""
    proven = tuple(one for one in asked.ranked if is_proven(asked, one))
    if proven or wrong_numbers(asked):
        return proven
    chosen = certain(asked)
    return () if chosen is None else (chosen,)


def _told(asked: Case, one: Weighed, *, is_sure: bool) -> Ranked:
    probable = one.weight >= asked.model.thresholds.review
    return Ranked(
        person=one.group.person,
        subjects=tuple(member.subject for member in one.group.members),
        best=one.best.subject,
        weight=one.weight,
        lead=lead_of(one, asked.ranked, asked.model),
        probability=one.scored.probability,
        grade=Grade.CERTAIN if is_sure else Grade.PROBABLE if probable else Grade.POSSIBLE,
        explanation=explanation(asked.record, one, asked.ranked, asked.model, asked.blocking),
    )
