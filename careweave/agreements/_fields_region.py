"""The fields of the other files of a region that say who shares: organisations, jurisdictions."""

from careweave.agreements._schema import (
    MANDATORY as M,
)
from careweave.agreements._schema import (
    OPTIONAL as O,
)
from careweave.agreements._schema import (
    Day,
    Flag,
    ListOf,
    MapOf,
    Member,
    Number,
    Table,
    Text,
    Whole,
    Word,
)
from careweave.agreements._vocabulary import DURATION, SLUG, SPAN, WORDS

_LINE = Text("a line of text", 400)
_NAME = Text("a word", 80, r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_VERSION = "version of the format"

KEY = Table(
    "key",
    (
        Member("kid", _NAME, M, "name of the key, in the header of each signature"),
        Member("alg", Word("algorithm", ("Ed25519",)), M, "how it signs"),
        Member("x", Text("a key in base64url", 60, r"[A-Za-z0-9_-]{43}"), M, "the public half"),
        Member("by", _LINE, M, "whose it is: a role or a name"),
        Member("from", Day(), M, "first day on which it may sign"),
        Member("to", Day(), M, "last day"),
        Member("demonstration", Flag(), O, "true: its secret half is public; `serve` refuses it"),
    ),
)
_SYSTEM = Table(
    "system",
    (
        Member("key", _NAME, M, "its name in the files of people"),
        Member("format", _NAME, M, "in which format it sends"),
        Member("prefix", _NAME, O, "how its ids begin"),
        Member("local", _NAME, O, "name of its local numbers"),
        Member("sources", MapOf(_NAME, _NAME), O, "which source sends which messages"),
    ),
)
_ORGANISATION = Table(
    "organisation",
    (
        Member("id", SLUG, M, "its name in agreements: org:..."),
        Member("name", _LINE, M, "its name for people"),
        Member("kind", SLUG, M, "what it is: gp, acute, council, ..."),
        Member("code", _NAME, O, "its code in `code_system`"),
        Member("codes", ListOf(_LINE), O, "other names under which entries know it"),
        Member("jurisdiction", SLUG, O, "whose rules hold for it"),
        Member("telephone", _LINE, O, "whom to call where only an indicator is shown"),
        Member(
            "outwards",
            ListOf(Text("an outward postcode", 4, r"[A-Z]{1,2}[0-9][0-9A-Z]?")),
            O,
            "outward postcodes of its area",
        ),
        Member(
            "services",
            MapOf(SLUG, ListOf(_NAME, 1)),
            O,
            "services that count as origin of their own, each with its systems",
        ),
        Member("keys", ListOf(KEY), O, "public keys with which it signs"),
        Member("key", _NAME, O, "short name in the files of people"),
        Member("share", Number(), O, "share of the inhabitants that it knows"),
        Member("staff", ListOf(_LINE), O, "names of its people"),
        Member("systems", ListOf(_SYSTEM), O, "what sends"),
    ),
)
_GROUP = Table(
    "group",
    (
        Member("id", SLUG, M, "its name in agreements: group:..."),
        Member("name", _LINE, M, "its name for people"),
        Member("members", ListOf(SLUG, 1), M, "the organisations in it"),
        Member("signer", SLUG, O, "the organisation that signs for it"),
        Member("keys", ListOf(KEY), O, "keys of an office that signs for it"),
    ),
)
ORGANISATIONS = Table(
    "organisations",
    (
        Member("careweave", Word(_VERSION, ("organisations/1",)), O, _VERSION),
        Member("code_system", _LINE, O, "the system of every `code`"),
        Member("organisations", ListOf(_ORGANISATION), M, "the organisations"),
        Member("groups", ListOf(_GROUP), O, "groups of them that agreements may name"),
    ),
)
"""Everything that `organisations.yaml` may say."""

_OPT_OUT = Table(
    "opt_out",
    (
        Member("id", Word("choice", ("national", "type1")), M, "its name in a clause"),
        Member("name", _LINE, M, "its name for people"),
        Member("source", _LINE, M, "where it comes from"),
        Member("max_age", DURATION, O, "how old a list of it may be; older refuses the whole"),
        Member("exemptions", ListOf(_LINE), O, "what may be cited against it"),
    ),
)
_BAR = Table(
    "law_bar",
    (
        Member("label", Word("label", WORDS["label"]), M, "which label"),
        Member("statute", _LINE, M, "by which law"),
        Member("exceptions", ListOf(_LINE), O, "what it allows all the same"),
    ),
)
_AGES = Table(
    "ages",
    (
        Member("own_account", Whole(0, 120), M, "from when somebody has an account"),
        Member("review", ListOf(Whole(0, 120)), M, "when a grant to a parent is looked at again"),
        Member("adult", Whole(0, 120), M, "from when they are adult"),
        Member("capacity_presumed", Whole(0, 120), M, "from when capacity is presumed"),
    ),
)
_IDENTIFIER = Table(
    "person_identifier",
    (
        Member("name", _LINE, M, "its name for people"),
        Member("system", _LINE, M, "its system"),
        Member("check", _NAME, M, "how its check digit is made"),
    ),
)
JURISDICTION = Table(
    "jurisdiction",
    (
        Member("careweave", Word(_VERSION, ("jurisdiction/1",)), M, _VERSION),
        Member("id", SLUG, M, "its name: that of the file"),
        Member("name", _LINE, M, "its name for people"),
        Member("person_identifier", _IDENTIFIER, M, "the number of a person"),
        Member("staff_sign_in", ListOf(_LINE), M, "how staff sign in"),
        Member("citizen_sign_in", ListOf(_LINE), M, "how citizens sign in"),
        Member("opt_outs", ListOf(_OPT_OUT), M, "choices about secondary use"),
        Member("confidentiality_bases", ListOf(Word("basis", WORDS["basis"]), 1), M, "what counts"),
        Member("approval_bodies", ListOf(_LINE), M, "who allows use without consent"),
        Member("statutes", MapOf(SLUG, _LINE), M, "laws by their use"),
        Member("ages", _AGES, M, "ages that matter"),
        Member("proxy_evidence", ListOf(_LINE), M, "what proves that somebody acts for another"),
        Member("assurance_schemes", ListOf(SLUG, 1), M, "what counts as assurance"),
        Member("safety_standards", ListOf(_LINE), M, "standards of clinical safety"),
        Member("law_bars", ListOf(_BAR), M, "labels that a law bars"),
        Member("audit_retention", SPAN, M, "how long accounts are kept"),
        Member("breach_clock", DURATION, M, "how soon a breach is reported"),
        Member("safeguarding_purposes", ListOf(_LINE), M, "sections of law for SAFEG"),
        Member("notices", MapOf(SLUG, Text("text", 2000)), M, "texts for people"),
    ),
)
"""Everything that a file of `jurisdictions/` may say."""
