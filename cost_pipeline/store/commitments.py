"""What a tenant's reservations came to, for purchases whose call does not say it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

from cost_pipeline.core.calls import Commitment
from cost_pipeline.prices.reservations import Reservation

# The purchase is at most days before the reservation begins, which some set to a later date.
_QUEUE = """
INSERT INTO days_to_reprice (tenant_id, day)
SELECT DISTINCT e.tenant_id, e.partition_day FROM cost_events e, unnest(e.resource_ids) AS bought
JOIN commitments c ON c.tenant_id = %(tenant_id)s AND c.reservation_id = bought
WHERE e.tenant_id = %(tenant_id)s AND e.action = 'purchase'
  AND c.reservation_id = ANY(%(ids)s)
  AND e.event_time BETWEEN (SELECT min(began_at) FROM commitments
    WHERE tenant_id = %(tenant_id)s AND reservation_id = ANY(%(ids)s)) - interval '30 days'
  AND (SELECT max(began_at) FROM commitments
    WHERE tenant_id = %(tenant_id)s AND reservation_id = ANY(%(ids)s)) + interval '2 days'
ON CONFLICT (tenant_id, day) DO UPDATE SET queued_at = now(), requested_at = NULL
"""

_PUT = """
INSERT INTO commitments AS c (tenant_id, reservation_id, upfront, hourly, years, said, began_at)
SELECT %(tenant_id)s, * FROM unnest(%(ids)s::text[], %(upfront)s::numeric[], %(hourly)s::numeric[],
  %(years)s::numeric[], %(said)s::text[], %(began)s::timestamptz[])
ON CONFLICT (tenant_id, reservation_id) DO UPDATE SET upfront = excluded.upfront,
  hourly = excluded.hourly, years = excluded.years, said = excluded.said,
  began_at = excluded.began_at
WHERE (c.upfront, c.hourly, c.years, c.said)
  IS DISTINCT FROM (excluded.upfront, excluded.hourly, excluded.years, excluded.said)
RETURNING reservation_id
"""


def of_tenant(conn: psycopg.Connection[Any], *, tenant_id: str) -> dict[str, Commitment]:
    """All that is known, by the id of the reservation."""
    rows = conn.execute(
        "SELECT reservation_id, upfront, hourly, years, said FROM commitments WHERE tenant_id = %s",
        [tenant_id],
    )
    return {
        row["reservation_id"]: Commitment(row["upfront"], row["hourly"], row["years"], row["said"])
        for row in rows
    }


def put(
    conn: psycopg.Connection[Any], *, tenant_id: str, reservations: Iterable[Reservation]
) -> int:
    """Keeps reservations; the days of their purchases are to be priced again where they are new.

    Called under the lock of prices. Returns how many are new, or other than they were.
    """
    bought = list({one.reservation_id: one for one in reservations}.values())
    rows = conn.execute(
        _PUT,
        {
            "tenant_id": tenant_id,
            "ids": [one.reservation_id for one in bought],
            "upfront": [one.commitment.upfront for one in bought],
            "hourly": [one.commitment.hourly for one in bought],
            "years": [one.commitment.years for one in bought],
            "said": [one.commitment.said for one in bought],
            "began": [one.began_at for one in bought],
        },
    )
    changed = [row["reservation_id"] for row in rows]
    if changed:
        conn.execute("UPDATE price_version SET version = version + 1")
        conn.execute(_QUEUE, {"tenant_id": tenant_id, "ids": changed})
    return len(changed)
