"""The small rules: how short is short, what is counted by kind, how many emergencies a day."""

from dataclasses import replace

from careweave.agreements._nodes import Node
from careweave.agreements._notices import Notices
from careweave.agreements._schema import (
    MANDATORY,
    ListOf,
    Member,
    Table,
    Text,
    Whole,
    Word,
    check,
    words_of,
)
from careweave.agreements._values import Rules
from careweave.agreements._yaml import read_yaml
from careweave.terms import Heading

_HEADINGS = ListOf(Word("heading", words_of(Heading)))

SMALL = Table(
    "rules",
    (
        Member("careweave", Word("version of the format", ("rules/1",)), MANDATORY, "rules/1"),
        Member(
            "latest_per_code",
            _HEADINGS,
            MANDATORY,
            "headings of which the last of each kind is what is current",
        ),
        Member("only_today", _HEADINGS, MANDATORY, "headings of which only what is valid today"),
        Member("brief", Whole(1, 50), MANDATORY, "how many entries the level S shows"),
        Member("brief_fields", ListOf(Text("a word", 40), 1), MANDATORY, "what it shows of each"),
        Member("episodes_per_day", Whole(0, 100), MANDATORY, "emergencies of one user in a day"),
    ),
)


def read_small(file: str, data: bytes, notices: Notices, rules: Rules) -> Rules:
    """Returns the rules with the small ones."""
    document = read_yaml(data, file, notices)
    if document is None or not check(document, SMALL, notices):
        return rules
    top = Node(document.value)
    return replace(
        rules,
        latest_per_code=frozenset(Heading(one) for one in top["latest_per_code"].texts()),
        only_today=frozenset(Heading(one) for one in top["only_today"].texts()),
        brief=top["brief"].whole(),
        brief_fields=frozenset(top["brief_fields"].texts()),
        episodes_per_day=top["episodes_per_day"].whole(),
    )
