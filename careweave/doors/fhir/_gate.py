"""The gate of the door: lets requests in, answers out, and counts both."""

import logging
import time
from collections.abc import Callable

import falcon

from careweave.disclosure import Outlet
from careweave.doors._access import REFUSAL, Rates
from careweave.doors.fhir._admission import Threshold, admit, check_size, form_in, request_id_of
from careweave.doors.fhir._answer import Answer
from careweave.doors.fhir._call import Parts
from careweave.doors.fhir._faults import answer_of, fault_of
from careweave.doors.fhir._log import Served, fault_line, line
from careweave.doors.fhir._metrics import Metrics
from careweave.doors.fhir._routes import OpenRoute, Route, Visit
from careweave.doors.fhir._sending import send
from careweave.doors.fhir._turns import Turns
from careweave.terms import CareweaveError

_LOG = logging.getLogger("careweave.doors.fhir")

Responder = Callable[..., None]
_HOUR_S = 3600.0


class Gate:
    """Makes Falcon responders of routes. One gate serves a whole process."""

    def __init__(
        self, parts: Parts, routes: tuple[Route, ...], open_routes: tuple[OpenRoute, ...]
    ) -> None:
        """Takes what the door is made of and the table of its addresses."""
        self._tables = routes, open_routes
        limits = parts.limits
        self.parts = parts
        self._threshold = Threshold(
            parts,
            Outlet(parts.database, parts.recorder),
            Rates(limits.per_second, limits.burst, time.monotonic),
            Rates(limits.finds_per_hour / _HOUR_S, limits.finds_per_hour, time.monotonic),
            Turns(limits.n_working, limits.n_bodies),
        )
        self.metrics = parts.metrics or Metrics()

    def responder(self, route: Route) -> Responder:
        """Returns the responder of a route that needs a caller."""

        def respond(request: falcon.Request, response: falcon.Response, **path: str) -> None:
            client = [""]

            def work(request_id: str) -> Answer:
                with self._threshold.turns.working:
                    call = admit(self._threshold, request, route, path, request_id)
                    client[0] = call.actor.name
                    return route.handler(call)

            self._serve(request, response, route, work, client)

        return respond

    def open_responder(self, route: OpenRoute) -> Responder:
        """Returns the responder of a route that anybody may call."""

        def respond(request: falcon.Request, response: falcon.Response) -> None:
            def work(_request_id: str) -> Answer:
                check_size(self.parts.limits, request.env)
                form_in(request.env)
                return route.handler(Visit(self.parts, self.metrics, request.env, *self._tables))

            self._serve(request, response, route, work, [""])

        return respond

    def options(self, methods: str) -> Responder:
        """Returns the responder that says which methods an address takes."""

        def respond(request: falcon.Request, response: falcon.Response, **_path: str) -> None:
            answer = Answer(200, headers=(("allow", f"{methods}, OPTIONS"),))
            send(request, response, answer, request_id_of(self.parts, request.env))

        return respond

    def _serve(
        self,
        request: falcon.Request,
        response: falcon.Response,
        route: Route | OpenRoute,
        work: Callable[[str], Answer],
        client: list[str],
    ) -> None:
        started = time.perf_counter()
        request_id = request_id_of(self.parts, request.env)
        try:
            _check_place(request)
            answer = work(request_id)
            send(request, response, answer, request_id)
        except CareweaveError as error:
            answer = answer_of(error, request_id)
            send(request, response, answer, request_id)
        except Exception as error:  # noqa: BLE001  the edge of the door: counted, answered 500
            answer = self._fault(error, request_id)
            send(request, response, answer, request_id)
        seconds = time.perf_counter() - started
        self._tell(
            Served(route.template, route.method, answer.status, seconds, request_id, client[0])
        )

    def _tell(self, served: Served) -> None:
        self.metrics.count(served.route, served.method, served.status, served.seconds)
        if _LOG.isEnabledFor(logging.INFO):
            _LOG.info(line(served))

    def _fault(self, error: Exception, request_id: str) -> Answer:
        self.metrics.fault(type(error).__name__)
        _LOG.error(fault_line(error, request_id))
        return fault_of(request_id)

    def lost(
        self, request: falcon.Request, response: falcon.Response, error: CareweaveError
    ) -> None:
        """Answers what no route takes."""
        request_id = request_id_of(self.parts, request.env)
        send(request, response, answer_of(error, request_id), request_id)
        # The method might be any word, so it is not repeated.
        self._tell(Served("unknown", "ANY", error.status, 0.0, request_id, ""))


def _check_place(request: falcon.Request) -> None:
    """Raises why there is no place for a request just now, where there is none."""
    refusal = request.env.get(REFUSAL)
    if isinstance(refusal, CareweaveError):
        raise refusal
