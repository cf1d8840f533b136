"""Where a call was read: found without looking through months of events."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from cost_pipeline.core.model import CostEvent
from cost_pipeline.store import events
from cost_pipeline_tests.store.conftest import TENANT

MakeEvent = Callable[..., CostEvent]
MONTHS = [date(2026, month, 10) for month in (1, 2, 3)]


@pytest.fixture
def plan(loader: Any) -> Callable[..., str]:
    """How Postgres looks for a call, with tables so large that it shuns reading them whole."""

    def explain(by: str, **scope: Any) -> str:
        with loader.database.transaction(TENANT) as conn:
            conn.execute("SET LOCAL enable_seqscan = off")
            query = "EXPLAIN " + events._EVENT.format(by)
            found = conn.execute(query, {"tenant_id": TENANT, **scope})
            return "\n".join(row["QUERY PLAN"] for row in found)

    return explain


def test_every_kind_of_call_tells_its_file(loader: Any, event: MakeEvent) -> None:
    for day in MONTHS:
        kinds = {"launch": {}, "stop": {"action": "stop"}, "empty": {"resource_ids": ()}}
        kinds |= {one: {"action": one, "resource_ids": ("x",)} for one in ("purchase", "signal")}
        made = [event(f"{name} {day}", partition_day=day, **more) for name, more in kinds.items()]
        loader.load(f"file {day}", *made, day=day)
        for one in made:
            with loader.database.transaction(TENANT) as conn:
                found = events.origin(conn, tenant_id=TENANT, call=one.id)
            assert found is not None, one.event_id
            assert (found.event_id, found.key) == (one.event_id, f"file {day}")
    with loader.database.transaction(TENANT) as conn:
        conn.execute("DELETE FROM resource_spans")  # as before `resources` ran
        assert events.origin(conn, tenant_id=TENANT, call=made[0].id) is not None
        assert events.origin(conn, tenant_id=TENANT, call=uuid4()) is None


def test_no_month_is_looked_through_for_what_has_its_place(
    loader: Any, event: MakeEvent, plan: Callable[..., str]
) -> None:
    for day in MONTHS:
        loader.load(f"file {day}", event(f"launch {day}", partition_day=day), day=day)
    by_id = plan(events._SPANLESS, call=uuid4())
    assert "_pkey" not in by_id.replace("trail_objects_pkey", "")
    assert by_id.count("Index Cond: (id = ") >= len(MONTHS)
    launch = event(f"launch {MONTHS[1]}", partition_day=MONTHS[1])
    by_time = plan(events._AT_THESE, call=launch.id, times=[launch.event_time])
    assert "cost_events_2026_02" in by_time
    assert "cost_events_2026_03" not in by_time
