"""A view as data: what a role asks, where each answer stands, what is fetched, within what budget.

Source: `reference/interface.md` 5.5; `reference/stories.md` N4.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from careweave.disclosure import Wanted
from careweave.terms import Heading, Role, Unsupported
from careweave.views._clinical import Clinical
from careweave.views._terms import Terms

SLOTS = ("top", "main", "side", "foot")
KINDS = ("facts", "card", "team", "delta", "changes", "visits", "trends")


@dataclass(frozen=True, slots=True)
class Block:
    """One widget of a view: its headings in order, and how much of them.

    `count` None shows all facts. Without `past` what is over is only counted.
    """

    name: str
    kind: str
    slot: str
    title: str
    headings: tuple[Heading, ...]
    count: int | None = None
    past: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """One question of a role, and the widget that answers it."""

    ask: str
    widget: str


@dataclass(frozen=True, slots=True)
class Budget:
    """What a view may cost from launch: clicks, seconds at p95, bytes on the wire."""

    clicks: int
    seconds_p95: float
    bytes: int


@dataclass(frozen=True, slots=True)
class Definition:
    """One view: for a role, or for a setting or team of it.

    `newest` is how many of the newest entries of a heading are fetched, where not sixty; medicines
    and allergies come whole. `is_card`: the page is the emergency card, small and without a script.
    """

    name: str
    role: Role
    title: str
    blocks: tuple[Block, ...]
    answers: tuple[Answer, ...]
    newest: Mapping[Heading, int]
    budget: Budget
    setting: str = ""
    team: str = ""
    is_card: bool = False

    @property
    def headings(self) -> frozenset[Heading]:
        """Returns what the page shows entries of."""
        return frozenset(one for block in self.blocks for one in block.headings) | ALWAYS

    @property
    def wanted(self) -> Wanted:
        """Returns what the page asks of the way out: its entries, and the outline of all else."""
        bounded = self.headings - _WHOLE - {Heading.DEM}
        return Wanted(
            headings=self.headings,
            count=_MOST,
            newest={heading: self.newest.get(heading, _PLENTY) for heading in bounded},
            outline=frozenset(Heading),
        )


ALWAYS = frozenset({Heading.DEM, Heading.ALG, Heading.REQ, Heading.ALR, Heading.SAF})
"""What the banner needs on every page about a person."""

_WHOLE = frozenset({Heading.MED, Heading.ALG})

_PLENTY = 60
"""How many entries of a heading a first screen is made of, where its view file does not say."""

_MOST = 5_000
"""More entries than a first screen can ask for: no heading takes the place of another."""


@dataclass(frozen=True, slots=True)
class Views:
    """All views in force, and the words and clinical lists they print by."""

    definitions: tuple[Definition, ...]
    terms: Terms
    clinical: Clinical

    def definition(self, role: Role, setting: str = "", team: str = "") -> Definition:
        """Returns the view for a role: that of its team before its setting's before its own.

        Raises Unsupported for a role that opens nobody's page here.
        """
        mine = {(one.setting, one.team): one for one in self.definitions if one.role is role}
        for wanted in ((setting, team), ("", team), (setting, ""), ("", "")):
            if wanted in mine:
                return mine[wanted]
        raise Unsupported("There is no view for this role.")


def wanted_for(heading: Heading, *, most: int | None = None) -> Wanted:
    """Returns what the page of one section asks for: its entries, those of the banner, no outline.

    `most` bounds the entries of the section; medicines and allergies are never bounded.
    """
    newest = {} if most is None or heading in _WHOLE else {heading: most}
    return Wanted(
        headings=ALWAYS | {heading},
        newest=newest,
        outline=frozenset({heading}),
    )
