"""Two organisations and one person: entries of the one that the other may see under conditions."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from careweave.record import (
    Link,
    as_of,
    entries_of,
    history,
    kinds,
    link,
    located,
    outline,
    read,
    search,
    timeline,
)
from careweave.record._nodes import Search
from careweave.record._prepared import TieProof
from careweave.terms import EVERY_LABEL, Branch, PersonId, Purpose, Sight, Tie, TieTest
from tests.record.finding import of
from tests.record.lib import ALL, START, Desk, minutes, sql

AT = START + timedelta(days=300)
PERSON = PersonId(UUID(int=7))
DAY = timedelta(days=1)
CASELOAD = (TieTest(Tie.CASELOAD),)


class Two:
    """A practice that keeps p1, a ward that asks and keeps the same person as q1."""

    def __init__(self, session) -> None:
        self.session = session
        self.gp = Desk(session, "gp", "p1")
        self.ward = Desk(session, "ward", "q1")
        self.links = 0
        self.linked()

    def linked(self, person: PersonId | None = PERSON, *, frozen: bool = False) -> None:
        """Puts the practice's patient to a person."""
        self.links += 1
        link(
            self.session,
            [
                Link(self.gp.subject, person, self.links, START, is_frozen=frozen),
                Link(self.ward.subject, PERSON, 1, START),
            ],
            at=START,
        )

    def ties(self, *proofs: TieProof, id_: str = "v1") -> None:
        """Writes an encounter of the ward that proves ties."""
        self.ward.create(id_, type="Encounter", ties=proofs)

    def branch(self, **more: object) -> Branch:
        """A branch to the practice's entries."""
        plain = Branch(frozenset({self.gp.source}), ALL - {None}, EVERY_LABEL, clause="a@1/c")
        return replace(plain, **more)

    def sight(self, *branches: Branch, **more: object) -> Sight:
        """The sight of the ward."""
        plain = Sight(branches, 1, AT, frozenset({"ward"}), "nurse", Purpose.DIRECT_CARE)
        return replace(plain, **more)

    def sees(self, *branches: Branch, type_: str = "Observation", **more: object) -> set[str]:
        """Which of the practice's entries the ward sees: every way says the same."""
        sight = self.sight(*branches, **more)
        found = {
            row.id
            for row in timeline(self.session, [self.gp.subject], sight=sight, count=500).rows
            if row.type == type_
        }
        for name, ids in ways(self, sight, type_).items():
            assert ids == found, (name, ids, found)
        return found


def proof(
    kind: str = "caseload",
    org: str | None = "ward",
    since: datetime | None = START,
    until: datetime | None = None,
) -> TieProof:
    """A tie with an organisation."""
    return TieProof(kind, org, "", since, until)


def ways(two: Two, sight: Sight, type_: str) -> dict[str, set[str]]:
    """What each way out gives of the practice's entries of a type."""
    session, subject = two.session, [two.gp.subject]
    held = {
        row[0]
        for row in sql(session, "SELECT id, rt, source FROM record.resource")
        if row[2] == two.gp.source
    }
    asked = Search(type_, count=500)
    by_patient = Search(type_, (of("p1"),), count=500)

    def found(question):
        return search(session, question, sight=sight, caller="a", now=AT)

    def number(question):
        return found(replace(question, count=0)).total

    rows = {
        "type": found(asked).rows,
        "patient": found(by_patient).rows,
        "entries_of": entries_of(session, subject, sight=sight, count=500).rows,
        "located": located(session, [(type_, id_) for id_ in held], sight=sight),
        "history": history(session, type_, None, sight=sight, count=500).rows,
        "type as of": history(session, type_, None, sight=sight, at=AT, count=500).rows,
        "as of": as_of(session, subject, AT, sight=sight),
        "outline": outline(session, subject, sight=sight),
    }
    made = {name: {row.id for row in some if row.type == type_} for name, some in rows.items()}
    made["read"] = {id_ for id_ in held if read(session, type_, id_, sight=sight)}
    made["vread"] = {id_ for id_ in held if read(session, type_, id_, sight=sight, version=1)}
    made["versions"] = {id_ for id_ in held if history(session, type_, id_, sight=sight).rows}
    assert number(asked) == len(made["type"])
    assert number(by_patient) == len(made["patient"])
    assert bool(kinds(session, subject, sight=sight)) == bool(
        [row for row in rows["entries_of"] if row.source == two.gp.source]
    )
    return made


def later(days: float) -> datetime:
    """So many days after the question."""
    return AT + timedelta(days=days)


__all__ = ["AT", "CASELOAD", "DAY", "PERSON", "Two", "later", "minutes", "proof", "ways"]
