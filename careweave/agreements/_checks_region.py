"""What only all files together show: names that are taken, and promises that feeds do not keep."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from careweave.agreements._notices import Grade, Notice, Notices
from careweave.agreements._values import Agreement, Clause
from careweave.agreements._yaml import Document, Path, place
from careweave.terms import Heading

Achieved = Mapping[tuple[str, Heading], timedelta]
"""How fresh the entries of an organisation under a heading have been: 95 of 100 in 28 days."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the agreements: the files of the region, and how fresh feeds are."""

    paths: Collection[str]
    achieved: Achieved


def faults_among(
    agreements: Sequence[tuple[str, Agreement]],
    documents: Mapping[str, Document],
    beside: Beside,
    notices: Notices,
) -> None:
    """Notes what is wrong between files: one version twice, no cohort (V1), late feeds (V14)."""
    seen: dict[str, str] = {}
    for path, agreement in agreements:
        if agreement.name in seen:
            what = f"this version stands in {seen[agreement.name]} too"
            fix = "raise the version, or take one away"
            notices.add(_notice(Grade.REJECT, "V1", documents[path], ("id",), (what, fix)))
        seen.setdefault(agreement.name, path)
        _cohort(documents[path], agreement, beside.paths, notices)
        for at, clause in enumerate(agreement.clauses):
            _promises(documents[path], at, clause, beside.achieved, notices)


def _cohort(
    document: Document, agreement: Agreement, paths: Collection[str], notices: Notices
) -> None:
    named = agreement.project.get("cohort")
    if isinstance(named, str) and named.removeprefix("region/") not in paths:
        where: Path = ("project", "cohort")
        words = ("there is no such file", "write the definition of the cohort there")
        notices.add(_notice(Grade.REJECT, "V1", document, where, words))


def _promises(
    document: Document, at: int, clause: Clause, achieved: Achieved, notices: Notices
) -> None:
    for heading, promised in clause.speed.freshness.items():
        late = sorted(
            provider
            for provider in clause.providers
            if achieved.get((provider, heading), timedelta(0)) > promised
        )
        if late:
            path: Path = ("clauses", at, "speed", "freshness", heading)
            words = (
                f"the promise is already broken by the feed of {', '.join(late)}",
                "promise what the feed achieves, or mend the feed",
            )
            notices.add(_notice(Grade.WARN, "V14", document, path, words))


def _notice(
    grade: Grade, rule: str, document: Document, path: Path, words: tuple[str, str]
) -> Notice:
    return Notice(grade, rule, document.file, document.line(path), place(path), *words)
