"""The pipeline's own state: lag, files, prices that are missing, runs that failed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cost_pipeline.core.cloudtrail import Quarantined
from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import activity, health

MakeEvent = Callable[..., CostEvent]


def _overview(loader: Any) -> dict[str, Any]:
    with loader.database.transaction("default") as conn:
        return health.overview(conn, tenant_id="default")


def test_the_last_event_of_an_account_comes_from_its_days(loader: Any, event: MakeEvent) -> None:
    today = datetime.now(UTC).date()
    earlier = today - timedelta(days=5)
    for day, account in ((earlier, "111122223333"), (today, "444455556666")):
        made = event(account, 1, partition_day=day, account_id=account, resource_ids=(account,))
        loader.load(account, made, day=day)
        with loader.database.transaction("default") as conn:
            activity.rebuild(conn, tenant_id="default", day=day)
    loader.load("a", event("fresh", 2, partition_day=today, resource_ids=("i-9",)), day=today)
    known = {row["account_id"]: row["last_event"] for row in _overview(loader)["accounts"]}
    assert known == {
        "111122223333": datetime(today.year, today.month, today.day, 2, tzinfo=UTC),
        "444455556666": datetime(today.year, today.month, today.day, 1, tzinfo=UTC),
    }


def test_what_went_wrong_is_told(loader: Any, event: MakeEvent) -> None:
    today = datetime.now(UTC).date()
    loader.load("bad", error="truncated gzip")
    loader.load("good", quarantined=[Quarantined(4, "no eventTime", b"{}")])
    odd = event("odd", 0, None, partition_day=today, price_basis="unpriced")
    loader.load("odd", odd, day=today)
    with loader.database.transaction("default") as conn:
        health.note_failure(
            conn, tenant_id="default", run_id="r1", asset="anomalies", message="it broke"
        )
    told = _overview(loader)
    assert told["files"] == {"done": 2, "failed": 1}
    assert told["quarantined"] == 1
    assert [(row["event_name"], row["events"]) for row in told["unpriced"]] == [("RunInstances", 1)]
    assert [row["message"] for row in told["failures"]] == ["it broke"]
    assert [trail["url"] for trail in told["trails"]] == ["/trail"]
