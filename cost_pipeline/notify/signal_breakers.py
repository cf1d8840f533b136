"""Breakers of scoring signals: one that floods, or is mostly called expected, is put on hold.

Scoring itself knows nothing of it and stays what it is: a function of its inputs. What is held
back is the alert, never the anomaly, and never a critical one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

from cost_pipeline.store import breakers, signals


def held(conn: psycopg.Connection[Any], *, tenant_id: str, now: datetime) -> list[str]:
    """The signals on hold; one that has waited long enough gets its trial."""
    for row in breakers.listing(conn, tenant_id=tenant_id):
        if row["kind"] != "signal" or row["state"] == "closed" or row["retry_at"] > now:
            continue
        scope: dict[str, Any] = {"tenant_id": tenant_id, "kind": "signal", "name": row["name"]}
        if row["state"] == "half-open":  # its trial went by without a flood
            breakers.close(conn, **scope, by=breakers.PIPELINE)
        else:
            breakers.allows(conn, **scope, now=now)
    rows = breakers.listing(conn, tenant_id=tenant_id)
    return [row["name"] for row in rows if row["kind"] == "signal" and row["state"] == "open"]


def watch(conn: psycopg.Connection[Any], *, tenant_id: str, now: datetime) -> int:
    """Opens the breakers of signals that became too loud; how many alerts that took back."""
    most_alerts, most_expected = signals.limits(conn, tenant_id=tenant_id)
    standing = {
        row["name"]
        for row in breakers.listing(conn, tenant_id=tenant_id)
        if row["kind"] == "signal" and row["state"] == "open"
    }
    opened = []
    for signal, (alerts, expected) in signals.loudness(conn, tenant_id=tenant_id, now=now).items():
        reason = None
        if alerts > most_alerts:
            reason = f"{alerts} alerts within an hour, more than {most_alerts}"
        elif expected > most_expected:
            reason = f"{expected} of its anomalies were called expected within a day"
        if reason is None or signal in standing:
            continue
        breakers.trip(conn, tenant_id=tenant_id, kind="signal", name=signal, reason=reason, now=now)
        opened.append(signal)
    if not opened:
        return 0
    return signals.take_back(conn, tenant_id=tenant_id, held=[*opened, *standing])
