"""Which relationships and choices an entry may prove."""

from dataclasses import replace

from careweave.agreements import ChoiceKind
from careweave.record import Prepared

# To deny is open to every source: who receives must not write what lets it receive.
_TO_PROVE = frozenset({ChoiceKind.CONSENT, ChoiceKind.GRANT})


def proving(prepared: Prepared, kinds: frozenset[str]) -> Prepared:
    """Returns what is prepared with the ties, consents and grants that its source may prove.

    Source: reference/store.md 2.12; reference/agreements.md 1.6.
    """
    ties = tuple(tie for tie in prepared.ties if tie.kind in kinds)
    choices = tuple(
        one
        for one in prepared.choices
        if one.choice.kind not in _TO_PROVE or one.choice.kind.value in kinds
    )
    if (len(ties), len(choices)) == (len(prepared.ties), len(prepared.choices)):
        return prepared
    return replace(prepared, ties=ties, choices=choices)
