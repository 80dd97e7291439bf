"""The fields of a clause. Source: `reference/agreements.md` 2.2."""

from careweave.agreements._fields_law import LINE, ONWARD, RECIPIENT_OF_COPIES
from careweave.agreements._schema import (
    MANDATORY as M,
)
from careweave.agreements._schema import (
    OPTIONAL as O,
)
from careweave.agreements._schema import (
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
    ACTION,
    DURATION,
    HEADING,
    ORG,
    PURPOSE,
    ROLE,
    SLUG,
    SPAN,
    WORDS,
)

_LEVEL = Word("level", WORDS["level"])
_MONTHS = Whole(0, 1200)
_COUNT = Whole(1, 10_000)

SHARE = Table(
    "share",
    (
        Member("level", _LEVEL, M, "how much of the heading"),
        Member("months_back", _MONTHS, O, "narrower than that of the clause"),
        Member("items", _COUNT, O, "the newest so many"),
        Member("fields", ListOf(Word("field", WORDS["field"]), 1), O, "only these of each entry"),
    ),
)
TO = Table(
    "to",
    (
        Member("orgs", ListOf(ORG, 1), M, "which organisations and groups"),
        Member("roles", ListOf(ROLE, 1), M, "which roles there"),
        Member("settings", ListOf(SLUG), O, "only in these settings"),
        Member("teams", ListOf(SLUG), O, "only these teams"),
    ),
)
COHORT = Table(
    "cohort",
    (
        Member("population", Word("population", ("region",)), O, "everybody of the region"),
        Member("registered_with", ListOf(ORG, 1), O, "whose practice is one of these"),
        Member("address_in", ListOf(ORG, 1), O, "who live in the area of one of these"),
        Member("residents_of", ListOf(ORG, 1), O, "who live in one of these homes"),
        Member(
            "age",
            Text(
                'an age such as ">=65", "<18" or ">=18 <65"', 20, r">=\d{1,3}( <\d{1,3})?|<\d{1,3}"
            ),
            O,
            'whole years: ">=65", "<18" or ">=18 <65"',
        ),
        Member(
            "tie_kinds",
            ListOf(Word("tie", WORDS["tie"]), 1),
            O,
            "who have such a tie with the recipient now",
        ),
        Member("project_cohort", SLUG, O, "the cohort of this project"),
    ),
    least=1,
)
RELATIONSHIP = Table(
    "relationship",
    (
        Member(
            "test",
            Either((Word("word", ("none",)), ListOf(Word("tie", WORDS["tie"]), 1))),
            M,
            "one of these ties; none only for secondary purposes and finding",
        ),
        Member("grace", DURATION, O, "how long a tie that has ended still counts"),
    ),
)
DISSENT = Either(
    (
        Word("word", ("honour",)),
        Table(
            "dissent",
            (Member("not-applicable", LINE, M, "the law by which it does not apply"),),
        ),
    )
)
_EXEMPT = Text("apply, or exempt(reference)", 200, r"apply|exempt\(.+\)")
OPT_OUT = Table(
    "opt_out",
    (
        Member("national", _EXEMPT, O, "the national choice about secondary use"),
        Member("type1", _EXEMPT, O, "the choice held by the practice"),
    ),
    least=1,
)
BREAK_GLASS = Table(
    "break_glass",
    (
        Member("allowed", Flag(), M, "false unless the purpose is TREAT, ETREAT or SAFEG"),
        Member("lifts", ListOf(Word("lift", WORDS["lift"])), "C", "what an emergency lifts"),
        Member("minutes", Whole(1, 60), O, "how long one lasts; 60 where not given"),
        Member("total", Whole(1, 240), O, "how long with restatements; 240 where not given"),
    ),
)
LIMITS = Table(
    "ceiling",
    (
        Member("soft", Whole(), M, "above it somebody is told"),
        Member("hard", Whole(), M, "above it the answer is refused"),
    ),
)
QUANTITY = Table(
    "quantity",
    (
        Member(
            "months_back",
            Either((Word("word", ("all",)), _MONTHS)),
            M,
            "how old what is no longer current may be",
        ),
        Member("items", MapOf(HEADING, _COUNT), O, "the newest so many of a heading"),
        Member("people_per_request", Whole(1, 10_000_000), M, "1 for a page of one person"),
        Member("rows_per_request", Whole(1, 500), M, "the longest page"),
        Member("per_user_hour", LIMITS, M, "people opened by one user in an hour"),
        Member("per_day", LIMITS, M, "items that the clause releases in a day"),
    ),
)
SPEED = Table(
    "speed",
    (
        Member(
            "freshness",
            Either((DURATION, MapOf(HEADING, DURATION, 1))),
            M,
            "from the event at the source to visible; for all headings or for each",
        ),
        Member("answer_p95", DURATION, M, "from the question to the answer, 95 of 100"),
        Member("availability", Number(), O, "per cent"),
    ),
)
HOURS = Text(
    '24x7, or days and times such as "Mon-Fri 07:00-19:00"',
    40,
    r"24x7|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:-(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))?"
    r" (?:[01]\d|2[0-3]):[0-5]\d-(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)",
)
WHEN = Table(
    "when",
    (
        Member("trigger", Word("trigger", WORDS["trigger"]), M, "what sets it off"),
        Member("hours", HOURS, O, "when it holds, in the region's time; 24x7 where not given"),
        Member("schedule", LINE, O, "when it runs by itself"),
        Member("events", ListOf(SLUG, 1), O, "which events set it off"),
    ),
)
FORM = Table(
    "form",
    (
        Member(
            "identifiability",
            Word("identifiability", WORDS["identifiability"]),
            M,
            "anything but identified forces level D",
        ),
        Member("transport", ListOf(LINE, 1), M, "by which ways"),
        Member("encryption", LINE, M, "how it is protected on the way"),
        Member("small_numbers", Whole(1, 10_000), O, "the smallest number that is told"),
    ),
)
RETENTION = Table(
    "retention",
    (
        Member("recipient", RECIPIENT_OF_COPIES, M, "whether the recipient keeps a copy"),
        Member("delete_by", SPAN, O, "when the copy is deleted"),
    ),
)
CLAUSE = Table(
    "clause",
    (
        Member("id", SLUG, M, "written into every account of what it let out"),
        Member("from", ListOf(ORG, 1), M, "whose entries"),
        Member("to", TO, M, "to whom"),
        Member("purpose", PURPOSE, M, "why: one"),
        Member(
            "headings",
            MapOf(HEADING, Either((_LEVEL, SHARE)), 1),
            M,
            "what, and how much; what is left out is not shared",
        ),
        Member(
            "labels", ListOf(Word("label", WORDS["label"])), M, "labels that may travel; may be []"
        ),
        Member("cohort", COHORT, M, "of whom; all that is given must hold"),
        Member("relationship", RELATIONSHIP, M, "by which tie with the person"),
        Member("dissent", DISSENT, M, "what an objection of the person does"),
        Member("opt_out", OPT_OUT, "C", "mandatory for secondary purposes"),
        Member("break_glass", BREAK_GLASS, M, "what an emergency lifts"),
        Member("action", ListOf(ACTION, 1), M, "what may be done; none implies another"),
        Member("quantity", QUANTITY, M, "how much"),
        Member("speed", SPEED, M, "how fresh and how fast"),
        Member("when", WHEN, M, "when"),
        Member("form", FORM, M, "in which form"),
        Member("retention", RETENTION, M, "what the recipient keeps"),
        Member("onward", ONWARD, O, "to whom it may go on; none where not given"),
        Member("duties", ListOf(Word("duty", WORDS["duty"]), 1), M, "what is done with each use"),
        Member(
            "log_to_person",
            Text(
                "now, withheld, or delayed: and a duration",
                40,
                rf"now|withheld|delayed:{DURATION.pattern}",
            ),
            M,
            "when the person sees that it was used",
        ),
    ),
)
