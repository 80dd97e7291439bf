"""The model in force: what it is made of, how common the names of the region are, who signed it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from careweave.db import Queries, Session
from careweave.identity._incoming import Hazards, Means, PersonMaker, no_hazards
from careweave.identity._levels import frequency_terms
from careweave.identity._model import Model, default_model, load_model, model_of, with_frequencies
from careweave.identity._norm import Norm
from careweave.identity._pack import unpack
from careweave.identity._region_rules import rules_in_force
from careweave.identity._spec import UNSEEN, Frequencies
from careweave.terms import Conflict, Json

_QUERIES = Queries("careweave.identity")

_PAGE = 5_000
_FEWEST = 3
"""A term that fewer have is counted among those unseen: a misspelling is no name."""


@dataclass(frozen=True, slots=True)
class _InForce:
    """The model that this process remembers, and its digest as the table has it."""

    model: Model
    digest: bytes | None


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A model that is or was in force."""

    model: str
    digest: bytes
    signed_off_by: str
    activated_at: datetime | None
    retired_at: datetime | None


def means(session: Session, *, new_person: PersonMaker, hazards: Hazards = no_hazards) -> Means:
    """Returns with what the region judges now: its model, its rules."""
    return Means(model_in_force(session), rules_in_force(session), new_person, hazards)


def model_in_force(session: Session) -> Model:
    """Returns the model in force, the one that the package ships where none was activated.

    A process remembers it, and asks each time whether it is still the one.
    """
    row = session.row(_QUERIES["model_now"])
    digest = None if row is None else bytes(row[1])
    known = session.memo(_InForce, _read)
    if known.digest != digest:
        session.forget(_InForce)
        known = session.memo(_InForce, _read)
    return known.model


def models(session: Session) -> tuple[KeptModel, ...]:
    """Returns the models that are or were in force, the newest first."""
    return tuple(KeptModel(*row) for row in session.rows(_QUERIES["models"]))


def activate_model(
    session: Session, document: Mapping[str, Json], *, at: datetime, actor: str
) -> Model:
    """Puts a model in force from now on, signed off by `actor`, and returns it.

    Terms are weighed by how common they are in the region now, unless the document says. What was
    decided before stays. Raises Incorrect with all faults of the document, Conflict when another
    model has that name.
    """
    told = load_model(document)
    session.run(_QUERIES["model_retire"], at=at)
    bare = model_of(replace(told.draft, frequencies={}))
    n_put = session.run(
        _QUERIES["model_put"],
        model=told.name,
        digest=told.digest,
        document=json.dumps(bare.document, default=float),
        actor=actor,
        at=at,
    )
    if n_put != 1:
        raise Conflict("Another model has that name: give this one a name of its own.")
    shares = told.frequencies or count_terms(session, told)
    _keep_terms(session, told.name, shares)
    session.forget(_InForce)
    return with_frequencies(told, shares)


def model_to_try(session: Session, document: Mapping[str, Json]) -> Model:
    """Returns a model as it would be in force now, and puts nothing in force.

    Raises Incorrect with all faults of the document.
    """
    told = load_model(document)
    return with_frequencies(told, told.frequencies or count_terms(session, told))


def count_terms(session: Session, model: Model) -> dict[str, dict[str, float]]:
    """Returns how common each term is among all local identities: by field, its share.

    The share under the empty term is that of a term that nobody has yet.
    """
    counts: dict[str, Counter[str]] = {}
    for norm in _norms(session):
        for field, term in frequency_terms(norm, model):
            counts.setdefault(field, Counter())[term] += 1
    return {field: _shares(found) for field, found in counts.items()}


def _shares(found: Counter[str]) -> dict[str, float]:
    total = found.total()
    kept = {term: n / total for term, n in found.items() if n >= _FEWEST}
    return kept | {UNSEEN: 1 / total}


def _norms(session: Session) -> Iterator[Norm]:
    """Yields what is known of every local identity: pages of thousands, not one by one."""
    after = 0
    while rows := session.rows(_QUERIES["norms_after"], after=after, most=_PAGE):
        yield from (unpack(norm) for _, norm in rows)
        after = rows[-1][0]


def _keep_terms(session: Session, model: str, shares: Frequencies) -> None:
    rows = [
        (field, term, share) for field, terms in shares.items() for term, share in terms.items()
    ]
    session.run(_QUERIES["model_terms_drop"], model=model)
    session.run(
        _QUERIES["model_terms_add"],
        model=model,
        fields=[field for field, _, _ in rows],
        terms=[term for _, term, _ in rows],
        shares=[share for _, _, share in rows],
    )


def _read(session: Session) -> _InForce:
    row = session.row(_QUERIES["model_now"])
    if row is None:
        return _InForce(default_model(), None)
    name, digest = row
    document = session.row(_QUERIES["model_document"], model=name)
    shares: dict[str, dict[str, float]] = {}
    for field, term, share in session.rows(_QUERIES["model_terms"], model=name):
        shares.setdefault(field, {})[term] = share
    model = load_model(document[0] if document is not None else {})
    return _InForce(with_frequencies(model, shares), bytes(digest))
