"""Where one record of a batch goes: what is decided becomes a group to be written.

Source: reference/identity.md section 6.
"""

from collections.abc import Sequence
from dataclasses import replace

from careweave.identity._acts import seal
from careweave.identity._by import By, Ground, Method
from careweave.identity._coming import Ready, member
from careweave.identity._conflicts import have_two_numbers
from careweave.identity._decide import Case, Decided, case, decide, is_doubted
from careweave.identity._desk import MACHINE, Desk, Ruled
from careweave.identity._evidence import basis
from careweave.identity._explaining import Blocking, explanation
from careweave.identity._journal import Forward, Group, Ruling, StateChange, Wall
from careweave.identity._kept import Fate, Kept, Standing, Versions, keep
from careweave.identity._lookup import Hits, choose
from careweave.identity._member import Member, pair
from careweave.identity._splitting import unlink
from careweave.identity._storing import Stored
from careweave.terms import PersonId, SubjectId


def place(desk: Desk, ready: Ready, hits: Hits) -> None:
    """Decides on one record as the batch stands, and leaves the decision on the desk."""
    subject = ready.incoming.subject
    if desk.board.person_of(subject) is None:
        if ready.is_sealed:
            _place_sealed(desk, ready)
        else:
            _place_new(desk, ready, hits)
        return
    state = desk.board.member(subject).state
    if ready.is_sealed or state == "sealed":
        _keep_sealed(desk, ready, state)
    elif state == "frozen":
        _keep_frozen(desk, ready)
    elif ready.is_retired:
        _keep_retired(desk, ready)
    else:
        _keep(desk, ready, hits)


def _place_sealed(desk: Desk, ready: Ready) -> None:
    """Gives a sealed record a person of its own, unseen and never compared."""
    one = replace(member(ready, ready.whole), state="sealed")
    person = desk.means.new_person()
    ruling = Ruling(
        one.subject,
        one.version,
        person,
        "LINK",
        "new_person",
        "A new person, kept apart for ever.",
        "provisional",
    )
    group = _group(desk, ready, "seal", persons=(person,), rulings=(ruling,))
    group = replace(group, states=(_state(ready, "sealed"),))
    desk.board.put(one, person)
    desk.take(
        Stored(ready, ready.whole, has_new_keys=True),
        Ruled(ready, one, "sealed", "new_person", "provisional", group),
    )


def _place_new(desk: Desk, ready: Ready, hits: Hits) -> None:
    """Links a record that belongs to nobody, or makes a person of it."""
    asked = _case(desk, ready, hits)
    decided = decide(asked)
    one, is_new = asked.record, decided.person is None
    person = _person(desk, decided)
    group = replace(
        _group(desk, ready, "resolve", persons=(person,) if is_new else ()),
        rulings=(_ruling(one, person, decided, desk.means.model.name),),
        walls=_walls(one, decided.walls),
        states=_revived(ready),
    )
    desk.board.put(replace(one, is_doubted=is_doubted(decided.doubts)), person)
    desk.take(
        Stored(ready, ready.whole, has_new_keys=True, is_incomplete=decided.is_incomplete),
        Ruled(
            ready,
            one,
            "new" if is_new else "linked",
            decided.method,
            decided.confidence,
            group,
            decided.doubts,
        ),
    )
    if decided.joins:
        desk.join(ready, [joined.person for joined in decided.joins])


def _keep_sealed(desk: Desk, ready: Ready, state: str) -> None:
    """Keeps what came of a sealed record; seals one that its source now calls so."""
    subject = ready.incoming.subject
    if state != "sealed":
        desk.write()
        acted = seal(desk.session, (subject,), by=_by_source(ready), means=desk.means)
        desk.follow(subject, acted)
    one = replace(desk.board.member(subject), norm=ready.whole, state="sealed")
    _renew(desk, one)
    desk.take(Stored(ready, ready.whole, has_new_keys=True), _kept(ready, one, "sealed"))


def _keep_frozen(desk: Desk, ready: Ready) -> None:
    """Keeps what came of a frozen record, and compares nobody with it until a human has looked."""
    one = desk.board.member(ready.incoming.subject)
    desk.take(Stored(ready, one.norm, has_new_keys=False), _kept(ready, one, "frozen"))


def _keep_retired(desk: Desk, ready: Ready) -> None:
    """Keeps what came under an id that its source had merged into another, and notes it."""
    one = replace(member(ready, ready.whole), state="retired")
    _renew(desk, one)
    group = _group(desk, ready, "retired_id_used")
    group = replace(group, remarks={"subject": one.subject, "source": ready.incoming.source})
    desk.take(
        Stored(ready, ready.whole, has_new_keys=True), replace(_kept(ready, one), group=group)
    )


def _keep(desk: Desk, ready: Ready, hits: Hits) -> None:
    """Holds a new version against the person that its record belongs to."""
    asked = _case(desk, ready, hits)
    subject, one = asked.record.subject, asked.record
    before = desk.board.member(subject)
    versions = Versions(member(ready, ready.coming.norm), before)
    kept = keep(asked, desk.board.others(subject), versions, _standing(ready))
    if kept.fate is Fate.FREEZE:
        _freeze(desk, ready, kept, before)
        return
    if kept.moved is not None:
        _move(desk, ready, one, kept.moved)
        return
    _renew(desk, one)
    group = _kept_group(desk, ready, asked, kept)
    desk.take(
        Stored(ready, ready.whole, has_new_keys=True),
        replace(_kept(ready, one), group=group, doubts=kept.doubts),
    )
    if kept.fate is Fate.LEAVE:
        desk.write()
        by = By(MACHINE, ready.incoming.at, cause=ready.incoming.cause, method=_METHOD)
        desk.follow(subject, unlink(desk.session, subject, by=by, means=desk.means))
    elif kept.joins:
        desk.join(ready, [joined.person for joined in kept.joins])


_METHOD = Method.VERIFIED_NUMBER


def _standing(ready: Ready) -> Standing:
    held = ready.held
    return (
        Standing("", is_single=False) if held is None else Standing(held.confidence, held.is_single)
    )


def _move(desk: Desk, ready: Ready, one: Member, decided: Decided) -> None:
    """Links a record that was a person of its own until more was told; its old id answers on."""
    old, person = desk.board.whose(one.subject), _person(desk, decided)
    ruling = _ruling(one, person, decided, desk.means.model.name)
    group = replace(
        _group(desk, ready, "resolve"),
        rulings=(replace(ruling, supersedes=one.decision or None),),
        forwards=(Forward(old, person),),
        walls=_walls(one, decided.walls),
    )
    desk.board.put(one, person)
    desk.take(
        Stored(ready, ready.whole, has_new_keys=True),
        Ruled(
            ready,
            one,
            "linked",
            decided.method,
            decided.confidence,
            group,
            decided.doubts,
        ),
    )
    if decided.joins:
        desk.join(ready, [joined.person for joined in decided.joins])


def _freeze(desk: Desk, ready: Ready, kept: Kept, before: Member) -> None:
    """Leaves the record where it is, with what was known before, and shares nothing new of it."""
    frozen = replace(before, state="frozen")
    _renew(desk, frozen)
    group = replace(_group(desk, ready, "freeze"), states=(_state(ready, "frozen"),))
    desk.take(
        Stored(ready, before.norm, has_new_keys=False),
        replace(_kept(ready, frozen, "frozen"), group=group, doubts=kept.doubts),
    )


def _kept_group(desk: Desk, ready: Ready, asked: Case, kept: Kept) -> Group | None:
    """Returns what is written of a record that stays; None when nothing but its version is new."""
    ended = _ended_walls(desk, ready, asked.record)
    if kept.fate is Fate.CONFIRM:
        group = _group(desk, ready, "confirm", rulings=(_confirmed(desk, ready, asked, kept),))
    elif kept.doubts or ended:
        group = _group(desk, ready, "review")
    else:
        return None
    return replace(group, walls=_walls(asked.record, kept.walls), ended_walls=ended)


def _confirmed(desk: Desk, ready: Ready, asked: Case, kept: Kept) -> Ruling:
    """Returns the link to the person it belongs to already, now by a verified number."""
    told = explanation(asked.record, kept.own, asked.ranked, asked.model, asked.blocking)
    return Ruling(
        asked.record.subject,
        ready.version,
        desk.board.whose(asked.record.subject),
        "LINK",
        "verified_number",
        "The same verified number, confirmed by the birth date.",
        "verified",
        asked.model.name,
        None if kept.own is None else kept.own.weight,
        None,
        told,
        asked.record.decision or None,
    )


def _case(desk: Desk, ready: Ready, hits: Hits) -> Case:
    """Returns the record with its candidates, those of the batch among them, weighed."""
    model, limits = desk.means.model, desk.means.limits
    record = member(ready, ready.whole)
    subject = record.subject
    if not ready.keys:
        return case(record, (), model, desk.judging, Blocking())
    desk.board.add_hits(hits, [one.key for one in ready.keys])
    hits.shared.pop(subject, None)
    found = choose(ready.keys, hits, -model.prior, limits)
    groups = desk.board.groups(found.subjects, desk.board.person_of(subject))
    return case(record, groups, model, desk.judging, found.blocking)


def _person(desk: Desk, decided: Decided) -> PersonId:
    return desk.means.new_person() if decided.person is None else decided.person.person


def _ruling(one: Member, person: PersonId, decided: Decided, model: str) -> Ruling:
    return Ruling(
        one.subject,
        one.version,
        person,
        "LINK",
        decided.method,
        decided.reason,
        decided.confidence,
        model,
        decided.weight,
        decided.lead,
        decided.explanation,
    )


def _group(
    desk: Desk,
    ready: Ready,
    kind: str,
    *,
    persons: tuple[PersonId, ...] = (),
    rulings: tuple[Ruling, ...] = (),
) -> Group:
    came = ready.incoming
    return Group(
        kind,
        MACHINE,
        came.cause,
        desk.group_id(),
        came.at,
        persons=persons,
        rulings=rulings,
    )


def _kept(ready: Ready, one: Member, verdict: str = "kept") -> Ruled:
    held = ready.held
    method, confidence = ("", "") if held is None else (held.method, held.confidence)
    return Ruled(ready, one, verdict, method, confidence)


def _renew(desk: Desk, one: Member) -> None:
    desk.board.put(one, desk.board.whose(one.subject))


def _state(ready: Ready, after: str) -> StateChange:
    before = "live" if ready.held is None else ready.held.state
    replaced = None if ready.held is None else ready.held.replaced_by
    return StateChange(ready.incoming.subject, before, after, replaced, replaced)


def _revived(ready: Ready) -> tuple[StateChange, ...]:
    """Returns that a record whose source had given it up is back."""
    is_back = ready.held is not None and ready.held.state == "retired"
    return (_state(ready, "live"),) if is_back else ()


def _walls(one: Member, others: Sequence[Member]) -> tuple[Wall, ...]:
    walls: list[Wall] = []
    for other in others:
        left, right = pair(one.subject, other.subject)
        walls.append(Wall(left, right, "number_conflict", basis(one.norm, other.norm)))
    return tuple(walls)


def _ended_walls(desk: Desk, ready: Ready, one: Member) -> tuple[Wall, ...]:
    """Returns the barriers that end because the verified numbers do not differ any more."""
    walls: list[Wall] = []
    for other in ready.held.walls if ready.held is not None else ():
        if desk.board.person_of(other) is None:
            continue
        if not have_two_numbers(one.norm, desk.board.member(other).norm):
            left, right = pair(one.subject, SubjectId(other))
            walls.append(Wall(left, right, "number_conflict"))
    return tuple(walls)


def _by_source(ready: Ready) -> By:
    came = ready.incoming
    return By(came.source, came.at, Ground.LEGAL, came.cause, method=Method.SOURCE_MERGE)
