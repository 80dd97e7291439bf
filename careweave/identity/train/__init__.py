"""Learning how records of people agree, without labels, and measuring how well it was learnt."""

from careweave.identity.train._blind import Blind
from careweave.identity.train._calibrate import Calibration, calibrate, calibrated
from careweave.identity.train._evaluate import (
    Evaluation,
    evaluate,
    persons_rates,
    truth_from,
    truth_of,
)
from careweave.identity.train._figure import figure
from careweave.identity.train._groups import Fairness, Groups, Share, fairness, groups_of
from careweave.identity.train._operation import Operation, operate
from careweave.identity.train._persons import persons
from careweave.identity.train._pool import Pair, Pool, pool, table_rules
from careweave.identity.train._rates import Rates, best_of, curve, rates_from, safe_of
from careweave.identity.train._region import Labelled, labelled_pool, region_pool
from careweave.identity.train._tables import Layout, Role, Row, layout, read_pairs, read_table
from careweave.identity.train._train import Compared, compare, train

__all__ = [
    "Blind",
    "Calibration",
    "Compared",
    "Evaluation",
    "Fairness",
    "Groups",
    "Labelled",
    "Layout",
    "Operation",
    "Pair",
    "Pool",
    "Rates",
    "Role",
    "Row",
    "Share",
    "best_of",
    "calibrate",
    "calibrated",
    "compare",
    "curve",
    "evaluate",
    "fairness",
    "figure",
    "groups_of",
    "labelled_pool",
    "layout",
    "operate",
    "persons",
    "persons_rates",
    "pool",
    "rates_from",
    "read_pairs",
    "read_table",
    "region_pool",
    "safe_of",
    "table_rules",
    "train",
    "truth_from",
    "truth_of",
]
