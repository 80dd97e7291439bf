"""Ten thousand questions of every role at the door of Northmere, and no canary that it may not see.

Whatever is sensitive of the named people holds a word of its own in free text, names, file names
and addresses. Each answer is searched for these words, in body and headers: what is found must be
what deciding permits this reader for what was asked. Source: `reference/people.md` 8.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import psycopg
import pytest

from careweave.agreements import Context
from careweave.doors._access import Registration, add_client
from careweave.terms import Action, PersonId, Purpose, Role
from tests.lib.door import ALL, Door, fresh_database, make_door
from tests.lib.foresight import CANARY, Foresight, Kept, label_of
from tests.lib.region import northmere
from tests.lib.staff import NHS, apply_region
from tests.northmere.conftest import Month, Record

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

AT = datetime(2026, 3, 26, 8, tzinfo=UTC)
N_QUESTIONS = 10_000
N_BY_ONE_USER = 25
"""So many questions are below every budget: another user of the same login asks the next."""


@dataclass(frozen=True)
class Login:
    """As what, where and why somebody asks; `who` is who they are in the record."""

    role: Role
    organisation: str
    purpose: Purpose
    setting: str = ""
    team: str = ""
    who: str = ""


CARE, SAFE = Purpose.DIRECT_CARE, Purpose.SAFEGUARDING
OWN, FIND = Purpose.OWN_REQUEST, Purpose.PATIENT_ADMINISTRATION
LOGINS = (
    Login(Role.ED, "nm-acute", CARE),
    Login(Role.ED, "nm-acute", Purpose.EMERGENCY),
    Login(Role.GP, "nm-ashgrove", CARE),
    Login(Role.GP, "nm-millbeck", CARE),
    Login(Role.GP, "nm-tarnside-health", CARE),
    Login(Role.GP, "nm-ashgrove", FIND),
    Login(Role.CN, "nm-community", CARE),
    Login(Role.CN, "nm-fellside", Purpose.COORDINATION, "social-prescribing"),
    Login(Role.HC, "nm-acute", CARE),
    Login(Role.HC, "nm-acute", CARE, team="sexual-health"),
    Login(Role.HC, "nm-hospice", CARE, "hospice"),
    Login(Role.SW, "nm-council", Purpose.COORDINATION),
    Login(Role.SW, "nm-council", SAFE, team="mash"),
    Login(Role.SW, "tarnside-council", Purpose.COORDINATION),
    Login(Role.MH, "nm-mental-health", CARE),
    Login(Role.MH, "nm-mental-health", CARE, team="community-team"),
    Login(Role.PA, "nm-ambulance", Purpose.EMERGENCY),
    Login(Role.CH, "nm-larchwood", CARE),
    Login(Role.CH, "nm-bluebell", CARE, "home-care"),
    Login(Role.PH, "nm-beck-pharmacy", CARE),
    *(
        Login(Role.CI, "portal", OWN, who=who)
        for who in (
            *("edna-hartley", "nadia-kowalczuk", "kayleigh-marsh", "tamsin-oyelaran"),
            *("folake-oyelaran", "rowan-ashdown", "stacey-barrow"),
        )
    ),
    Login(Role.PX, "portal", Purpose.FAMILY_REQUEST, who="darren-pell"),
    Login(Role.AN, "nm-icb", Purpose.PLANNING),
)


@dataclass
class Sweep:
    """A door over a copy of the region, and what each login may see."""

    door: Door
    foresight: Foresight
    persons: dict[str, PersonId]
    n: Iterator[int] = field(default_factory=count)

    def context(self, login: Login) -> Context:
        return Context(
            login.organisation,
            login.role,
            login.purpose,
            Action.READ,
            AT,
            user="u",
            setting=login.setting,
            team=login.team,
            self_person=self.persons.get(login.who),
        )

    def user(self, login: Login) -> str:
        """Somebody else at work under a login."""
        name = f"{login.organisation}/sweep-{next(self.n)}"
        wanted = Registration(
            name=name.replace("/", "-"),
            organisation=login.organisation,
            system="sweep",
            scopes=ALL,
            expires_at=AT + timedelta(days=1),
            purpose=login.purpose,
            role=login.role,
            setting=login.setting,
            team=login.team,
            user=name.replace("/", "-"),
            person=self.persons.get(login.who),
        )
        with self.door.database.session() as session:
            self.door.tokens[name] = add_client(session, wanted, now=AT - timedelta(days=1))
        return name


@pytest.fixture(scope="module")
def sweep(month: Month, day10: Record) -> Iterator[Sweep]:
    """A copy of the region, so that what is asked here is told to no other test."""
    with fresh_database(month.server, month.names[10]) as database:
        apply_region(database)
        foresight = Foresight(database, northmere())
        with psycopg.connect(database.url) as connection:
            query = "SELECT subject, person FROM record.subject_person"
            linked = dict(connection.execute(query).fetchall())
        persons = {
            key: PersonId(linked[subject])
            for (key, _), subjects in day10.subjects.items()
            for subject in subjects
            if subject in linked
        }
        yield Sweep(make_door(database, clock=lambda: AT), foresight, persons)


BARRED = {"S2", "S4", "S8", "V"}
Question = tuple[str, frozenset[Action]]
SEARCHED, LISTED = frozenset({Action.SEARCH_ONE}), frozenset({Action.LIST})
OPENED, READ = frozenset({Action.OPEN}), frozenset({Action.READ})
MANY, FOUND = frozenset({Action.SEARCH_MANY}), frozenset({Action.FIND})
TWISTS = (
    *("", "&_summary=count", "&_total=accurate", "&_count=1", "&_summary=data", "&_sort=-_id"),
    *("&_summary=text", "&_elements=id", "&_include=*", "&_revinclude=Provenance:target"),
)


def questions(kept: Kept, chance: random.Random) -> Question:
    """One way of getting at an entry: by its id, its person, its kind, or what refers to it."""
    one, type_name = kept.id, kept.type
    who = chance.choice(kept.patients) if kept.patients else "nobody"
    number = chance.choice(kept.numbers) if kept.numbers else "9990001014"
    twist = chance.choice(TWISTS)
    # The id of a Patient names a person, that of anything else nobody.
    by_id = SEARCHED if type_name == "Patient" else LISTED
    by_person = f"/{type_name}?patient={who}" if type_name != "Patient" else f"/Patient?_id={who}"
    return chance.choice(
        [
            (f"/{type_name}/{one}", READ),
            (f"/{type_name}/{one}/_history", READ),
            (f"/{type_name}/{one}/_history/{chance.randint(1, 3)}", READ),
            (f"/Patient/{who}", READ),
            (f"/{type_name}?_id={one}{twist}", by_id),
            (f"/{type_name}?_lastUpdated=gt2020-01-01{twist}", LISTED | MANY),
            (f"{by_person}{twist}", SEARCHED),
            (f"/{type_name}?subject=Patient/{who}{twist}", SEARCHED),
            (f"/{type_name}?patient={who}&_count={chance.randint(1, 9)}", SEARCHED),
            (f"/Patient/{who}/$everything?_count={chance.randint(1, 200)}", OPENED),
            (f"/Patient/{who}/{type_name}{twist.replace('&', '?', 1)}", SEARCHED),
            (f"/Patient?_has:{type_name}:patient:_id={one}{twist}", MANY),
            (f"/Patient?_id={who}&_revinclude={type_name}:patient{twist}", SEARCHED),
            (f"/{type_name}?_id={one}&_include={type_name}:patient", by_id),
            (f"/{type_name}?patient.name=a{twist}", MANY),
            (f"/Provenance?target={type_name}/{one}{twist}", LISTED),
            (f"/{type_name}/_history?_count=20", LISTED),
            (f"/Patient?identifier={NHS}|{number}{twist}", FOUND | MANY),
            (f"/{type_name}?patient:identifier={NHS}|{number}{twist}", SEARCHED | MANY),
            (f"/_history?_count={chance.randint(1, 50)}", LISTED),
            (f"/{type_name}/{one}?_format=xml", READ),
            (f"/{type_name}?_id={one},nobody{twist}", by_id),
        ]
    )


def put(door: Door, path: str, by: str, chance: random.Random):
    """Puts a question plainly, as a form, or as part of a batch."""
    place, _, query = path.partition("?")
    match chance.randrange(8):
        case 0 if query and "/" not in place[1:] and place != "/_history":
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            return door.ask("POST", f"{place}/_search", query, by=by, headers=headers)
        case 1:
            entry = [{"request": {"method": "GET", "url": path[1:]}}]
            bundle = {"resourceType": "Bundle", "type": "batch", "entry": entry}
            return door.ask("POST", "/", bundle, by=by)
        case _:
            return door.get(path, by=by)


def found_in(answer) -> set[str]:
    """The canaries in an answer, wherever they are."""
    whole = answer.content + repr(answer.headers).encode()
    return set(CANARY.findall(whole.decode("utf-8", "replace")))


def told(answer) -> dict:
    """The Bundle of an answer; empty for an answer in XML or of something else."""
    is_json = "json" in answer.headers.get("content-type", "")
    return answer.json if is_json and answer.status_code == 200 else {}


@dataclass
class Found:
    """What a login was shown, and what it should not have been."""

    seen: set[str] = field(default_factory=set)
    leaks: list[tuple[str, str, str]] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)
    n: int = 0


def ask(sweep: Sweep, login: Login, n_questions: int, chance: random.Random) -> Found:
    """Asks so many questions as one login; each is held against what deciding permits."""
    permitted = sweep.foresight.permitted(sweep.context(login))
    found = Found()
    for number in range(n_questions):
        if number % N_BY_ONE_USER == 0:
            by = sweep.user(login)
        kept = chance.choice(sweep.foresight.kept)
        path, actions = questions(kept, chance)
        answer = put(sweep.door, path, by, chance)
        assert answer.status_code < 500, path
        may = frozenset().union(*(permitted[action] for action in actions))
        met = found_in(answer)
        found.seen |= met
        found.leaks += [(path, canary, str(answer.status_code)) for canary in met - may]
        is_count = path.endswith(f"_id={kept.id}&_summary=count") and "total" in told(answer)
        # Where only an address or a secret is taken out, the entry itself may be counted.
        is_masked = any(label_of(one) in {"S12", "access-secret"} for one in kept.canaries)
        if is_count and told(answer)["total"] and not (is_masked or kept.canaries & may):
            found.counted.append(path)
        found.n += 1
    return found


def test_no_role_meets_a_canary_that_it_may_not_see(sweep) -> None:
    each = -(-N_QUESTIONS // len(LOGINS))
    leaks, counted, seen, n = [], [], set(), 0
    for number, login in enumerate(LOGINS):
        found = ask(sweep, login, each, random.Random(number))
        leaks += [(login.role, login.organisation, login.purpose, *one) for one in found.leaks]
        counted += [(login.role, login.organisation, one) for one in found.counted]
        seen |= found.seen
        n += found.n
    assert leaks == []
    assert counted == []
    assert n >= N_QUESTIONS
    # The control: the same questions do show what may be seen.
    assert {label_of(one) for one in seen} >= {"S1", "S5", "S6", "S9", "S11"}


def test_every_sensitive_label_has_its_canary(sweep) -> None:
    labels = {label_of(one) for kept in sweep.foresight.kept for one in kept.canaries}
    assert labels >= {*(f"S{n}" for n in range(1, 13)), "V", "finance", "access-secret"}


def test_what_the_law_bars_is_for_the_person_and_where_it_was_written(sweep) -> None:
    for login in LOGINS:
        permitted = sweep.foresight.permitted(sweep.context(login)).values()
        barred = {one for one in frozenset().union(*permitted) if label_of(one) in BARRED}
        written = {
            canary
            for kept in sweep.foresight.kept
            for canary in kept.canaries
            if kept.thing.organisation == login.organisation
        }
        assert all(one in written or (login.who and one.endswith(login.who)) for one in barred)


def test_who_is_nobody_sees_no_canary_by_deciding(sweep) -> None:
    nobody = replace(sweep.context(LOGINS[0]), organisation="nowhere")
    assert not any(sweep.foresight.permitted(nobody).values())
