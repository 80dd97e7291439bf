"""The pages over Northmere of day 10: no word leaves that deciding does not permit, whatever is asked.

Every sensitive entry of the named people holds a word of its own (`reference/people.md` 8): all that
a page, a list, an earlier day or a page shown again consists of is searched for these words.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from careweave.agreements import Context
from careweave.db import Database
from careweave.db._link import Link
from careweave.disclosure import (
    Asking,
    FeedState,
    ListKind,
    Mark,
    OfflineLook,
    Outlet,
    Said,
    Wanted,
    as_shown,
    disclose,
    end_all_episodes,
    live_questions,
    my_accesses,
    note_opened,
    open_episode,
    people_of,
    region_files,
    world,
)
from careweave.disclosure._entitled import Because
from careweave.ledger import Period, Recorder
from careweave.record._ties import number_of_kind
from careweave.terms import (
    Action,
    Actor,
    Forbidden,
    Heading,
    NotFound,
    PersonId,
    Purpose,
    Role,
    SourceId,
    Tie,
)
from tests.lib.day10 import DAY_10, Day10, agree
from tests.lib.foresight import CANARY, Foresight

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

A_DAY = timedelta(days=1)
WHOLE = Wanted(newest=dict.fromkeys(Heading, 5))


@dataclass(frozen=True)
class Staff:
    """As what and where somebody works, and the tie that brings them to people."""

    role: Role
    organisation: str
    tie: Tie
    setting: str = ""
    team: str = ""
    purpose: Purpose = Purpose.DIRECT_CARE


STAFF = (
    Staff(Role.ED, "nm-acute", Tie.ENCOUNTER),
    Staff(Role.GP, "nm-ashgrove", Tie.REGISTRATION),
    Staff(Role.CN, "nm-community", Tie.CASELOAD),
    Staff(Role.HC, "nm-acute", Tie.ENCOUNTER, team="sexual-health"),
    Staff(Role.SW, "nm-council", Tie.LA_EPISODE, purpose=Purpose.COORDINATION),
    Staff(Role.MH, "nm-mental-health", Tie.CASELOAD),
    Staff(Role.PA, "nm-ambulance", Tie.INCIDENT, purpose=Purpose.EMERGENCY),
    Staff(Role.CH, "nm-larchwood", Tie.RESIDENCE),
    Staff(Role.PH, "nm-beck-pharmacy", Tie.PHARMACY),
)


@dataclass
class Region:
    """A copy of the region in which each reader has a tie with each person."""

    database: Database
    day10: Day10
    foresight: Foresight

    @property
    def way(self) -> Outlet:
        return Outlet(self.database, Recorder(self.database))

    def asking(self, staff: Staff, user: str = "u", at: datetime = DAY_10) -> Asking:
        actor = Actor(
            name="workspace-demo/test",
            organisation=staff.organisation,
            source=SourceId(0),
            authority=staff.organisation,
            purpose=staff.purpose,
            scopes=frozenset(),
            role=staff.role,
            setting=staff.setting,
            team=staff.team,
            user=f"{user}-{staff.role}",
        )
        return Asking(actor, staff.purpose, "workspace", str(uuid.uuid4()), at)

    def permitted(self, staff: Staff, action: Action) -> frozenset[str]:
        asked = Context(
            staff.organisation,
            staff.role,
            staff.purpose,
            action,
            DAY_10,
            user=f"u-{staff.role}",
            setting=staff.setting,
            team=staff.team,
        )
        return self.foresight.permitted(asked)[action]

    def rows(self, query: str, *values: object) -> list[tuple]:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            found = connection.execute(query.encode(), values)
            return found.fetchall() if found.description else []

    def tie(self, person: PersonId, staff: Staff) -> None:
        self.rows(
            "INSERT INTO record.org (slug) VALUES (%s) ON CONFLICT DO NOTHING", staff.organisation
        )
        self.rows(
            "INSERT INTO record.tie (subject, org, kind, since, from_subject, from_rid)"
            " SELECT p.subject, o.org, %s, %s, p.subject, -1 FROM record.subject_person AS p,"
            " record.org AS o WHERE p.person = %s AND o.slug = %s ON CONFLICT DO NOTHING",
            *(number_of_kind(staff.tie), DAY_10 - A_DAY, person, staff.organisation),
        )

    def accounts(self, asking: Asking) -> list[dict]:
        return [
            row[0]
            for row in self.rows(
                "SELECT to_jsonb(a) FROM ledger.account AS a WHERE request_id = %s ORDER BY id",
                asking.request_id,
            )
        ]


@pytest.fixture(scope="module")
def region(northmere10: Day10) -> Iterator[Region]:
    with northmere10.copied() as database:
        agree(database)
        made = Region(database, northmere10, None)  # type: ignore[arg-type]
        people = {person for known in northmere10.persons.values() for person in known}
        for staff in STAFF:
            for person in people:
                made.tie(PersonId(person), staff)
        made.rows("UPDATE record.dictionary SET version = version + 1")
        with database.reading() as session:
            made.foresight = Foresight(database, world(session, DAY_10))
        yield made


def words_in(value: object) -> set[str]:
    """The sensitive words anywhere in a value."""
    return set(CANARY.findall(repr(value)))


@pytest.fixture(scope="module")
def somebody(region: Region) -> PersonId:
    return region.day10.person("edna-hartley")


@pytest.mark.parametrize("staff", STAFF, ids=lambda one: one.role.value)
def test_no_word_of_a_page_is_one_that_may_not_be_seen(region: Region, staff: Staff) -> None:
    permitted = region.permitted(staff, Action.OPEN)
    people = {one.thing.person for one in region.foresight.kept if one.canaries}
    met: set[str] = set()
    for n, person in enumerate(sorted(people - {None}, key=str)):
        # A user opens no more people in an hour than a clause lets.
        asking = region.asking(staff, f"u{n // 20}")
        page = disclose(region.way, asking, PersonId(person), Wanted(count=5000))
        assert words_in(page) <= permitted
        met |= words_in(page)
        assert {line.slug for its in page.feeds.values() for line in its} <= {
            one.slug for one in page.organisations.values()
        }
    assert met or staff.role in {Role.PA, Role.CH, Role.PH, Role.SW}


@pytest.mark.parametrize("staff", STAFF, ids=lambda one: one.role.value)
def test_no_word_of_a_list_or_an_earlier_day_is_one_that_may_not_be_seen(
    region: Region, staff: Staff
) -> None:
    permitted = region.permitted(staff, Action.LIST)
    for kind in ListKind:
        assert (
            words_in(people_of(region.way, region.asking(staff, "l"), kind, count=200)) <= permitted
        )
    opened = region.permitted(staff, Action.OPEN)
    then = Wanted(count=5000, as_of=DAY_10 - 3 * A_DAY)
    for key in ("edna-hartley", "dilwyn-prys-morgan", "kayleigh-marsh"):
        page = disclose(region.way, region.asking(staff, "t"), region.day10.person(key), then)
        assert words_in(page) <= opened
        assert page.as_of == then.as_of
        assert not page.feeds
        assert all(row.updated <= then.as_of for its in page.rows.values() for row in its)


def test_a_page_takes_as_many_statements_for_five_thousand_entries_as_for_a_few(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    plain = Link.ask
    monkeypatch.setattr(
        Link, "ask", lambda self, sent: asked.append(len(sent)) or plain(self, sent)
    )
    staff = STAFF[1]
    counts = []
    for key in ("mohammed-al-haddad", "edna-hartley"):
        person = region.day10.person(key)
        for n in range(2):
            asked.clear()
            page = disclose(region.way, region.asking(staff, f"{key}{n}"), person, WHOLE)
        counts.append((len(page.lines), sum(asked)))
    assert counts[0][0] > 4000
    # One more or less: professionals who are named by way of a role are looked up in a second step.
    assert abs(counts[0][1] - counts[1][1]) <= 2
    assert counts[0][1] <= 26


def test_medicines_allergies_and_who_it_is_are_never_cut(
    region: Region, somebody: PersonId
) -> None:
    few = Wanted(count=1, newest=dict.fromkeys(Heading, 1))
    page = disclose(region.way, region.asking(STAFF[1], "cut"), somebody, few)
    for heading in (Heading.ALG, Heading.MED, Heading.DEM):
        lines = [line for line in page.lines if line.heading is heading]
        assert len(page.rows[heading]) == len(lines) > 0
    assert page.portrait is not None
    assert not page.is_whole


def test_a_page_tells_when_its_reader_last_looked(region: Region, somebody: PersonId) -> None:
    first = region.asking(STAFF[1], "again")
    assert disclose(region.way, first, somebody, WHOLE).last_looked_at is None
    later = region.asking(STAFF[1], "again", DAY_10 + timedelta(hours=1))
    assert disclose(region.way, later, somebody, WHOLE).last_looked_at == DAY_10
    other = region.asking(STAFF[1], "another", DAY_10 + timedelta(hours=1))
    assert disclose(region.way, other, somebody, WHOLE).last_looked_at is None


def test_a_silent_feed_makes_stale_what_it_sends_and_an_unanswered_question_not_checked(
    region: Region, somebody: PersonId
) -> None:
    late = region.asking(STAFF[1], "late", DAY_10 + timedelta(days=40))
    region.rows("UPDATE sources.feed_status SET rhythm = '1 day' WHERE source = 'nm-ashgrove-gp'")
    page = disclose(region.way, late, somebody, WHOLE)
    lines = {line.slug: line for line in page.feeds[Heading.ALG]}
    assert lines["nm-ashgrove"].state is FeedState.STALE
    assert lines["nm-ashgrove"].last_good_at is not None
    subject = region.rows(
        "SELECT min(subject) FROM record.subject_person WHERE person = %s", somebody
    )
    region.rows(
        "INSERT INTO sources.live_check (source, subject, heading, asked_at, outcome)"
        " VALUES ('nm-ashgrove-gp', %s, 'ALG', %s, 'silent')",
        *(subject[0][0], late.at - timedelta(seconds=5)),
    )
    page = disclose(region.way, replace(late, request_id="x"), somebody, WHOLE)
    lines = {line.slug: line for line in page.feeds[Heading.ALG]}
    assert lines["nm-ashgrove"].state is FeedState.NOT_CHECKED
    assert {one.state for one in page.feeds[Heading.EOL]} != {FeedState.NOT_CHECKED}
    region.rows("DELETE FROM sources.live_check")


def test_nothing_of_a_person_is_told_without_a_relationship(region: Region) -> None:
    stranger = replace(region.asking(STAFF[1]), at=DAY_10 - timedelta(days=400))
    page = disclose(region.way, stranger, region.day10.person("kayleigh-marsh"), Wanted())
    assert (page.rows, page.lines, page.feeds, page.marks) == ({}, (), {}, frozenset())
    assert (page.portrait, page.authors, page.beside, page.organisations) == (None, {}, {}, {})
    questions = live_questions(region.way, stranger, page.person, Heading)
    assert (questions.subjects, questions.headings) == ((), frozenset())


def test_live_sources_are_asked_for_what_may_be_shown_alone(
    region: Region, somebody: PersonId
) -> None:
    asked = live_questions(
        region.way, region.asking(STAFF[1]), somebody, [Heading.EOL, Heading.FAM]
    )
    assert asked.headings <= {Heading.EOL, Heading.FAM}
    assert Heading.EOL in asked.headings
    assert asked.subjects
    for branch in asked.sight.branches:
        assert branch.headings <= asked.headings | {Heading.DEM}


def test_lists_are_accounted_for_person_by_person_and_name_no_protected_home(
    region: Region,
) -> None:
    asking = region.asking(STAFF[7], "list")
    found = people_of(region.way, asking, ListKind.RESIDENTS, count=3)
    assert 0 < len(found.people) <= 3
    assert found.next is not None
    accounts = region.accounts(asking)
    assert {one["person"] for one in accounts} == {str(one.person) for one in found.people}
    assert {one["deed"] for one in accounts} == {"list"}
    met = {one.person for one in found.people}
    after = people_of(region.way, region.asking(STAFF[7], "list"), ListKind.RESIDENTS, found.next)
    assert met.isdisjoint(one.person for one in after.people)
    protected = region.rows(
        "SELECT DISTINCT p.person FROM record.subject_fact AS f JOIN record.subject_person AS p"
        " USING (subject) WHERE f.kind = 1"
    )
    everybody = people_of(
        region.way, region.asking(STAFF[1], "all"), ListKind.REGISTERED, count=200
    )
    listed = {one.person: one for one in everybody.people}
    for (person,) in protected:
        assert person not in listed or not listed[PersonId(person)].who.outward
    system = replace(asking, actor=replace(asking.actor, role=Role.SYSTEM))
    assert people_of(region.way, system, ListKind.RESIDENTS).people == ()


def test_who_was_seen_lately_is_ones_own_list(region: Region, somebody: PersonId) -> None:
    staff = STAFF[2]
    disclose(region.way, region.asking(staff, "mine"), somebody, WHOLE)
    found = people_of(region.way, region.asking(staff, "mine"), ListKind.RECENT)
    assert [one.person for one in found.people] == [somebody]
    assert people_of(region.way, region.asking(staff, "other"), ListKind.RECENT).people == ()


def test_a_page_is_shown_again_as_it_was(region: Region, somebody: PersonId) -> None:
    first = region.asking(STAFF[1], "replay")
    page = disclose(region.way, first, somebody, WHOLE)
    later = region.asking(STAFF[1], "replay", DAY_10 + timedelta(hours=2))
    period = Period(DAY_10 - A_DAY, DAY_10 + A_DAY)
    (access,) = [one for one in my_accesses(region.way, later, period) if one.is_page]
    assert access.person == somebody
    assert access.n_items == sum(map(len, page.rows.values()))
    again = as_shown(region.way, later, access.id)
    assert again.is_exact
    assert {h: [r.id for r in its] for h, its in again.shown.rows.items()} == {
        h: [r.id for r in its] for h, its in page.rows.items()
    }
    # What is hidden by now is not shown again, and the page says that it is not whole.
    gone = page.rows[Heading.ALG][0]
    region.rows(
        "UPDATE record.resource SET cls = (SELECT max(cls) + 500 FROM record.access_class)"
        " WHERE id = %s",
        gone.id,
    )
    hidden = as_shown(region.way, replace(later, request_id="h"), access.id)
    assert not hidden.is_exact
    assert gone.id not in {r.id for its in hidden.shown.rows.values() for r in its}
    assert gone.id not in {line.id for line in hidden.shown.lines}


def test_a_page_is_shown_again_to_nobody_else_but_an_officer_with_a_case(
    region: Region, somebody: PersonId
) -> None:
    staff = STAFF[0]
    disclose(region.way, region.asking(staff, "whose"), somebody, WHOLE)
    own = region.asking(staff, "whose", DAY_10 + timedelta(hours=1))
    period = Period(DAY_10 - A_DAY, DAY_10 + A_DAY)
    (access,) = [one for one in my_accesses(region.way, own, period) if one.is_page]
    officer = replace(
        own,
        purpose=Purpose.OPERATIONS,
        actor=replace(own.actor, user="officer", role=Role.SYSTEM, purpose=Purpose.OPERATIONS),
    )
    elsewhere = replace(officer, actor=replace(officer.actor, organisation="nm-council"))
    for asking, case in (
        (region.asking(staff, "colleague"), ""),
        (region.asking(staff, "colleague"), "case-17"),
        (officer, ""),
        (elsewhere, "case-17"),
    ):
        with pytest.raises(NotFound):
            as_shown(
                region.way, replace(asking, request_id=str(uuid.uuid4())), access.id, case=case
            )
    with pytest.raises(NotFound):
        as_shown(region.way, own, UUID(int=7))
    shown = as_shown(region.way, replace(officer, request_id="case"), access.id, case="case-17")
    assert shown.is_exact
    assert shown.user == own.actor.user
    (account,) = region.accounts(replace(officer, request_id="case"))
    assert (account["action"], account["reason"]) == ("as-shown", "case-17")


def test_own_accesses_are_nobody_elses(region: Region) -> None:
    period = Period(DAY_10 - A_DAY, DAY_10 + A_DAY)
    assert my_accesses(region.way, region.asking(STAFF[3], "new"), period) == ()
    nobody = region.asking(STAFF[3])
    with pytest.raises(Forbidden):
        my_accesses(region.way, replace(nobody, actor=replace(nobody.actor, user="")), period)


def test_a_look_at_a_copy_follows_a_download_and_is_noted_once(
    region: Region, somebody: PersonId
) -> None:
    staff = STAFF[2]
    taken = region.asking(staff, "offline")
    disclose(region.way, taken, somebody, WHOLE)
    back = region.asking(staff, "offline", DAY_10 + timedelta(hours=9))
    look = OfflineLook(uuid.uuid4(), somebody, DAY_10 + timedelta(hours=3))
    late = OfflineLook(uuid.uuid4(), somebody, DAY_10 + timedelta(hours=13))
    other = OfflineLook(uuid.uuid4(), region.day10.person("kayleigh-marsh"), look.at)
    for _ in range(2):
        assert note_opened(region.way, back, (look, other)) == (look.key, other.key)

    def noted(one: OfflineLook) -> list[dict]:
        return region.accounts(replace(back, request_id=str(one.key)))

    before = region.accounts(taken)
    items = sorted(one["n_items"] for one in before)
    assert sorted(one["n_items"] for one in noted(look)) == items
    assert {one["outcome"] for one in noted(look)} == {"permit"}
    assert datetime.fromisoformat(noted(look)[0]["at"]) == look.at
    assert [(one["outcome"], one["reason"]) for one in noted(other)] == [("refused", "no-download")]
    tomorrow = region.asking(staff, "offline", DAY_10 + A_DAY)
    note_opened(region.way, tomorrow, (late,))
    assert [one["outcome"] for one in noted(late)] == ["refused"]


def test_all_episodes_of_a_session_end_with_it(region: Region, somebody: PersonId) -> None:
    asking = region.asking(STAFF[0], "glass")
    with region.database.reading() as session:
        rules = world(session, DAY_10).rules
    said = Said(is_emergency=True, because=Because.UNCONSCIOUS, words="She cannot say who she is.")
    open_episode(region.database, asking, somebody, said, rules=rules)
    page = disclose(region.way, asking, somebody, WHOLE)
    assert page.episode is not None
    assert page.episode.is_emergency
    assert page.episode.expires_at == DAY_10 + timedelta(hours=1)
    elsewhere = replace(asking, actor=replace(asking.actor, name="workspace-demo/other"))
    assert end_all_episodes(region.database, elsewhere) == 0
    after = replace(asking, at=DAY_10 + timedelta(minutes=1), request_id="ended")
    assert end_all_episodes(region.database, after) == 1
    assert disclose(region.way, after, somebody, WHOLE).episode is None


def test_files_of_the_region_are_those_by_which_is_decided(region: Region) -> None:
    with region.database.reading() as session:
        found = region_files(session, DAY_10, "agreements/")
        assert found.files
        assert all(name.startswith("agreements/") for name in found.files)
        assert found.version == world(session, DAY_10).version
        assert region_files(session, DAY_10, "agreements/") is found


def test_a_page_names_what_has_to_be_said_of_a_person(region: Region) -> None:
    protected = region.rows(
        "SELECT DISTINCT p.person FROM record.subject_fact AS f JOIN record.subject_person AS p"
        " USING (subject) WHERE f.kind = 1 ORDER BY 1"
    )
    pages = [
        disclose(region.way, region.asking(STAFF[1], f"m{n}"), PersonId(person), WHOLE)
        for n, (person,) in enumerate(protected)
    ]
    assert any(Mark.PROTECTED in page.marks for page in pages if page.portrait is not None)
    assert all(not page.marks & {Mark.PROTECTED} for page in pages if page.portrait is None)
