"""What becomes of one record: linked, new, asked, kept, frozen, sealed. The steps of section 6."""

from dataclasses import replace

from careweave.db import Session
from careweave.identity._resolve import resolve
from tests.identity.resolving import ANNE, STATED, Feed, means, named, nhs


def test_a_first_record_is_a_new_person_and_the_same_again_is_unchanged(session: Session) -> None:
    gpa, by = Feed(), means()
    first = gpa(1, ANNE)
    (new,) = resolve(session, [first], means=by)
    assert (new.verdict, new.method) == ("new", "new_person")
    assert [(one.subject, one.person) for one in new.changes] == [(1, new.person)]
    (again,) = resolve(session, [first], means=by)
    assert (again.verdict, again.person, again.changes) == ("unchanged", new.person, ())


def test_the_same_demographics_at_another_source_are_linked(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    (new,) = resolve(session, [gpa(1, ANNE)], means=by)
    (linked,) = resolve(session, [acu(2, ANNE)], means=by)
    assert (linked.verdict, linked.method, linked.person) == ("linked", "probabilistic", new.person)
    assert linked.confidence == "demographic"


def test_two_of_one_batch_see_each_other(session: Session) -> None:
    gpa, acu = Feed(), Feed("acu")
    first, second = resolve(session, [gpa(1, ANNE), acu(2, ANNE)], means=means())
    assert first.person == second.person


def test_a_verified_number_with_the_birth_date_is_proof(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    one = replace(ANNE, numbers=nhs("9990000050"))
    other = replace(one, names=named("Smith", "Adaeze"), addresses=(), contacts=())
    (new,) = resolve(session, [gpa(1, one)], means=by)
    (linked,) = resolve(session, [acu(2, other)], means=by)
    assert (linked.method, linked.confidence) == ("verified_number", "verified")
    assert linked.person == new.person


def test_an_unverified_number_is_no_proof(session: Session) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    one = replace(ANNE, numbers=nhs("9990000050", STATED))
    other = replace(one, names=named("Smith", "Adaeze"), addresses=(), contacts=())
    resolve(session, [gpa(1, one)], means=by)
    (found,) = resolve(session, [acu(2, other)], means=by)
    assert found.method != "verified_number"


def test_a_verified_number_against_date_and_names_is_asked_and_never_linked(
    session: Session,
) -> None:
    gpa, acu, by = Feed(), Feed("acu"), means()
    one = replace(ANNE, numbers=nhs("9990000050"))
    other = replace(one, names=named("Pike", "Gwen"), birth_date="1937-06-15")
    (new,) = resolve(session, [gpa(1, one)], means=by)
    (found,) = resolve(session, [acu(2, other)], means=by)
    assert (found.verdict, found.review) == ("new", ("wrong_number",))
    assert found.person != new.person
