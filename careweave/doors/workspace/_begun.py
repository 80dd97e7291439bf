"""What somebody has begun to write and not saved, as their first page offers it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from careweave.doors.workspace._call import Call
from careweave.doors.workspace._drafts import drafts_of
from careweave.doors.workspace._forms import forms_in_force
from careweave.terms import PersonId
from careweave.views import moment

_PART = "add"


def _help(text: str) -> dict[str, str]:
    return {"help": text}


@dataclass(frozen=True, slots=True)
class Begun:
    """One form that was begun. Whom it is about, its own page says, if they may still be seen."""

    href: str = field(metadata=_help("Where to go on with it."))
    text: str = field(metadata=_help("What the form is for."))
    at: str = field(metadata=_help("When it was kept."))


def place_of(form: str, person: PersonId) -> str:
    """Returns where the draft of a form about a person is kept."""
    return f"{_PART}/{form}/{person}"


def begun_by(call: Call) -> tuple[Begun, ...]:
    """Returns the forms that somebody has begun in this role, in whatever session, the newest first."""
    return tuple(_begun(call))


def _begun(call: Call) -> Iterator[Begun]:
    with call.parts.database.reading() as session:
        kept = drafts_of(session, call.signed_in, call.at)
        if not kept:
            return
        forms = forms_in_force(session, call.at).of_role(call.signed_in.posting.role)
    titles = {one.name: one.title for one in forms}
    for place, draft in kept:
        _, form, id_ = place.split("/")
        if form in titles:
            person = PersonId(UUID(id_))
            href = f"{call.address_of(person)}/{_PART}/{form}"
            at = moment(draft.kept_at, call.making(person)).text
            yield Begun(href, call.say(titles[form]), at)
