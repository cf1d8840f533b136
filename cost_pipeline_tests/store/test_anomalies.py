"""The list that people choose from, one anomaly in full, and what they decide about it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from cost_pipeline.core.detection_model import (
    Anomaly,
    AnomalyEvent,
    DayEvent,
    DayResult,
    DetectorState,
    anomaly_id,
)
from cost_pipeline.core.model import CostEvent, Reason
from cost_pipeline.store import anomalies, detection, event_columns, exports, feedback, findings

TENANT = "default"
DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 19, tzinfo=UTC)


def _of(event: DayEvent, events: list[DayEvent], **changes: Any) -> Anomaly:
    fields: dict[str, Any] = {
        "id": anomaly_id(TENANT, event.id),
        "account_id": event.account_id,
        "region": event.region,
        "actor": event.actor,
        "actor_kind": event.actor_kind,
        "resource_type": event.resource_type,
        "severity": "high",
        "score": 7.5,
        "trigger": event,
        "first_event_time": event.event_time,
        "last_event_time": events[-1].event_time,
        "hourly_cost": 3.0,
        "one_time_cost": 0.0,
        "reasons": (Reason("novelty", "ada never did this"),),
        "title": "ada started 2 machines",
        "events": tuple(AnomalyEvent(e.id, e.event_id, e.event_time) for e in events),
    }
    return Anomaly(**(fields | changes))


@pytest.fixture
def two(loader: Any, event: Callable[..., CostEvent]) -> list[UUID]:
    """Two anomalies: machines at 1 and 2 USD an hour from 9 and 10 o'clock, and a cheap one."""
    loader.load(
        "a",
        event("one", 9, "1", resource_ids=("i-1",)),
        event("two", 10, "2", resource_ids=("i-2",)),
        event("three", 11, "0.1", resource_ids=("i-3",)),
        event("ends", 12, None, resource_ids=("i-1",), action="stop"),
    )
    with loader.database.transaction(TENANT) as conn:
        columns = event_columns.load(conn, tenant_id=TENANT, day=DAY)
        first, second, third, _ = columns.detail(range(4))
        found = (
            _of(first, [first, second]),
            _of(third, [third], severity="low", hourly_cost=0.1, actor="bo", title="bo did it"),
        )
        findings.replace(
            conn,
            tenant_id=TENANT,
            day=DAY,
            result=DayResult(DAY, found, {}, DetectorState(), frozenset()),
            backfilled=False,
            now=NOW,
        )
    return [anomaly.id for anomaly in found]


def _ids(loader: Any, **wanted: Any) -> list[UUID]:
    sort = wanted.pop("sort", "severest")
    chosen = anomalies.Filter(**wanted)
    with loader.database.transaction(TENANT) as conn:
        rows = anomalies.listing(conn, tenant_id=TENANT, chosen=chosen, sort=sort)
        assert anomalies.count(conn, tenant_id=TENANT, chosen=chosen) == len(rows)
    return [row["id"] for row in rows]


def test_sorting(loader: Any, two: list[UUID]) -> None:
    assert _ids(loader) == two
    assert _ids(loader, sort="oldest") == two
    assert _ids(loader, sort="costliest") == two
    assert _ids(loader, sort="newest") == two[::-1]


@pytest.mark.parametrize(
    "wanted",
    [
        {"severities": ["low"]},
        {"actors": ["bo"]},
        {"text": " BO "},
        {"actors": ["ada", "bo"], "severities": {"low", "medium"}},
    ],
)
def test_each_filter_lets_through_what_it_says(
    loader: Any, two: list[UUID], wanted: dict[str, Any]
) -> None:
    assert _ids(loader, **wanted) == [two[1]]


def test_days_accounts_and_types_bound_the_list(loader: Any, two: list[UUID]) -> None:
    assert _ids(loader, since=DAY, until=DAY) == two
    assert _ids(loader, since=DAY + timedelta(days=1)) == []
    assert _ids(loader, accounts=["999999999999"]) == []
    assert _ids(loader, resource_types=["ec2_instance"]) == two
    with loader.database.transaction(TENANT) as conn:
        assert anomalies.choices(conn, tenant_id=TENANT)["actors"] == ["ada", "bo"]


def test_a_percent_sign_is_only_text(loader: Any, two: list[UUID]) -> None:
    assert _ids(loader, text="%") == []
    assert _ids(loader, text="'; DROP TABLE anomalies; --") == []
    assert len(_ids(loader)) == len(two)


def test_detail_tells_what_it_has_cost_so_far(loader: Any, two: list[UUID]) -> None:
    with loader.database.transaction(TENANT) as conn:
        detail = anomalies.detail(conn, tenant_id=TENANT, anomaly_id=two[0], now=NOW)
        behind = anomalies.events(conn, tenant_id=TENANT, anomaly_id=two[0])
        touched = anomalies.resources(conn, tenant_id=TENANT, anomaly_id=two[0])
    assert detail is not None
    assert detail["spent"] == 3 * 1 + 9 * 2
    assert detail["state"] == "open"
    assert [row["event_id"] for row in behind] == ["one", "two"]
    assert [(row["resource_id"], row["hourly_cost"]) for row in touched] == [
        ("i-2", Decimal(2)),
        ("i-1", Decimal(0)),
    ]


def test_an_unknown_anomaly_has_no_detail(loader: Any) -> None:
    with loader.database.transaction(TENANT) as conn:
        assert anomalies.detail(conn, tenant_id=TENANT, anomaly_id=UUID(int=0), now=NOW) is None
        with pytest.raises(LookupError, match="no anomaly"):
            feedback.decide(
                conn, tenant_id=TENANT, anomaly_id=UUID(int=0), decision="expected", by="ada"
            )


def test_the_last_decision_is_the_state(loader: Any, two: list[UUID]) -> None:
    def decide(decision: feedback.Kind, until: datetime | None = None) -> None:
        with loader.database.transaction(TENANT) as conn:
            feedback.decide(
                conn, tenant_id=TENANT, anomaly_id=two[0], decision=decision, by="eve", until=until
            )

    decide("expected", datetime.now(UTC) + timedelta(days=30))
    decide("comment")
    assert _ids(loader, states=["expected"]) == [two[0]]
    with loader.database.transaction(TENANT) as conn:
        (decision,) = detection.decisions(conn, tenant_id=TENANT)
    assert (decision.actor, decision.verdict) == ("ada", "expected")
    decide("snoozed", datetime.now(UTC) - timedelta(seconds=1))
    assert _ids(loader, states=["open"]) == two
    decide("reopened")
    with loader.database.transaction(TENANT) as conn:
        assert detection.decisions(conn, tenant_id=TENANT) == []
        history = feedback.history(conn, tenant_id=TENANT, anomaly_id=two[0])
        audited = conn.execute("SELECT who, action FROM audit_log ORDER BY id").fetchall()
    assert [row["decision"] for row in history] == ["reopened", "snoozed", "comment", "expected"]
    assert audited[0] == {"who": "eve", "action": "anomaly expected"}


def test_mine_answers_for_one_and_mutes_nothing(loader: Any, two: list[UUID]) -> None:
    with loader.database.transaction(TENANT) as conn:
        feedback.decide(conn, tenant_id=TENANT, anomaly_id=two[0], decision="mine", by="eve")
        states = {row["id"]: row["state"] for row in anomalies.listing(conn, tenant_id=TENANT)}
        assert detection.decisions(conn, tenant_id=TENANT) == []
        feedback.decide(conn, tenant_id=TENANT, anomaly_id=two[0], decision="expected", by="eve")
        assert len(detection.decisions(conn, tenant_id=TENANT)) == 1
    assert states == {two[0]: "mine", two[1]: "open"}


def test_the_export_names_every_promised_field(loader: Any, two: list[UUID]) -> None:
    promised = {
        *("id", "tenant_id", "account_id", "region", "actor", "resource_type", "severity"),
        *("score", "first_event_time", "last_event_time", "trigger_event_id"),
        *("trigger_event_time", "detected_at", "hourly_cost", "projected_monthly_cost"),
        *("one_time_cost", "reasons", "event_ids", "resource_ids"),
    }
    with loader.database.transaction(TENANT) as conn:
        first, second = exports.rows(conn, subject="anomalies", tenant_id=TENANT)
        assert list(exports.rows(conn, subject="events", tenant_id=TENANT, until=DAY))
        assert not list(
            exports.rows(conn, subject="anomalies", tenant_id=TENANT, since=DAY + timedelta(days=1))
        )
    assert promised <= set(first)
    assert (first["event_ids"], first["resource_ids"]) == (["one", "two"], ["i-1", "i-2"])
    assert [first["id"], second["id"]] == two
