"""Whatever the description allows, and what it does not, gets an answer that it describes."""

from collections.abc import Callable
from contextlib import suppress

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.rows import fill

Bearer = Callable[..., dict[str, str]]
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
_OPEN = ("/healthz", "/readyz", "/v1/login")


def _walk(address: str, header: dict[str, str], examples: int, *, refused: bool = False) -> int:
    """Calls every operation with what fits and what does not; how many answers there were."""
    answers = 0

    def call(case: Case) -> None:
        nonlocal answers
        answer = case.call(headers=header, timeout=60)
        case.validate_response(answer, checks=_CHECKS)
        answers += 1
        assert "of other" not in answer.text
        assert "Traceback" not in answer.text
        if refused and case.path not in _OPEN:
            # A body that is no JSON is told so (422) before anybody asks who sends it.
            assert answer.status_code in (400, 401, 404, 405, 413, 414, 422), answer.text

    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    for found in schema.get_all_operations():
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            given = hypothesis.given(case=found.ok().as_strategy(generation_mode=mode))
            bounded = hypothesis.settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            with suppress(hypothesis.errors.Unsatisfiable):  # nothing can be wrong with it
                bounded(given(call))()
    return answers


def test_with_a_token(served: str, bearer: Bearer, database: Database) -> None:
    fill(database, "other")
    fill(database, "default")
    assert _walk(served, bearer(), 1) > 30


def test_without_one_nothing_is_told(served: str, database: Database) -> None:
    fill(database, "other")
    assert _walk(served, {}, 1, refused=True) > 20


@pytest.mark.soak
@pytest.mark.parametrize("who", ["everything", "a stranger", "nobody"])
def test_at_length(served: str, bearer: Bearer, database: Database, who: str) -> None:
    fill(database, "other")
    fill(database, "default")
    headers = {"everything": bearer(), "a stranger": bearer(tenant="third"), "nobody": {}}
    assert _walk(served, headers[who], 60, refused=who == "nobody") > 1000
