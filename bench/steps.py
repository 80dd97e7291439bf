"""What one observation costs on its way in, step by step, and one count of the metrics."""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from bench.figures import Figure
from bench.machine import ROOT
from careweave.doors.fhir import Metrics
from careweave.formats import check, read_json
from careweave.intake import Context, SourceSettings, classify, load_rules
from careweave.record import Keys, prepare

_OBSERVATION = {
    "resourceType": "Observation",
    "status": "final",
    "category": [
        {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                    "code": "vital-signs",
                }
            ]
        }
    ],
    "code": {"coding": [{"system": "http://loinc.org", "code": "8302-2", "display": "Height"}]},
    "subject": {"reference": "Patient/p"},
    "encounter": {"reference": "Encounter/e"},
    "effectiveDateTime": "2020-01-01T10:00:00Z",
    "issued": "2020-01-01T10:00:00Z",
    "valueQuantity": {
        "value": 170.5,
        "unit": "cm",
        "system": "http://unitsofmeasure.org",
        "code": "cm",
    },
}
_METHOD = "CPU time of 1,000 calls on one observation of 600 B, the best of {} rounds"


def run(*, quick: bool = False) -> list[Figure]:
    """Measures each step by itself; targets are those that the rooms set themselves."""
    body = json.dumps(_OBSERVATION).encode()
    resource = read_json(body)
    rules = load_rules(ROOT / "region" / "value-sets")
    plain, context = SourceSettings(), Context()
    keys, zone = Keys(b"k" * 32), ZoneInfo("Europe/London")
    folder = tempfile.TemporaryDirectory(prefix="cw-bench-")
    metrics = Metrics(Path(folder.name))
    steps: list[tuple[str, float, Callable[[], object]]] = [
        ("read", 25, lambda: read_json(body)),
        ("check", 150, lambda: check(resource)),
        ("classify", 20, lambda: classify(resource.value, plain, context, rules)),
        ("prepare", 100, lambda: prepare(resource, keys=keys, zone=zone, public_id="o")),
        ("count", 3, lambda: metrics.count("/fhir/{type}/{id}", "GET", 200, 0.003)),
    ]
    rounds = 5 if quick else 20
    method = _METHOD.format(rounds)
    figures = [
        Figure(f"step_{name}_us", _best_us(step, rounds), "CPU-us", method, target)
        for name, target, step in steps
    ]
    metrics.close()
    folder.cleanup()
    return figures


def _best_us(step: Callable[[], object], rounds: int) -> float:
    return round(min(_once_us(step) for _ in range(rounds)), 1)


def _once_us(step: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(1000):
        step()
    return (time.process_time() - began) * 1000
