"""The model in force: activated once, known in every process, weighed by the names of the region."""

from dataclasses import replace
from datetime import timedelta

import pytest

from careweave.db import Database, Session
from careweave.identity._force import (
    activate_model,
    count_terms,
    means,
    model_in_force,
    models,
)
from careweave.identity._model import default_model, model_of, with_frequencies
from careweave.identity._resolve import resolve
from careweave.identity._spec import UNSEEN
from careweave.terms import Conflict, Incorrect
from tests.identity.people import people
from tests.identity.resolving import NOW, Feed, maker
from tests.identity.resolving import means as plain


def _crowd(session: Session) -> None:
    gpa = Feed()
    found = [gpa(n + 1, one.demographics) for n, one in enumerate(people(80, 2))]
    resolve(session, found, means=plain())


def test_without_one_the_model_of_the_package_decides(session: Session) -> None:
    assert model_in_force(session) == default_model()
    assert models(session) == ()
    by = means(session, new_person=maker())
    assert by.model == default_model()


def test_an_activated_model_weighs_by_the_names_of_the_region(session: Session) -> None:
    _crowd(session)
    told = activate_model(session, default_model().document, at=NOW, actor="officer")
    assert told.frequencies["family"]
    found = model_in_force(session)
    assert found.name == default_model().name
    for field, terms in told.frequencies.items():
        assert found.frequencies[field] == pytest.approx(dict(terms))
    shares = count_terms(session, told)
    assert all(0 < share <= 1 for terms in shares.values() for share in terms.values())
    assert all(UNSEEN in terms for terms in shares.values())


def test_the_frequencies_of_a_document_are_kept(session: Session) -> None:
    shares = {"family": {"okafor": 0.001, UNSEEN: 0.00001}}
    model = with_frequencies(default_model(), shares)
    activate_model(session, model.document, at=NOW, actor="officer")
    found = model_in_force(session)
    assert found.frequencies["family"]["okafor"] == pytest.approx(0.001)


def test_the_next_model_ends_the_time_of_the_last(session: Session) -> None:
    later = NOW + timedelta(days=1)
    activate_model(session, default_model().document, at=NOW, actor="officer")
    other = model_of(replace(default_model().draft, name="region-2"))
    activate_model(session, other.document, at=later, actor="officer")
    assert model_in_force(session).name == "region-2"
    newest, oldest = models(session)
    assert (newest.model, newest.retired_at) == ("region-2", None)
    assert (oldest.model, oldest.retired_at) == (default_model().name, later)
    assert newest.signed_off_by == "officer"


def test_a_model_that_was_in_force_may_be_again_but_not_another_of_its_name(
    session: Session,
) -> None:
    first = default_model()
    activate_model(session, first.document, at=NOW, actor="officer")
    activate_model(session, first.document, at=NOW, actor="second officer")
    assert [one.signed_off_by for one in models(session)] == ["second officer"]
    changed = model_of(replace(first.draft, probability=0.001))
    with pytest.raises(Conflict):
        activate_model(session, changed.document, at=NOW, actor="officer")


def test_a_faulty_document_is_refused_whole(session: Session) -> None:
    with pytest.raises(Incorrect):
        activate_model(session, {"name": "x"}, at=NOW, actor="officer")
    assert models(session) == ()


def test_every_process_learns_of_a_new_model(database: Database) -> None:
    other = Database(database.url)
    try:
        with other.session() as session:
            assert model_in_force(session) == default_model()
        with database.session() as session:
            model = model_of(replace(default_model().draft, name="region-2"))
            activate_model(session, model.document, at=NOW, actor="officer")
        with other.session() as session:
            assert model_in_force(session).name == "region-2"
    finally:
        other.close()
