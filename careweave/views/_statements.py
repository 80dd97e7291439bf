"""What the person says of themselves beside what is recorded: both in place, never merged.

Source: `reference/record.md` 3.1, ABM against ALG, MED and EOL.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from careweave.disclosure import ShownPerson
from careweave.terms import Heading
from careweave.views import _fhir as fhir
from careweave.views._context import Fact, Voice
from careweave.views._making import Making
from careweave.views._meaning import plain_words
from careweave.views._medicines import name_of
from careweave.views._silence import silent
from careweave.views._voice import Spoken, spoken, voice
from careweave.views._voices import organisation

Single = tuple[Spoken, Fact]


def against_record(
    singles: Sequence[Single], shown: ShownPerson, making: Making
) -> Iterator[Single]:
    """Yields the person's statements; one about medicines that make them unwell has the record beside.

    Where no source shown here records such an intolerance, those that ought to know say so in the
    row; where one does, it stands there.
    """
    for one, alone in singles:
        if not _is_of_harm(alone, making):
            yield one, alone
            continue
        known, held = _recorded(one, shown, making)
        quiet = () if held else silent(Heading.ABM, known, _of_allergies(shown), making)
        said = making.say("the person says so, and the record does not")
        voices = (replace(alone.voices[0], status=making.say("the person says")), *held, *quiet)
        yield (
            one,
            replace(
                alone, voices=voices, disagrees=bool(quiet), disagreement=said if quiet else ""
            ),
        )


def _is_of_harm(alone: Fact, making: Making) -> bool:
    text = f"{alone.title} {alone.voices[0].text} " + " ".join(
        detail.text for detail in alone.voices[0].details
    )
    words = set(plain_words(text).split())
    named = making.clinical.words
    return not words.isdisjoint(named.get("medicine", ())) and not words.isdisjoint(
        named.get("unwell", ())
    )


def _recorded(
    one: Spoken, shown: ShownPerson, making: Making
) -> tuple[frozenset[str], tuple[Voice, ...]]:
    """Returns who records an intolerance of a medicine that the person takes, and what they say."""
    taken = {
        substance
        for each in spoken(shown.rows.get(Heading.MED, ()))
        if name_of(each.value)
        for substance in making.clinical.ingredients.of(each.value)
    }
    known = {organisation(one, shown, making)[0]}
    held = []
    for each in spoken(shown.rows.get(Heading.ALG, ())):
        if fhir.code(each.value.get("clinicalStatus")) != "active":
            continue
        if not taken.isdisjoint(making.clinical.ingredients.of(each.value)):
            known.add(organisation(each, shown, making)[0])
            held.append(voice(each, shown, making, text=fhir.concept(each.value.get("code"))))
    return frozenset(known), tuple(held)


def _of_allergies(shown: ShownPerson) -> ShownPerson:
    """Returns the page with the feeds of allergies under the person's own words."""
    feeds = {**shown.feeds, Heading.ABM: shown.feeds.get(Heading.ALG, ())}
    return replace(shown, feeds=feeds)
