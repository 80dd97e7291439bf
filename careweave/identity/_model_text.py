"""A model read from its document, and written as one."""

from collections.abc import Mapping
from decimal import Decimal

from careweave.identity._norm import NORM_VERSION
from careweave.identity._reading import Reading
from careweave.identity._spec import Comparison, Draft, Frequencies, Level, Shares, Thresholds
from careweave.terms import Json

_MEMBERS = frozenset(
    {
        "about",
        "comparisons",
        "frequencies",
        "kin_share",
        "name",
        "norm_version",
        "prior",
        "sources",
        "thresholds",
    }
)
_COMPARISON = frozenset({"field", "levels", "null", "null_at"})
_LEVEL = frozenset(
    {
        "at",
        "kin",
        "level",
        "m",
        "past",
        "test",
        "tf",
        "tf_base",
        "tf_minimum",
        "tf_weight",
        "u",
    }
)


def read_draft(document: Mapping[str, Json]) -> Draft:
    """Returns what a document says, or raises Incorrect with every fault of its form."""
    read = Reading()
    whole = read.members(dict(document), "model", _MEMBERS)
    draft = Draft(
        name=read.text(whole.get("name"), "name"),
        comparisons=tuple(
            _comparison(read, one, f"comparisons[{number}]")
            for number, one in enumerate(read.items(whole.get("comparisons"), "comparisons"))
        ),
        probability=_probability(read, whole.get("prior")),
        thresholds=_thresholds(read, whole.get("thresholds")),
        frequencies=_frequencies(read, whole.get("frequencies", {})),
        sources=_sources(read, whole.get("sources", {})),
        norm_version=read.text(whole.get("norm_version"), "norm_version", NORM_VERSION),
        about=read.members(whole.get("about", {}), "about"),
        kin_share=read.number(whole.get("kin_share"), "kin_share", 0.0),
    )
    read.refuse("The document is not that of a model: see the places named.")
    return draft


def _comparison(read: Reading, value: Json, where: str) -> Comparison:
    members = read.members(value, where, _COMPARISON)
    return Comparison(
        field=read.text(members.get("field"), f"{where}.field"),
        levels=tuple(
            _level(read, one, f"{where}.levels[{number}]")
            for number, one in enumerate(read.items(members.get("levels"), f"{where}.levels"))
        ),
        null=read.text(members.get("null"), f"{where}.null", ""),
        null_at=read.number(members.get("null_at"), f"{where}.null_at", 0.0),
    )


def _level(read: Reading, value: Json, where: str) -> Level:
    members = read.members(value, where, _LEVEL)
    test = read.text(members.get("test"), f"{where}.test")
    base, kin = members.get("tf_base"), members.get("kin")
    return Level(
        name=read.text(members.get("level"), f"{where}.level", test),
        test=test,
        m=read.number(members.get("m"), f"{where}.m"),
        u=read.number(members.get("u"), f"{where}.u"),
        at=read.number(members.get("at"), f"{where}.at", 0.0),
        tf=read.text(members.get("tf"), f"{where}.tf", ""),
        tf_weight=read.number(members.get("tf_weight"), f"{where}.tf_weight", 1.0),
        tf_minimum=read.number(members.get("tf_minimum"), f"{where}.tf_minimum", 0.0),
        tf_base=None if base is None else read.number(base, f"{where}.tf_base"),
        is_past=members.get("past") is True,
        kin=None if kin is None else read.number(kin, f"{where}.kin"),
    )


def _probability(read: Reading, value: Json) -> float:
    """Returns the prior: as it stands, or one in the population."""
    members = read.members(value, "prior", frozenset({"population", "probability"}))
    if "population" in members:
        return 1 / max(read.number(members["population"], "prior.population"), 2.0)
    return read.number(members.get("probability"), "prior.probability")


def _thresholds(read: Reading, value: Json) -> Thresholds:
    members = read.members(value, "thresholds", frozenset(Thresholds.__slots__))
    return Thresholds(
        *(read.number(members.get(name), f"thresholds.{name}") for name in Thresholds.__slots__)
    )


def _frequencies(read: Reading, value: Json) -> Frequencies:
    return {
        name: {
            term: read.number(share, f"frequencies.{name}")
            for term, share in read.members(shares, f"frequencies.{name}").items()
        }
        for name, shares in read.members(value, "frequencies").items()
    }


def _sources(read: Reading, value: Json) -> Mapping[str, Mapping[str, Shares]]:
    return {
        source: {
            name: tuple(
                read.number(share, f"sources.{source}.{name}")
                for share in read.items(shares, f"sources.{source}.{name}")
            )
            for name, shares in read.members(fields, f"sources.{source}").items()
        }
        for source, fields in read.members(value, "sources").items()
    }


def write_draft(draft: Draft) -> dict[str, Json]:
    """Returns the document of a draft: reading it again gives the same draft."""
    kin: dict[str, Json] = {"kin_share": _digits(draft.kin_share)} if draft.kin_share else {}
    return {
        "name": draft.name,
        **kin,
        "norm_version": draft.norm_version,
        "prior": {"probability": _digits(draft.probability)},
        "thresholds": {
            name: _digits(getattr(draft.thresholds, name)) for name in Thresholds.__slots__
        },
        "comparisons": [_written(one) for one in draft.comparisons],
        "sources": {
            source: {name: [_digits(share) for share in shares] for name, shares in fields.items()}
            for source, fields in draft.sources.items()
        },
        "frequencies": {
            name: {term: _digits(share) for term, share in shares.items()}
            for name, shares in draft.frequencies.items()
        },
        "about": dict(draft.about),
    }


def _written(one: Comparison) -> dict[str, Json]:
    written: dict[str, Json] = {"field": one.field}
    if one.null:
        written |= {"null": one.null, "null_at": _digits(one.null_at)}
    return written | {"levels": [_written_level(level) for level in one.levels]}


def _written_level(level: Level) -> Json:
    written: dict[str, Json] = {"level": level.name, "test": level.test}
    if level.at:
        written["at"] = _digits(level.at)
    if level.is_past:
        written["past"] = True
    written |= {"m": _digits(level.m), "u": _digits(level.u)}
    if level.kin is not None:
        written["kin"] = _digits(level.kin)
    if level.tf:
        written |= {
            "tf": level.tf,
            "tf_weight": _digits(level.tf_weight),
            "tf_minimum": _digits(level.tf_minimum),
        }
        if level.tf_base is not None:
            written["tf_base"] = _digits(level.tf_base)
    return written


def _digits(value: float) -> Decimal:
    """Returns the shortest decimal that reads back as the same number."""
    return Decimal(repr(value))
