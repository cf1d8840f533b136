"""Whom a decision about an anomaly holds for."""

from collections.abc import Callable
from datetime import date
from importlib import resources
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.detection_model import DetectionSettings
from cost_pipeline.core.model import CostEvent
from cost_pipeline.orchestration.folding import score
from cost_pipeline.store import detection, feedback

TENANT = "default"
DAY = date(2026, 3, 10)
ADA = Actor("ada", "user")
SCALING = Actor("AWSServiceRoleForAutoScaling", "role")
Launch = tuple[Actor, str | None, str | None]
"""Who called, the workload, and the service that the call came through."""
answering = pytest.mark.parametrize(
    ("launch", "answers"),
    [
        ((ADA, None, None), "ada"),
        ((ADA, "lt-0a1", None), "ada"),  # who launches by a template answers for the machines
        ((ADA, "lt-0a1", "cloudformation.amazonaws.com"), "ada"),
        ((ADA, "asg/web", "autoscaling.amazonaws.com"), "asg/web"),
        ((ADA, None, "autoscaling.amazonaws.com"), "ada"),
        ((ADA, "emr/j-1A", "elasticmapreduce.amazonaws.com"), "ada"),  # the next has another name
        ((Actor("EMR_DefaultRole", "role"), "emr/j-1A", None), "EMR_DefaultRole"),
        ((SCALING, "asg/web", None), "asg/web"),
        ((SCALING, "fleet-1", None), SCALING.name),
        ((Actor("batch", "service"), "batch/nightly", None), "batch/nightly"),
    ],
)


@pytest.fixture
def told(loader: Any, event: Callable[..., CostEvent]) -> Callable[..., UUID]:
    """Has somebody launch what costs too much; the anomaly that it is."""

    def launch(actor: Actor, workload: str | None, invoked_by: str | None) -> UUID:
        one = event("one", 9, "980", actor=actor)
        said = {"workload": workload, "invoked_by": invoked_by}
        kept = {name: value for name, value in said.items() if value}
        loader.load("a", replace(one, data=one.data | kept))
        (found,) = _scored(loader)
        return found

    return launch


def _scored(loader: Any) -> list[UUID]:
    settings = DetectionSettings(learning_days=0, joining_days=0)
    score(loader.database, TENANT, DAY, settings, backfilled=True)
    return [row["id"] for row in loader.rows("SELECT id FROM anomalies")]


def _expected(loader: Any, anomaly: UUID) -> str | None:
    """For whom it holds that an anomaly was expected, all along."""
    with loader.database.transaction(TENANT) as conn:
        feedback.decide(conn, tenant_id=TENANT, anomaly_id=anomaly, decision="expected", by="eve")
    with loader.database.admin() as conn:
        conn.execute("UPDATE feedback SET decided_at = '2026-03-01'")
    with loader.database.transaction(TENANT) as conn:
        (decision,) = detection.decisions(conn, tenant_id=TENANT)
    return decision.actor


@answering
def test_what_is_expected_holds_for_who_answers_for_it(
    loader: Any, told: Callable[..., UUID], launch: Launch, answers: str
) -> None:
    assert _expected(loader, told(*launch)) == answers
    assert _scored(loader) == []


@answering
def test_it_is_known_of_anomalies_that_did_not_keep_it(
    loader: Any, told: Callable[..., UUID], launch: Launch, answers: str
) -> None:
    anomaly = told(*launch)
    store = resources.files("cost_pipeline.store")
    migration = store / "migrations" / "versions" / "0020_answers.sql"
    with loader.database.admin() as conn:
        conn.execute("ALTER TABLE anomalies DROP COLUMN who")
        conn.execute(migration.read_text(encoding="utf-8"))
    assert _expected(loader, anomaly) == answers
