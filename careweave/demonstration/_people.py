"""Reads region/people/*.yaml: one file per person, facts and no messages."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import yaml

from careweave.demonstration._another import vary
from careweave.demonstration._calendar import moment, read_moment, start
from careweave.demonstration._clones import clones
from careweave.demonstration._dice import Dice
from careweave.demonstration._model import Fact, Holding, Home, Name, Person, Who
from careweave.demonstration._numbers import chi_number, local_number
from careweave.demonstration._region import Desk, Region, read_yaml
from careweave.demonstration._series import spread
from careweave.terms import Incorrect, Json

Raw = dict[str, Json]
USUAL_SEED = "northmere"
# The practice is the surgery whose system holds somebody.
_PRACTICES = ("GPA", "GPB", "GPC")
_FORMS = frozenset({"person/1", "people/1", "interactions/1"})
_FIRST_OF_MANY = 2000
_OWN = ("at", "ended", "sent", "canary", "repeat")
_CANARY = re.compile(r" ?CANARY-[A-Za-z0-9]+-[a-z0-9-]*[a-z0-9]")


def read_people(
    folder: Path, region: Region, seed: str, *, is_marked: bool = True
) -> tuple[Person, ...]:
    """Returns the named people, in the order of their numbers; Incorrect says what is wrong.

    Marked, what is sensitive holds a string that is looked for where it may not be; unmarked it
    reads as what people write.
    """
    raws = [_raw(path) for path in sorted((folder / "people").glob("*.yaml"))]
    if not is_marked:
        raws = [cast(Raw, _unmarked(raw)) for raw in raws]
    several = [one for raw in raws for one in _listed(raw)]
    shift = 0
    if seed != USUAL_SEED:
        several, shift = vary(several, seed), Dice(seed, "clones").between(1, 399)
    for raw in raws:
        several += clones(raw, several, shift) if "pairs" in raw else []
    several.sort(key=lambda raw: int(str(raw.get("number", 0))))
    return tuple(_Reader(region, seed, raw, is_marked).person() for raw in several)


def read_person(region: Region, seed: str, raw: Raw) -> Person:
    """Returns the person that a mapping in the form of a file tells of."""
    return _Reader(region, seed, raw).person()


def _raw(path: Path) -> Raw:
    try:
        value = read_yaml(path)
    except (OSError, yaml.YAMLError) as fault:
        message = "A file of a person cannot be read: it is YAML in UTF-8."
        raise Incorrect(message, where=str(path)) from fault
    if not isinstance(value, dict) or value.get("careweave") not in _FORMS:
        message = "A file of people begins with `careweave: person/1`, people/1 or interactions/1."
        raise Incorrect(message, where=str(path))
    return cast(Raw, value)


def _unmarked(value: Json) -> Json:
    """Returns what a file says without what is planted in it for tests."""
    if isinstance(value, dict):
        return {name: _unmarked(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_unmarked(one) for one in value]
    return _CANARY.sub("", value) if isinstance(value, str) else value


def _listed(raw: Raw) -> list[Raw]:
    if "pairs" in raw:
        return []
    people = raw.get("people")
    return [cast(Raw, one) for one in people] if isinstance(people, list) else [raw]


def read_name(text: str) -> Name:
    """Returns the name written `Family, Given Given`; without a comma it is a single name."""
    family, comma, given = text.partition(",")
    return Name(family.strip() if comma else text.strip(), tuple(given.split()))


@dataclass(slots=True)
class _Reader:
    region: Region
    seed: str
    raw: Raw
    is_marked: bool = True

    def person(self) -> Person:
        key = str(self.raw["key"])
        try:
            who = self._who()
            held = cast(Mapping[str, Raw], self.raw.get("held") or {})
            holdings = tuple(self._holding(who, name, one or {}) for name, one in held.items())
        except (KeyError, TypeError, ValueError, Incorrect) as fault:
            message = (
                "A person of region/people cannot be read: a member lacks or has a wrong form."
            )
            raise Incorrect(message, where=key) from fault
        subject = frozenset(_texts(self.raw.get("subject")))
        return Person(key, str(self.raw.get("family", "")), who, holdings, subject)

    def _who(self) -> Who:
        raw, held = self.raw, cast(Mapping[str, Raw], self.raw.get("held") or {})
        desk = next((key for key in _PRACTICES if key in held), "")
        return Who(
            key=str(raw["key"]),
            local="",
            name=read_name(str(raw["name"])),
            born=date.fromisoformat(str(raw["born"])) if raw.get("born") else None,
            sex=str(raw.get("sex", "U")),
            nhs=_number(raw),
            home=_home(raw.get("home")),
            phones=tuple(_texts(raw.get("phone"))),
            practice=self.region.desk(desk).organisation.code if desk else "",
            is_protected="S12" in _texts(raw.get("subject")),
            is_watched="S11" in _texts(raw.get("subject")),
            language=str(raw.get("language", "")),
        )

    def _holding(self, who: Who, name: str, raw: Raw) -> Holding:
        desk_key, _, which = name.partition("#")
        desk = self.region.desk(desk_key)
        names = tuple(read_name(text) for text in _texts(raw.get("as"))) or (who.name,)
        here = replace(
            who,
            local=str(raw.get("local") or self._local(desk, which)),
            name=names[0],
            others=names[1:],
            nhs=_own_number(raw, who),
            born=date.fromisoformat(str(raw["born"])) if raw.get("born") else who.born,
            home=_home(raw["home"]) if "home" in raw else who.home,
            phones=tuple(_texts(raw["phone"])) if "phone" in raw else who.phones,
            traced=str(raw.get("traced", who.traced)),
            former_nhs=str(raw.get("former_nhs", "")),
        )
        known_at = self._known_at(raw, desk)
        facts = tuple(self._facts(here, desk, which, raw, known_at))
        return Holding(desk_key, which, here, facts, known_at)

    def _local(self, desk: Desk, which: str) -> str:
        number = int(str(self.raw["number"]))
        # The few named people have room for ten records each at one system.
        index = number * 10 + int(which or 0) if number < _FIRST_OF_MANY else number
        shift = 0 if self.seed == USUAL_SEED else Dice(self.seed, "local").below(1000)
        return local_number(desk.key, desk.prefix or desk.local, index, shift)

    def _known_at(self, raw: Raw, desk: Desk) -> datetime:
        if raw.get("known") is not None:
            return read_moment(raw["known"], time(9))
        if raw.get("loaded") is not None:
            return datetime.fromisoformat(str(raw["loaded"]))
        # Everything known before day 0 comes as one load in the night before it, person by person.
        turn = Dice(desk.key, self.raw["key"]).below(6 * 3600)
        return moment(start().date() - timedelta(1), time(6)) + timedelta(seconds=turn)

    def _facts(
        self, who: Who, desk: Desk, which: str, raw: Raw, known_at: datetime
    ) -> Iterator[Fact]:
        dice = Dice(self.seed, desk.key, which, self.raw["key"])
        listed = [cast(Raw, one) for one in cast(list[Json], raw.get("facts") or [])]
        every = [one for told in listed for one in spread(told, dice)]
        every += spread({"routine": raw.get("routine", 0), "kind": desk.organisation.kind}, dice)
        # Ordinary care, and what has no date of its own, ends with the life.
        dead = _days_dead(listed)
        for one in every:
            if dead and _is_loose(one):
                one["at"] = int(str(one.get("at", -dice.between(40, 900)))) - dead
        made = [self._fact(number, one, who, dice) for number, one in enumerate(every, 1)]
        for turn, fact in enumerate(sorted(made, key=lambda one: (one.at, one.number))):
            sent_at = _sent_at(fact, desk, known_at, turn, dice)
            yield replace(fact, sent_at=sent_at)

    def _fact(self, number: int, raw: Raw, who: Who, dice: Dice) -> Fact:
        kind = next(iter(raw))
        usual = time(dice.between(9, 16), dice.below(60))
        at = read_moment(raw["at"], usual) if "at" in raw else _some_time(who, usual, dice)
        more = {name: _exact(raw[name]) for name in raw if name not in (kind, *_OWN)}
        if "ended" in raw:
            more["ended_at"] = read_moment(raw["ended"], usual).isoformat()
        sent_at = read_moment(raw["sent"], usual) if "sent" in raw else at
        if "sent" in raw:
            more["is_late"] = True
        canary = f"CANARY-{raw['canary']}-{who.key}" if "canary" in raw and self.is_marked else ""
        if "canary" in raw:
            more["class"] = raw["canary"]
        return Fact(kind, str(raw[kind]), at, sent_at, number, more, canary)


def _days_dead(listed: list[Raw]) -> int:
    """Returns how long before day 0 somebody had died, 0 for the living."""
    days = [read_moment(one["at"], time(9)) for one in listed if "died" in one]
    return max(0, (start() - days[0]).days) if days else 0


def _is_loose(one: Raw) -> bool:
    at = one.get("at")
    return at is None or (isinstance(at, int) and at < 0)


def _some_time(who: Who, clock: time, dice: Dice) -> datetime:
    at = moment(start().date() - timedelta(dice.between(20, 1500)), clock)
    if who.born is not None and at.date() <= who.born:
        at = moment(start().date() - timedelta(dice.between(1, 15)), clock)
    return at


def _sent_at(fact: Fact, desk: Desk, known_at: datetime, turn: int, dice: Dice) -> datetime:
    if fact.more.get("is_late"):
        return fact.sent_at
    if fact.at <= known_at or fact.at < start() - timedelta(hours=8):
        return max(known_at, min(fact.at, known_at)) + timedelta(seconds=turn)
    if desk.format == "v2":
        return fact.at + timedelta(seconds=dice.between(2, 50))
    if desk.key == "GPB":
        # Asked every quarter of an hour.
        return fact.at + timedelta(seconds=900 - int(fact.at.timestamp()) % 900)
    return fact.at + timedelta(seconds=dice.between(30, 840))


def _exact(value: object) -> Json:
    """Returns a number of YAML as a decimal; other values are JSON already."""
    return Decimal(str(value)) if isinstance(value, float) else cast(Json, value)


def _number(raw: Raw) -> str | None:
    text = str(raw.get("nhs") or "")
    if text == "CHI":
        # Never typed in: it agrees with the birth date and the sex, whatever they are.
        return f"CHI{chi_number(date.fromisoformat(str(raw['born'])), str(raw['sex']))}"
    return text or None


def _own_number(raw: Raw, who: Who) -> str | None:
    if "nhs" not in raw:
        return who.nhs
    return str(raw["nhs"]) if raw["nhs"] else None


def _home(value: Json) -> Home | None:
    if not isinstance(value, list):
        return None
    return Home(*(str(part) for part in value))


def _texts(value: Json) -> list[str]:
    if value is None or value is False:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
