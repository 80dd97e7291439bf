"""Which relationships an entry may prove."""

from dataclasses import replace

from careweave.record import Prepared


def proving(prepared: Prepared, kinds: frozenset[str]) -> Prepared:
    """Returns what is prepared with the ties that its source may prove.

    Source: reference/store.md 2.12.
    """
    if all(tie.kind in kinds for tie in prepared.ties):
        return prepared
    return replace(prepared, ties=tuple(tie for tie in prepared.ties if tie.kind in kinds))
