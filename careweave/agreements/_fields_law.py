"""The fields of an agreement that say why, by which law, and what else is promised."""

from careweave.agreements._schema import (
    MANDATORY as M,
)
from careweave.agreements._schema import (
    OPTIONAL as O,
)
from careweave.agreements._schema import (
    Day,
    Either,
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
from careweave.agreements._vocabulary import (
    DURATION,
    IRI,
    ORG,
    PURPOSE,
    SLUG,
    SPAN,
    WORDS,
)

LINE = Text("a line of text", 300)

OWNER = Table(
    "owner",
    (
        Member("name", LINE, M, "a named person who answers for the file"),
        Member("role", LINE, M, "as what: caldicott-guardian, siro, ..."),
        Member("org", ORG, M, "of which organisation"),
        Member("contact", LINE, M, "how to reach them"),
    ),
)
VALID = Table(
    "valid",
    (
        Member("from", Day(), M, "first day, in the region's time zone"),
        Member("to", Day(), M, "last day, inclusive; at most three years after the first"),
        Member("review_by", Day(), M, "day by which the parties look at it again"),
    ),
)
MEASURE = Table(
    "measure",
    (
        Member("id", SLUG, M, "name of the measure in this file"),
        Member("metric", Text("a metric", 120, r"[a-z0-9_]+|analytics:\S+"), M, "what is measured"),
        Member("unit", LINE, M, "ratio, count, minutes, ..."),
        Member("baseline", Number(), O, "what it was before"),
        Member(
            "target",
            Text("an operator and a number", 40, r"(>=|<=|>|<|=)-?\d+(\.\d+)?"),
            M,
            'an operator and a number: ">=0.60"',
        ),
    ),
)
OBJECTIVE = Table(
    "objective",
    (
        Member("outcome", Text("text", 600), M, "what will be better, and for whom"),
        Member("purposes", ListOf(PURPOSE, 1), M, "every purpose of the clauses"),
        Member("dpv", ListOf(IRI), O, "terms of the Data Privacy Vocabulary, for export"),
        Member("measures", ListOf(MEASURE, 1), M, "by what it is known that it works"),
    ),
)
UK_GDPR = Table(
    "uk_gdpr",
    (
        Member("art6", Text("a code such as 6.1.e", 20, r"6\.1\.[a-f]"), M, "article 6 basis"),
        Member("art9", Text("a code such as 9.2.h", 20, r"9\.2\.[a-j]"), M, "article 9 condition"),
        Member("dpa_sch1", Text("a paragraph", 40), O, "condition of the Data Protection Act 2018"),
    ),
)
CONFIDENTIALITY = Table(
    "confidentiality",
    (
        Member("basis", Word("confidentiality basis", WORDS["basis"]), M, "common-law basis"),
        Member("ref", LINE, "C", "reference; mandatory for statute, s251 and public-interest"),
    ),
)
DPIA = Table(
    "dpia",
    (
        Member("ref", LINE, M, "reference of the data protection impact assessment"),
        Member("residual_risk", Word("risk", ("low", "medium", "high")), M, "what risk is left"),
        Member("approved", Day(), M, "when it was approved; not after valid.from"),
        Member("ico_consulted", Day(), "C", "mandatory where the risk left is high"),
    ),
)
CONTROLLERS = Table(
    "controllers",
    (
        Member("model", Word("model", ("separate", "joint", "processor")), M, "who controls"),
        Member("lead", ORG, "C", "mandatory for joint controllers"),
        Member("rights_contact", LINE, M, "where people turn with their rights"),
    ),
)
LAW = Table(
    "law",
    (
        Member("uk_gdpr", UK_GDPR, M, "data protection: codes, apart from confidentiality"),
        Member("confidentiality", CONFIDENTIALITY, M, "the common-law duty: never merged with it"),
        Member("statute", ListOf(LINE), O, "acts that allow or ask for it"),
        Member("dpia", DPIA, M, "the impact assessment"),
        Member("controllers", CONTROLLERS, M, "who decides"),
    ),
)
SIGNED = Table(
    "signed",
    (
        Member("by", LINE, M, "as what: caldicott-guardian, siro, ..."),
        Member("name", LINE, M, "who"),
        Member("at", Day(), M, "when"),
        Member(
            "sig",
            Text("a detached JWS", 4000, r"[A-Za-z0-9_-]+\.\.[A-Za-z0-9_-]+"),
            M,
            "what `careweave sign` writes",
        ),
    ),
)
ASSURANCE = Table(
    "assurance",
    (
        Member("scheme", Text("a scheme", 40, r"[a-z0-9-]+"), M, "dspt, scot-ig, ..."),
        Member("result", LINE, M, "met; anything else keeps the agreement out of force"),
        Member("to", Day(), M, "last day on which it counts"),
    ),
)
CATALOGUE = Table(
    "catalogue",
    (
        Member("value", LINE, M, "id in a catalogue of services"),
        Member("system", IRI, M, "which catalogue"),
    ),
)
PARTY = Table(
    "party",
    (
        Member("org", ORG, M, "organisation or group"),
        Member("name", LINE, M, "its name as it signs"),
        Member("role", Word("role of a party", WORDS["party"]), M, "what it does here"),
        Member("catalogue", ListOf(CATALOGUE), O, "ids in catalogues, for export"),
        Member("signed", SIGNED, "C", "mandatory to be in force"),
        Member("assurance", ASSURANCE, "C", "mandatory to be in force"),
    ),
)
LOOSENING = Table(
    "loosening",
    (
        Member(
            "cell",
            Text("ROLE.HEADING", 12, r"[A-Z]{2}\.[A-Z]{3}"),
            M,
            "the cell of the role matrix: CN.FAM",
        ),
        Member("level", Word("level", WORDS["level"]), M, "the level that it is raised to"),
        Member("owner", LINE, M, "a named person who answers for it"),
        Member("reason", Text("text", 600), M, "why"),
        Member("until", Day(), M, "last day, not after valid.to"),
    ),
)
APPROVAL = Table(
    "approval",
    (
        Member("by", LINE, M, "which body"),
        Member("ref", LINE, M, "its reference"),
        Member("at", Day(), M, "when"),
        Member("until", Day(), M, "last day"),
    ),
)
LINKAGE = Table(
    "linkage",
    (
        Member("key_id", LINE, M, "which key makes the pseudonyms"),
        Member("scope", Word("scope", ("project",)), M, "where they can be linked"),
    ),
)
PROJECT = Table(
    "project",
    (
        Member("ref", SLUG, M, "id of the project"),
        Member("sponsor", ORG, M, "who wants it"),
        Member("approvals", ListOf(APPROVAL, 1), M, "who allowed it, until when"),
        Member("cohort", Text("a path", 200, r"region/cohorts/[a-z0-9.-]+"), M, "its definition"),
        Member(
            "headings_labels",
            ListOf(Word("label", WORDS["label"])),
            M,
            "labels that the project names; others enter no project",
        ),
        Member("k", Whole(10, 10_000), M, "smallest number that is told"),
        Member("rounding", Whole(1, 1000), O, "to which numbers are rounded; 5 where not given"),
        Member("query_budget", Whole(1, 1_000_000), M, "questions of one user in a day"),
        Member("outputs", ListOf(Word("output", WORDS["output"]), 1), M, "what may leave"),
        Member("linkage", LINKAGE, M, "how records are linked"),
        Member("free_text", Flag(only=False), M, "never"),
        Member("rerun", Word("way", ("snapshot",)), M, "figures are made again from a snapshot"),
        Member("end_action", Word("end", ("delete", "archive-aggregates")), M, "what then"),
    ),
)
RIGHTS = Table(
    "rights",
    (
        Member("access", LINE, M, "who answers a request for access"),
        Member("objection", LINE, M, "who answers an objection"),
        Member("complaint", LINE, M, "who answers a complaint"),
    ),
)
SECURITY = Table(
    "security",
    (
        Member("measures", ListOf(LINE, 1), M, "what protects the data"),
        Member("breach_notice", DURATION, M, "how soon a breach is told"),
    ),
)
TERMINATION = Table(
    "termination",
    (
        Member("notice", SPAN, M, "how long before"),
        Member("on_end", Word("end", WORDS["on-end"]), M, "what happens to what was shared"),
    ),
)
DOCUMENT = Table(
    "document",
    (
        Member("path", LINE, M, "where the document lies that this encodes"),
        Member("sha256", Text("a SHA-256", 64, r"[0-9a-f]{64}"), M, "its digest"),
    ),
)
SUMMARY = MapOf(Text("a language tag", 12, r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"), Text("text", 600), 1)
NAME_OF_VERSION = Text("id@version", 80, r"agr-[a-z0-9-]{1,58}@[1-9][0-9]*")
AGREEMENT_ID = Text("a word that begins with agr-", 62, r"agr-[a-z0-9][a-z0-9-]{0,57}")
RECIPIENT_OF_COPIES = Text(
    "view-only, or copy: and a duration", 40, rf"view-only|copy:{SPAN.pattern}"
)
ONWARD = Either((Word("word", ("none",)), ListOf(ORG, 1)))
