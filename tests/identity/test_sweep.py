"""Who is found late: looked at again, asked about, joined by number only; and order that matters not."""

from dataclasses import replace
from datetime import timedelta

import pytest

from careweave.identity import check_projection, queue
from careweave.identity._again import Looking
from careweave.identity._demographics import WrittenContact, WrittenNumber
from careweave.identity._model import model_of
from careweave.identity._settling import settle, settle_these
from careweave.identity._shadow import Would, shadow, shadow_of
from careweave.identity._sweep import look_again, sweep
from tests.identity.acting import NHS, NOW, Region, nhs, someone


@pytest.fixture
def region(session):
    return Region(session)


def _looking(region, **limits):
    return Looking(NOW + timedelta(days=1), replace(region.means.limits, **limits))


def _narrow(region, **limits):
    region.means = replace(region.means, limits=replace(region.means.limits, **limits))


def test_who_was_hidden_behind_common_keys_is_found_and_asked_about(region):
    wide = region.means.limits
    _narrow(region, candidates=0)
    for n in (1, 2):
        region.arrive(n, someone(1), authority=f"a{n}")
    assert len(set(region.persons().values())) == 2, "too many were met to be compared"
    assert queue(region.session) == ()
    region.means = replace(region.means, limits=wide)
    swept = sweep(region.session, at=region.now(), means=region.means)
    assert swept.n_looked > 0
    assert len(set(region.persons().values())) == 2, "never joined in silence"
    assert {item.kind for item in queue(region.session)} <= {"join", "candidate"}
    assert queue(region.session)
    again = sweep(region.session, at=region.now(), means=region.means)
    assert (again.n_looked, again.acted) == (0, ())


def test_who_holds_the_same_verified_number_is_joined_when_found_late(region):
    wide = region.means.limits
    _narrow(region, candidates=0)
    for n in (1, 2):
        region.arrive(n, someone(1, number=True), authority=f"a{n}")
    assert len(set(region.persons().values())) == 2
    region.means = replace(region.means, limits=wide)
    swept = sweep(region.session, at=region.now(), means=region.means)
    assert [acted.event.kind for acted in swept.acted][-1] == "join"
    assert len(set(region.persons().values())) == 1
    assert check_projection(region.session) == 0


def test_what_is_of_one_person_is_not_looked_for_in_it(region):
    for n in (1, 2):
        region.arrive(n, someone(1, number=True), authority=f"a{n}")
    before = region.view()
    assert look_again(region.session, [1, 2, 9], _looking(region), region.means) == ()
    assert look_again(region.session, [], _looking(region), region.means) == ()
    assert region.view() == before


def test_settle_moves_who_would_be_linked_if_it_came_now(region):
    wide = region.means.limits
    _narrow(region, candidates=0)
    for n in (1, 2):
        region.arrive(n, someone(1), authority=f"a{n}")
    region.arrive(3, someone(3), authority="a3")
    persons = region.persons()
    region.means = replace(region.means, limits=wide)
    done = settle(region.session, _looking(region), means=region.means)
    assert done.last is None
    now = region.persons()
    assert now[1] == now[2] == persons[2], "the first that is looked at goes to the other"
    assert now[3] == persons[3]
    assert settle(region.session, _looking(region), means=region.means).acted == ()
    assert check_projection(region.session) == 0
    assert region.sql("SELECT to_person FROM identity.person_forward") == [(persons[2],)]


def test_settle_moves_nobody_whom_people_have_placed(region):
    from careweave.identity import unlink

    for n in (1, 2):
        region.arrive(n, someone(1, number=True), authority=f"a{n}")
    unlink(region.session, 2, by=region.by(), means=region.means)
    before = region.view()
    assert settle_these(region.session, [1, 2], _looking(region), region.means) == ()
    assert region.view() == before


def test_another_model_is_held_against_all_links_without_deciding(region):
    wide = region.means.limits
    region.arrive(1, someone(1), authority="a1")
    _narrow(region, candidates=0)
    region.arrive(2, someone(1), authority="a2")
    region.means = replace(region.means, limits=wide)
    region.arrive(3, someone(3), authority="a3")
    region.arrive(4, someone(3), authority="a4")
    region.arrive(5, someone(5), authority="a5")
    region.arrive(6, someone(5), authority="a6")
    for n in (7, 8):
        region.arrive(n, someone(6, number=True), authority=f"a{n}")
    before = region.view()
    model = region.means.model
    same = shadow(region.session, model, _looking(region), means=region.means)
    strict = model_of(replace(model.draft, thresholds=replace(model.thresholds, auto=90.0)))
    other = shadow(region.session, strict, _looking(region), means=region.means)
    assert region.view() == before, "a shadow decides nothing"
    assert same.last is None
    told = (same + other).by_source
    assert told["a5", Would.STAY] == 1
    assert told["a6", Would.CLOSE] == 1
    assert same.by_source["a2", Would.OPEN] == 1
    assert other.by_source["a2", Would.ASK] == 1
    assert sum(n for (_, would), n in other.by_source.items() if would is Would.FIXED) > 0
    assert other.by_group["no verified number", Would.CLOSE] >= 2


def test_a_shadow_goes_on_after_its_last(region):
    for n in (1, 2):
        region.arrive(n, someone(n), authority=f"a{n}")
    part = shadow(region.session, region.means.model, _looking(region), means=region.means, after=1)
    assert set(part.by_source) == {("a2", Would.STAY)}
    nobody = shadow_of(region.session, [], _looking(region), region.means)
    assert (nobody.last, nobody.by_source) == (None, {})


def test_who_would_move_is_told_and_moved_by_settling(region):
    whole = replace(someone(1), contacts=(WrittenContact("phone", "07700900123"),))
    wide = region.means.limits
    region.arrive(1, replace(whole, addresses=()), authority="a1")
    whole = replace(whole, numbers=(WrittenNumber(NHS, nhs(9)),))
    region.arrive(2, whole, authority="a2")
    persons = region.persons()
    assert persons[1] == persons[2]
    _narrow(region, candidates=0)
    region.arrive(3, whole, authority="a3")
    region.means = replace(region.means, limits=wide)
    found = shadow_of(region.session, [2], _looking(region), region.means)
    assert found.by_source == {("a2", Would.MOVE): 1}
    settle_these(region.session, [2], _looking(region), region.means)
    now = region.persons()
    assert now[2] == now[3] != now[1] == persons[1]
