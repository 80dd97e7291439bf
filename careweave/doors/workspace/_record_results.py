"""Results over time with every value; medicines of several sources reconciled in one table."""

import csv
import io

from flask import Response

from careweave.disclosure import Wanted
from careweave.doors._frame import Say, as_download
from careweave.doors.workspace._call import Call
from careweave.doors.workspace._person import BANNER, Opened, answered, frame_about, opened
from careweave.doors.workspace._record_bodies import ReconcilePage, TrendPage
from careweave.doors.workspace._route import Kind, Route
from careweave.terms import Heading, NotFound
from careweave.views import Trend, heading_of, reconciliation, section, trends

_MOST_RESULTS = 2_000
MEASURED = frozenset({Heading.INV, Heading.EXM, Heading.ASM})
"""Headings whose entries are numbers over time."""

_RECONCILED = frozenset({Heading.MED, Heading.ALG, Heading.ADM, Heading.DIS, Heading.CON})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def trend_page(call: Call) -> Response:
    """Returns one measure over time: its chart and a table of every value."""
    one, trend = _trend(call)
    body = TrendPage(trend, one.where, csv=f"{call.visit.here}.csv{one.suffix}")
    frame = frame_about(one, call.say("Results over time"), here=f"/s/{call.visit.path['section']}")
    return answered("record-trend.html", frame, body)


def trend_csv(call: Call) -> Response:
    """Returns the values of one measure as a file of comma-separated values."""
    _, trend = _trend(call)
    response = Response(values_file(trend, call.say), mimetype="text/csv")
    as_download(response, "values.csv")
    return response


def values_file(trend: Trend, say: Say) -> str:
    """Returns every value of a measure as comma-separated values, the oldest first."""
    text = io.StringIO()
    writer = csv.writer(text)
    head = (say("Date"), trend.title, say("Unit"), say("Usual range"), say("Source"))
    writer.writerow([_harmless(cell) for cell in head])
    for point in trend.points:
        row = (point.when.machine, str(point.number), trend.unit, trend.range_text, point.source)
        writer.writerow([_harmless(cell) for cell in row])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Returns a cell that no spreadsheet takes for a formula; a number stays a number.

    Source: `reference/security.md` T13.
    """
    is_number = cell.lstrip("-").replace(".", "", 1).isdigit()
    return f"'{cell}" if cell.startswith(_FORMULA) and not is_number else cell


def _trend(call: Call) -> tuple[Opened, Trend]:
    heading = heading_of(call.visit.path["section"])
    if heading not in MEASURED:
        raise NotFound
    wanted = Wanted(
        headings=BANNER.headings | {heading},
        count=_MOST_RESULTS,
        newest={heading: _MOST_RESULTS},
    )
    one = opened(call, wanted)
    for trend in trends(one.shown, one.making):
        if trend.slug == call.visit.path["measure"]:
            return one, trend
    raise NotFound


def reconcile(call: Call) -> Response:
    """Returns the medicines before and after in one table, with reasons and warnings."""
    one = opened(call, Wanted(headings=BANNER.headings | _RECONCILED))
    body = ReconcilePage(
        title=call.say("Medicine reconciliation"),
        reconciliation=reconciliation(one.shown, one.making),
        section=section("medicines", one.shown, one.making),
        where=one.where,
    )
    frame = frame_about(one, body.title, here="/s/medicines")
    return answered("record-reconcile.html", frame, body)


ROUTES = (
    Route("/r/<person>/s/<section>/<measure>.csv", "trend-csv", Kind.DISCLOSES, trend_csv),
    Route("/r/<person>/s/<section>/<measure>", "trend", Kind.DISCLOSES, trend_page),
    Route("/r/<person>/reconcile", "reconcile", Kind.DISCLOSES, reconcile),
)
