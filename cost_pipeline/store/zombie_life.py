"""What became of findings: new, standing, gone and why, and what that saves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import psycopg

from cost_pipeline.core.waste import REVIEW, Cost, beyond, counted_once
from cost_pipeline.store import zombies

# The sweep before is the latest day before this one that was asked or judged.
_PREVIOUS = """
(SELECT max(day) FROM (
  SELECT max(day) AS day FROM inventory WHERE tenant_id = %(tenant_id)s AND day < %(day)s
  UNION ALL SELECT max(day) FROM zombies WHERE tenant_id = %(tenant_id)s AND day < %(day)s) d)
"""

# A check that could not be judged tells nothing: its zombies are not gone, only unseen.
_VANISHED = f"""
SELECT z.check_name, z.resource_id, z.account_id, z.region, z.day AS previous_day,
  CASE WHEN o.reason IS NOT NULL THEN 'left_out'
    WHEN f.message IS NOT NULL OR NOT EXISTS (SELECT FROM inventory i
      WHERE i.tenant_id = z.tenant_id AND i.day = %(day)s AND i.account_id = z.account_id
        AND i.region = z.region) THEN 'unseen' END AS state,
  coalesce(o.reason, f.message, 'this account and region was not asked') AS reason
FROM zombies z
LEFT JOIN zombie_left_out o ON o.tenant_id = z.tenant_id AND o.day = %(day)s
  AND o.check_name = z.check_name AND o.resource_id = z.resource_id
LEFT JOIN zombie_failures f ON f.tenant_id = z.tenant_id AND f.day = %(day)s
  AND f.check_name = z.check_name AND f.account_id = z.account_id AND f.region = z.region
WHERE z.tenant_id = %(tenant_id)s AND z.day = {_PREVIOUS} AND NOT EXISTS (
  SELECT FROM zombies n WHERE n.tenant_id = z.tenant_id AND n.day = %(day)s
    AND n.check_name = z.check_name AND n.resource_id = z.resource_id)
ORDER BY z.account_id, z.region, z.check_name, z.resource_id
"""


def vanished(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> list[dict[str, Any]]:
    """What the sweep before found and the day does not.

    state is left_out or unseen with the reason, or None where only the inventory can tell
    whether it is still there.
    """
    return conn.execute(_VANISHED, {"tenant_id": tenant_id, "day": day}).fetchall()


def settle(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    day: date,
    vanished: Sequence[Mapping[str, Any]],
) -> None:
    """Puts what vanished, each with its state, in place of what the day had."""
    conn.execute("DELETE FROM zombies_gone WHERE tenant_id = %s AND day = %s", [tenant_id, day])
    conn.cursor().executemany(
        "INSERT INTO zombies_gone (tenant_id, day, check_name, resource_id, previous_day, state,"
        " reason) VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [
            (
                *(tenant_id, day, row["check_name"], row["resource_id"], row["previous_day"]),
                *(row["state"], row["reason"] if row["state"] in _REASONED else None),
            )
            for row in vanished
        ],
    )


_REASONED = ("left_out", "unseen")


def next_sweep(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> date | None:
    """The first day after `day` that was swept: what is gone on it depends on `day`."""
    row = conn.execute(
        "SELECT min(day) AS day FROM inventory WHERE tenant_id = %s AND day > %s", [tenant_id, day]
    ).fetchone()
    return row["day"] if row else None


def summary(
    conn: psycopg.Connection[Any], *, tenant_id: str, day: date | None = None
) -> dict[str, Any]:
    """The latest sweep, or a day's, in numbers; USD a month, without what is ignored.

    A resource counts once, at the dearest of what several checks say of it; what is only worth a
    review does not count.

    day, zombies, monthly_cost, unpriced, before (the sweep before it), change, new, new_cost,
    gone, saved (by what ended or was deleted), unseen and unseen_cost (checks that failed).
    """
    rows = [
        row
        for row in zombies.listing(conn, tenant_id=tenant_id, day=day, limit=1_000_000)
        if not row["ignored"] and row["confidence"] != REVIEW
    ]
    here = [row for row in rows if row["gone_state"] is None]
    new = [row for row in here if row["lifecycle"] == "new"]
    gone = [row for row in rows if row["lifecycle"] == "gone"]
    unseen = [row for row in rows if row["lifecycle"] == "unseen"]
    standing = [row for row in here if row["lifecycle"] == "standing"]
    left_out = [row for row in rows if row["lifecycle"] == "left out"]
    ended = [row for row in gone if row["gone_state"] == "absent" or row["ended_by"]]
    before = counted_once(_costs([*standing, *gone, *unseen, *left_out]))
    now = counted_once(_costs(here))
    return {
        "day": here[0]["day"] if here else day,
        "zombies": _number(here),
        "monthly_cost": now,
        "unpriced": sum(row["monthly_cost"] is None for row in here),
        "before": before,
        "change": now - before,
        "new": _number(new),
        "new_cost": beyond(_costs(new), _costs(standing)),
        "gone": _number(gone),
        "saved": beyond(_costs(ended), _costs(here)),
        "unseen": _number(unseen),
        "unseen_cost": counted_once(_costs(unseen)),
    }


def _resource(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["account_id"], row["region"], row["resource_id"]


def _costs(rows: Sequence[Mapping[str, Any]]) -> list[Cost]:
    return [(_resource(row), row["monthly_cost"]) for row in rows]


def _number(rows: Sequence[Mapping[str, Any]]) -> int:
    return len({_resource(row) for row in rows})
