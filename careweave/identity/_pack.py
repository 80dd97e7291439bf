"""Normalised demographics as bytes: small, and quick to read by the hundred."""

from careweave.identity._norm import Home, Name, Norm

# The separators of ASCII: between fields, between the values of one, between the parts of a value.
_FIELD, _VALUE, _PART, _WORD = "\x1c", "\x1d", "\x1e", "\x1f"
_SEPARATORS = str.maketrans(dict.fromkeys((_FIELD, _VALUE, _PART, _WORD), " "))
_PAST = "1"
_NOTHING: frozenset[str] = frozenset()


def pack(norm: Norm) -> bytes:
    """Returns a record as bytes."""
    birth = "" if norm.birth is None else _PART.join(map(str, norm.birth))
    fields = (
        _VALUE.join(map(_pack_name, norm.names)),
        birth,
        norm.precision,
        norm.sex,
        _VALUE.join(map(_pack_home, norm.homes)),
        _VALUE.join(norm.phones),
        _VALUE.join(norm.emails),
        _VALUE.join(sorted(norm.past_contacts)),
        norm.nhs,
        norm.chi,
        norm.hc,
        _VALUE.join(sorted(norm.verified)),
        _VALUE.join(norm.past_numbers),
        _VALUE.join(f"{_plain(system)}{_PART}{value}" for system, value in norm.numbers),
        norm.mother,
        str(norm.birth_order or ""),
        norm.practice,
        norm.died,
        _PAST if norm.is_restricted else "",
        _VALUE.join(f"{_plain(name)}{_PART}{value}" for name, value in norm.extra.items()),
        _VALUE.join(sorted(norm.flags)),
    )
    return _FIELD.join(fields).encode()


def _plain(text: str) -> str:
    return text.translate(_SEPARATORS)


def _pack_name(name: Name) -> str:
    return _PART.join(
        (_PAST if name.is_past else "", _WORD.join(name.families), _WORD.join(name.givens))
    )


def _pack_home(home: Home) -> str:
    place = (home.postcode, home.sector, home.district, home.area)
    marks = (_PAST if home.is_past else "", _PAST if home.is_communal else "")
    return _PART.join((*place, home.house, home.street, home.city, *marks))


def unpack(packed: bytes) -> Norm:
    """Returns the record that was packed."""
    fields = packed.decode().split(_FIELD)
    names, birth, precision, sex, homes, phones, emails, gone, nhs, chi, hc, *rest = fields
    verified, past, numbers, mother, order, practice, died, restricted, extra, flags = rest
    return Norm(
        tuple([_name(one) for one in names.split(_VALUE)]) if names else (),
        _birth(birth) if birth else None,
        precision,
        sex,
        tuple([_home(one) for one in homes.split(_VALUE)]) if homes else (),
        tuple(phones.split(_VALUE)) if phones else (),
        tuple(emails.split(_VALUE)) if emails else (),
        frozenset(gone.split(_VALUE)) if gone else _NOTHING,
        nhs,
        chi,
        hc,
        frozenset(verified.split(_VALUE)) if verified else _NOTHING,
        tuple(past.split(_VALUE)) if past else (),
        tuple([_pair(one) for one in numbers.split(_VALUE)]) if numbers else (),
        mother,
        int(order) if order else 0,
        practice,
        died,
        bool(restricted),
        dict([_pair(one) for one in extra.split(_VALUE)]) if extra else {},
        frozenset(flags.split(_VALUE)) if flags else _NOTHING,
    )


def _name(text: str) -> Name:
    past, families, givens = text.split(_PART)
    return Name(
        families.replace(_WORD, ""),
        givens.replace(_WORD, ""),
        tuple(families.split(_WORD)) if families else (),
        tuple(givens.split(_WORD)) if givens else (),
        bool(past),
    )


def _home(text: str) -> Home:
    code, sector, district, area, house, street, city, past, communal = text.split(_PART)
    return Home(code, sector, district, area, house, street, city, bool(past), bool(communal))


def _birth(text: str) -> tuple[int, int, int]:
    year, month, day = text.split(_PART)
    return int(year), int(month), int(day)


def _pair(text: str) -> tuple[str, str]:
    first, _, second = text.partition(_PART)
    return first, second
