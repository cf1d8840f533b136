"""What holds for every address: problems, limits, tags, and a description."""

import re
from collections.abc import Callable
from pathlib import Path

from cost_pipeline.api.limits import MOST_BYTES
from cost_pipeline_tests.api.conftest import Client

PROBLEM = "application/problem+json"


def test_it_lives_and_is_ready(client: Client) -> None:
    assert client.get("/healthz").json() == {"ok": True}
    ready = client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["migrations"] == ready.json()["migrations_wanted"]


def test_every_error_is_a_problem_document(client: Client) -> None:
    answers = {
        404: client.get("/nothing/here"),
        405: client.put("/healthz"),
        422: client.post("/v1/login", json={"email": "a@b.test"}),
        401: client.post("/v1/logout"),
        413: client.post("/v1/login", data=b"x" * (MOST_BYTES + 1)),
        400: client.get("/healthz?a=%00"),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["content-type"] == PROBLEM
        assert answer.json()["status"] == status
        assert answer.json()["detail"]


def test_the_address_in_the_readme_answers_and_any_other_says_where_to_look(client: Client) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    (path,) = re.findall(r"localhost:8700(/[\w./]*)", readme)
    assert client.get(path).status_code == 200
    assert path in client.get("/").json()["detail"]


def test_a_body_that_hides_its_size_is_cut_off(client: Client) -> None:
    parts = (b"x" * 10_000 for _ in range(100))
    assert client.post("/v1/login", data=parts).status_code == 413


def test_what_was_sent_is_not_repeated(client: Client) -> None:
    answer = client.post("/v1/login", json={"email": ["SECRET-1"], "password": {"a": "SECRET-2"}})
    assert answer.status_code == 422
    assert "SECRET" not in answer.text
    assert {one["where"] for one in answer.json()["errors"]} == {"body.email", "body.password"}


def test_the_description_is_openapi_3_1_and_names_every_problem(client: Client) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            for status, response in operation["responses"].items():
                if status >= "400" and path != "/readyz":
                    assert PROBLEM in response["content"], (method, path, status)


def test_a_tag_saves_sending_the_same_again(
    client: Client, bearer: Callable[..., dict[str, str]]
) -> None:
    first = client.get("/healthz")
    again = client.get("/healthz", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert "private" in again.headers["cache-control"]
