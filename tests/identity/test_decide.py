"""The decision itself: thresholds, lead, vetoes, numbers. Source: reference/identity.md 6 and 9."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import assume, given
from hypothesis import strategies as st

from careweave.identity._conflicts import Judging, Veto
from careweave.identity._decide import Case, Decided, Kind, case, certain, decide
from careweave.identity._evidence import basis
from careweave.identity._explaining import Blocking, Skipped
from careweave.identity._limits import limits
from careweave.identity._member import Barrier, Group, Member
from careweave.identity._model import Model, default_model, model_of
from careweave.identity._norm import Norm
from careweave.identity._weigh import Check, cross_check, lead_of, weigh
from careweave.terms import PersonId, SubjectId
from tests.identity.norms import GRACE, named, norms

NOW = datetime(2026, 3, 16, tzinfo=UTC)
JUDGING = Judging(limits())
PLAIN = replace(GRACE, nhs="")
SURE = replace(GRACE, verified=frozenset({"nhs"}))
SISTER = replace(PLAIN, names=(named("okafor", "ruth"),))


def member(norm: Norm, subject: int = 1, **other: object) -> Member:
    made = Member(SubjectId(subject), f"A{subject}", f"s{subject}", norm, NOW)
    return replace(made, **other)  # type: ignore[arg-type]


def person(number: int, *members: Member) -> Group:
    return Group(PersonId(UUID(int=number)), number, members)


def asked(
    norm: Norm,
    *groups: Group,
    model: Model | None = None,
    judging: Judging = JUDGING,
    blocking: Blocking | None = None,
    **other: object,
) -> Case:
    record = member(norm, 1, **other)
    return case(record, groups, model or default_model(), judging, blocking or Blocking())


def decided(norm: Norm, *groups: Group, **other: object) -> Decided:
    return decide(asked(norm, *groups, **other))  # type: ignore[arg-type]


def kinds(found: Decided) -> list[Kind]:
    return [doubt.kind for doubt in found.doubts]


def with_thresholds(**changed: float) -> Model:
    draft = default_model().draft
    return model_of(replace(draft, thresholds=replace(draft.thresholds, **changed)))


def test_nobody_known_makes_a_new_person_without_a_question() -> None:
    found = decided(PLAIN)
    assert (found.person, found.method, found.doubts) == (None, "new_person", ())
    assert (found.weight, found.lead) == (None, None)


def test_who_agrees_well_and_alone_is_linked() -> None:
    one = person(1, member(PLAIN, 2))
    found = decided(PLAIN, one)
    assert (found.person, found.method, found.confidence) == (one, "probabilistic", "demographic")
    assert found.weight is not None
    assert found.lead == found.weight - (default_model().thresholds.review - 1)


def test_two_who_agree_alike_are_a_question() -> None:
    found = decided(PLAIN, person(1, member(PLAIN, 2)), person(2, member(PLAIN, 3)))
    assert (found.person, kinds(found)) == (None, [Kind.CANDIDATE])
    assert len(found.doubts[0].persons) == 2


def test_a_person_with_a_member_that_does_not_fit_is_a_question() -> None:
    other = replace(
        PLAIN, names=(named("adebayo", "tunde"),), birth=(1951, 7, 30), sex="male", homes=()
    )
    other = replace(other, phones=(), emails=())
    found = decided(PLAIN, person(1, member(PLAIN, 2), member(other, 3)))
    assert (found.person, kinds(found)) == (None, [Kind.MIXED_EVIDENCE])


def test_a_year_alone_never_links_without_a_number() -> None:
    vague = replace(PLAIN, birth=(1980, 0, 0), precision="year")
    strong = replace(vague, homes=PLAIN.homes, phones=PLAIN.phones, emails=PLAIN.emails)
    found = decided(strong, person(1, member(PLAIN, 2)))
    assert found.weight is not None
    assert found.weight > default_model().thresholds.auto
    assert (found.person, kinds(found)) == (None, [Kind.CANDIDATE])


def test_a_record_of_which_too_little_is_known_is_nobody_s_and_asks_nothing() -> None:
    found = decided(PLAIN, person(1, member(PLAIN, 2)), is_provisional=True)
    assert (found.person, found.confidence, found.doubts) == (None, "provisional", ())


def test_a_twin_is_a_question_and_never_a_link() -> None:
    found = decided(PLAIN, person(1, member(SISTER, 2)))
    assert (found.person, kinds(found)) == (None, [Kind.CANDIDATE])


def test_relatives_of_one_household_are_neither_linked_nor_a_question() -> None:
    mother = replace(SISTER, birth=(1951, 7, 30))
    found = decided(
        PLAIN,
        person(1, member(mother, 2)),
        model=with_thresholds(review=-40.0, show=-41.0, floor=-45.0),
    )
    assert (found.person, found.doubts) == (None, ())
    # One number makes them a question.
    numbered = replace(mother, nhs=GRACE.nhs)
    found = decided(
        GRACE,
        person(1, member(numbered, 2)),
        model=with_thresholds(review=-40.0, show=-41.0, floor=-45.0),
    )
    assert (found.person, kinds(found)) == (None, [Kind.CANDIDATE])


def test_twins_with_verified_numbers_are_no_question() -> None:
    twin = replace(SISTER, nhs="4010232137", verified=frozenset({"nhs"}))
    found = decided(SURE, person(1, member(twin, 2)))
    assert (found.person, found.doubts) == (None, ())
    assert [one.subject for one in found.walls] == [2]


def test_one_name_and_two_verified_numbers_are_a_question() -> None:
    other = replace(SURE, nhs="4010232137")
    found = decided(SURE, person(1, member(other, 2)))
    assert (found.person, kinds(found)) == (None, [Kind.CANDIDATE])


def test_the_same_verified_number_and_birth_date_is_proof() -> None:
    married = replace(
        SURE, names=(named("smith", "grace"),), homes=(), phones=(), emails=(), practice=""
    )
    one = person(1, member(SURE, 2))
    found = decided(married, one)
    assert (found.person, found.method, found.confidence) == (one, "verified_number", "verified")


def test_persons_of_one_verified_number_become_one() -> None:
    one, other = person(1, member(SURE, 2)), person(2, member(SURE, 3))
    found = decided(SURE, one, other)
    assert (found.person, found.joins, found.doubts) == (one, (other,), ())


def test_persons_of_one_number_that_conflict_are_a_question() -> None:
    dead = replace(SURE, died="2025-01-01")
    one = person(1, member(SURE, 2))
    other = person(2, member(dead, 3, alive_at=None))
    alive = replace(one, members=(member(SURE, 2, alive_at=NOW),))
    found = decided(SURE, alive, other)
    assert (found.person, found.joins, kinds(found)) == (alive, (), [Kind.JOIN])


def test_a_number_against_date_and_names_is_an_alarm() -> None:
    other = replace(SURE, names=(named("pike", "gwen"),), birth=(1937, 6, 15))
    found = decided(SURE, person(1, member(other, 2)))
    assert (found.person, kinds(found)) == (None, [Kind.WRONG_NUMBER])


def test_a_wrong_number_is_told_beside_a_proof() -> None:
    wrong = replace(SURE, names=(named("pike", "gwen"),), birth=(1937, 6, 15))
    one = person(1, member(SURE, 2))
    found = decided(SURE, one, person(2, member(wrong, 3)))
    assert (found.person, kinds(found)) == (one, [Kind.WRONG_NUMBER])


def test_the_number_of_one_twin_with_the_name_of_the_other_links_to_neither() -> None:
    twin = replace(SISTER, nhs="4010232137", verified=frozenset({"nhs"}))
    swapped = replace(SURE, names=SISTER.names)
    found = decided(swapped, person(1, member(SURE, 2)), person(2, member(twin, 3)))
    assert (found.person, kinds(found)) == (None, [Kind.WRONG_NUMBER])


def test_a_number_whose_holder_has_another_forename_and_sex_is_not_believed() -> None:
    brother = replace(SURE, names=(named("okafor", "tunde"),), sex="male")
    found = decided(brother, person(1, member(SURE, 2)))
    assert (found.person, kinds(found)) == (None, [Kind.WRONG_NUMBER])


def test_a_number_is_believed_of_somebody_called_otherwise() -> None:
    known_as = replace(SURE, names=(named("okafor", "ruth"),))
    one = person(1, member(SURE, 2))
    assert decided(known_as, one).person == one
    unnamed = replace(SURE, names=(named("okafor", ""),))
    assert decided(unnamed, one).person == one


def test_a_vetoed_proof_is_a_question_of_its_own_kind() -> None:
    frozen = decided(SURE, person(1, member(SURE, 2, state="frozen")))
    assert (frozen.person, kinds(frozen)) == (None, [Kind.CANDIDATE])
    twice = decided(SURE, person(1, member(SURE, 2, authority="A1", deduplicates=True)))
    assert (twice.person, kinds(twice)) == (None, [Kind.SOURCE_DUPLICATE])
    dead = replace(SURE, died="2025-01-01")
    alive = decided(SURE, person(1, member(dead, 2)), alive_at=NOW)
    assert (alive.person, kinds(alive)) == (None, [Kind.DEATH_CONFLICT])


def test_what_a_human_parted_stays_apart_until_the_evidence_changes() -> None:
    def barred(norm: Norm) -> Judging:
        wall = Barrier("not_same", basis(norm, PLAIN))
        return replace(JUDGING, barriers={(SubjectId(1), SubjectId(2)): (wall,)})

    same = decided(PLAIN, person(1, member(PLAIN, 2)), judging=barred(PLAIN))
    assert (same.person, same.doubts) == (None, ())
    changed = decided(PLAIN, person(1, member(PLAIN, 2)), judging=barred(SISTER))
    assert (changed.person, kinds(changed)) == (None, [Kind.BARRIER_CHANGED])


def test_somebody_sealed_leaves_no_trace() -> None:
    sealed = person(1, member(PLAIN, 2, state="sealed"))
    found, stranger = decided(PLAIN, sealed), decided(PLAIN)
    assert found == stranger
    beside = decided(PLAIN, sealed, person(2, member(PLAIN, 3)))
    assert beside == decided(PLAIN, person(2, member(PLAIN, 3)))


def test_who_also_agrees_with_another_asks_whether_both_are_one() -> None:
    weaker = replace(PLAIN, homes=(), emails=())
    one, other = person(1, member(PLAIN, 2)), person(2, member(weaker, 3))
    found = decided(PLAIN, one, other, model=with_thresholds(lead=1.0))
    assert (found.person, kinds(found)) == (one, [Kind.JOIN])


def test_what_was_left_out_is_told_only_when_nobody_was_found() -> None:
    blocking = Blocking(skipped=(Skipped(7, 604),))
    assert decided(PLAIN, blocking=blocking).is_incomplete
    assert not decided(PLAIN, person(1, member(PLAIN, 2)), blocking=blocking).is_incomplete
    assert not decided(PLAIN).is_incomplete


def test_the_cross_check_wants_the_date_or_two_parts_and_a_name() -> None:
    def checked(**changed: object) -> Check:
        return cross_check(SURE, replace(SURE, **changed))  # type: ignore[arg-type]

    stranger = (named("pike", "gwen"),)
    assert checked() is Check.AGREES
    assert checked(names=stranger) is Check.AGREES
    assert checked(birth=(1980, 5, 21)) is Check.AGREES
    assert checked(birth=(1980, 5, 21), names=stranger) is Check.OPEN
    assert checked(birth=(1937, 6, 15)) is Check.OPEN
    assert checked(birth=(1937, 6, 15), names=stranger) is Check.WRONG
    assert checked(birth=None) is Check.OPEN
    assert checked(verified=frozenset()) is Check.NONE
    assert checked(nhs="4010232137") is Check.NONE
    assert checked(nhs="4010232137", past_numbers=("9434765919",)) is Check.AGREES


def test_an_explanation_adds_up_and_holds_no_value_of_anybody() -> None:
    found = decided(PLAIN, person(1, member(PLAIN, 2)))
    told = found.explanation
    fields = told["fields"]
    assert isinstance(fields, list)
    parts = [part for part in fields if isinstance(part, dict)]
    total = sum(float(str(part["w"])) + float(str(part.get("tf", 0))) for part in parts)
    assert found.weight is not None
    assert abs(total + float(str(told["prior"])) - found.weight) < 1e-9
    text = repr(told)
    assert not any(value in text for value in ("okafor", "grace", "LS1", "132496000", "1980"))


def test_the_other_sex_is_an_alarm_and_no_veto() -> None:
    found = decided(replace(PLAIN, sex="male"), person(1, member(PLAIN, 2)))
    assert found.person is not None
    assert found.explanation["alarms"] == ["A1"]


MODEL = default_model()
GROUPS = st.lists(st.lists(norms(), min_size=1, max_size=2), max_size=4)


def _people(drawn: list[list[Norm]]) -> list[Group]:
    return [
        person(number + 1, *(member(one, 10 * number + at + 2) for at, one in enumerate(group)))
        for number, group in enumerate(drawn)
    ]


@given(norms(), GROUPS)
def test_a_higher_threshold_never_links_more(norm: Norm, drawn: list[list[Norm]]) -> None:
    groups = _people(drawn)
    strict = decided(norm, *groups, model=with_thresholds(auto=14.0))
    if strict.method == "probabilistic":
        assert decided(norm, *groups).person == strict.person


@given(norms(), GROUPS)
def test_a_veto_never_raises_a_lead_nor_makes_a_link(norm: Norm, drawn: list[list[Norm]]) -> None:
    groups = _people(drawn)
    before = asked(norm, *groups)
    assume(before.ranked)
    barred = before.ranked[0].best.subject
    barriers = {(SubjectId(1), barred): (Barrier("not_same", b""),)}
    after = asked(norm, *groups, judging=replace(JUDGING, barriers=barriers))
    old = {one.group.person: lead_of(one, before.ranked, MODEL) for one in before.ranked}
    new = {one.group.person: lead_of(one, after.ranked, MODEL) for one in after.ranked}
    assert old == new
    linked = certain(after)
    assert linked is None or linked.group == getattr(certain(before), "group", None)


@given(norms(), GROUPS, norms())
def test_another_person_never_raises_a_lead(
    norm: Norm, drawn: list[list[Norm]], another: Norm
) -> None:
    groups = _people(drawn)
    before, after = asked(norm, *groups), asked(norm, *groups, person(99, member(another, 999)))
    old = {one.group.person: lead_of(one, before.ranked, MODEL) for one in before.ranked}
    for one in after.ranked:
        known = old.get(one.group.person)
        assert known is None or lead_of(one, after.ranked, MODEL) <= known


@given(norms(), GROUPS)
def test_whoever_is_linked_has_no_veto_that_a_number_does_not_answer(
    norm: Norm, drawn: list[list[Norm]]
) -> None:
    groups = _people(drawn)
    found = asked(norm, *groups)
    chosen = decide(found)
    weighed = next((one for one in found.ranked if one.group == chosen.person), None)
    if weighed is not None:
        assert weighed.vetoes.keys() <= {Veto.TWINS}
        assert not weighed.vetoes or chosen.method == "verified_number"


@given(norms(), GROUPS, st.randoms(use_true_random=False))
def test_the_order_of_candidates_does_not_matter(
    norm: Norm, drawn: list[list[Norm]], random: object
) -> None:
    groups = _people(drawn)
    mixed = list(groups)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    record = member(norm)
    assert weigh(record, groups, MODEL, JUDGING) == weigh(record, mixed, MODEL, JUDGING)


def test_two_numbers_are_a_question_only_where_all_else_agrees() -> None:
    other = replace(SURE, nhs="4010232137")
    sure = decided(SURE, person(1, member(other, 2)))
    assert kinds(sure) == [Kind.CANDIDATE]
    namesake = replace(other, homes=(), phones=(), emails=(), practice="")
    found = asked(SURE, person(1, member(namesake, 2)))
    weight = found.ranked[0].weight
    strict = with_thresholds(auto=weight + 1)
    assert decided(SURE, person(1, member(namesake, 2)), model=strict).doubts == ()


def test_who_is_in_doubt_is_linked_only_by_the_same_number_and_birth() -> None:
    doubted = member(SURE, 2, is_doubted=True)
    one = person(1, doubted)
    assert decided(SURE, one).person == one
    assert decided(PLAIN, one).person is None
    slip = replace(SURE, birth=(1980, 5, 21))
    assert decided(slip, one).person is None
