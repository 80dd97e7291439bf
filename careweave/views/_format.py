"""The one formatter of dates, times, ages, numbers and doses: the audience decides.

Source: `reference/interface.md` 6.1 (age), 6.2 (numbers of persons), 6.3; ISB 1505-1509.
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from careweave.terms import Json
from careweave.views._context import Quantity, When
from careweave.views._fhir import number, words
from careweave.views._making import Audience, Making
from careweave.views._terms import Terms

NBSP = "\N{NO-BREAK SPACE}"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_HOURS_OF_NEWBORN, _DAYS_OF_INFANT, _MONTHS_OF_CHILD = 48, 28, 24
_ADULT, _WEEK = 18, 7
_NOON, _MINUTES, _HOURS = 12, 60, 24
_UNIT = re.compile(r"(?<![\w.,])(\d[\d,]*(?:\.\d+)?|\.\d+)\s*([A-Za-zµ%][\w%/]*)")
_PARTS = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def nhs(digits: str) -> str:
    """Returns a number of a person in three groups that stay on one line: 999 000 0018."""
    plain = re.sub(r"[\s-]", "", digits)
    if not re.fullmatch(r"[0-9]{10}", plain):
        return plain
    return NBSP.join((plain[:3], plain[3:6], plain[6:]))


def day(on: date, making: Making) -> When:
    """Returns a calendar day: 05-Apr-2008, or 5 April 2008 for a citizen."""
    return When(_day(on, making), on.isoformat())


def _day(on: date, making: Making) -> str:
    month = _MONTHS[on.month - 1]
    if making.audience is Audience.CITIZEN:
        return f"{on.day}{NBSP}{month}{NBSP}{on.year}"
    return f"{on.day:02}-{month[:3]}-{on.year}"


def clock_time(moment: datetime, making: Making) -> str:
    """Returns a time of day: 09:05, or 9:05am, midday and midnight for a citizen."""
    local = moment.astimezone(making.zone)
    if making.audience is Audience.PROFESSIONAL:
        return f"{local.hour:02}:{local.minute:02}"
    if local.minute == 0 and local.hour % _NOON == 0:
        return making.say("midday") if local.hour else making.say("midnight")
    half = "am" if local.hour < _NOON else "pm"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % _NOON or _NOON}{minutes}{half}"


def moment(of: datetime, making: Making) -> When:
    """Returns a day with its time: 05-Apr-2026 09:05."""
    local = of.astimezone(making.zone)
    said = clock_time(of, making)
    if making.audience is Audience.CITIZEN:
        return When(
            making.say("{day} at {time}", day=_near_day(local, making), time=said), _iso(of)
        )
    return When(f"{_day(local.date(), making)} {said}", _iso(of))


def _near_day(local: datetime, making: Making) -> str:
    passed = making.now.astimezone(making.zone).date() - local.date()
    if passed == timedelta(0):
        return making.say("today")
    if passed == timedelta(1):
        return making.say("yesterday")
    return _day(local.date(), making)


def _iso(of: datetime) -> str:
    return of.astimezone(UTC).isoformat(timespec="seconds")


def recent(of: datetime, making: Making) -> When:
    """Returns a moment and how long ago it was: 05-Apr-2026 09:05 (2 h ago).

    From a day on, the days say it; a citizen reads today and yesterday instead.
    """
    plain = moment(of, making)
    if making.audience is Audience.CITIZEN:
        return plain
    return When(f"{plain.text} ({ago(of, making)})", plain.machine)


def ago(of: datetime, making: Making) -> str:
    """Returns how long ago a moment was, or in how long it is to be."""
    passed = making.now - of
    is_past = passed >= timedelta(0)
    minutes = int(abs(passed).total_seconds() // _MINUTES)
    if minutes < 1:
        return making.say("now")
    if minutes < _MINUTES:
        said = f"{minutes}{NBSP}min"
    elif minutes < 2 * _HOURS * _MINUTES:
        said = f"{minutes // _MINUTES}{NBSP}h"
    else:
        said = f"{minutes // (_HOURS * _MINUTES)}{NBSP}d"
    return making.say("{time} ago", time=said) if is_past else making.say("in {time}", time=said)


def written(text: str, making: Making) -> When:
    """Returns a FHIR date or moment as it is known: 05-Apr-2008 09:05, 05-Apr-2008, Apr-2008, 2008.

    What is no date is printed as nothing.
    """
    if "T" in text:
        found = instant_of(text)
        return When("") if found is None else moment(found, making)
    return written_day(text, making)


def written_day(text: str, making: Making) -> When:
    """Returns the day of a FHIR date or moment, in the region's zone, as far as it is known."""
    found = instant_of(text) if "T" in text else None
    if found is not None:
        return day(found.astimezone(making.zone).date(), making)
    parts, known = _PARTS.fullmatch(text), day_of(text)
    if parts is None or known is None:
        return When("")
    if parts[3]:
        return day(known, making)
    return When(_month(known, making), text) if parts[2] else When(parts[1], text)


def _month(of: date, making: Making) -> str:
    name = _MONTHS[of.month - 1]
    is_citizen = making.audience is Audience.CITIZEN
    return f"{name}{NBSP}{of.year}" if is_citizen else f"{name[:3]}-{of.year}"


def instant_of(text: str) -> datetime | None:
    """Returns the moment of a FHIR dateTime that has a time, None where it has none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def day_of(text: str) -> date | None:
    """Returns the day of a FHIR date; of a month or a year its first, None for no date."""
    parts = _PARTS.match(text)
    if parts is None:
        return None
    year, month, its_day = (int(part) if part else 1 for part in parts.groups())
    try:
        return date(year, month, its_day)
    except ValueError:
        return None


def span(start: str, end: str, making: Making) -> str:
    """Returns a range of days: 05-Apr-2008 to 09-Apr-2008, or 5 to 9 April 2008 for a citizen."""
    first, last = written_day(start, making).text, written_day(end, making).text
    if not (first and last):
        return making.say("from {day}", day=first) if first else last
    one, other = day_of(start), day_of(end)
    if making.audience is Audience.CITIZEN and one and other:
        first = _shortened(one, other, first)
    return making.say("{first} to {last}", first=first, last=last)


def _shortened(one: date, other: date, whole: str) -> str:
    if one.year != other.year:
        return whole
    return str(one.day) if one.month == other.month else f"{one.day}{NBSP}{_MONTHS[one.month - 1]}"


def age(born: str, at_moment: datetime, making: Making) -> str:
    """Returns an age: 26h, 10d, 12w, 14m, 6y 7m, 78y; "" where the birth date is not known.

    Of a birth without its time, hours are not known: the days are said.
    Source: `reference/interface.md` 6.1.
    """
    exact = instant_of(born)
    hours = 0 if exact is None else int((at_moment - exact).total_seconds() // 3600)
    if exact is not None and hours < _HOURS_OF_NEWBORN:
        return f"{max(hours, 0)}h"
    on = day_of(born) if exact is None else exact.astimezone(making.zone).date()
    today = at_moment.astimezone(making.zone).date()
    return "" if on is None or on > today else _age(on, today)


def _age(on: date, today: date) -> str:
    days = (today - on).days
    months = (today.year - on.year) * 12 + today.month - on.month - (today.day < on.day)
    if days < _DAYS_OF_INFANT:
        return f"{days}d"
    if months < 12:
        return f"{days // _WEEK}w"
    if months < _MONTHS_OF_CHILD:
        return f"{months}m"
    years = months // 12
    return f"{years}y" if years >= _ADULT else f"{years}y {months % 12}m"


def plain_number(value: Decimal) -> str:
    """Returns a number with a leading zero and commas, and the digits that its source wrote."""
    whole, point, rest = format(value, "f").partition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits or '0'):,}{point}{rest}"


def trimmed_number(value: Decimal) -> str:
    """Returns a number of a dose: no trailing zero, since 5.0 has been read as 50."""
    text = plain_number(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def unit_text(unit: str, making: Making) -> str:
    """Returns a unit as people write it: mcg and ug are micrograms, mm[Hg] is mmHg."""
    return making.terms.units.get(unit, unit.replace("{", "").replace("}", ""))


def quantity(value: Json, making: Making) -> Quantity:
    """Returns a FHIR Quantity with the precision of its source: the number, a space that holds, the unit."""
    given = value[0] if isinstance(value, list) and value else value
    found = number(given.get("value")) if isinstance(given, dict) else None
    if found is None or not isinstance(given, dict):
        return Quantity("")
    unit = unit_text(words(given.get("unit")) or words(given.get("code")), making)
    sign = words(given.get("comparator"))
    text = sign + plain_number(found)
    return Quantity(f"{text}{NBSP}{unit}" if unit else text)


def dose(text: str, making: Making) -> str:
    """Returns a dose as a source wrote it, safe to read: 0.5 mg, micrograms in full, no 5.0.

    Number and unit stay on one line; a short word for how often is written out where the dose ends
    with it. Whatever is not understood stays as it is.
    """
    known = making.terms
    head, _, last = text.strip().rpartition(" ")
    often = known.frequencies.get(last.lower()) if head else None
    plain = f"{head} {often}" if often else text.strip()
    return _UNIT.sub(lambda found: _dose_part(found, known), plain)


def _dose_part(found: re.Match[str], terms: Terms) -> str:
    digits, unit = found.groups()
    if unit not in terms.units and unit not in terms.dose_units:
        return found.group()
    value = trimmed_number(Decimal(digits.replace(",", "")))
    return f"{value}{NBSP}{terms.units.get(unit, unit)}"
