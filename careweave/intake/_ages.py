"""The label that keeps a young person's confidence against parent proxies.

Source: reference/record.md 6, technical labels; 4.8, example 16.
"""

import re
from collections.abc import Sequence
from datetime import date

from careweave import record
from careweave.db import Session
from careweave.formats import read_json
from careweave.intake._draft import Draft, Drafter
from careweave.intake._labels import LabelRules
from careweave.intake._targets import own_sources
from careweave.intake._work import Ref, Work
from careweave.terms import Json, Label

_YOUNG = frozenset({Label.YOUNG_PERSON})
_birth = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?").fullmatch


def label_the_young(session: Session, works: Sequence[Work], drafter: Drafter) -> None:
    """Adds the label to sensitive entries of people of that age; asks only where there are any."""
    rules = drafter.rules.labels
    asking = {
        id(work): ref
        for work in works
        if work.is_open and work.draft is not None and (ref := _subject(work.draft, rules))
    }
    if not asking:
        return
    births = _births(session, works, set(asking.values()))
    for work in works:
        ref = asking.get(id(work))
        if ref is None or work.draft is None:
            continue
        if is_young(births.get(ref), work.writing.at.date(), rules):
            labels = work.draft.classification.labels | _YOUNG
            work.draft = drafter.keeping(work.draft, labels)


def _subject(draft: Draft, rules: LabelRules) -> Ref | None:
    """Returns the patient to ask about: only of an entry with a label that asks for it."""
    if rules.young_labels.isdisjoint(draft.classification.labels) or not draft.prepared.primary:
        return None
    return "Patient", draft.prepared.patients[0]


def _births(session: Session, works: Sequence[Work], refs: set[Ref]) -> dict[Ref, Json]:
    """Returns birth dates: of the patients that are being written, else of those held."""
    found = {
        work.ref: work.draft.said.value.get("birthDate")
        for work in works
        if work.ref in refs and work.draft is not None
    }
    held = record.held(session, refs - found.keys(), sources=own_sources(works), lock=False)
    for ref, one in held.items():
        if one.body is not None:
            found[ref] = read_json(one.body).value.get("birthDate")
    return found


def is_young(birth: Json, today: date, rules: LabelRules) -> bool:
    """Says whether somebody born then can be of the age today; a partial date counts cautiously."""
    said = _birth(birth) if isinstance(birth, str) else None
    if said is None:
        return False
    year, month, day = said.groups()
    oldest = _age((int(year), int(month or 1), int(day or 1)), today)
    youngest = _age((int(year), int(month or 12), int(day or 31)), today)
    return oldest >= rules.young_from and youngest < rules.young_until


def _age(born: tuple[int, int, int], today: date) -> int:
    return today.year - born[0] - ((today.month, today.day) < born[1:])
