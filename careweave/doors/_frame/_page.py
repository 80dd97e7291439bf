"""The page as a value: what the frame says round a body; one name in every template."""

from collections.abc import Callable
from dataclasses import dataclass, field

from careweave.views import Banner, SourceLine

Say = Callable[..., str]


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Brand:
    """Whose pages these are. Nobody is dressed as the NHS unless they are allowed to be."""

    name: str = field(default="Careweave", metadata=_help("The name in the header."))
    region: str = field(default="", metadata=_help("The region that these pages serve."))
    nhs_identity: bool = field(
        default=False, metadata=_help("Whether the NHS identity may be shown.")
    )


@dataclass(frozen=True, slots=True)
class Place:
    """One link of the navigation."""

    text: str = field(metadata=_help("What the link says, in the language of the page."))
    href: str = field(metadata=_help("Where it leads."))
    is_here: bool = field(default=False, metadata=_help("Whether it is the page or its part."))


@dataclass(frozen=True, slots=True)
class Language:
    """One language that the page can be had in."""

    name: str = field(metadata=_help("What its speakers call it."))
    code: str = field(metadata=_help("The code of the language, for pages and screen readers."))
    is_here: bool = field(default=False, metadata=_help("Whether the page is in it."))


@dataclass(frozen=True, slots=True)
class Emergency:
    """An episode of emergency access that is open on this person."""

    until: str = field(metadata=_help("The time at which it ends, e.g. 14:05."))
    end: str = field(default="", metadata=_help("Where to end it now; empty if it cannot be."))


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with what was typed: the field that it leads to, and a sentence."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """What has just been done, or is in the way: one message above the page."""

    text: str = field(metadata=_help("The message in a sentence."))
    kind: str = field(default="done", metadata=_help("done, waiting or trouble."))
    href: str = field(default="", metadata=_help("Where to read more; empty without."))
    link: str = field(default="", metadata=_help("What that link says."))


@dataclass(frozen=True, slots=True)
class Stay:
    """How long the session lasts, for the warning two minutes before its end."""

    idle_s: int = field(metadata=_help("Seconds until the session ends without an act."))
    absolute_s: int = field(metadata=_help("Seconds until it ends whatever is done."))
    keep: str = field(metadata=_help("Where an act that keeps it is posted."))
    signed_out: str = field(metadata=_help("The page that says that it has ended."))


@dataclass(frozen=True, slots=True)
class Person:
    """The person that a page is about: the banner, the parts of the record, the state of it."""

    base: str = field(metadata=_help("Address of the record, with the opaque handle."))
    banner: Banner = field(metadata=_help("Who this is."))
    parts: tuple[Place, ...] = field(default=(), metadata=_help("The parts of the record."))
    emergency: Emergency | None = field(
        default=None, metadata=_help("Emergency access, while it runs.")
    )
    as_it_was: str = field(
        default="", metadata=_help("The date, when the page is of an earlier one.")
    )
    as_shown: str = field(
        default="", metadata=_help("When and to whom, when a page is replayed as it was shown.")
    )
    now: str = field(default="", metadata=_help("Where the record of today is, from an old one."))
    suffix: str = field(default="", metadata=_help("What links carry to stay on a day."))


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands round every page of people."""

    door: str = field(metadata=_help("workspace, portal or console."))
    title: str = field(
        metadata=_help("Title of the tab: what the page is, initials and age, no more.")
    )
    user: str = field(default="", metadata=_help("Who is signed in; empty for nobody."))
    role: str = field(default="", metadata=_help("The active role in words."))
    organisation: str = field(default="", metadata=_help("The organisation acted for."))
    places: tuple[Place, ...] = field(default=(), metadata=_help("The navigation of the door."))
    person: Person | None = field(default=None, metadata=_help("Whom the page is about."))
    silent: tuple[SourceLine, ...] = field(
        default=(), metadata=_help("Sources that did not answer.")
    )
    said: tuple[Said, ...] = field(default=(), metadata=_help("Messages above the page."))
    printed: str = field(
        default="", metadata=_help("Printed by whom, where and when: the foot of paper.")
    )
    correct_at: str = field(default="", metadata=_help("As of when the page is correct."))
    is_error: bool = field(default=False, metadata=_help("Whether a form on it was refused."))
    csrf: str = field(default="", metadata=_help("Token of the session, masked anew each time."))
    stay: Stay | None = field(default=None, metadata=_help("How long the session lasts."))
    sign_out: str = field(default="", metadata=_help("Where to sign out; empty for nobody."))
    keys: str = field(default="", metadata=_help("One's own passkeys and sessions; empty without."))
    switch: str = field(default="", metadata=_help("Where to change the role; empty with one."))
    language: str = field(default="en", metadata=_help("Language of the page."))
    direction: str = field(default="ltr", metadata=_help("Direction of its text."))
    languages: tuple[Language, ...] = field(
        default=(), metadata=_help("The languages to choose from; empty without a choice.")
    )
    choose: str = field(default="", metadata=_help("Where a choice of language is posted."))
    here: str = field(default="", metadata=_help("The address of the page, to come back to."))
    unchecked: bool = field(
        default=False, metadata=_help("Whether no translator has checked the language yet.")
    )
    brand: Brand = field(default_factory=Brand, metadata=_help("Whose pages these are."))
    environment: str = field(
        default="", metadata=_help("Training, Test, Example region; empty in real use.")
    )
    clock: str = field(default="", metadata=_help("The clock of an example region."))
    command: str = field(default="", metadata=_help("Where the command bar posts; empty without."))
    is_light: bool = field(
        default=False, metadata=_help("Whether the page comes with the small styles alone.")
    )


@dataclass(frozen=True, slots=True)
class Page:
    """One page: the frame and the body. A template knows this name and no other."""

    frame: Frame = field(metadata=_help("What stands round the page."))
    body: object = field(metadata=_help("What the page shows: one frozen dataclass."))


@dataclass(frozen=True, slots=True)
class Form:
    """The hidden fields of one form: used once, for one page, about one person."""

    id: str = field(metadata=_help("The one-use id, signed for session, page and person."))
    csrf: str = field(metadata=_help("Token of the session, masked."))
    page: str = field(metadata=_help("The page that the form is of."))
    about: str = field(default="", metadata=_help("Handle of the person; empty without."))


@dataclass(frozen=True, slots=True)
class Trouble:
    """Body of a page that could not be: what happened, that nothing was lost, what next."""

    heading: str = field(metadata=_help("What happened, in a few words."))
    sentences: tuple[str, ...] = field(metadata=_help("What it means and what to do now."))
    reference: str = field(default="", metadata=_help("Number to tell when asking for help."))
    steps: tuple[Place, ...] = field(default=(), metadata=_help("Where to go next."))
    kind: str = field(
        default="error",
        metadata=_help("error, refused, missing, ended, busy or unchecked."),
    )
