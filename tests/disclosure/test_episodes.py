"""Breaking the glass: who may, for how long, how often, and what an officer learns of it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careweave.agreements import default_rules
from careweave.disclosure import (
    Asking,
    Because,
    Notice,
    Said,
    end_episodes,
    open_episode,
    open_episodes,
)
from careweave.disclosure._alerts import REVIEW_DAYS, due_after
from careweave.disclosure._entitled import is_entitled
from careweave.terms import (
    Actor,
    Forbidden,
    Heading,
    Incorrect,
    Label,
    NotFound,
    PersonId,
    Purpose,
    Role,
    SourceId,
)
from tests.lib.door import fresh_database, make_door, patient

NOW = datetime(2026, 3, 18, 2, 15, tzinfo=UTC)
FIRST, LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2025, 2028))
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RULES = default_rules()
LONDON = ZoneInfo("Europe/London")
STRANGER = PersonId(UUID("00000000-0000-8000-8000-000000000000"))


@pytest.fixture(scope="module")
def door(server, template):
    with fresh_database(server, template) as database:
        yield make_door(database)


@pytest.fixture(scope="module")
def people(door):
    """Persons by a word, one record each."""
    homes = {"neighbour": "4 Quarry Lane", "user": "4 Quarry Lane", "stranger": "9 Hill Road"}
    families = {"neighbour": "Ollerenshaw", "user": "Threlkeld", "stranger": "Quillfeather"}
    return {
        word: person_of(
            door,
            door.made(
                patient(
                    families[word],
                    birthDate=f"19{50 + n}-05-06",
                    address=[{"line": [home], "city": "Millbeck", "postalCode": "LA12 9QX"}],
                )
            ),
        )
        for n, (word, home) in enumerate(homes.items())
    }


def rows(door, text, *values):
    with psycopg.connect(door.database.url) as connection:
        return connection.execute(text.encode(), values).fetchall()


def person_of(door, made):
    ((found,),) = rows(
        door,
        "SELECT p.person FROM record.subject_person AS p INNER JOIN record.subject AS s "
        "USING (subject) WHERE s.local_id = %s",
        made["id"],
    )
    return PersonId(found)


def asking(user, at=NOW, role=Role.ED, purpose=Purpose.DIRECT_CARE, **more):
    actor = Actor(
        f"ward-{user}",
        "alpha",
        SourceId(1),
        "alpha",
        purpose,
        frozenset(),
        role=role,
        user=user,
        **more,
    )
    return Asking(actor, purpose, "fhir", f"request-{user}", at)


def emergency(words="Found unconscious in the waiting room.", **more):
    return Said(True, Because.UNCONSCIOUS, words, **more)


def reason(heading=Heading.FRM, words="She asked me to look at this.", **more):
    return Said(False, Because.PERSON_ASKS, words, heading=heading, **more)


def opened(door, ask, person, said=None):
    return open_episode(door.database, ask, person, said or emergency(), rules=RULES)


def seen(door, ask):
    with door.database.reading() as session:
        return open_episodes(session, ask.actor, ask.at)


def accounts(door, user):
    return rows(
        door,
        "SELECT action, outcome, reason, second_purpose, person, episode IS NOT NULL, "
        "visible_to_person FROM ledger.account WHERE user_name = %s ORDER BY tx, id",
        user,
    )


def alerts(door, user):
    return [
        (Notice(kind), person)
        for kind, person in rows(
            door, "SELECT kind, person FROM disclosure.alert WHERE user_name = %s", user
        )
    ]


def test_an_emergency_opens_one_person_for_an_hour_and_is_accounted_for(door, people):
    ask = asking("u-hour")
    made = opened(door, ask, people["stranger"])

    assert (made.began_at, made.expires_at) == (NOW, NOW + HOUR)
    assert made.latest_at == NOW + 4 * HOUR
    assert made.n_left == RULES.episodes_per_day - 1
    (one,) = seen(door, ask)
    assert (one.id, one.person, one.is_emergency) == (made.id, people["stranger"], True)
    assert (one.user, one.organisation, one.role) == ("u-hour", "alpha", Role.ED)
    assert (one.opened_at, one.began_at, one.expires_at) == (NOW, NOW, NOW + HOUR)
    assert accounts(door, "u-hour") == [
        ("break-glass", "permit", "unconscious", "BTG", people["stranger"], True, "now")
    ]


def test_its_end_is_half_open(door, people):
    ask = asking("u-end")
    opened(door, ask, people["stranger"])
    second = timedelta(seconds=1)
    for at, n in ((NOW - second, 0), (NOW, 1), (NOW + HOUR - second, 1), (NOW + HOUR, 0)):
        assert len(seen(door, replace(ask, at=at))) == n


@pytest.mark.attack(77)
@pytest.mark.parametrize(
    "other",
    [
        {"name": "ward-of-another-session"},
        {"user": "u-somebody"},
        {"role": Role.HC},
        {"organisation": "beta"},
        {"team": "another"},
        {"setting": "another"},
    ],
    ids=lambda other: next(iter(other)),
)
def test_an_episode_counts_in_no_other_session_role_or_place(door, people, other):
    ask = asking(f"u-bound-{next(iter(other))}")
    opened(door, ask, people["stranger"])
    assert len(seen(door, ask)) == 1
    elsewhere = replace(ask, actor=replace(ask.actor, **other))
    assert seen(door, elsewhere) == ()
    assert end_episodes(door.database, elsewhere, people["stranger"]) == 0


def test_it_is_stated_again_without_new_words_up_to_four_hours_in_all(door, people):
    ask = asking("u-again")
    first = opened(door, ask, people["stranger"])
    at = NOW
    ends = []
    while (at := at + 59 * MINUTE) < NOW + 4 * HOUR:
        again = opened(door, replace(ask, at=at), people["stranger"], emergency(words=""))
        assert (again.id, again.began_at, again.n_left) == (first.id, NOW, first.n_left)
        ends.append(again.expires_at - NOW)
    assert ends == [59 * MINUTE + HOUR, 118 * MINUTE + HOUR, 177 * MINUTE + HOUR, 4 * HOUR]
    with pytest.raises(Incorrect):
        opened(door, replace(ask, at=NOW + 4 * HOUR), people["stranger"], emergency(words=""))
    (one,) = rows(
        door, "SELECT n_stated, words FROM disclosure.episode WHERE user_name = 'u-again'"
    )
    assert one == (5, emergency().words)


@pytest.mark.parametrize("words", ["", "   ", "too short", " a  b  c  d ", "x" * 2001])
def test_words_that_are_no_reason_open_nothing(door, people, words):
    ask = asking("u-words")
    with pytest.raises(Incorrect) as refused:
        opened(door, ask, people["stranger"], emergency(words=words))
    assert refused.value.where == "text"
    assert seen(door, ask) == ()
    assert accounts(door, "u-words")[-1][1:3] == ("refused", "words")


@pytest.mark.attack(56)
def test_the_words_of_the_last_time_open_nothing(door, people):
    ask = asking("u-repeat")
    opened(door, ask, people["stranger"])
    for words in (emergency().words, f"  {emergency().words.upper()} "):
        with pytest.raises(Incorrect, match="this occasion"):
            opened(door, ask, people["neighbour"], emergency(words=words))
    assert [one.person for one in seen(door, ask)] == [people["stranger"]]
    assert accounts(door, "u-repeat")[-1][1:3] == ("refused", "repeated")


def use_up(door, ask, people):
    """Opens as many emergencies as a day has, one after the other, each for its own reason."""
    everybody = list(people.values())
    for n in range(RULES.episodes_per_day):
        at = ask.at + n * MINUTE
        person = everybody[n % len(everybody)]
        made = opened(door, replace(ask, at=at), person, emergency(words=f"Found lying, call {n}."))
        end_episodes(door.database, replace(ask, at=at), person)
        yield made


@pytest.mark.attack(56)
def test_after_five_in_a_day_an_officer_has_to_release_more(door, people):
    ask = asking("u-five")
    assert [made.n_left for made in use_up(door, ask, people)] == [4, 3, 2, 1, 0]
    later = replace(ask, at=NOW + HOUR)
    with pytest.raises(Forbidden, match="privacy officer"):
        opened(door, later, people["stranger"], emergency(words="A sixth one tonight."))
    assert seen(door, later) == ()
    assert accounts(door, "u-five")[-1][1:3] == ("refused", "day-used-up")
    noticed = [kind for kind, _ in alerts(door, "u-five")]
    assert noticed.count(Notice.DAY_USED_UP) == 1
    assert noticed.count(Notice.MANY_IN_SHIFT) == 2
    tomorrow = replace(ask, at=datetime(2026, 3, 19, tzinfo=LONDON))
    assert opened(door, tomorrow, people["stranger"], emergency(words="The next day.")).n_left == 4


MIDNIGHTS = [
    # The day begins in the region's own time: at 23:00 UTC in summer, and on a leap day too.
    datetime(2026, 3, 29, tzinfo=LONDON),
    datetime(2026, 3, 30, tzinfo=LONDON),
    datetime(2026, 10, 25, tzinfo=LONDON),
    datetime(2026, 10, 26, tzinfo=LONDON),
    datetime(2028, 2, 29, tzinfo=LONDON),
    datetime(2028, 3, 1, tzinfo=LONDON),
]


@pytest.mark.attack(60)
@pytest.mark.parametrize("midnight", MIDNIGHTS, ids=lambda day: f"{day:%Y-%m-%d}")
def test_the_count_of_a_day_begins_at_midnight_of_the_region(door, people, midnight):
    ask = asking(f"u-{midnight:%Y%m%d}", at=midnight.astimezone(UTC) - timedelta(hours=1))
    assert len(list(use_up(door, ask, people))) == RULES.episodes_per_day
    last = replace(ask, at=midnight.astimezone(UTC) - timedelta(seconds=1))
    with pytest.raises(Forbidden):
        opened(door, last, people["stranger"], emergency(words="The last of this day."))
    first = replace(ask, at=midnight.astimezone(UTC))
    made = opened(door, first, people["stranger"], emergency(words="The first of this day."))
    assert made.n_left == RULES.episodes_per_day - 1


def test_reasons_are_not_counted_among_the_emergencies_of_a_day(door, people):
    ask = asking("u-reasons")
    for n in range(RULES.episodes_per_day + 1):
        heading = [Heading.FRM, Heading.SOC, Heading.PRB, Heading.MED, Heading.PLN, Heading.DIS][n]
        opened(door, ask, people["stranger"], reason(heading, words=f"She asks for part {n}."))
    assert opened(door, ask, people["stranger"]).n_left == 4


def test_a_reason_lasts_an_hour_and_is_not_prolonged(door, people):
    ask = asking("u-reason")
    made = opened(door, ask, people["stranger"], reason())
    again = opened(door, replace(ask, at=NOW + 30 * MINUTE), people["stranger"], reason(words=""))
    assert (made.id, made.expires_at, made.latest_at) == (again.id, again.expires_at, NOW + HOUR)
    (one,) = seen(door, ask)
    assert (one.is_emergency, one.heading, one.label) == (False, Heading.FRM, None)


def test_what_is_silent_or_safeguarding_is_not_told_to_the_person(door, people):
    silent = asking("u-silent")
    opened(door, silent, people["stranger"], reason(None, label=Label.S7))
    practice = asking("u-silent", role=Role.GP)
    opened(door, practice, people["stranger"], reason(Heading.SAF, words="Another reason to look."))
    worker = asking("u-sw", role=Role.SW, purpose=Purpose.SAFEGUARDING)
    opened(door, worker, people["stranger"])
    for user in ("u-silent", "u-sw"):
        assert {one[-1] for one in accounts(door, user)} == {"withheld"}


def test_who_ends_an_episode_sees_no_more(door, people):
    ask = asking("u-ended")
    made = opened(door, ask, people["stranger"])
    assert end_episodes(door.database, replace(ask, at=NOW + MINUTE), people["stranger"]) == 1
    assert seen(door, replace(ask, at=NOW + MINUTE)) == ()
    assert [one.id for one in seen(door, ask)] == [made.id], "it was open until then"
    assert [one[0] for one in accounts(door, "u-ended")] == ["break-glass", "episode-end"]
    assert end_episodes(door.database, replace(ask, at=NOW + MINUTE), people["stranger"]) == 0
    again = opened(
        door, replace(ask, at=NOW + 2 * MINUTE), people["stranger"], emergency("Again lying still.")
    )
    assert again.id != made.id


@pytest.mark.attack(56)
def test_nobody_opens_their_own_record(door, people):
    ask = asking("u-self", person=people["user"])
    for said in (emergency(), reason()):
        with pytest.raises(Forbidden, match="own record"):
            opened(door, ask, people["user"], said)
    assert seen(door, ask) == ()
    assert alerts(door, "u-self") == [(Notice.OWN_RECORD, people["user"])] * 2


@pytest.mark.attack(56)
def test_family_neighbours_and_who_is_watched_over_alert_the_officer(door, people):
    ask = asking("u-near", person=people["user"])
    relative = person_of(door, door.made(patient("Threlkeld", birthDate="1988-01-02")))
    for n, person in enumerate((people["neighbour"], relative, people["stranger"])):
        opened(door, ask, person, emergency(words=f"Found lying, number {n}."))
    assert sorted(alerts(door, "u-near")) == sorted(
        [(Notice.SAME_ADDRESS, people["neighbour"]), (Notice.SAME_SURNAME, relative)]
    )
    with psycopg.connect(door.database.url) as connection:
        connection.execute(
            b"INSERT INTO record.subject_fact (subject, kind, since, from_subject, from_rid) "
            b"SELECT p.subject, 2, '2026-01-01', p.subject, 1 FROM record.subject_person AS p "
            b"WHERE p.person = %s",
            [people["stranger"]],
        )
    opened(door, asking("u-curious"), people["stranger"])
    assert alerts(door, "u-curious") == [(Notice.WATCHED, people["stranger"])]
    with psycopg.connect(door.database.url) as connection:
        connection.execute(b"DELETE FROM record.subject_fact WHERE kind = 2")


def test_a_person_that_is_not_there_is_not_found_and_that_is_kept(door):
    ask = asking("u-nobody")
    with pytest.raises(NotFound):
        opened(door, ask, STRANGER)
    assert accounts(door, "u-nobody")[-1][1:3] == ("absent", "not-found")


def test_who_is_not_entitled_learns_nothing_of_whether_the_person_is_there(door, people):
    ask = asking("u-analyst", role=Role.AN)
    for person in (people["stranger"], STRANGER):
        with pytest.raises(Forbidden, match="role"):
            opened(door, ask, person)


EMERGENCY_ROLES = {Role.ED, Role.PA, Role.GP, Role.MH, Role.HC}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("purpose", Purpose)
def test_only_the_roles_of_the_rule_open_emergencies(role, purpose):
    ask = asking("u", role=role, purpose=purpose)
    care = {Purpose.DIRECT_CARE, Purpose.EMERGENCY, Purpose.COORDINATION, Purpose.SAFEGUARDING}
    may = is_entitled(RULES, ask.actor, purpose, emergency())
    if role is Role.SW:
        assert may == (purpose is Purpose.SAFEGUARDING)
    else:
        assert not may or (role in EMERGENCY_ROLES and purpose in care)
    if role in EMERGENCY_ROLES:
        assert is_entitled(RULES, ask.actor, RULES_PURPOSE[role], emergency())


RULES_PURPOSE = {role: min(RULES.emergency[role]) for role in EMERGENCY_ROLES}


def test_an_emergency_names_no_heading_and_a_reason_names_one_thing():
    actor = asking("u").actor
    for said in (
        emergency(heading=Heading.MED),
        emergency(label=Label.S1),
        reason(None),
        reason(label=Label.S1),
    ):
        assert not is_entitled(RULES, actor, Purpose.DIRECT_CARE, said)


@pytest.mark.parametrize("label", Label)
@pytest.mark.parametrize("role", Role)
def test_a_reason_opens_a_label_only_where_the_role_s_cell_says_so(role, label):
    actor = asking("u", role=role).actor
    may = is_entitled(RULES, actor, Purpose.DIRECT_CARE, reason(None, label=label))
    cell = RULES.labels.get((label, role), "-")
    is_staff = role not in {Role.CI, Role.PX, Role.AN, Role.SYSTEM}
    assert may == (cell == "R" and is_staff)
    assert not (may and label in RULES.bars)


def test_without_a_user_nobody_breaks_the_glass():
    actor = replace(asking("u").actor, user="")
    assert not is_entitled(RULES, actor, Purpose.DIRECT_CARE, emergency())


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_a_review_is_due_five_working_days_later_at_the_same_time_of_day(at):
    due = due_after(at, LONDON)
    first, last = at.astimezone(LONDON), due.astimezone(LONDON)
    assert last.weekday() < 5
    days = (last.date() - first.date()).days
    assert sum((first + timedelta(days=n)).weekday() < 5 for n in range(1, days + 1)) == REVIEW_DAYS
    assert abs((last.replace(tzinfo=None) - first.replace(tzinfo=None)).seconds) in {0, 3600, 82800}


def test_two_at_once_never_open_more_than_a_day_has(door, people):
    ask = asking("u-many")

    def one(n):
        person = list(people.values())[n % 3]
        try:
            opened(door, ask, person, emergency(words=f"Found lying, call {n}."))
        except Forbidden:
            return False
        # Ended at once, so that no other call states this one again.
        end_episodes(door.database, ask, person)
        return True

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(one, range(12)))
    ((n_kept,),) = rows(door, "SELECT count(*) FROM disclosure.episode WHERE user_name = 'u-many'")
    assert n_kept == RULES.episodes_per_day
    assert not all(made)
