"""The account of one look, for tests that say only what matters to them."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from careweave.ledger import Account, Outcome, new_id
from careweave.terms import SubjectId


def clauses(*headings: str, clause: str = "own:nm-acute", n_items: int = 2) -> str:
    """What a clause let out under each heading, as accounts write it."""
    told = [{"clause": clause, "heading": one, "items": n_items} for one in headings]
    return json.dumps(told)


def look_at(subject: int, at: datetime, /, **changes: Any) -> Account:
    """A clinician of A&E read two medicines of a subject."""
    made = Account(
        id=new_id(at),
        at=at,
        actor="ward-system",
        organisation="nm-acute",
        source=1,
        action="read",
        door="fhir",
        request_id="r1",
        purpose="TREAT",
        subjects=(SubjectId(subject),),
        what="Observation",
        n_items=2,
        outcome=Outcome.PERMIT,
        clauses=clauses("MED"),
        deed="read",
        role="ED",
        user_name="u-ed",
    )
    return replace(made, **changes)
