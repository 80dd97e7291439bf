"""Splink as the peer whose weights ours must equal: models, and the weights it gives to pairs.

`python -m tests.identity.splink_peer` makes tests/identity/splink.json again; it needs the extra
`train`. Splink is imported inside the functions: the test of equality runs without it.
"""

import csv
import json
import logging
from pathlib import Path
from random import Random
from typing import Any

FIXTURE = Path(__file__).parent / "splink.json"

_GIVEN = "anna ann hannah john jon joan maria mariam zoë zoe muhammad mohammed jose siobhan lee li"
_FAMILY = "smith smyth schmidt jones johns okafor o'brien obrien nguyen garcia müller muller kaur"
_AREAS = "LS1 4AB;LS1 4AC;LS12 4AB;BD7 1XY;W1A 1AA;SW1A 1AA;ls1 4ab;not one"
_DOMAINS = "example.org example.com mail.example"

Record = dict[str, str | None]


def table(n: int, seed: int) -> list[Record]:
    """Returns records of our own making: some again with an error or a gap."""
    dice = Random(seed)
    records: list[Record] = []
    while len(records) < n:
        one = _record(dice)
        copies = 1 + (dice.random() < 0.5) + (dice.random() < 0.2)
        records += [one, *(_spoilt(one, dice) for _ in range(copies - 1))]
    return [{"id": str(at), **one} for at, one in enumerate(records[:n])]


def _record(dice: Random) -> Record:
    given, family = dice.choice(_GIVEN.split()), dice.choice(_FAMILY.split())
    year, month, day = dice.randint(1930, 2020), dice.randint(1, 12), dice.randint(1, 28)
    domain = dice.choice(_DOMAINS.split())
    return {
        "given": given,
        "family": family,
        "born": f"{year}-{month:02}-{day:02}",
        "postcode": dice.choice(_AREAS.split(";")),
        "email": f"{given}.{family}{dice.randint(1, 99)}@{domain}",
        "city": dice.choice(["leeds", "bradford", "york", "hull"]),
    }


def _spoilt(one: Record, dice: Random) -> Record:
    spoilt = dict(one)
    for name, value in one.items():
        chance = dice.random()
        if chance < 0.12:
            spoilt[name] = None
        elif chance < 0.3 and value:
            at = dice.randrange(len(value))
            spoilt[name] = value[:at] + dice.choice("aeo1") + value[at + 1 :]
    if dice.random() < 0.1:
        spoilt["given"], spoilt["family"] = spoilt["family"], spoilt["given"]
    return spoilt


def weights(model: dict[str, Any], records: list[Record]) -> dict[tuple[int, int], float]:
    """Returns the weight that Splink, loaded anew from the document, gives to every pair."""
    import pandas as pd
    from splink import DuckDBAPI, Linker

    logging.disable(logging.WARNING)
    api = DuckDBAPI()
    frame = api.register(pd.DataFrame(records))
    linker = Linker(frame, model)
    found = linker.inference.predict(threshold_match_weight=-10000).as_record_list()
    return {_pair(row): float(row["match_weight"]) for row in found}


def weights_of_rows(model: dict[str, Any], rows: list[dict[str, Any]], terms: Any) -> float:
    """Returns the weight that Splink gives to two rows, with the shares of terms as they are."""
    import pandas as pd
    from splink import DuckDBAPI, Linker

    logging.disable(logging.WARNING)
    api = DuckDBAPI()
    known = {name: [one[name] for one in rows] for name in rows[0]}
    frame = pd.DataFrame({"unique_id": ["0", "1"], **known})
    linker = Linker(
        api.register(frame), {**model, "blocking_rules_to_generate_predictions": ["1=1"]}
    )
    for column, shares in terms.items():
        table = pd.DataFrame({column: list(shares), f"tf_{column}": list(shares.values())})
        linker.table_management.register_term_frequency_lookup(api.register(table), column)
    found = linker.inference.predict(threshold_match_weight=-10000).as_record_list()
    return float(found[0]["match_weight"])


def _pair(row: dict[str, Any]) -> tuple[int, int]:
    return int(row["id_l"]), int(row["id_r"])


def _trained(comparisons: list[Any], records: list[Record], rules: list[Any]) -> dict[str, Any]:
    import pandas as pd
    from splink import DuckDBAPI, Linker, SettingsCreator

    api = DuckDBAPI()
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="id",
        comparisons=comparisons,
        probability_two_random_records_match=0.002,
    )
    linker = Linker(api.register(pd.DataFrame(records)), settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=20000, seed=1)
    for rule in rules:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    saved: dict[str, Any] = linker.misc.save_model_to_json()
    return saved


def of_all_pairs(model: dict[str, Any]) -> dict[str, Any]:
    """Returns the model with a rule that makes every pair a candidate."""
    return {**model, "blocking_rules_to_generate_predictions": ["1=1"]}


def _untrained(comparisons: list[Any]) -> dict[str, Any]:
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "id",
        "probability_two_random_records_match": 0.0001,
        "sql_dialect": "duckdb",
        "comparisons": [one.create_comparison_dict("duckdb") for one in comparisons],
    }


def models(records: list[Record]) -> dict[str, dict[str, Any]]:
    """Returns models of every shape: trained, not trained, with frequencies on fuzzy levels."""
    import splink.comparison_level_library as levels
    import splink.comparison_library as library
    from splink import block_on

    rules = [block_on("born"), block_on("family", "given")]
    fuzzy = library.CustomComparison(
        output_column_name="family",
        comparison_levels=[
            levels.NullLevel("family"),
            levels.ExactMatchLevel("family", term_frequency_adjustments=True),
            levels.JaroWinklerLevel("family", 0.9).configure(
                tf_adjustment_column="family", tf_adjustment_weight=0.5, tf_minimum_u_value=0.02
            ),
            levels.ElseLevel(),
        ],
    )
    odd = library.CustomComparison(
        output_column_name="odd",
        comparison_levels=[
            levels.And(levels.NullLevel("given"), levels.NullLevel("city")),
            levels.LiteralMatchLevel("city", literal_value="leeds", literal_datatype="string"),
            levels.Not(levels.Or(levels.ExactMatchLevel("city"), levels.NullLevel("given"))),
            levels.ElseLevel(),
        ],
    )
    return {
        "trained": _trained(
            [
                library.ForenameSurnameComparison("given", "family"),
                library.DateOfBirthComparison("born", input_is_string=True),
                library.PostcodeComparison("postcode"),
                library.EmailComparison("email"),
                library.ExactMatch("city").configure(term_frequency_adjustments=True),
            ],
            records,
            rules,
        ),
        "untrained": _untrained(
            [
                library.NameComparison("given"),
                library.LevenshteinAtThresholds("family", [1, 2]),
                library.DamerauLevenshteinAtThresholds("born", [1]),
                library.ExactMatch("city"),
                odd,
            ]
        ),
        "fuzzy": _trained(
            [
                fuzzy,
                library.JaroAtThresholds("given", [0.9, 0.7]).configure(
                    term_frequency_adjustments=True
                ),
                library.JaccardAtThresholds("email", [0.8]),
                library.AbsoluteDateDifferenceAtThresholds(
                    "born", input_is_string=True, metrics=["day", "year"], thresholds=[40, 5]
                ),
            ],
            records,
            rules,
        ),
    }


def febrl4(folder: Path) -> list[Record]:
    """Returns the records of both files of Febrl4, an empty value as None."""
    records: list[Record] = []
    for name in ("dataset4a.csv", "dataset4b.csv"):
        rows = csv.reader((folder / name).read_text().splitlines(), skipinitialspace=True)
        header = [column.strip() for column in next(rows)]
        records += [
            {column: value.strip() or None for column, value in zip(header, row, strict=True)}
            for row in rows
        ]
    return [{"id": str(at), **one} for at, one in enumerate(records)]


def febrl4_model(records: list[Record]) -> dict[str, Any]:
    """Returns a model that Splink trained on Febrl4, without labels."""
    import splink.comparison_library as library
    from splink import block_on

    born = library.DateOfBirthComparison(
        "date_of_birth",
        input_is_string=True,
        datetime_format="%Y%m%d",
        invalid_dates_as_null=True,
    )
    postcode = library.DamerauLevenshteinAtThresholds("postcode", [1, 2])
    comparisons = [
        library.NameComparison("given_name"),
        library.NameComparison("surname"),
        born,
        library.DamerauLevenshteinAtThresholds("soc_sec_id", [1, 2]),
        library.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        postcode.configure(term_frequency_adjustments=True),
    ]
    rules = [block_on("date_of_birth"), block_on("postcode")]
    model = _trained(comparisons, records, rules)
    found = [*rules, block_on("soc_sec_id"), block_on("given_name", "surname")]
    written = [rule.get_blocking_rule("duckdb").as_dict() for rule in found]
    return {**model, "blocking_rules_to_generate_predictions": written}


def _sample(found: dict[tuple[int, int], float], dice: Random) -> list[list[float]]:
    """Returns the heaviest pairs and as many others."""
    heaviest = sorted(found, key=lambda pair: -found[pair])
    chosen = sorted({*heaviest[:400], *dice.sample(heaviest, 400)})
    return [[*pair, found[pair]] for pair in chosen]


def main() -> None:
    """Writes the fixture."""
    records, dice = table(240, 4), Random(4)
    made = {
        name: {"model": model, "pairs": _sample(weights(of_all_pairs(model), records), dice)}
        for name, model in models(records).items()
    }
    FIXTURE.write_text(json.dumps({"records": records, "models": made}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
