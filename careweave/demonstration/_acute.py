"""What the hospital's systems send of a fact: ADT, ORU, MDM, SIU and RDE messages."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from careweave.demonstration import _hl7
from careweave.demonstration._dose import read_dose
from careweave.demonstration._hl7 import Head, escaped, local_code, segment, stamp
from careweave.demonstration._kinds import is_told
from careweave.demonstration._model import Fact, Holding, Sent, Who
from careweave.demonstration._paper import pdf
from careweave.demonstration._region import Desk
from careweave.demonstration._state import who_at

_BOM = b"\xef\xbb\xbf"
_PERSONAL = frozenset({"contact", "allergy", "none-known"})
_MEASURED = frozenset(
    [
        "result",
        "sign",
        "exam",
        "score",
        "social",
        "cpr",
        "place",
        "ceiling",
        "prognosis",
        "need",
        "pregnancy",
        "capacity",
    ]
)
_APPLICATIONS = {"ADT": "PAS", "ORU": "LIMS", "MDM": "DOCS", "SIU": "CLINIC", "RDE": "PHARM"}
_STATUSES = {"booked": "S12", "cancelled": "S15", "noshow": "S26", "arrived": "S14"}
_BETWEEN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Ward:
    """The hospital's side of one person: which system sends and whom it knows."""

    desk: Desk
    holding: Holding
    others: Callable[[str], str]

    def messages(self) -> Iterator[Sent]:
        """Gives every message of the person, in the order in which they are told."""
        yield self._registered()
        for fact in self.holding.facts:
            for sent in self.told(fact):
                yield sent
                if fact.more.get("twice"):
                    yield replace(sent, at=sent.at + timedelta(minutes=3))

    def told(self, fact: Fact) -> Iterator[Sent]:
        """Gives the messages of one fact."""
        if fact.kind in _VISITS:
            yield from self._visit(fact)
        elif fact.kind in _MEASURED:
            yield self._result(fact)
        elif fact.kind == "medicine":
            yield from self._medicine(fact)
        elif fact.kind == "appointment":
            yield self._appointment(fact)
        elif fact.kind == "document":
            yield self._document(fact)
        elif fact.kind in {"merged", "unmerged"}:
            yield self._merge(fact)
        elif is_told(fact):
            yield self._update(fact)

    @property
    def _authority(self) -> str:
        return self.desk.organisation.key

    def _who(self, fact: Fact) -> Who:
        who = who_at(self.holding, fact)
        under = fact.word("under")
        return replace(who, local=self.others(under) if under else who.local)

    def _registered(self) -> Sent:
        at = self.holding.known_at
        told = Fact("registered", "", at, at - _BETWEEN, 0)
        return self._adt("A28", told, self._around(told, []))

    def _adt(self, event: str, fact: Fact, segments: list[str]) -> Sent:
        who = self._who(fact)
        said: dict[int, str] = {}
        if fact.more.get("us_date") and who.born:
            said = {7: f"{who.born:%m/%d/%Y}"}
        if fact.kind == "revived":
            # An empty field would leave the death as it was.
            said = {29: '""', 30: "N"}
        head = self._head(f"ADT^{event}", fact, event)
        about = [_hl7.evn(event, fact.sent_at, fact.at), _hl7.pid(who, self._authority, said)]
        if who.practice:
            about.append(_hl7.pd1(who.practice))
        return self._sent("ADT", head, [*about, *segments], fact)

    def _around(self, fact: Fact, visit: list[str]) -> list[str]:
        """Returns a visit between the relatives and the allergies, as the standard has them.

        Every message has all whom and what the hospital knows, as a real system's has.
        """
        known = [
            one
            for one in self.holding.facts
            if one.kind in _PERSONAL and one.sent_at <= fact.sent_at and not one.more.get("under")
        ]
        if fact.more.get("under"):
            known = [fact] if fact.kind in _PERSONAL else []
        contacts = [one for one in known if one.kind == "contact"]
        allergies = [one for one in known if one.kind != "contact"]
        return [
            *(_hl7.nk1(number, one) for number, one in enumerate(contacts, 1)),
            *visit,
            *(_hl7.al1(number, one) for number, one in enumerate(allergies, 1)),
        ]

    def _update(self, fact: Fact) -> Sent:
        extra = []
        if fact.kind == "problem":
            extra = [_hl7.dg1(1, fact)]
        if fact.kind == "procedure":
            extra = [_hl7.pr1(1, fact)]
        event = "A08" if fact.kind in {"died", "revived", "update"} else "A31"
        visit = [_hl7.pv1({2: "N"}, self._consultant(fact))]
        return self._adt(event, fact, [*self._around(fact, visit), *extra])

    def _visit(self, fact: Fact) -> Iterator[Sent]:
        for event, at, more in _steps(fact):
            # What happens after the load is told when it happens.
            told_at = max(fact.sent_at + _BETWEEN * (at > fact.at), at + _BETWEEN)
            told = fact.again(at, told_at, **more)
            visit = _hl7.pv1(self._place(told, event), self._consultant(fact))
            reason = segment("PV2", {3: f"^{escaped(fact.display)}"})
            yield self._adt(event, told, self._around(told, [visit, reason]))

    def _place(self, fact: Fact, event: str) -> dict[int, str]:
        fields = {
            2: _VISITS[fact.kind],
            3: escaped(fact.word("ward", "Clinic 2")).replace(" / ", "^"),
            10: escaped(fact.word("service", "300")),
            19: f"V{self.holding.who.local}{fact.number}",
            44: stamp(datetime.fromisoformat(fact.word("since", fact.at.isoformat()))),
        }
        if event == "A03":
            fields[45] = stamp(fact.at)
        return fields

    def _result(self, fact: Fact) -> Sent:
        value, unit = fact.word("value", fact.text), fact.word("unit")
        kind = "NM" if _is_number(value) else "ST"
        filler = f"L{self.holding.who.local}{fact.number}"
        bounds = f"{fact.word('low')}-{fact.word('high')}" if "low" in fact.more else ""
        section = {"sign": "VS", "result": "CH"}.get(fact.kind, "OTH")
        order = {1: "1", 2: f"O{filler}", 3: filler, 4: local_code(fact), 7: stamp(fact.at)}
        # A specimen that two laboratories reported has one time: that of the specimen.
        order |= {22: stamp(fact.at + timedelta(hours=2)), 24: section, 25: "F"}
        seen = {1: "1", 2: kind, 3: local_code(fact), 5: escaped(value), 6: escaped(unit)}
        seen |= {7: bounds, 11: "F", 14: stamp(fact.at)}
        # A nurse's measurement was never ordered.
        ordered = [segment("ORC", {1: "RE", 2: f"O{filler}", 3: filler})]
        if fact.kind != "result":
            del order[2]
            ordered = []
        segments = [
            _hl7.pid(self._who(fact), self._authority),
            *ordered,
            segment("OBR", order),
            segment("OBX", seen),
        ]
        if fact.note:
            segments.append(segment("NTE", {1: "1", 3: escaped(fact.note)}))
        head = self._head("ORU^R01", fact, "R01")
        return self._sent("ORU", head, segments, fact)

    def _medicine(self, fact: Fact) -> Iterator[Sent]:
        yield self._order(fact, "NW", "O11")
        stopped_at = fact.ended_at
        if stopped_at is not None:
            sent_at = max(fact.sent_at, stopped_at) + _BETWEEN
            yield self._order(
                fact.again(stopped_at, sent_at, since=fact.at.isoformat()), "DC", "O1D"
            )

    def _order(self, fact: Fact, control: str, event: str) -> Sent:
        dose = read_dose(fact.word("dose"))
        number = f"RX{self.holding.who.local}{fact.number}"
        started = stamp(datetime.fromisoformat(fact.word("since", fact.at.isoformat())))
        stopped = stamp(fact.at) if control == "DC" else ""
        often = dose.frequency.upper() if dose else ""
        timing = f"^{often}^^{started}^{stopped}"
        encoded = {1: timing, 2: local_code(fact), 7: f"^{escaped(fact.word('dose'))}"}
        if dose:
            encoded |= {3: str(dose.amount), 5: dose.unit}
        order = {1: control, 2: number, 3: number, 5: control, 7: timing, 9: stamp(fact.at)}
        order[5] = "DC" if control == "DC" else "IP"
        segments = [
            _hl7.pid(self._who(fact), self._authority),
            segment("ORC", order),
            segment("RXE", encoded),
            segment("RXR", {1: "PO^Oral"}),
        ]
        # Why an order was stopped is told in words: many pharmacies send nothing else of it.
        said = fact.note or (fact.word("reason") if control == "DC" else "")
        if said:
            segments.insert(3, segment("NTE", {1: "1", 3: escaped(said)}))
        return self._sent("RDE", self._head("RDE^O11", fact, event), segments, fact)

    def _appointment(self, fact: Fact) -> Sent:
        event = _STATUSES.get(fact.word("status", "booked"), "S12")
        number = f"A{self.holding.who.local}{fact.number}"
        made_at, ends_at = fact.at, fact.at + timedelta(minutes=20)
        schedule = {1: number, 2: number, 6: f"^{escaped(fact.display)}", 7: escaped(fact.text)}
        schedule |= {9: "20", 10: "min", 11: f"^^20^{stamp(made_at)}^{stamp(ends_at)}"}
        schedule[25] = {"S15": "Cancelled", "S26": "Noshow"}.get(event, "Booked")
        clinic = escaped(fact.word("ward", "Outpatients 4"))
        place = {1: "1", 3: clinic, 6: stamp(made_at), 9: "20", 10: "min"}
        segments = [
            segment("SCH", schedule),
            _hl7.pid(self._who(fact), self._authority),
            segment("RGS", {1: "1"}),
            segment("AIL", place),
        ]
        # An appointment is told when it is made, not when it happens.
        told = replace(fact, sent_at=self._booked_at(fact))
        head = self._head(f"SIU^{event}", told, event)
        return self._sent("SIU", head, segments, told)

    def _booked_at(self, fact: Fact) -> datetime:
        if fact.more.get("is_late") or fact.sent_at <= self.holding.known_at + timedelta(hours=1):
            return fact.sent_at
        return max(self.holding.known_at + _BETWEEN, fact.at - timedelta(days=21))

    def _document(self, fact: Fact) -> Sent:
        name = " ".join((fact.word("file", fact.text), fact.canary)).strip()
        paper = b64encode(pdf(name, " ".join((fact.text, fact.note)))).decode()
        number = f"D{self.holding.who.local}{fact.number}"
        kind = local_code(fact)
        paper_of = {1: "1", 2: kind, 3: "PDF", 4: stamp(fact.at), 6: stamp(fact.at)}
        paper_of |= {12: number, 16: escaped(f"{name}.pdf"), 17: "AU"}
        held = {1: "1", 2: "ED", 3: kind, 5: f"^application^pdf^Base64^{paper}", 11: "F"}
        segments = [
            _hl7.evn("T02", fact.sent_at, fact.at),
            _hl7.pid(self._who(fact), self._authority),
            _hl7.pv1({2: "N"}, self._consultant(fact)),
            segment("TXA", paper_of),
            segment("OBX", held),
        ]
        return self._sent("MDM", self._head("MDM^T02", fact, "T02"), segments, fact)

    def _merge(self, fact: Fact) -> Sent:
        event = "A40" if fact.kind == "merged" else "A37"
        about = [_hl7.evn(event, fact.sent_at, fact.at), _hl7.pid(self._who(fact), self._authority)]
        other = f"{self.others(fact.text)}^^^{self._authority}^PI"
        if event == "A40":
            about.append(segment("MRG", {1: other}))
        else:
            about += [segment("PID", {1: "2", 3: other})]
        return self._sent("ADT", self._head(f"ADT^{event}", fact, event), about, fact)

    def _consultant(self, fact: Fact) -> str:
        staff = self.desk.organisation.staff
        return staff[fact.number % len(staff)]

    def _head(self, kind: str, fact: Fact, event: str) -> Head:
        control = f"{self.holding.who.local}{fact.number:03d}{event}"
        group = kind.partition("^")[0]
        facility = self.desk.organisation.code
        return Head(_APPLICATIONS[group], facility, kind, control, fact.sent_at)

    def _sent(self, group: str, head: Head, segments: list[str], fact: Fact) -> Sent:
        body = _hl7.message(head, segments)
        source = self.desk.sources.get(group, self.desk.sources["ADT"])
        return Sent(source, fact.sent_at, None, _BOM + body if fact.more.get("bom") else body)


_VISITS = {"stay": "I", "emergency": "E", "visit": "O"}


def _steps(fact: Fact) -> Iterator[tuple[str, datetime, dict[str, str]]]:
    """Gives the events of a visit, as they happened, each with where the patient then was."""
    since = {"since": fact.at.isoformat()}
    yield ("A01" if fact.kind == "stay" else "A04"), fact.at, since
    for moved_at, ward in _moves(fact):
        since = {**since, "ward": ward}
        yield "A02", moved_at, since
    if fact.more.get("cancelled"):
        yield "A11", fact.at + timedelta(hours=1), since
        return
    ended_at = _end(fact)
    if ended_at is not None:
        yield "A03", ended_at, since
        if fact.more.get("discharge_cancelled"):
            yield "A13", ended_at + timedelta(minutes=40), since


def _end(fact: Fact) -> datetime | None:
    if fact.ended_at is not None or fact.kind == "stay":
        return fact.ended_at
    return fact.at + timedelta(hours=4 if fact.kind == "emergency" else 1)


def _moves(fact: Fact) -> Iterator[tuple[datetime, str]]:
    for number, ward in enumerate(fact.words("moves"), 1):
        yield fact.at + timedelta(hours=7 * number), ward


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()
