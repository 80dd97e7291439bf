"""What a reader's role and an entry's labels put before an entry, for the compiler."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from careweave.agreements._values import Filter, Filters, Level, Rules
from careweave.terms import Heading, Label, Purpose, Role

SECRET = "access-secret"  # noqa: S105  the name of a mask, no password
"""The mask that takes the secret part out of how to get in."""

FILTERS: Mapping[Level, Filters] = {
    Level.FULL: frozenset(),
    Level.CURRENT: frozenset({Filter.CURRENT}),
    Level.SHORT: frozenset({Filter.BRIEF}),
    Level.INDICATOR: frozenset({Filter.INDICATOR}),
    Level.REASON: frozenset({Filter.GATE, Filter.CURRENT}),
    Level.THIRD_PARTY: frozenset({Filter.CLEARED}),
    Level.DE_IDENTIFIED: frozenset({Filter.CODED}),
    Level.NEVER: frozenset({Filter.NEVER}),
}
"""The filters of a level of a heading. Source: `reference/agreements.md` 1.4."""

_HIDDEN = frozenset({Filter.NEVER, Filter.CODED})
_ABSORBED = frozenset({Filter.CURRENT, Filter.BRIEF, Filter.CLEARED})
_WITHOUT_ORIGIN = frozenset({Role.CI, Role.PX, Role.AN})

# What lifts a bar of law besides a mandate that cites it: being the service that recorded it,
# the person's consent, the person's own view. Source: `reference/agreements.md` 6, step 1.
_BY_ORIGIN = frozenset({Label.S2, Label.VERY_RESTRICTED})
_BY_CONSENT = frozenset({Label.S2, Label.S4})
_BY_ONESELF = frozenset({Label.S2, Label.S4})


@dataclass(frozen=True, slots=True)
class Hold:
    """What has to be met before an entry is shown, and what is taken out of it then.

    `unless_tied` are masks that fall away where a relationship lives. Holds only ever grow.
    """

    filters: Filters = frozenset()
    consents: frozenset[Label] = frozenset()
    masks: frozenset[str] = frozenset()
    unless_tied: frozenset[str] = frozenset()

    def __or__(self, other: "Hold") -> "Hold":
        """Returns both."""
        return Hold(
            self.filters | other.filters,
            self.consents | other.consents,
            self.masks | other.masks,
            self.unless_tied | other.unless_tied,
        )

    def __le__(self, other: "Hold") -> bool:
        """Says whether the other asks for all of this."""
        return (
            self.filters <= other.filters
            and self.consents <= other.consents
            and self.masks <= other.masks
            and self.unless_tied <= other.unless_tied
        )

    @property
    def is_gated(self) -> bool:
        """Says that nothing is shown before somebody gives a reason."""
        return Filter.GATE in self.filters

    @property
    def is_indicator(self) -> bool:
        """Says that nothing but the existence is told."""
        return Filter.INDICATOR in self.filters


@dataclass(frozen=True, slots=True)
class Reader:
    """As what somebody meets the table of labels; `cited` are bars that a mandate lifts."""

    rules: Rules
    role: Role
    setting: str
    purpose: Purpose
    hides_secrets: bool
    cited: frozenset[Label] = frozenset()


def base(filters: Filters) -> Hold | None:
    """Returns what the filters of a heading ask for; None where nothing of it is ever shown."""
    if filters & _HIDDEN:
        return None
    return Hold(filters - _ABSORBED if Filter.INDICATOR in filters else filters)


def effects(
    reader: Reader, heading: Heading | None, ceiling: Iterable[Label], *, is_origin: bool
) -> dict[Label, Hold]:
    """Returns what each label adds; a label that lets nothing through is not there."""
    counts = is_origin and reader.role not in _WITHOUT_ORIGIN
    made = {label: _effect(reader, label, heading, is_origin=counts) for label in sorted(ceiling)}
    return {label: hold for label, hold in made.items() if hold is not None}


def _effect(
    reader: Reader, label: Label, heading: Heading | None, *, is_origin: bool
) -> Hold | None:
    if label in reader.cited:
        return Hold()
    cell = _cell(reader, label, heading, is_origin=is_origin)
    if label in reader.rules.bars and not _is_lifted(reader, label, cell, is_origin=is_origin):
        return None
    if label is Label.ACCESS_SECRET and reader.hides_secrets and cell in _PLAIN:
        return Hold(masks=frozenset({SECRET}))
    return _CELLS[cell](label) if cell in _CELLS else None


_PLAIN = frozenset({"F", "mask", "tie"})
_CELLS: Mapping[str, Callable[[Label], Hold]] = {
    "F": lambda _: Hold(),
    "R": lambda _: Hold(frozenset({Filter.GATE})),
    "K": lambda label: Hold(frozenset({Filter.CONSENT}), consents=frozenset({label})),
    "I": lambda _: Hold(frozenset({Filter.INDICATOR})),
    "C": lambda _: Hold(frozenset({Filter.CURRENT})),
    "S": lambda _: Hold(frozenset({Filter.BRIEF})),
    "T": lambda _: Hold(frozenset({Filter.CLEARED})),
    "mask": lambda label: Hold(masks=frozenset({str(label)})),
    "tie": lambda label: Hold(unless_tied=frozenset({str(label)})),
}


def _cell(reader: Reader, label: Label, heading: Heading | None, *, is_origin: bool) -> str:
    rules = reader.rules
    if is_origin and (label, None) in rules.labels:
        return rules.labels[label, None]
    if heading is not None and (label, heading, reader.role) in rules.exceptions:
        return rules.exceptions[label, heading, reader.role]
    plain = rules.labels.get((label, reader.role), Level.NEVER)
    return rules.in_settings.get((label, reader.role, reader.setting), plain)


def _is_lifted(reader: Reader, label: Label, cell: str, *, is_origin: bool) -> bool:
    if cell == "K":
        return label in _BY_CONSENT
    if is_origin and cell == Level.FULL:
        return label in _BY_ORIGIN
    is_oneself = reader.role is Role.CI and reader.purpose is Purpose.OWN_REQUEST
    return is_oneself and cell in {Level.FULL, Level.THIRD_PARTY} and label in _BY_ONESELF


@dataclass(frozen=True, slots=True)
class Way:
    """One hold with the labels that ask for no more, of which an entry carries one of `marks`.

    The hold of the heading itself has no marks: it is for entries without any label too.
    """

    hold: Hold
    labels: frozenset[Label]
    marks: frozenset[Label]


def combined(start: Hold, added: Mapping[Label, Hold]) -> list[Way]:
    """Returns each hold that labels together can make.

    An entry that carries only labels of a way asks for at most its hold, so it may be shown so.
    """
    found = {start}
    for hold in added.values():
        found |= {one | hold for one in found}
    free = frozenset(label for label, hold in added.items() if hold <= start)
    return [
        _way(one, frozenset(label for label, hold in added.items() if hold <= one), free)
        for one in found
    ]


def _way(hold: Hold, labels: frozenset[Label], free: frozenset[Label]) -> Way:
    if hold.is_indicator:
        hold = Hold(hold.filters - _ABSORBED, hold.consents, hold.masks, hold.unless_tied)
    return Way(hold, labels, labels - free)
