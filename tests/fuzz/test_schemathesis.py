"""schemathesis, from the OpenAPI document that the server itself gives, finds no 500."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from tests.lib.demo import Running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="session")
def api(running: Running) -> schemathesis.schemas.BaseSchema:
    """The interface as the server describes it, cut to types of each kind of storage."""
    whole = schemathesis.openapi.from_url(f"{running.base}/openapi.json")
    return whole.include(
        path_regex=r"^/?(fhir)?/?(metadata|Patient|Observation|Organization|Task)?($|/)"
    )


described = schemathesis.pytest.from_fixture("api")


@described.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_what_the_interface_describes_never_fails_on_our_side(
    case: schemathesis.Case, running: Running
) -> None:
    answer = case.call(headers={"Authorization": f"Bearer {running.token}"})
    case.validate_response(answer, checks=[not_a_server_error])
