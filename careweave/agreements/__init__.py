"""Data sharing agreements as values: read, checked, decided, compiled and told in plain words."""

from careweave.agreements._canonical import canonical, emit
from careweave.agreements._comparing import Difference, Standings, differences, standings
from careweave.agreements._compile import Branches, branches
from careweave.agreements._compile_offers import names_of
from careweave.agreements._compile_until import changes_at
from careweave.agreements._consent import ReadConsent, read_consent
from careweave.agreements._consent_terms import ConsentWords
from careweave.agreements._decide import decide, ranked
from careweave.agreements._durations import duration
from careweave.agreements._exchange import Imported
from careweave.agreements._flows import Flow, flows, regrouped
from careweave.agreements._force import in_force, warnings
from careweave.agreements._mais import to_mais
from careweave.agreements._mais_import import from_mais
from careweave.agreements._mais_request import (
    MaisAnswer,
    MaisRequest,
    answer_of,
    permitted_policies,
    read_request,
)
from careweave.agreements._notices import Grade, Notice, Notices, refuse
from careweave.agreements._odrl import from_odrl, to_odrl
from careweave.agreements._organisations import GROUP, expanded, read_organisations, slug_of
from careweave.agreements._permission import from_permission, to_bundle, to_permission
from careweave.agreements._prospect import Prospect, person_reasons, reasons_of
from careweave.agreements._question import (
    About,
    Answer,
    Bond,
    Choice,
    ChoiceKind,
    Context,
    Episode,
    Mandate,
    Reason,
    Thing,
    Verdict,
)
from careweave.agreements._reference import reference
from careweave.agreements._rules_files import default_rules
from careweave.agreements._sign_file import Signer, signed_file
from careweave.agreements._signing import private_pem, public_half, public_text, sign
from careweave.agreements._staff import STAFF, Staff, read_staff
from careweave.agreements._telling import told
from careweave.agreements._telling_changes import Moved, told_difference
from careweave.agreements._telling_verdicts import told_reason, told_verdict
from careweave.agreements._values import (
    Agreement,
    BreakGlass,
    Ceiling,
    Clause,
    Family,
    Filter,
    Filters,
    Hours,
    Key,
    Level,
    Loosening,
    Organisation,
    Party,
    Quantity,
    Rules,
    Share,
    Speed,
    World,
)
from careweave.agreements._vocabulary import CARE_ROLES, family_of
from careweave.agreements._words import a_or_an, listed, named, role_named
from careweave.agreements._world import FOLDERS, ORGANISATIONS, checked, read_world

__all__ = [
    "CARE_ROLES",
    "FOLDERS",
    "GROUP",
    "ORGANISATIONS",
    "STAFF",
    "About",
    "Agreement",
    "Answer",
    "Bond",
    "Branches",
    "BreakGlass",
    "Ceiling",
    "Choice",
    "ChoiceKind",
    "Clause",
    "ConsentWords",
    "Context",
    "Difference",
    "Episode",
    "Family",
    "Filter",
    "Filters",
    "Flow",
    "Grade",
    "Hours",
    "Imported",
    "Key",
    "Level",
    "Loosening",
    "MaisAnswer",
    "MaisRequest",
    "Mandate",
    "Moved",
    "Notice",
    "Notices",
    "Organisation",
    "Party",
    "Prospect",
    "Quantity",
    "ReadConsent",
    "Reason",
    "Rules",
    "Share",
    "Signer",
    "Speed",
    "Staff",
    "Standings",
    "Thing",
    "Verdict",
    "World",
    "a_or_an",
    "answer_of",
    "branches",
    "canonical",
    "changes_at",
    "checked",
    "decide",
    "default_rules",
    "differences",
    "duration",
    "emit",
    "expanded",
    "family_of",
    "flows",
    "from_mais",
    "from_odrl",
    "from_permission",
    "in_force",
    "listed",
    "named",
    "names_of",
    "permitted_policies",
    "person_reasons",
    "private_pem",
    "public_half",
    "public_text",
    "ranked",
    "read_consent",
    "read_organisations",
    "read_request",
    "read_staff",
    "read_world",
    "reasons_of",
    "reference",
    "refuse",
    "regrouped",
    "role_named",
    "sign",
    "signed_file",
    "slug_of",
    "standings",
    "to_bundle",
    "to_mais",
    "to_odrl",
    "to_permission",
    "told",
    "told_difference",
    "told_reason",
    "told_verdict",
    "warnings",
]
