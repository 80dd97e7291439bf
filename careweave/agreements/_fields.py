"""The fields of an agreement. Source: `reference/agreements.md` section 2."""

from careweave.agreements._fields_clause import CLAUSE
from careweave.agreements._fields_law import (
    AGREEMENT_ID,
    DOCUMENT,
    LAW,
    LOOSENING,
    NAME_OF_VERSION,
    OBJECTIVE,
    OWNER,
    PARTY,
    PROJECT,
    RIGHTS,
    SECURITY,
    SUMMARY,
    TERMINATION,
    VALID,
)
from careweave.agreements._schema import MANDATORY as M
from careweave.agreements._schema import OPTIONAL as O
from careweave.agreements._schema import ListOf, Member, Table, Text, Whole, Word
from careweave.agreements._vocabulary import IRI, SLUG, WORDS

FORMAT = "agreement/1"

AGREEMENT = Table(
    "agreement",
    (
        Member("careweave", Word("version of the format", (FORMAT,)), M, "version of the format"),
        Member("id", AGREEMENT_ID, M, "stable for life"),
        Member("version", Whole(1, 100_000), M, "raised by one at every change"),
        Member("supersedes", NAME_OF_VERSION, "C", "mandatory from version 2 on"),
        Member("status", Word("status", WORDS["status"]), M, "what the parties declare"),
        Member("kind", Word("kind", WORDS["kind"]), M, "which type of agreement"),
        Member("title", Text("text", 120), M, "its name for people"),
        Member("summary", SUMMARY, M, "plain words for citizens by language; en is mandatory"),
        Member("uri", IRI, "C", "where the published copy lies; mandatory once agreed"),
        Member("owner", OWNER, M, "who answers for the file"),
        Member("jurisdiction", ListOf(SLUG, 1), M, "whose rules hold: region/jurisdictions/"),
        Member("valid", VALID, M, "from when to when"),
        Member("objective", OBJECTIVE, M, "what for"),
        Member("law", LAW, M, "on what basis"),
        Member("parties", ListOf(PARTY, 1), M, "who agrees: two, or one for person-access"),
        Member("clauses", ListOf(CLAUSE, 1), M, "what is shared"),
        Member("loosens", ListOf(LOOSENING), O, "cells of the role matrix that it raises"),
        Member("rights", RIGHTS, M, "where people turn"),
        Member("security", SECURITY, M, "how it is protected"),
        Member("project", PROJECT, "C", "mandatory for secondary use"),
        Member("termination", TERMINATION, M, "how it ends"),
        Member("document", DOCUMENT, O, "the human document that this encodes"),
    ),
)
"""Everything that the file of an agreement may say."""
