"""Learning how records of people agree, without labels, and measuring how well it was learnt."""

from careweave.identity.train._blind import Blind
from careweave.identity.train._evaluate import (
    Evaluation,
    Rates,
    evaluate,
    truth_from,
    truth_of,
)
from careweave.identity.train._persons import persons
from careweave.identity.train._pool import Pair, Pool, pool, table_rules
from careweave.identity.train._region import Labelled, labelled_pool, region_pool
from careweave.identity.train._tables import Layout, Role, Row, layout, read_pairs, read_table
from careweave.identity.train._train import Compared, compare, train

__all__ = [
    "Blind",
    "Compared",
    "Evaluation",
    "Labelled",
    "Layout",
    "Pair",
    "Pool",
    "Rates",
    "Role",
    "Row",
    "compare",
    "evaluate",
    "labelled_pool",
    "layout",
    "persons",
    "pool",
    "read_pairs",
    "read_table",
    "region_pool",
    "table_rules",
    "train",
    "truth_from",
    "truth_of",
]
