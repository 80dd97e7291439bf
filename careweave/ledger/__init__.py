"""The sealed account of everything shown, changed and signed in: append, seal, verify."""

from careweave.ledger._account import (
    Account,
    Outcome,
    Part,
    Recorder,
    Spread,
    append,
    new_id,
    new_ids,
)
from careweave.ledger._keys import SealKey
from careweave.ledger._sealing import (
    Head,
    Sealed,
    keep_sealing,
    newest_head,
    seal,
    unsealed_s,
)
from careweave.ledger._shown import (
    Period,
    about,
    answer_of,
    between,
    done_by,
    last_look,
    seen_by,
    shown,
)
from careweave.ledger._verifying import Finding, Tampering, Verified, verify
from careweave.ledger._watching import FIRST, Broken, Place, Stretch, after, broken, written

__all__ = [
    "FIRST",
    "Account",
    "Broken",
    "Finding",
    "Head",
    "Outcome",
    "Part",
    "Period",
    "Place",
    "Recorder",
    "SealKey",
    "Sealed",
    "Spread",
    "Stretch",
    "Tampering",
    "Verified",
    "about",
    "after",
    "answer_of",
    "append",
    "between",
    "broken",
    "done_by",
    "keep_sealing",
    "last_look",
    "new_id",
    "new_ids",
    "newest_head",
    "seal",
    "seen_by",
    "shown",
    "unsealed_s",
    "verify",
    "written",
]
