"""One row of each kind that the API lists, for a tenant."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from psycopg.types.json import Jsonb

from cost_pipeline.store.database import Database

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
_SPACE = UUID(int=7)
_COMMON = {"account_id": "111122223333", "region": "eu-west-1", "resource_type": "ec2_instance"}


def fill(
    database: Database, tenant: str, count: int = 3, *, named: str | None = None
) -> list[UUID]:
    """Puts `count` rows of each kind; the ids of the anomalies, the newest first.

    `named` is how whatever can have a name is called; else by the tenant.
    """
    ids = []
    with database.admin() as conn:
        conn.execute(
            "INSERT INTO tenants (tenant_id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [tenant, tenant],
        )
        for number in range(count):
            anomaly = uuid5(_SPACE, f"{tenant} {number}")
            ids.append(anomaly)
            at = NOW - timedelta(hours=number)
            for table, row in _rows(tenant, number, anomaly, at, named).items():
                names, values = ", ".join(row), ", ".join(["%s"] * len(row))
                conn.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", list(row.values()))
    return ids


def _rows(
    tenant: str, number: int, anomaly: UUID, at: datetime, named: str | None
) -> dict[str, dict[str, Any]]:
    event = uuid5(_SPACE, f"event {tenant} {number}")
    whose: dict[str, Any] = {"tenant_id": tenant, **_COMMON}
    actor = {"actor": named or f"{tenant}-ada", "actor_kind": "user"}
    thing, address = f"{named or f'i-{tenant}'}-{number}", named or f"eip-{tenant}-{number}"
    title, sentence = named or f"of {tenant}", named or "40 times what is usual."
    return {
        "anomalies": {
            **whose, **actor, "id": anomaly, "day": at.date(), "severity": "high", "score": 7.5,
            "first_event_time": at, "last_event_time": at, "trigger_event_id": f"e-{number}",
            "trigger_cost_event": event, "trigger_event_time": at, "hourly_cost": 98.32,
            "projected_monthly_cost": 71773.6, "one_time_cost": 0, "title": title,
            "reasons": Jsonb([{
                "signal": "z_score", "sentence": sentence, "value": 40, "usual": 1, "unit": "USD",
            }]),
        },
        "anomaly_events": {
            "anomaly_id": anomaly, "cost_event_id": event, "tenant_id": tenant,
            "event_id": f"e-{number}", "day": at.date(), "event_time": at,
        },
        "cost_events": {
            **whose, **actor, "id": event, "event_id": f"e-{number}", "ordinal": 0,
            "event_time": at, "partition_day": at.date(), "event_source": "ec2.amazonaws.com",
            "event_name": "RunInstances", "service": "ec2", "action": "start",
            "resource_ids": [thing], "hourly_cost": 98.32, "price_basis": "list",
        },
        "resources": {
            **whose, "resource_id": thing, "service": "ec2", "hourly_cost": 98.32,
            "created_by": actor["actor"], "created_at": at, "last_event": event,
            "last_event_time": at,
        },
        "zombies": {
            **whose, "day": date(2026, 3, 10), "check_name": "address_unassociated",
            "resource_id": address, "title": title, "monthly_cost": 3.6,
            "confidence": "high", "remediation": "aws ec2 release-address",
        },
        "baselines": {
            "tenant_id": tenant, "account_id": f"11112222333{number}", "as_of": date(2026, 3, 9),
            "resource_type": "ec2_instance", "event_count": 10, "mean_hourly_cost": 1.0, "m2": 1.0,
            "stddev": 0.3, "observed_actors": Jsonb({actor["actor"]: {}}),
            "observed_regions": Jsonb({}), "observed_classes": Jsonb({}), "max_daily_added": 1,
            "days": 10,
        },
        "accounts": {
            "tenant_id": tenant, "account_id": f"11112222333{number}", "name": named or tenant,
        },
    }  # fmt: skip
