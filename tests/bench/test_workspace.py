"""What the bench of the workspace tells: each figure the issue names, its target, its method."""

import pytest

from bench.figures import Figure
from bench.workspace import Cost, figures_of
from bench.workspace_load import Opens, figures_of_loads, growth
from careweave.terms import Role

_JUDGED = {
    "record_5000_p95_ms": 150,
    "record_5000_bytes": 100_000,
    "record_5000_card_bytes": 60_000,
    "record_5000_queries_more": 0,
    "opens_per_second": 10,
    "open_p95_ms": 1000,
    "open_p95_ms_with_intake": 1000,
    "opens_failed": 0,
}


def cost(role: Role, *, ms: float = 100.0, n_bytes: int = 60_000, n_queries: int = 29) -> Cost:
    return Cost(role, (ms,) * 20, 80.0, n_bytes, n_queries, 29)


def opens(*, ms: float, n_due: int = 20, n_failed: int = 0) -> Opens:
    answered = [ms] * (n_due - n_failed)
    return Opens(n_due, answered, ["429"] * n_failed, cpu_s=1.0)


def told(costs: list[Cost], alone: Opens, beside: Opens) -> dict[str, Figure]:
    found = [
        *figures_of(costs, 20),
        *figures_of_loads(alone, beside, 10),
        growth(3.0, 100, alone),
    ]
    assert len({one.name for one in found}) == len(found)
    assert all(one.method and one.unit for one in found)
    return {one.name: one for one in found}


def test_each_figure_that_is_asked_for_is_told_with_its_target() -> None:
    both = [cost(Role.GP), cost(Role.PA, n_bytes=14_000)]
    found = told(both, opens(ms=200), opens(ms=300))
    assert {"record_5000_queries", "cpu_ms_per_open", "open_rss_growth_mb"} <= set(found)
    assert {name: found[name].target for name in _JUDGED} == _JUDGED
    assert {found[name].verdict for name in _JUDGED} == {"met"}


@pytest.mark.parametrize(
    ("name", "costs", "alone", "beside"),
    [
        ("record_5000_p95_ms", [cost(Role.GP), cost(Role.PA, ms=151)], 200, 200),
        ("record_5000_bytes", [cost(Role.GP, n_bytes=100_001), cost(Role.PA)], 200, 200),
        ("record_5000_card_bytes", [cost(Role.GP), cost(Role.PA, n_bytes=60_001)], 200, 200),
        ("record_5000_queries_more", [cost(Role.GP, n_queries=30), cost(Role.PA)], 200, 200),
        ("open_p95_ms", [cost(Role.GP), cost(Role.PA)], 1001, 200),
        ("open_p95_ms_with_intake", [cost(Role.GP), cost(Role.PA)], 200, 1001),
    ],
)
def test_what_is_too_much_for_one_role_or_load_is_missed(
    name: str, costs: list[Cost], alone: float, beside: float
) -> None:
    assert told(costs, opens(ms=alone), opens(ms=beside))[name].verdict == "MISSED"


def test_an_open_that_is_not_answered_is_told_and_missed() -> None:
    both = [cost(Role.GP), cost(Role.PA)]
    found = told(both, opens(ms=1, n_failed=20), opens(ms=1, n_failed=1))
    assert found["opens_failed"].value == 21
    assert found["opens_per_second"].value == 0
    for name in ("opens_failed", "opens_per_second", "opens_per_second_with_intake", "open_p95_ms"):
        assert found[name].verdict == "MISSED"
