"""C6: what the privacy officer looks into, with its clock: taken up, and found justified or not.

Source: `reference/security.md` 4 and 5.6; `reference/record.md` 7.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from flask import Response, redirect
from flask.typing import ResponseReturnValue

from careweave import disclosure
from careweave.agreements import named
from careweave.disclosure import Finding, Review
from careweave.doors._frame import Form, Frame, Page, Wrong, render
from careweave.doors.console._parts import PREFIX, Call, Named
from careweave.doors.console._route import Route
from careweave.ledger import Broken, Period
from careweave.terms import Conflict, Heading, NotFound
from careweave.views import NAMED, When, moment

_REVIEW = "review"
_RATIO_BACK = timedelta(days=90)
_CLAIM, _VERDICT, _RELEASE = "review-claim", "review-verdict", "release"
_REFERENCE = 10
_OF_VERDICT = {"finding", "remark"}
SHOWN = "review-shown"
"""The form that shows a page again."""

_FINDINGS = {
    Finding.JUSTIFIED: "Justified",
    Finding.TRAINING: "Needs training",
    Finding.BREACH: "A breach",
}


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One thing to look into, as the queue prints it."""

    href: str = field(metadata=_help("Where it is looked into."))
    what: str = field(metadata=_help("What it is: emergency access, a reason, or what was seen."))
    when: When = field(metadata=_help("When it was."))
    who: str = field(metadata=_help("Who did it."))
    role: str = field(metadata=_help("In which role."))
    because: str = field(metadata=_help("The reason of the list, and the words."))
    due: When = field(metadata=_help("Until when it has to be looked into."))
    state: str = field(metadata=_help("Waiting, taken up by, or what was found."))
    is_overdue: bool = field(metadata=_help("Whether its time is over."))


@dataclass(frozen=True, slots=True)
class RatioLine:
    """How often one role looked by broken glass."""

    role: str = field(metadata=_help("The role."))
    n: int = field(metadata=_help("Looks in all."))
    n_broken: int = field(metadata=_help("Looks by broken glass."))
    share: str = field(metadata=_help("Their share, in per cent."))
    is_high: bool = field(metadata=_help("Whether relationships seem not to arrive."))


@dataclass(frozen=True, slots=True)
class QueuePage:
    """The queue of one organisation's officers."""

    lines: tuple[ReviewLine, ...] = field(metadata=_help("What waits, the first due first."))
    n_overdue: int = field(metadata=_help("How many are late."))
    is_all: bool = field(metadata=_help("Whether what was reviewed is shown too."))
    other: str = field(metadata=_help("Where the other of the two lists is."))
    release: Form = field(metadata=_help("Form that lets a user's emergencies count anew."))
    release_action: str = field(metadata=_help("Where it is posted."))
    ratios: tuple[RatioLine, ...] = field(default=(), metadata=_help("How often glass was broken."))
    typed: Mapping[str, str] = field(
        default_factory=dict, metadata=_help("What was typed, by field, where it was refused.")
    )
    wrong: tuple[Wrong, ...] = field(default=(), metadata=_help("What has to be mended."))


@dataclass(frozen=True, slots=True)
class Opened:
    """One heading that was shown under an episode."""

    title: str = field(metadata=_help("The heading in words."))
    n: int = field(metadata=_help("How many entries."))


@dataclass(frozen=True, slots=True)
class PageLine:
    """One page that was shown."""

    value: str = field(metadata=_help("What its button posts."))
    when: str = field(metadata=_help("When it was shown."))
    n: int = field(metadata=_help("How many entries were on it."))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One finding to choose."""

    value: str = field(metadata=_help("What is posted."))
    text: str = field(metadata=_help("What it says."))


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """One thing to look into, with all that was shown, and what may be done."""

    line: ReviewLine = field(metadata=_help("What it is."))
    person: str = field(metadata=_help("A reference to the person; no name is shown here."))
    purpose: str = field(metadata=_help("What for."))
    opened: tuple[Opened, ...] = field(metadata=_help("What was shown under it."))
    ended: str = field(metadata=_help("When it ended or ends; empty for what is no episode."))
    remark: str = field(metadata=_help("What the officer noted."))
    back: str = field(metadata=_help("Where the queue is."))
    case: Form = field(metadata=_help("Form that shows a page again, for a case."))
    pages: tuple[PageLine, ...] = field(
        default=(), metadata=_help("The pages that were shown, the newest first.")
    )
    claim: Form | None = field(default=None, metadata=_help("Form that takes it up."))
    verdict: Form | None = field(default=None, metadata=_help("Form that writes the finding."))
    findings: tuple[Verdict, ...] = field(default=(), metadata=_help("The findings to choose."))
    typed: Mapping[str, str] = field(
        default_factory=dict, metadata=_help("What was typed, by field, where it was refused.")
    )
    wrong: tuple[Wrong, ...] = field(default=(), metadata=_help("What has to be mended."))


def queue(call: Call, frame: Frame) -> Response:
    """Returns what waits for the officers of the organisation; looking is accounted for."""
    return Response(render("console/queue.html", Page(frame, _queue(call))))


def _queue(call: Call, wrong: tuple[Wrong, ...] = ()) -> QueuePage:
    is_all = call.query.get("show") == "all"
    found = disclosure.reviews(call.way, call.asking, with_reviewed=is_all)
    ratios = disclosure.broken_glass(call.way, call.asking, _ratio_period(call))
    called = call.named({name for one in found for name in (one.user, one.claimed_by or "")})
    return QueuePage(
        lines=tuple(_line(call, one, called) for one in found),
        n_overdue=sum(one.is_overdue for one in found),
        is_all=is_all,
        other=f"{PREFIX}/" if is_all else f"{PREFIX}/?show=all",
        release=call.new_form(_RELEASE),
        release_action=f"{PREFIX}/release",
        ratios=tuple(_ratio(one, called) for one in ratios),
        typed=dict(call.form) if wrong else {},
        wrong=wrong,
    )


def review(call: Call, frame: Frame) -> Response:
    """Returns one thing to look into, with all that was shown under it."""
    return Response(render("console/review.html", Page(frame, _body(call))))


def claim(call: Call, _frame: Frame) -> ResponseReturnValue:
    """Takes up a review, so that no other officer does."""
    call.posted(_CLAIM, call.path["review"])
    disclosure.claim_review(call.parts.database, call.asking, _id(call))
    return redirect(f"{PREFIX}/review/{call.path['review']}", code=303)


def find(call: Call, frame: Frame) -> ResponseReturnValue:
    """Writes down what the officer found, for good, and leads back to the queue."""
    call.posted(_VERDICT, call.path["review"])
    finding, remark = call.form.get("finding", ""), call.form.get("remark", "")
    wrong = []
    if finding not in {str(one) for one in Finding}:
        wrong.append(Wrong("finding", call.say("Choose what you found.")))
    if not remark.strip():
        wrong.append(Wrong("remark", call.say("Note what was looked at and found.")))
    if wrong:
        return refused(call, frame, *wrong)
    disclosure.review(call.parts.database, call.asking, _id(call), Finding(finding), remark)
    return redirect(f"{PREFIX}/", code=303)


def release(call: Call, frame: Frame) -> ResponseReturnValue:
    """Lets the emergencies of a user's day be counted anew."""
    call.posted(_RELEASE)
    user, why = call.form.get("user", "").strip(), call.form.get("why", "")
    wrong = []
    if not user:
        wrong.append(Wrong("user", call.say("Name the user whose emergencies are used up.")))
    elif user in (call.asking.actor.name, call.asking.actor.user):
        wrong.append(Wrong("user", call.say("Nobody releases emergencies for themself.")))
    if not why.strip():
        wrong.append(Wrong("why", call.say("Say why more emergencies are needed.")))
    if wrong:
        page = Page(replace(frame, is_error=True), _queue(call, tuple(wrong)))
        return Response(render("console/queue.html", page), status=422)
    disclosure.release(call.parts.database, call.asking, user, why=why)
    return redirect(f"{PREFIX}/", code=303)


def refused(call: Call, frame: Frame, *wrong: Wrong) -> Response:
    """Returns a review with what has to be mended, and what was typed.

    Raises Conflict where the field is not there any more: it was reviewed meanwhile.
    """
    body = _body(call)
    if body.verdict is None and any(one.field in _OF_VERDICT for one in wrong):
        raise Conflict("This is another officer's to review, or it was reviewed already.")
    body = replace(body, wrong=wrong, typed=dict(call.form))
    page = Page(replace(frame, is_error=True), body)
    return Response(render("console/review.html", page), status=422)


def reviewed(call: Call) -> Review:
    """Returns the episode or alert of the address; NotFound for another office's."""
    (found, *_) = disclosure.reviews(call.way, call.asking, only=_id(call))
    return found


def _pages(call: Call, found: Review) -> Iterator[PageLine]:
    for one in disclosure.pages_under(call.way, call.asking, found):
        handle = call.handles.of(shown_of(found), str(one.account))
        yield PageLine(handle, moment(one.at, call.making).text, one.n_items)


def shown_of(found: Review) -> str:
    """Returns of what kind the opaque names of pages are that belong to a review, and to no other."""
    return f"{SHOWN} {found.id}"


def _body(call: Call) -> ReviewPage:
    found = reviewed(call)
    called = call.named({found.user, found.claimed_by or ""})
    shown = disclosure.shown_under(call.way, call.asking, found)
    handle = call.path["review"]
    is_mine = found.claimed_by == call.asking.actor.user
    ends = found.ended_at or found.expires_at
    return ReviewPage(
        line=_line(call, found, called),
        pages=tuple(_pages(call, found)),
        case=call.new_form(SHOWN, handle),
        person=_reference(call, found),
        purpose=call.say(named("purpose", found.purpose)),
        opened=tuple(Opened(_title(call, name), n) for name, n in shown),
        ended="" if ends is None else moment(ends, call.making).text,
        remark=found.remark or "",
        back=f"{PREFIX}/",
        claim=None if found.claimed_by or found.verdict else call.new_form(_CLAIM, handle),
        verdict=call.new_form(_VERDICT, handle) if is_mine and not found.verdict else None,
        findings=tuple(Verdict(str(one), call.say(text)) for one, text in _FINDINGS.items()),
    )


def _line(call: Call, one: Review, called: Named) -> ReviewLine:
    say = call.say
    because = named("because", one.because) if one.because else ""
    return ReviewLine(
        href=f"{PREFIX}/review/{call.handles.of(_REVIEW, str(one.id))}",
        what=_what(call, one),
        when=moment(one.at, call.making),
        who=called.user(one.user),
        role=called.role(one.role),
        because=": ".join(part for part in (say(because), one.words) if part),
        due=moment(one.due_at, call.making),
        state=_state(call, one, called),
        is_overdue=one.is_overdue,
    )


_WHATS = {"emergency": "Emergency access", "reason": "A reason was given"}


def _what(call: Call, one: Review) -> str:
    text = _WHATS.get(one.what) or one.what.replace("-", " ").capitalize()
    if one.heading in set(Heading):
        return call.say("{what}: {heading}", what=call.say(text), heading=_title(call, one.heading))
    return call.say(text)


def _state(call: Call, one: Review, called: Named) -> str:
    if one.verdict:
        return call.say(_FINDINGS[Finding(one.verdict)])
    if one.claimed_by:
        return call.say("Taken up by {officer}", officer=called.user(one.claimed_by))
    return call.say("Overdue") if one.is_overdue else call.say("Waiting")


def _ratio_period(call: Call) -> Period:
    return Period(call.at - _RATIO_BACK, call.at)


def _ratio(one: Broken, called: Named) -> RatioLine:
    share = 100 * one.share
    return RatioLine(called.role(one.role), one.n_looks, one.n_broken, f"{share:.1f}", share > 1)


def _title(call: Call, name: str) -> str:
    known = {str(heading): one.title for heading, one in NAMED.items()}
    return call.say(known.get(name, name))


def _reference(call: Call, one: Review) -> str:
    if one.person is None:
        return call.say("Nobody in particular")
    return call.handles.of("person", str(one.person))[:_REFERENCE]


def _id(call: Call) -> UUID:
    found = call.handles.id(_REVIEW, call.path["review"])
    if found is None:
        raise NotFound
    return UUID(found)


ROUTES = (
    Route("/", "queue", "Access review", queue),
    Route("/review/<review>", "review", "Access review", review),
    Route("/review/<review>/claim", "claim", "Access review", claim, "POST"),
    Route("/review/<review>/finding", "finding", "Access review", find, "POST"),
    Route("/release", "release", "Access review", release, "POST"),
)
