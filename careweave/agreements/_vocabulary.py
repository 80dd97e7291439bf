"""The words of the format, and the forms of its texts. Source: `reference/agreements.md` 1 and 2."""

from collections.abc import Mapping

from careweave.agreements._durations import FIXED
from careweave.agreements._durations import SPAN as _SPAN
from careweave.agreements._schema import Text, Word, words_of
from careweave.agreements._values import Family, Level
from careweave.terms import Action, Heading, Label, Purpose, Role, Tie

FAMILIES: Mapping[Purpose, Family] = {
    Purpose.DIRECT_CARE: Family.CARE,
    Purpose.EMERGENCY: Family.CARE,
    Purpose.COORDINATION: Family.CARE,
    Purpose.SAFEGUARDING: Family.CARE,
    Purpose.OWN_REQUEST: Family.PERSON,
    Purpose.FAMILY_REQUEST: Family.PERSON,
    Purpose.PLANNING: Family.SECONDARY,
    Purpose.PUBLIC_HEALTH: Family.SECONDARY,
    Purpose.RESEARCH: Family.SECONDARY,
    Purpose.LEGAL: Family.MANDATE,
    Purpose.PATIENT_ADMINISTRATION: Family.FINDING,
}
"""How each purpose of an agreement is decided; what is not here is no purpose of an agreement."""

PEOPLE = frozenset({Role.CI, Role.PX})
"""The roles of a person about their own record, and of those they chose."""

CARE_ROLES = frozenset(Role) - PEOPLE - {Role.AN, Role.SYSTEM}
"""The roles of those who care."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "status": ("draft", "agreed", "suspended", "ended"),
    "kind": (
        *("reciprocal", "disclosure", "joint-controllers", "processor"),
        *("secondary-use", "person-access"),
    ),
    "basis": (
        *("implied-consent-direct-care", "explicit-consent", "statute", "s251"),
        *("public-interest", "not-applicable"),
    ),
    "party": ("provider", "recipient", "both", "processor"),
    "level": tuple(str(level) for level in Level if level is not Level.NEVER),
    "label": (*words_of(Label), "S11", "S12"),
    "output": ("aggregate", "de-identified-extract"),
    "on-end": ("stop-and-retain-audit", "stop-and-delete-copies", "return"),
    "tie": (*words_of(Tie), "self", "grant", "project", "mandate"),
    "lift": ("relationship", "dissent", "reason"),
    "trigger": ("on-demand", "event", "schedule"),
    "identifiability": ("identified", "pseudonymised", "de-identified", "aggregate"),
    "duty": (
        *("audit", "show-to-person", "notify-on-break-glass", "notify-source", "no-onward"),
        *("attribute-source", "delete-at-end", "review", "output-check", "receipt"),
    ),
    "field": (
        *("code", "date", "status", "source", "type", "name", "born", "sex", "nhs-number"),
        *("postcode-outward", "address", "telephone", "deceased", "relation", "provider"),
        *("valid-until", "dose"),
    ),
    "metric": (
        *("opened_before_decision", "changed_what_i_did", "opened_within_2h_of_discharge"),
        *("time_to_answer_p50", "receipts_complete", "people_with_plan_share"),
        *("duplicate_requests_avoided", "outputs_released"),
    ),
}
"""The closed vocabularies of the format. S11 and S12 are read so that a rule can refuse them."""

SLUG = Text("a word of small letters, digits and -", 59, r"[a-z0-9][a-z0-9-]{1,58}")
ORG = Text("org: or group: and a name", 70, r"(org|group):[a-z0-9][a-z0-9-]{1,58}")
IRI = Text("an address", 400, r"[a-z][a-z0-9+.-]*:\S+")
SPAN = Text("a duration such as P90D or P8Y", 40, _SPAN)
DURATION = Text("a duration such as PT15M or P30D", 40, FIXED)
PURPOSE = Word("purpose", words_of(FAMILIES))
HEADING = Word("heading", words_of(Heading))
ROLE = Word("role", tuple(str(role) for role in Role if role is not Role.SYSTEM))
ACTION = Word("action", words_of(Action))


def family_of(purpose: Purpose) -> Family | None:
    """Returns how a purpose is decided; None for what is no purpose of an agreement."""
    return FAMILIES.get(purpose)
