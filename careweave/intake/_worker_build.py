"""Makes the writes of a batch of messages: entries as they are to be, and where they come from."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from careweave.db import Session
from careweave.formats import Resource, write_json
from careweave.intake._classify import classify
from careweave.intake._contribution import said_in
from careweave.intake._draft import Draft, Drafter
from careweave.intake._facts import Context, Parent, SourceSettings
from careweave.intake._fold import labels_after
from careweave.intake._fold_merge import Value
from careweave.intake._fold_plan import Entry, Plan, Said, has_meta, plan
from careweave.intake._fold_whose import of_one_patient
from careweave.intake._kin import related, stored_parents
from careweave.intake._opening import open_source
from careweave.intake._provenance import patient_of, provenance, provenance_ref
from careweave.intake._references import check_references
from careweave.intake._requests import Interaction, WriteRequest, Writing
from careweave.intake._work import About, Ref, Work
from careweave.intake._worker_read import Read
from careweave.sources import Mapped, Source, Sources, Write
from careweave.terms import (
    Actor,
    CareweaveError,
    Conflict,
    Label,
    Purpose,
    Sight,
    SourceId,
)


@dataclass(frozen=True, slots=True)
class Known:
    """The sources of a region as the record numbers them."""

    sources: Sources
    numbers: Mapping[str, SourceId]
    families: Mapping[tuple[str, str], frozenset[SourceId]]

    def family(self, source: Source) -> frozenset[SourceId]:
        """Returns the sources that share the authority of one: they speak of the same entries."""
        return self.families[_authority(source)]

    def writing(self, source: Source, door: str, request_id: str, at: datetime) -> Writing:
        """Returns who writes what comes from a source: it sees nothing by that."""
        actor = Actor(
            name=source.name,
            organisation=source.organisation,
            source=self.numbers[source.name],
            authority=source.authority or source.organisation,
            purpose=Purpose.PATIENT_ADMINISTRATION,
            scopes=frozenset(),
        )
        return Writing(actor, Sight((), 0), door, request_id, at, self.family(source))


def know(session: Session, sources: Sources) -> Known:
    """Returns the sources with their numbers; those that are new are added."""
    numbers = {
        one.name: open_source(
            session, one.organisation, one.system, one.feed or str(one.transport.kind)
        )
        for one in sources
    }
    families: dict[tuple[str, str], frozenset[SourceId]] = {}
    for one in sources:
        key = _authority(one)
        families[key] = families.get(key, frozenset()) | {numbers[one.name]}
    return Known(sources, numbers, families)


def _authority(source: Source) -> tuple[str, str]:
    return source.organisation, source.authority or source.organisation


def settings_of(source: Source) -> SourceSettings:
    """Returns what classification knows of a source."""
    return SourceSettings(
        organisation_type=source.organisation_type or None,
        service=source.service or None,
        may_tag=source.may_tag,
        default_labels=source.labels,
        ties=source.ties,
        telling=source.telling,
    )


@dataclass(slots=True)
class Built:
    """The writes of a batch, and what is wrong with which entry.

    `unmet` are entries of which nothing is known but that they are to be taken back: what was said
    is kept, for the case that what it takes back comes late.
    """

    said: Said
    plan: Plan
    works: dict[Ref, Work] = field(default_factory=dict)
    unmet: set[Ref] = field(default_factory=set)
    faults: dict[Ref, CareweaveError] = field(default_factory=dict)


def build(
    session: Session, reads: Sequence[Read], known: Known, drafter: Drafter, now: datetime
) -> Built:
    """Returns the writes of these messages, drafted and labelled; nothing is written yet."""
    beside, former = _provenances(session, reads)
    said = Said(
        tuple(each for one in reads for each in one.contributions()),
        tuple(each for one in reads for each in one.lists()),
        frozenset(one.message.id for one in reads if one.may_have_spoken),
        frozenset(beside | former),
    )
    families = [known.family(one.source) for one in reads if one.source is not None]
    planned, faults = of_one_patient(plan(session, said, frozenset().union(*families)))
    built = Built(said, planned, faults=faults)
    maker = _Maker(known, drafter, {one.message.source: one for one in reads}, now)
    for ref, entry in built.plan.entries.items():
        _try(built, ref, lambda entry=entry: maker.entry(entry))  # type: ignore[misc]
    for ref, one in beside.items():
        _try(built, ref, lambda ref=ref, one=one: maker.beside(ref, one, built))  # type: ignore[misc]
    for ref, one in former.items():
        _try(built, ref, lambda ref=ref, one=one: maker.no_more(ref, one, built))  # type: ignore[misc]
    if not built.faults:
        _relate(session, built.works, drafter)
    return built


def _try(built: Built, ref: Ref, make: Callable[[], Work | None]) -> None:
    try:
        work = make()
    except CareweaveError as error:
        if _takes_back(built.plan.entries.get(ref)):
            built.unmet.add(ref)
        else:
            built.faults[ref] = error
    else:
        if work is not None:
            built.works[ref] = work


def _takes_back(entry: Entry | None) -> bool:
    """Says whether all that is known of an entry takes back what nobody has told of."""
    if entry is None or entry.held is not None:
        return False
    said = [step.by.said for step in entry.steps]
    return all(one.write is Write.MERGE and one.forces_status for one in said)


def _provenances(
    session: Session, reads: Sequence[Read]
) -> tuple[dict[Ref, Read], dict[Ref, Read]]:
    """Returns what tells where the messages' entries come from, and what told it before.

    Before a mapping was mended they may have spoken of other patients.
    """
    now: dict[Ref, Read] = {}
    before: dict[Ref, Read] = {}
    again = [one.message.id for one in reads if one.may_have_spoken]
    held = said_in(session, again) if again else {}
    for one in reads:
        if one.source is None:
            raise Conflict
        whose = partial(provenance_ref, session.secret, one.source, one.message)
        now[whose(_told(one.reading.resources))] = one
        former = [each.said for each in held.get(one.message.id, [])]
        before[whose(_told(former))] = one
    return now, {ref: one for ref, one in before.items() if ref not in now}


def _told(said: Iterable[Mapped]) -> Iterable[tuple[Ref, Value]]:
    return (((one.type, one.id), one.value) for one in said)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes works of entries; `reads` has a message of each source of the batch."""

    known: Known
    drafter: Drafter
    reads: Mapping[str, Read]
    now: datetime

    def entry(self, entry: Entry) -> Work | None:
        """Returns the write of an entry; raises where it would not be one, or is not theirs."""
        source, read = self._speaker(entry)
        if entry.held is not None and entry.held.source not in self.known.family(source):
            raise Conflict("This id is in use elsewhere.", where=entry.ref[0], code="duplicate")
        labels, body = self._labels(entry), _body(entry)
        if is_same(entry, labels, body):
            return None
        said_by = entry.steps[-1].by.message if entry.steps else read.message.id
        writing = self.known.writing(source, read.message.channel, str(said_by), self.now)
        draft = None if body is None else self._draft(entry, source, labels, body)
        work = self._work(entry.ref, writing, source, draft)
        work.held = entry.held
        if entry.event_at is not None and entry.received_at is not None:
            work.about = About(entry.event_at, entry.received_at, entry.owner)
        return work

    def beside(self, ref: Ref, one: Read, built: Built) -> Work | None:
        """Returns the write of where the entries of a message come from."""
        if one.source is None:
            return None
        message, held = one.message, built.plan.held.get(ref)
        writing = self.known.writing(one.source, message.channel, str(message.id), self.now)
        targets = one.refs | _patients(built, one.refs)
        draft = None
        if targets:
            said = provenance(one.source, message, targets)
            labels = held.labels if held is not None else frozenset[Label]()
            base = Context(parents=(Parent("said", None, labels),) if labels else ())
            draft = self.drafter.own(said, ref[1], settings_of(one.source), base)
        elif held is None or held.gone:
            return None
        work = self._work(ref, writing, one.source, draft)
        work.held = held
        number = self.known.numbers[one.source.name]
        work.about = About(one.moment.event_at, message.received_at, number)
        return work

    def no_more(self, ref: Ref, one: Read, built: Built) -> Work | None:
        """Returns the end of what told where the entries came from when it was another patient."""
        held = built.plan.held.get(ref)
        if one.source is None or held is None or held.gone:
            return None
        message = one.message
        writing = self.known.writing(one.source, message.channel, str(message.id), self.now)
        work = self._work(ref, writing, one.source, None)
        work.held = held
        return work

    def _speaker(self, entry: Entry) -> tuple[Source, Read]:
        """Returns whose words an entry has now, and a message of theirs."""
        for step in reversed(entry.steps):
            source = self.known.sources.by_name.get(step.by.source_name)
            if source is not None:
                return source, self.reads.get(source.name) or next(iter(self.reads.values()))
        for one in self.reads.values():
            if one.source is not None and entry.owner in self.known.family(one.source):
                return one.source, one
        raise Conflict("An entry is spoken of by nobody that is known.", where=entry.ref[0])

    def _draft(self, entry: Entry, source: Source, labels: frozenset[Label], body: bytes) -> Draft:
        type_name, id_ = entry.ref
        value = {"resourceType": type_name, **(entry.value or {}), "meta": entry.meta}
        said = Resource(type_name, None, value, body, ())
        check_references(said)
        parents = (Parent("said", None, labels),) if labels else ()
        base = Context(parents=parents, mapped=entry.heading)
        return self.drafter.upon(said, id_, settings_of(source), base)

    def _labels(self, entry: Entry) -> frozenset[Label]:
        """Returns the labels that what was said leaves, with those held that nobody took away."""
        own = [self._own(entry, place) for place in range(len(entry.steps))]
        labels, cleared = labels_after(entry.steps, own)
        held = entry.held.labels if entry.held is not None else frozenset()
        return labels | (held - cleared)

    def _own(self, entry: Entry, place: int) -> frozenset[Label]:
        """Returns the labels that the content asks for after a step; the last is drafted anyway."""
        if place == len(entry.steps) - 1:
            return frozenset()
        step = entry.steps[place]
        source = self.known.sources.by_name.get(step.by.source_name)
        settings = settings_of(source) if source is not None else SourceSettings()
        value = {"resourceType": entry.ref[0], **step.value, "meta": step.meta}
        context = Context(mapped=step.by.said.heading)
        return classify(value, settings, context, self.drafter.rules).labels

    @staticmethod
    def _work(ref: Ref, writing: Writing, source: Source, draft: Draft | None) -> Work:
        interaction = Interaction.DELETE if draft is None else Interaction.UPDATE
        resource = None if draft is None else draft.said
        request = WriteRequest(interaction, ref[0], id=ref[1], resource=resource)
        return Work(request, writing, ref[1], draft, settings_of(source))


def _body(entry: Entry) -> bytes | None:
    if entry.value is None:
        return None
    return write_json({"resourceType": entry.ref[0], **entry.value})


def is_same(entry: Entry, labels: frozenset[Label], body: bytes | None) -> bool:
    """Says whether an entry is held just so: most of what a message repeats is."""
    held = entry.held
    if held is None or held.gone or entry.value is None or entry.owner != held.source:
        return False
    if labels != held.labels or entry.heading not in (None, held.heading):
        return False
    return body == held.body and has_meta(held, entry.meta) and _has_patient(entry)


def _has_patient(entry: Entry) -> bool:
    return entry.value is not None and patient_of(entry.ref, entry.value) is not None


def _patients(built: Built, refs: Iterable[Ref]) -> set[Ref]:
    """Returns the patients that these entries are about."""
    found = set()
    for ref in refs:
        work, entry = built.works.get(ref), built.plan.entries.get(ref)
        patient = None
        if work is not None and work.draft is not None and work.draft.prepared.primary:
            patient = work.draft.prepared.patients[0]
        elif work is None and entry is not None and entry.value is not None:
            patient = patient_of(ref, entry.value)
        if patient is not None and " " not in patient:
            found.add(("Patient", patient))
    return found


def _relate(session: Session, works: Mapping[Ref, Work], drafter: Drafter) -> None:
    """Lets entries of one authority, stored and new, have their say on each other."""
    groups: dict[str, dict[Ref, Draft]] = {}
    for ref, work in works.items():
        if work.draft is not None:
            groups.setdefault(work.writing.actor.authority, {})[ref] = work.draft
    for drafts in groups.values():
        sources = frozenset().union(*(works[ref].writing.sources for ref in drafts))
        stored = stored_parents(session, drafts.values(), sources, drafts)
        after = related(drafts, stored, drafter, lambda ref: works[ref].source)
        for ref, draft in after.items():
            works[ref].redraft(draft)
