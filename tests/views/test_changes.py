"""What is new: since the reader last looked, and since the person was last in hospital."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from careweave.terms import Heading
from careweave.views import national, overview, section
from careweave.views._changes import changed, delta
from tests.lib.shown import NOW, line, making, row, shown

HERE = making()
LOOKED = NOW - timedelta(days=2)


def score(id_: str, *, came_days_ago: float = 1, happened: str = "2026-04-04"):
    body = {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"text": f"Score {id_}"},
        "effectiveDateTime": happened,
        "valueQuantity": {"value": 6},
    }
    return row(Heading.ASM, body, updated=NOW - timedelta(days=came_days_ago))


def titles(told) -> set[str]:
    return {fact.title for one in told.sections for group in one.groups for fact in group.facts}


def of(one):
    return delta([section("assessments", one, HERE)], one, HERE, 4)


def test_the_delta_is_what_came_since_the_last_look_whenever_it_happened() -> None:
    late = score("late", came_days_ago=1, happened="2001-01-01")
    known = score("known", came_days_ago=3)
    told = of(shown(late, known, last_looked_at=LOOKED))
    assert titles(told) == {"Score late"}
    assert told.text == "Since you last looked, 03-Apr-2026 10:42:"
    assert told.sections[0].n == 1


def test_the_count_is_exact_though_only_a_few_are_shown() -> None:
    rows = [score(f"n{n}") for n in range(30)]
    told = of(shown(*rows, last_looked_at=LOOKED))
    assert told.sections[0].n == 30
    (group,) = told.sections[0].groups
    assert (len(group.facts), group.n_more) == (4, 26)


def test_what_became_hidden_is_no_longer_counted() -> None:
    one, other = score("one"), score("other")
    before = of(shown(one, other, last_looked_at=LOOKED))
    after = of(shown(one, last_looked_at=LOOKED))
    assert (before.sections[0].n, after.sections[0].n) == (2, 1)
    assert after == of(shown(one, last_looked_at=LOOKED))


@given(st.lists(st.tuples(st.floats(0, 10), st.booleans()), max_size=20))
def test_the_count_equals_a_count_by_hand(world) -> None:
    entries = [score(f"n{n}", came_days_ago=days) for n, (days, _) in enumerate(world)]
    seen = [one for one, (_, is_seen) in zip(entries, world, strict=True) if is_seen]
    told = of(shown(*seen, last_looked_at=LOOKED))
    by_hand = sum(one.updated > LOOKED for one in seen)
    assert sum(one.n for one in told.sections) == by_hand
    assert bool(told.sections) is bool(by_hand)


def test_without_news_it_says_so() -> None:
    told = of(shown(score("old", came_days_ago=9), last_looked_at=LOOKED))
    assert told.sections == ()
    assert told.text == "Nothing new since you last looked, 03-Apr-2026 10:42"


def test_who_never_looked_is_told_what_happened_lately_not_what_was_loaded() -> None:
    lately = score("lately", happened="2026-04-01")
    loaded = score("loaded", came_days_ago=0.1, happened="1999-01-01")
    one = shown(lately, loaded)
    lines = (line(lately, NOW - timedelta(days=4)), line(loaded, NOW - timedelta(days=9000)))
    told = delta([section("assessments", one, HERE)], shown(lately, loaded, lines=lines), HERE, 4)
    assert titles(told) == {"Score lately"}
    assert told.text.startswith("You have not opened this record before. In the last 14 days")


def stay(start: str = "2026-03-19T10:00:00Z"):
    body = {
        "resourceType": "Encounter",
        "id": "stay",
        "status": "finished",
        "class": {"code": "IMP"},
        "period": {"start": start, "end": "2026-03-25T12:00:00Z"},
    }
    return row(Heading.ADM, body)


def test_the_change_list_has_what_was_said_since_the_stay_began() -> None:
    in_hospital = score("in-hospital", happened="2026-03-22")
    before = score("before", happened="2026-03-01")
    undated = score("undated", happened="")
    here = shown(stay(), in_hospital, before, undated)
    lines = (
        line(in_hospital, NOW - timedelta(days=14)),
        line(before, NOW - timedelta(days=35)),
        line(undated),
    )
    one = shown(stay(), in_hospital, before, undated, lines=lines)
    told = changed([section("assessments", here, HERE)], one, HERE, 4)
    assert titles(told) == {"Score in-hospital", "Score undated"}
    assert told.text == "Since the hospital stay that began 19-Mar-2026 10:00:"


def test_without_a_stay_nothing_is_called_changed() -> None:
    told = changed(
        [section("assessments", shown(score("one")), HERE)], shown(score("one")), HERE, 4
    )
    assert (told.sections, told.text) == ((), "No stay in hospital is shown here")


def test_every_block_of_every_view_says_something() -> None:
    for one in national().definitions:
        page = overview(one, shown(stay(), score("one")), HERE)
        for widgets in page.slots.values():
            for widget in widgets:
                assert widget.text or widget.sections
                assert all(made.text or made.groups for made in widget.sections)


def test_a_page_of_an_earlier_day_says_so() -> None:
    then = NOW - timedelta(days=90)
    page = overview(national().definitions[0], shown(score("one"), as_of=then), HERE)
    assert page.is_as_it_was
    assert page.as_of.text == "05-Jan-2026 09:42"


def test_the_page_names_each_entry_once() -> None:
    page = overview(national().definitions[0], shown(stay(), score("one"), score("two")), HERE)
    assert len(page.shown) == len(set(page.shown))
    assert {"Observation.one", "Observation.two"} <= set(page.shown)


def tablet(dose: str, of: str, id_: str, day: str):
    body = {
        "resourceType": "MedicationRequest",
        "id": id_,
        "status": "active",
        "medicationCodeableConcept": {"text": "Furosemide"},
        "authoredOn": day,
        "dosageInstruction": [{"text": dose}],
    }
    return row(Heading.MED, body, of=of)


def test_a_dose_that_hospital_changed_says_what_it_was() -> None:
    rows = (
        stay(),
        tablet("80 mg od", "hospital", "new", "2026-04-04"),
        tablet("40 mg od", "riverside", "old", "2019-04-09"),
    )
    one = shown(*rows, lines=tuple(line(each, at) for each, at in zip(rows, WHEN, strict=True)))
    told = changed([section("medicines", one, HERE)], one, HERE, 4)
    (fact,) = (fact for group in told.sections[0].groups for fact in group.facts)
    assert fact.voices[0].text.replace("\u00a0", " ") == "80 mg once a day (was 40 mg once a day)"


WHEN = (NOW - timedelta(days=3), NOW - timedelta(days=1), NOW - timedelta(days=2500))


def test_rows_that_stand_for_several_entries_say_so() -> None:
    same = {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": "Flu"}}
    rows = [
        row(Heading.VAC, {**same, "id": of_, "occurrenceDateTime": "2026-04-04"}, of=of_)
        for of_ in ("riverside", "hospital", "council")
    ]
    one = shown(*rows, last_looked_at=LOOKED)
    (found,) = delta([section("vaccinations", one, HERE)], one, HERE, 4).sections
    assert (found.n, found.text) == (3, "3 entries, in one row")
