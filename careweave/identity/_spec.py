"""What a model is made of: levels of agreement, comparisons of fields, thresholds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from careweave.identity._norm import NORM_VERSION
from careweave.terms import Json

NULL = -1
"""The level of a field that one side does not have: it weighs nothing."""

UNSEEN = ""
"""The term under which a table of frequencies keeps the share of a term that it does not know."""

SMALLEST = 1e-300
"""No share is taken for smaller. Source: Splink 5.0.0, whose weights this arithmetic equals."""

Shares = tuple[float, ...]
"""By level of a comparison, the share of pairs of one person that come out at it."""

Frequencies = Mapping[str, Mapping[str, float]]
"""By field, the share of each term among all values that are there."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level of agreement of a field: `test` is true from `at` on.

    `m` and `u` are the shares of pairs at this level among pairs of one person and of different
    persons. With `tf` the level weighs more for rare terms and less for common ones, by
    `tf_weight`, never rarer than `tf_minimum`; `tf_base` is the share that `u` stands for, and is
    `u` itself where it is None. `is_past` levels also take names, addresses and contacts of
    former times. `kin` is the share among relatives, as `u` is among strangers: None where they
    are as strangers are.
    """

    name: str
    test: str
    m: float
    u: float
    at: float = 0.0
    tf: str = ""
    tf_weight: float = 1.0
    tf_minimum: float = 0.0
    tf_base: float | None = None
    is_past: bool = False
    kin: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one field is compared: its levels from strong to weak, the last taking all the rest.

    A pair of values for which `null` is true from `null_at` on says nothing here, because another
    comparison says it: exchanged names are a level of the given name, not of the family name too.
    """

    field: str
    levels: tuple[Level, ...]
    null: str = ""
    null_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Weights between link, review and nothing, as section 6 of the reference uses them.

    From `auto` on, with `lead` over the second best person, a record is linked; from `review` on a
    human is asked; from `show` on a search shows it; below `floor` a person does not hold together.
    """

    auto: float
    review: float
    show: float
    lead: float
    floor: float


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a model says, before it is checked.

    `probability` is that of two random records being of one person. `sources` are the shares `m`
    of sources that have their own: by source, by field, by level. `about` is how the model was
    made, on what, and how well it did: kept with it, and not used. `kin_share` is the share of
    relatives among all pairs that are not of one person; 0 where the model knows none.
    """

    name: str
    comparisons: tuple[Comparison, ...]
    probability: float
    thresholds: Thresholds
    frequencies: Frequencies = field(default_factory=dict[str, Mapping[str, float]])
    sources: Mapping[str, Mapping[str, Shares]] = field(
        default_factory=dict[str, Mapping[str, Shares]]
    )
    norm_version: str = NORM_VERSION
    about: Mapping[str, Json] = field(default_factory=dict[str, Json])
    kin_share: float = 0.0
