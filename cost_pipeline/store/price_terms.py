"""What each tenant pays less than the list, dated; and what its spot machines cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg

from cost_pipeline.prices.terms import Term, TermKind, Terms
from cost_pipeline.store import commitments, governance


def of_tenant(conn: psycopg.Connection[Any], *, tenant_id: str) -> Terms:
    """All rates of a tenant and what its reservations came to, for the price book."""
    return Terms(
        tuple(
            Term(row["kind"], row["service"], row["rate"], row["valid_from"], row["valid_until"])
            for row in listing(conn, tenant_id=tenant_id)
        ),
        commitments.of_tenant(conn, tenant_id=tenant_id),
    )


def listing(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """All rates of a tenant: kind, service, rate, from when until when, who set it."""
    return conn.execute(
        "SELECT term_id, kind, service, rate, valid_from, valid_until, set_by, set_at"
        " FROM price_terms WHERE tenant_id = %s ORDER BY kind, service, valid_from",
        [tenant_id],
    ).fetchall()


def put(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    kind: TermKind,
    service: str,
    rate: Decimal,
    valid_from: date,
    valid_until: date | None,
    by: str,
) -> None:
    """Sets a rate, in place of one of that kind, service and day; writes it into the audit log.

    The caller queues the days from `valid_from` on for being priced again.

    Raises:
        ValueError: the rate is no part of the price, or ends before it begins.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"a rate is a part of the list price between 0 and 1, not {rate}")
    if valid_until is not None and valid_until < valid_from:
        raise ValueError(f"the rate would end on {valid_until}, before it begins ({valid_from})")
    conn.execute(
        "INSERT INTO price_terms (tenant_id, kind, service, rate, valid_from, valid_until, set_by)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (tenant_id, kind, service, valid_from) DO UPDATE SET rate = excluded.rate,"
        " valid_until = excluded.valid_until, set_by = excluded.set_by, set_at = now()",
        [tenant_id, kind, service, rate, valid_from, valid_until, by],
    )
    details = {"rate": str(rate), "from": str(valid_from), "until": str(valid_until or "")}
    governance.audit(
        conn, tenant_id=tenant_id, who=by, action=f"set {kind} rate of {service}", details=details
    )


def remove(conn: psycopg.Connection[Any], *, tenant_id: str, term_id: int, by: str) -> date | None:
    """Takes a rate back; returns since when it applied, None where there is no such rate."""
    row = conn.execute(
        "DELETE FROM price_terms WHERE tenant_id = %s AND term_id = %s"
        " RETURNING kind, service, valid_from",
        [tenant_id, term_id],
    ).fetchone()
    if row is None:
        return None
    governance.audit(
        conn,
        tenant_id=tenant_id,
        who=by,
        action=f"removed {row['kind']} rate of {row['service']}",
        details={"from": str(row["valid_from"])},
    )
    valid_from: date = row["valid_from"]
    return valid_from
