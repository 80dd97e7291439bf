"""Demographics as written, made comparable."""

from collections.abc import Mapping
from datetime import date

from careweave.identity._bounds import bounded
from careweave.identity._demographics import Demographics
from careweave.identity._fold import fold
from careweave.identity._fold_dates import FoldedDate, fold_date
from careweave.identity._fold_homes import fold_contacts, fold_homes
from careweave.identity._fold_names import fold_names
from careweave.identity._fold_numbers import fold_numbers
from careweave.identity._norm import Norm
from careweave.identity._rules import Rules

_SEXES = {
    **dict.fromkeys(("male", "m", "1"), "male"),
    **dict.fromkeys(("female", "f", "2"), "female"),
    **dict.fromkeys(("other", "o", "x", "9", "indeterminate"), "other"),
}


def normalise(written: Demographics, known: Rules, *, today: date) -> Norm:
    """Returns demographics made comparable, with remarks on what was left out.

    Source: `reference/identity.md` sections 4 and 5.
    """
    named = fold_names(written.names, known)
    homes = fold_homes(written.addresses, known)
    contacts = fold_contacts(written.contacts, known)
    birth = fold_date(written.birth_date, known, today=today)
    sex = _SEXES.get(written.sex.strip().casefold(), "")
    numbers = fold_numbers(written.numbers, known, birth=birth.parts, sex=sex)
    found = Norm(
        names=named.names,
        birth=birth.parts,
        precision=_precision(birth, written),
        sex=sex,
        homes=homes.homes,
        phones=contacts.phones,
        emails=contacts.emails,
        past_contacts=contacts.past,
        nhs=numbers.nhs,
        chi=numbers.chi,
        hc=numbers.hc,
        verified=numbers.verified,
        past_numbers=numbers.past,
        numbers=numbers.others,
        mother=fold(written.mother).replace(" ", ""),
        birth_order=written.birth_order or named.birth_order,
        practice=fold(written.practice).replace(" ", ""),
        died=_died(written.died, known, today),
        is_restricted=written.is_restricted,
        extra=_extra(written.extra),
        flags=named.flags | homes.flags | birth.flags | numbers.flags,
    )
    return bounded(found, known)


def _precision(birth: FoldedDate, written: Demographics) -> str:
    if birth.parts is None:
        return "none"
    if written.is_birth_estimated:
        return "estimated"
    _, month, day = birth.parts
    return "day" if day else "month" if month else "year"


def _died(written: str, known: Rules, today: date) -> str:
    """Returns the date of death as ISO writes it, `yes` where only the fact is known, or ''."""
    if not written:
        return ""
    parts = fold_date(written, known, today=today).parts
    if parts is None or not parts[2]:
        return "yes"
    return "{:04}-{:02}-{:02}".format(*parts)


def _extra(written: Mapping[str, str]) -> dict[str, str]:
    folded = {name: fold(text) for name, text in written.items()}
    return {name: text for name, text in folded.items() if text}


def n_usable(norm: Norm) -> int:
    """Returns how many facts of a record can be compared: below three it's only provisional.

    A verified number counts twice: with a birth date it is enough. Source:
    `reference/identity.md` section 15, placeholder data.
    """
    numbers = sum(bool(number) for number in (norm.nhs, norm.chi, norm.hc))
    facts = (
        any(name.family for name in norm.names),
        any(name.given for name in norm.names),
        norm.birth is not None,
        any(home.postcode or home.street for home in norm.homes),
        bool(norm.phones),
        bool(norm.emails),
        bool(norm.numbers),
    )
    return sum(facts) + numbers + len(norm.verified)
