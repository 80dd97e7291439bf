"""How many cases a law is tried with: what the profile says, or so many times as much."""

import os

from hypothesis import Phase, settings

_CI = 50
_NIGHT = 10_000


def load_profile() -> None:
    """Makes the profiles known and takes the one of HYPOTHESIS_PROFILE, or `ci`.

    A case may wait for a busy machine, so no profile has a deadline of its own; what repeats in
    the same way everywhere keeps no examples on disk.
    """
    settings.register_profile("quick", max_examples=15, deadline=None, derandomize=True)
    settings.register_profile("ci", max_examples=_CI, deadline=None, derandomize=True)
    settings.register_profile("dev", max_examples=200, deadline=None)
    settings.register_profile("night", max_examples=_NIGHT, deadline=None)
    # Whether a mutant is found matters here, not how small the example is.
    settings.register_profile(
        "mutants",
        max_examples=50,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
    )
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def cases(ci: int) -> int:
    """Returns the number of cases of this profile, for a law that gets `ci` of them in CI."""
    return min(max(ci * settings().max_examples // _CI, 3), _NIGHT)
