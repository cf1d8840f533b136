"""A tenant's own thresholds, and what other ones would have raised."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from cost_pipeline.core.actor import Actor
from cost_pipeline.core.detection_model import DetectionSettings
from cost_pipeline.core.detection_settings import SettingsError
from cost_pipeline.core.model import CostEvent, RefusedCall, cost_event_id
from cost_pipeline.orchestration.folding import ensure_folded, score
from cost_pipeline.store import backtests, burning, expectations, feedback, thresholds

TENANT = "default"
DAY = date(2026, 3, 20)


def test_what_is_set_holds_until_the_default_is_asked_for(loader: Any) -> None:
    with loader.database.transaction(TENANT) as conn:
        thresholds.change(conn, tenant_id=TENANT, changes={"ratio": "2"}, by="ada")
        thresholds.change(conn, tenant_id=TENANT, changes={"flood": 30}, by="ada")
        assert thresholds.overrides(conn, tenant_id=TENANT) == {"ratio": 2.0, "flood": 30}
        thresholds.change(conn, tenant_id=TENANT, changes={"ratio": None}, by="ada")
        assert thresholds.load(conn, tenant_id=TENANT).flood == 30
        assert thresholds.load(conn, tenant_id=TENANT).ratio == DetectionSettings().ratio
        with pytest.raises(SettingsError, match="no setting"):
            thresholds.change(conn, tenant_id=TENANT, changes={"x": None}, by="ada")
        audited = conn.execute("SELECT count(*) AS n FROM audit_log").fetchone()
    assert audited["n"] == 3


def test_a_setting_that_there_is_no_more_stops_nothing_and_goes_with_the_next_change(
    loader: Any,
) -> None:
    kept = {"detection": {"of_old": 2, "flood": 30}}
    with loader.database.transaction(TENANT) as conn:
        conn.execute("UPDATE tenants SET settings = %s WHERE tenant_id = %s", [Jsonb(kept), TENANT])
        assert thresholds.load(conn, tenant_id=TENANT) == DetectionSettings(flood=30)
        thresholds.change(conn, tenant_id=TENANT, changes={"ratio": 3}, by="ada")
        row = conn.execute("SELECT settings->'detection' AS own FROM tenants").fetchone()
    assert row["own"] == {"flood": 30, "ratio": 3.0}


@pytest.fixture
def gpu(loader: Any, event: Callable[..., CostEvent]) -> Any:
    """Sixteen quiet days, then a machine for 98 USD an hour, ended after ten hours."""
    for number in range(16):
        day = date(2026, 3, 4) + timedelta(days=number)
        one = event(f"quiet{number}", 9, "0.1", partition_day=day, resource_ids=(f"q{number}",))
        loader.load(f"f{number}", one, day=day)
    start = event(
        "gpu", 9, "98", partition_day=DAY, resource_ids=("i-gpu",), actor=Actor("eve", "user")
    )
    stop = event(
        "end",
        19,
        None,
        partition_day=DAY,
        resource_ids=("i-gpu",),
        action="stop",
        rate_after=None,
        actor=Actor("ada", "user"),
    )
    loader.load("last", start, stop, day=DAY)
    with loader.database.admin() as conn:
        conn.execute("UPDATE trail_objects SET state = 'done', done_at = now()")
    ensure_folded(loader.database, TENANT, DAY, DetectionSettings())
    return loader


def _scored(loader: Any) -> list[dict[str, Any]]:
    score(loader.database, TENANT, DAY, DetectionSettings(), backfilled=True)
    return loader.rows("SELECT id, trigger_event_id, hourly_cost FROM anomalies")


def test_the_meter_follows_what_stops(gpu: Any) -> None:
    (row,) = _scored(gpu)
    friday = datetime(2026, 3, 20, tzinfo=UTC)
    with gpu.database.transaction(TENANT) as conn:

        def meter(hour: float) -> burning.Burn:
            at = friday + timedelta(hours=hour)
            return burning.meters(conn, tenant_id=TENANT, anomaly_ids=[row["id"]], at=at)[row["id"]]

        course = burning.course(conn, tenant_id=TENANT, anomaly_id=row["id"])
        assert [(one["event_time"].hour, one["delta"]) for one in course] == [(9, 98), (19, -98)]
        assert (meter(11).spent, meter(11).hourly) == (196, 98)
        assert meter(11).by_monday == 98 * 72
        assert (meter(30).spent, meter(30).hourly, meter(30).by_month_end) == (980, 0, 980)


def test_a_backtest_shows_both_and_changes_nothing(gpu: Any) -> None:
    _scored(gpu)
    before = gpu.rows("SELECT * FROM anomalies")

    def outcomes(**changes: float) -> list[tuple[bool, bool]]:
        tried = DetectionSettings().changed(changes)
        with gpu.database.transaction(TENANT) as conn:
            found = backtests.backtest(
                conn, tenant_id=TENANT, settings=tried, since=date(2026, 3, 10), until=DAY
            )
        return [(one.now, one.then) for one in found]

    assert outcomes() == [(True, True)]
    assert outcomes(floor_hand_passing=50000, floor_account=50000) == [(True, False)]
    assert outcomes(floor_hand_passing=1, floor_least=1, learning_days=0, min_monthly_cost=0)[
        -1
    ] == (True, True)
    assert gpu.rows("SELECT * FROM anomalies") == before


def test_an_announced_change_is_no_anomaly_until_it_is_cancelled(gpu: Any) -> None:
    with gpu.database.transaction(TENANT) as conn:
        number = expectations.register(
            conn,
            tenant_id=TENANT,
            since=datetime(2026, 3, 20, 8, tzinfo=UTC),
            until=datetime(2026, 3, 20, 10, tzinfo=UTC),
            by="ada",
            actor="eve",
            resources=1,
        )
        with pytest.raises(ValueError, match="silence everything"):
            expectations.register(
                conn,
                tenant_id=TENANT,
                since=datetime(2026, 3, 20, tzinfo=UTC),
                until=datetime(2026, 3, 21, tzinfo=UTC),
                by="ada",
            )
    assert _scored(gpu) == []
    with gpu.database.transaction(TENANT) as conn:
        expectations.cancel(conn, tenant_id=TENANT, change_id=number, by="ada")
    assert [row["trigger_event_id"] for row in _scored(gpu)] == ["gpu"]


def _refusal(number: int, error: str) -> RefusedCall:
    return RefusedCall(
        cost_event_id(TENANT, "111122223333", f"no{number}{error}", 0),
        TENANT,
        f"no{number}{error}",
        datetime(2026, 3, 20, 12, number, tzinfo=UTC),
        DAY,
        "111122223333",
        "sa-east-1",
        "ec2.amazonaws.com",
        "RunInstances",
        Actor("mallory", "user"),
        error,
    )


def test_refused_calls_become_a_warning_that_a_lack_of_capacity_does_not(gpu: Any) -> None:
    lacking = [_refusal(n, "Server.InsufficientInstanceCapacity") for n in range(30)]
    gpu.load("lacking", day=DAY, refused=lacking)
    assert [row["trigger_event_id"] for row in _scored(gpu)] == ["gpu"]
    denied = [_refusal(n, "Client.UnauthorizedOperation") for n in range(12)]
    gpu.load("denied", day=DAY, refused=denied)
    found = {row["trigger_event_id"]: row["hourly_cost"] for row in _scored(gpu)}
    assert found == {"gpu": 98, "no9Client.UnauthorizedOperation": 0}
    assert _scored(gpu) == _scored(gpu)


@pytest.mark.parametrize("one_by_one", [True, False])
def test_refused_calls_that_are_expected_are_quiet_in_every_region(
    gpu: Any, one_by_one: bool
) -> None:
    denied = [_refusal(n, "Client.UnauthorizedOperation") for n in range(12)]
    gpu.load("denied", day=DAY, refused=denied)
    (warning,) = [row["id"] for row in _scored(gpu) if row["trigger_event_id"] != "gpu"]
    said: dict[str, Any] = {"tenant_id": TENANT, "decision": "expected", "by": "ada"}
    with gpu.database.transaction(TENANT) as conn:
        if one_by_one:
            feedback.decide(conn, anomaly_id=warning, **said)
        else:
            assert feedback.decide_all(conn, anomaly_ids=[warning], **said) == 1
    with gpu.database.admin() as conn:
        conn.execute("UPDATE feedback SET decided_at = '2026-03-01'")
        conn.execute("UPDATE refused_calls SET region = 'eu-west-1'")
    assert [row["trigger_event_id"] for row in _scored(gpu)] == ["gpu"]


def test_a_pattern_of_nothing_that_is_known_is_refused(gpu: Any) -> None:
    """It would cover everything: who is named together is no part of a pattern."""
    _scored(gpu)
    with gpu.database.transaction(TENANT) as conn:
        conn.execute("UPDATE anomalies SET actor = 'everybody', actor_kind = 'account'")
        row = conn.execute("SELECT id FROM anomalies").fetchone()
        said: dict[str, Any] = {"tenant_id": TENANT, "decision": "expected", "by": "ada"}
        with pytest.raises(ValueError, match="cover everything"):
            feedback.decide(conn, anomaly_id=row["id"], fields=["actor"], **said)


def test_what_everybody_together_did_may_be_expected(gpu: Any) -> None:
    """Nobody is called so: the pattern is the account, the type and the region."""
    _scored(gpu)
    with gpu.database.transaction(TENANT) as conn:
        conn.execute("UPDATE anomalies SET actor = 'everybody', actor_kind = 'account'")
        ids = [row["id"] for row in conn.execute("SELECT id FROM anomalies").fetchall()]
        feedback.decide_all(conn, tenant_id=TENANT, anomaly_ids=ids, decision="expected", by="ada")
        row = conn.execute("SELECT pattern FROM feedback").fetchone()
    assert set(row["pattern"]) == {"account_id", "resource_type", "region"}
