"""What the form of an agreement does not say: rules V1 to V8a and V13 to V17 of one file.

Source: `reference/agreements.md` 3.2. Those that depend on the day are in `_force`.
"""

from collections.abc import Callable, Mapping

from careweave.agreements._canonical import is_stable
from careweave.agreements._checking import Checking
from careweave.agreements._checks_clause import check_clauses
from careweave.agreements._checks_fields import check_fields
from careweave.agreements._checks_levels import check_levels
from careweave.agreements._checks_names import check_names
from careweave.agreements._nodes import Node
from careweave.agreements._notices import Notices
from careweave.agreements._values import Organisation, Rules
from careweave.agreements._yaml import Document

_CHECKS: tuple[Callable[[Checking], None], ...] = (
    check_fields,
    check_names,
    check_clauses,
    check_levels,
)


def is_refused(
    document: Document,
    organisations: Mapping[str, Organisation],
    rules: Rules,
    notices: Notices,
) -> bool:
    """Says whether a file is refused, and notes every fault and warning of it."""
    checking = Checking(document, Node(document.value), organisations, rules, notices)
    for check in _CHECKS:
        check(checking)
    if not is_stable(document.value):
        what = "the file, written out and read again, says something else"
        checking.fault("V16", (), what, "write plain values")
    return checking.is_refused
