"""Who acts, when, and on what ground."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careweave.terms import Incorrect


class Ground(StrEnum):
    """Why somebody decides: one of a closed list, so that no text about anybody is kept here."""

    JUDGED = "judged"
    ASKED_PERSON = "asked-person"
    ASKED_SOURCE = "asked-source"
    DOCUMENTS = "documents"
    REGISTER = "register"
    SOURCE_ERROR = "source-error"
    WRONG_LINK = "wrong-link"
    LEGAL = "legal"
    SOURCE_MESSAGE = "source-message"
    TAKEN_BACK = "taken-back"
    SAME_NUMBER = "same-number"


_SENTENCES = {
    Ground.JUDGED: "It was judged from what the records say.",
    Ground.ASKED_PERSON: "The person was asked.",
    Ground.ASKED_SOURCE: "The organisation that keeps the record was asked.",
    Ground.DOCUMENTS: "Documents were seen.",
    Ground.REGISTER: "The national register was asked.",
    Ground.SOURCE_ERROR: "A source had mixed up or mistyped its records.",
    Ground.WRONG_LINK: "The link was found to be wrong.",
    Ground.LEGAL: "The law or a court asks for it.",
    Ground.SOURCE_MESSAGE: "The source said so of its own records.",
    Ground.TAKEN_BACK: "An earlier decision was taken back.",
    Ground.SAME_NUMBER: "Both hold the same verified number, and the birth date or name agrees.",
}


class Method(StrEnum):
    """How somebody other than the comparison decides: by hand, or by a message of a source.

    `named`: a door of ours names the person whose record its user has open; it lifts nothing.
    """

    HUMAN = "human"
    SOURCE_MERGE = "source_merge"
    VERIFIED_NUMBER = "verified_number"
    NAMED = "named"


_CONFIDENCE = {
    Method.HUMAN: "human",
    Method.SOURCE_MERGE: "human",
    Method.VERIFIED_NUMBER: "verified",
    Method.NAMED: "human",
}


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, at a moment, on a ground; `second` is another person who agreed.

    `cause` names the case, request or message. What people write in their own words stays with
    the account of the act in the ledger: it may be about somebody.
    """

    actor: str
    at: datetime
    ground: Ground = Ground.JUDGED
    cause: str = ""
    second: str = ""
    method: Method = Method.HUMAN

    def __post_init__(self) -> None:
        """Refuses an act by nobody, or one that a person agreed to with themselves."""
        if not self.actor:
            raise Incorrect("Say who decides this.", where="actor")
        if self.second == self.actor:
            raise Incorrect("The second person must be another one.", where="second")

    @property
    def is_human(self) -> bool:
        """Tells whether a person decides, who may overrule what a machine may not."""
        return self.method is Method.HUMAN

    @property
    def names(self) -> str:
        """Returns who decides, both where there are two."""
        return f"{self.actor} and {self.second}" if self.second else self.actor

    @property
    def confidence(self) -> str:
        """Returns how far a link may be trusted that is decided in this way."""
        return _CONFIDENCE[self.method]

    @property
    def sentence(self) -> str:
        """Returns the ground as a sentence for the officer who reads it."""
        return _SENTENCES[self.ground]
