"""Whose record is it: demographics compared, linked to a person, explained and taken back."""

from careweave.identity._demographics import (
    Demographics,
    WrittenAddress,
    WrittenContact,
    WrittenName,
    WrittenNumber,
)
from careweave.identity._incoming import NumberTrust
from careweave.identity._leaving import Leaving, forget, retire
from careweave.identity._norm import Name, Norm
from careweave.identity._normalise import normalise
from careweave.identity._outcome import Grade, Ranked
from careweave.identity._read_patient import demographics
from careweave.identity._region_rules import keep_rules, rules_in_force, rules_of
from careweave.identity._rules import rules
from careweave.identity._standing import Standing, standings, together

__all__ = [
    "Demographics",
    "Grade",
    "Leaving",
    "Name",
    "Norm",
    "NumberTrust",
    "Ranked",
    "Standing",
    "WrittenAddress",
    "WrittenContact",
    "WrittenName",
    "WrittenNumber",
    "demographics",
    "forget",
    "keep_rules",
    "normalise",
    "retire",
    "rules",
    "rules_in_force",
    "rules_of",
    "standings",
    "together",
]
