"""What this process counted, in the Prometheus text format. Never a person, never a client."""

import threading
from bisect import bisect_left
from collections.abc import Mapping

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counts requests by route template, method and status, their time, and faults."""

    def __init__(self) -> None:
        """Starts all counts at nothing."""
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, str, int], int] = {}
        self._times: dict[tuple[str, str], list[float]] = {}
        self._faults: dict[str, int] = {}

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts one answered request."""
        key, place = (route, method, status), (route, method)
        with self._lock:
            self._requests[key] = self._requests.get(key, 0) + 1
            times = self._times.get(place)
            if times is None:
                # One cell a bucket, one for everything above, one for the sum of seconds.
                times = self._times[place] = [0.0] * (len(_BOUNDS) + 2)
            times[bisect_left(_BOUNDS, seconds)] += 1
            times[-1] += seconds

    def fault(self, kind: str) -> None:
        """Counts one fault by the name of its exception class."""
        with self._lock:
            self._faults[kind] = self._faults.get(kind, 0) + 1

    def text(self, gauges: Mapping[str, float]) -> bytes:
        """Returns everything counted, with the gauges given."""
        with self._lock:
            lines = [*self._request_lines(), *self._time_lines(), *self._fault_lines()]
        for name, value in sorted(gauges.items()):
            lines += [f"# TYPE careweave_{name} gauge", f"careweave_{name} {value:g}"]
        return ("\n".join(lines) + "\n").encode()

    def _request_lines(self) -> list[str]:
        lines = ["# TYPE careweave_fhir_requests_total counter"]
        for (route, method, status), n in sorted(self._requests.items()):
            labels = f'route="{route}",method="{method}",status="{status}"'
            lines.append(f"careweave_fhir_requests_total{{{labels}}} {n}")
        return lines

    def _time_lines(self) -> list[str]:
        lines = ["# TYPE careweave_fhir_request_seconds histogram"]
        for (route, method), cells in sorted(self._times.items()):
            labels, total = f'route="{route}",method="{method}"', 0
            name = "careweave_fhir_request_seconds"
            for bound, n in zip((*map(str, _BOUNDS), "+Inf"), cells[:-1], strict=True):
                total += int(n)
                lines.append(f'{name}_bucket{{{labels},le="{bound}"}} {total}')
            lines.append(f"{name}_sum{{{labels}}} {cells[-1]:.6f}")
            lines.append(f"{name}_count{{{labels}}} {total}")
        return lines

    def _fault_lines(self) -> list[str]:
        lines = ["# TYPE careweave_fhir_faults_total counter"]
        return lines + [
            f'careweave_fhir_faults_total{{kind="{kind}"}} {n}'
            for kind, n in sorted(self._faults.items())
        ]
