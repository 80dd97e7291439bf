"""The scoring model: checked whole when it is made, then never changed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.resources import files
from math import log2
from typing import cast

from careweave.identity._ceilings import capped
from careweave.identity._comparators import Find
from careweave.identity._fields import comparator
from careweave.identity._model_check import faults_of
from careweave.identity._model_text import read_draft, write_draft
from careweave.identity._relatives import Relatives, relatives
from careweave.identity._spec import (
    SMALLEST,
    Comparison,
    Draft,
    Frequencies,
    Shares,
    Thresholds,
)
from careweave.terms import Incorrect, Json

Weights = tuple[tuple[float, ...], ...]
"""By comparison, the weight of each level, and after them 0 for the field that is not there."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model ready to score: what it is made of, and the functions and weights made of that.

    `prior` is the weight of a pair before anything is compared. `source_weights` are the weights
    for sources with error rates of their own. `digest` is of the document without frequencies.
    """

    draft: Draft
    prior: float
    finders: tuple[Find, ...] = field(repr=False, compare=False)
    weights: Weights
    source_weights: Mapping[str, Weights]
    digest: bytes
    relatives: Relatives | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The name and version, as decisions keep it."""
        return self.draft.name

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """How each field is compared."""
        return self.draft.comparisons

    @property
    def thresholds(self) -> Thresholds:
        """The weights between link, review and nothing."""
        return self.draft.thresholds

    @property
    def frequencies(self) -> Frequencies:
        """How common each term is."""
        return self.draft.frequencies

    @property
    def norm_version(self) -> str:
        """The version of normalisation that the model was made for."""
        return self.draft.norm_version

    @property
    def document(self) -> dict[str, Json]:
        """The model as a document, its frequencies with it."""
        return write_draft(self.draft)

    def weights_of(self, source: str) -> Weights:
        """Returns the weights for a source, those of all sources where it has none of its own."""
        return self.source_weights.get(source, self.weights)


def model_of(draft: Draft) -> Model:
    """Returns the model of a draft, or raises Incorrect with all faults of it."""
    faults = faults_of(draft)
    if faults:
        text = "The model cannot be used: see the places named."
        raise Incorrect(text, issues=faults)
    comparisons = draft.comparisons
    return Model(
        draft=draft,
        prior=log2(draft.probability / (1 - draft.probability)),
        finders=tuple(comparator(one.field).finder(one, draft.frequencies) for one in comparisons),
        weights=tuple(_weights(one, None) for one in comparisons),
        source_weights={
            source: tuple(_weights(one, shares.get(one.field)) for one in comparisons)
            for source, shares in draft.sources.items()
        },
        digest=_digest(replace(draft, frequencies={})),
        relatives=relatives(comparisons, draft.kin_share),
    )


def load_model(document: Mapping[str, Json]) -> Model:
    """Returns the model of a document, or raises Incorrect with all faults of it."""
    return model_of(read_draft(document))


@cache
def default_model() -> Model:
    """Returns the model that the package ships: docs/reference/identity-model.md is its card."""
    text = (files("careweave.identity") / "models" / "default.json").read_text(encoding="utf-8")
    return load_model(cast("dict[str, Json]", json.loads(text, parse_float=Decimal)))


def with_frequencies(model: Model, frequencies: Frequencies) -> Model:
    """Returns the model with the frequencies of a region: by field, the share of each term.

    The share under the empty term is that of terms not in the table.
    A term that is so common that to agree on it would speak against is taken for less common.
    """
    found = capped(model.comparisons, frequencies)
    return model_of(replace(model.draft, frequencies=found))


def with_population(model: Model, persons: int) -> Model:
    """Returns the model for an index of so many persons: one of them is the one asked for.

    How many relatives a person has does not change with it.
    """
    probability = 1 / max(persons, 2)
    kin_share = min(model.draft.kin_share * probability / model.draft.probability, 0.5)
    return model_of(replace(model.draft, probability=probability, kin_share=kin_share))


def _weights(one: Comparison, shares: Shares | None) -> tuple[float, ...]:
    ms = shares or tuple(level.m for level in one.levels)
    return (
        *(
            log2(max(m, SMALLEST) / max(level.u, SMALLEST))
            for m, level in zip(ms, one.levels, strict=True)
        ),
        0.0,
    )


def _digest(draft: Draft) -> bytes:
    text = json.dumps(write_draft(draft), sort_keys=True, separators=(",", ":"), default=float)
    return sha256(text.encode()).digest()
