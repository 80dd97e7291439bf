"""schemathesis, from the OpenAPI document that the server itself gives, finds no 500."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.lib.demo import Running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
# One type of each kind of storage: the rest is the same code with another table.
KINDS = r"/(Patient|Observation|Organization|Task)(/|$|\?)"


@pytest.fixture(scope="session")
def api(running: Running) -> schemathesis.BaseSchema:
    """The interface as the server describes it."""
    return schemathesis.openapi.from_url(f"{running.base}/openapi.json")


def _operations(api: schemathesis.BaseSchema) -> list[schemathesis.APIOperation]:
    chosen = [result.ok() for result in api.include(path_regex=KINDS).get_all_operations()]
    assert len(chosen) >= 20, "the document no longer describes these types"
    return chosen


def test_what_the_interface_describes_never_fails_on_our_side(
    api: schemathesis.BaseSchema, running: Running
) -> None:
    failed: list[tuple[str, str, int]] = []

    def tried(operation: schemathesis.APIOperation) -> None:
        @settings(
            max_examples=12,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {running.token}"})
            if answer.status_code >= 500 and answer.status_code != 501:
                failed.append((operation.method, operation.path, answer.status_code))

        ask()

    for operation in _operations(api):
        tried(operation)
    assert failed == []
