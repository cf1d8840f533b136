"""Whether log files keep coming: by account, and where there is a gap in what usually comes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg

# CloudTrail names a file by when it was written, in UTC.
_DELIVERED = """
SELECT account_id, date_trunc('hour',
  to_timestamp(substring(key from '_(\\d{8}T\\d{4})Z_'), 'YYYYMMDD"T"HH24MI')::timestamp)
  AT TIME ZONE 'UTC' AS hour
FROM trail_objects
WHERE tenant_id = %(tenant_id)s AND day BETWEEN %(now)s::date - 16 AND %(now)s::date
  AND key ~ '_\\d{8}T\\d{4}Z_'
GROUP BY 1, 2
"""

# An hour of the day is usual where at least five days, and four fifths of those on which the
# account delivered at all, had files in it.
_HOURS = f"""
WITH delivered AS ({_DELIVERED}), past AS (
  SELECT account_id, hour, (hour AT TIME ZONE 'UTC')::date AS day,
    extract(hour FROM hour AT TIME ZONE 'UTC') AS of_day
  FROM delivered WHERE hour < %(now)s::timestamptz - interval '48 hours'
), days AS (
  SELECT account_id, count(DISTINCT day) AS days FROM past GROUP BY account_id
), usual AS (
  SELECT account_id, of_day FROM past JOIN days USING (account_id)
  GROUP BY account_id, of_day, days HAVING count(*) >= greatest(5, 0.8 * days)
), expected AS (
  SELECT u.account_id, h.hour FROM usual u JOIN generate_series(
    date_trunc('hour', %(now)s::timestamptz - interval '47 hours'),
    %(now)s::timestamptz - interval '3 hours', interval '1 hour') AS h (hour)
    ON extract(hour FROM h.hour AT TIME ZONE 'UTC') = u.of_day
)
SELECT account_id, count(*) AS hours, min(hour) AS since, max(hour) AS until
FROM expected e LEFT JOIN delivered d USING (account_id, hour) WHERE d.hour IS NULL
GROUP BY account_id ORDER BY hours DESC, account_id
"""
_DAYS = f"""
WITH delivered AS ({_DELIVERED}), had AS (
  SELECT DISTINCT account_id, (hour AT TIME ZONE 'UTC')::date AS day FROM delivered
), usual AS (
  SELECT account_id, min(day) AS since FROM had GROUP BY account_id
  HAVING count(*) >= greatest(5, 0.8 * (%(now)s::date - min(day)))
)
SELECT u.account_id, d.day::date AS day FROM usual u
CROSS JOIN LATERAL generate_series(u.since, %(now)s::date - 1, interval '1 day') AS d (day)
LEFT JOIN had h ON h.account_id = u.account_id AND h.day = d.day WHERE h.day IS NULL
ORDER BY 1, 2
"""


def missing_hours(
    conn: psycopg.Connection[Any], *, tenant_id: str, now: datetime
) -> list[dict[str, Any]]:
    """Accounts without files in hours of the last two days in which they usually have some.

    Rows have account_id, hours, since and until. The last three hours may still come.
    """
    return conn.execute(_HOURS, {"tenant_id": tenant_id, "now": now}).fetchall()


def missing_days(
    conn: psycopg.Connection[Any], *, tenant_id: str, now: datetime
) -> list[dict[str, Any]]:
    """Whole days of the last two weeks without files of accounts that deliver on most days."""
    return conn.execute(_DAYS, {"tenant_id": tenant_id, "now": now}).fetchall()


def by_account(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """The newest file of each account of the last five weeks: account_id, newest, waiting."""
    return conn.execute(
        "SELECT account_id, max(last_modified) AS newest,"
        " count(*) FILTER (WHERE state = 'pending') AS waiting FROM trail_objects"
        " WHERE tenant_id = %s AND day > (now() AT TIME ZONE 'UTC')::date - 35"
        " GROUP BY account_id ORDER BY account_id",
        [tenant_id],
    ).fetchall()
