"""The price book's table: what each thing costs, since when, and who says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import psycopg

from cost_pipeline.core.wording import price_dates

FROM_AWS = "aws"
"""The source of prices of AWS's Price List."""
_COLUMNS = "service, region, resource_type, attributes, valid_from, usd, unit, source, as_of, basis"
_KEY = "service, region, resource_type, attributes, valid_from"

# A price that changed is valid from the day it took effect, and not before the day after the
# old one was last seen; what was not listed before is valid from its own date, and so is the
# first of its history, which applies to the past as well. Of a day, the later offer counts.
_MERGE = f"""
WITH known AS MATERIALIZED (
  SELECT DISTINCT ON (resource_type, region, attributes)
    resource_type, region, attributes, valid_from, usd, source, as_of
  FROM price_book WHERE basis = 'list' AND region = ANY(%(regions)s)
    AND resource_type = ANY(%(tables)s)
  ORDER BY resource_type, region, attributes, valid_from DESC
), news AS (
  SELECT s.*, k.usd AS old_usd, k.source AS old_source,
    CASE WHEN k.as_of IS NULL THEN least(s.valid_from, s.as_of)
      ELSE least(greatest(s.valid_from, k.as_of + 1), greatest(s.as_of, k.valid_from)) END AS since
  FROM staged_prices s
  LEFT JOIN known k USING (resource_type, region, attributes)
  WHERE k.usd IS NULL OR (k.as_of <= s.as_of AND (k.source <> '{FROM_AWS}' OR k.usd <> s.usd))
), added AS (
  INSERT INTO price_book AS p ({_COLUMNS})
  SELECT service, region, resource_type, attributes, since, usd, unit, source, as_of, basis
  FROM news
  ON CONFLICT ({_KEY}) DO UPDATE SET usd = excluded.usd, unit = excluded.unit,
    source = excluded.source, as_of = excluded.as_of, basis = excluded.basis
)
SELECT count(*) AS changed, min(since) AS since, bool_or(old_usd IS NULL) AS firsts FROM news
WHERE old_usd IS DISTINCT FROM usd
"""

_CONFIRM = f"""
UPDATE price_book p SET as_of = s.as_of FROM staged_prices s
WHERE (p.service, p.region, p.resource_type, p.attributes) =
    (s.service, s.region, s.resource_type, s.attributes)
  AND p.source = '{FROM_AWS}' AND p.usd = s.usd AND p.as_of < s.as_of
  AND p.valid_from = (SELECT max(valid_from) FROM price_book n
    WHERE (n.service, n.region, n.resource_type, n.attributes) =
      (s.service, s.region, s.resource_type, s.attributes) AND n.source = '{FROM_AWS}')
"""


@dataclass(frozen=True, slots=True)
class Merged:
    """What an offer changed: how many prices, and since when (None: in all the past)."""

    changed: int
    since: date | None = None


def load(conn: psycopg.Connection[Any], *, rows: Iterable[Mapping[str, Any]]) -> int:
    """Adds the packaged prices and corrects those that changed; returns how many rows did either.

    A price of AWS's Price List under the same key stays.
    """
    _stage(conn, rows)
    return conn.execute(
        f"INSERT INTO price_book AS p ({_COLUMNS})"
        f" SELECT DISTINCT ON ({_KEY}) {_COLUMNS} FROM staged_prices ORDER BY {_KEY}, as_of DESC"
        f" ON CONFLICT ({_KEY}) DO UPDATE SET usd = excluded.usd, unit = excluded.unit,"
        " source = excluded.source, as_of = excluded.as_of, basis = excluded.basis"
        f" WHERE p.source <> '{FROM_AWS}' AND (p.usd, p.unit, p.source, p.as_of, p.basis)"
        " IS DISTINCT FROM"
        " (excluded.usd, excluded.unit, excluded.source, excluded.as_of, excluded.basis)"
    ).rowcount


def merge(conn: psycopg.Connection[Any], *, rows: Sequence[Mapping[str, Any]]) -> Merged:
    """Takes in the prices of one offer; what it no longer lists keeps its last price.

    `valid_from` of a row is when the price took effect, `as_of` when the list was published.
    """
    _stage(conn, rows)
    conn.execute("ANALYZE staged_prices")
    scope = {
        "regions": sorted({row["region"] for row in rows}),
        "tables": sorted({row["resource_type"] for row in rows}),
    }
    found = conn.execute(_MERGE, scope).fetchone()
    conn.execute(_CONFIRM)
    if found is None or not found["changed"]:
        return Merged(0)
    return Merged(found["changed"], None if found["firsts"] else found["since"])


def _stage(conn: psycopg.Connection[Any], rows: Iterable[Mapping[str, Any]]) -> None:
    conn.execute("DROP TABLE IF EXISTS staged_prices")
    conn.execute("CREATE TEMPORARY TABLE staged_prices (LIKE price_book) ON COMMIT DROP")
    names = [name.strip() for name in _COLUMNS.split(",")]
    with conn.cursor() as cursor, cursor.copy(f"COPY staged_prices ({_COLUMNS}) FROM STDIN") as c:
        for row in rows:
            c.write_row(tuple(row[name] for name in names))


def quoted(
    conn: psycopg.Connection[Any], *, table: str, region: str
) -> list[tuple[str, date, Any, str, date]]:
    """All that AWS's Price List said: attributes, valid_from, usd, source, as_of."""
    found = conn.execute(
        "SELECT attributes, valid_from, usd, source, as_of FROM price_book"
        " WHERE resource_type = %s AND region = %s AND source = %s",
        [table, region, FROM_AWS],
    )
    return [tuple(row.values()) for row in found]


def version(conn: psycopg.Connection[Any]) -> int:
    """A number that changes with every price and every term."""
    row = conn.execute("SELECT version FROM price_version").fetchone()
    return int(row["version"]) if row else 0


def has_quotes(conn: psycopg.Connection[Any]) -> bool:
    """Whether AWS's Price List was ever taken in."""
    found = conn.execute("SELECT 1 AS one FROM price_book WHERE source = %s LIMIT 1", [FROM_AWS])
    return found.fetchone() is not None


def last_loaded(conn: psycopg.Connection[Any], *, offer: str, region: str) -> dict[str, Any] | None:
    """The newest offer that was taken in: version, published, prices."""
    return conn.execute(
        "SELECT version, published, prices FROM price_refreshes WHERE offer = %s AND region = %s"
        " AND state = 'loaded' ORDER BY refresh_id DESC LIMIT 1",
        [offer, region],
    ).fetchone()


def record(conn: psycopg.Connection[Any], **refresh: Any) -> None:
    """Writes down what became of an offer: loaded, refused or failed, and why."""
    columns = ", ".join(refresh)
    marks = ", ".join(["%s"] * len(refresh))
    conn.execute(
        f"INSERT INTO price_refreshes ({columns}) VALUES ({marks})", list(refresh.values())
    )


def queue_days(
    conn: psycopg.Connection[Any],
    *,
    since: date | None,
    region: str | None = None,
    tenant_id: str | None = None,
) -> int:
    """Marks the days with priced events from `since` on to be priced again; returns how many.

    Called when prices change, under their lock: what is priced meanwhile notices by `version`.
    """
    conn.execute("UPDATE price_version SET version = version + 1")
    return conn.execute(
        "INSERT INTO days_to_reprice (tenant_id, day)"
        " SELECT DISTINCT tenant_id, partition_day FROM cost_events"
        " WHERE partition_day >= coalesce(%(since)s::date, '-infinity')"
        " AND price_basis <> 'free' AND action IN ('start', 'change', 'purchase')"
        " AND (%(region)s::text IS NULL OR region = %(region)s)"
        " AND (%(tenant)s::text IS NULL OR tenant_id = %(tenant)s)"
        " ON CONFLICT (tenant_id, day) DO UPDATE SET queued_at = now(), requested_at = NULL",
        {"since": since, "region": region, "tenant": tenant_id},
    ).rowcount


def queue_day(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> None:
    """Marks one day, whose events were priced while a price changed."""
    conn.execute(
        "INSERT INTO days_to_reprice (tenant_id, day) VALUES (%s, %s)"
        " ON CONFLICT (tenant_id, day) DO UPDATE SET queued_at = now(), requested_at = NULL",
        [tenant_id, day],
    )


def unqueue_day(conn: psycopg.Connection[Any], *, tenant_id: str, day: date) -> None:
    """All of the day's files were priced anew, with the prices that hold now."""
    conn.execute("DELETE FROM days_to_reprice WHERE tenant_id = %s AND day = %s", [tenant_id, day])


def queued_days(
    conn: psycopg.Connection[Any], *, tenant_id: str, again: bool = False
) -> list[date]:
    """Days that wait to be priced again.

    Without `again` not those for which a run was asked within the last six hours.
    """
    found = conn.execute(
        "SELECT day FROM days_to_reprice WHERE tenant_id = %s"
        " AND (%s OR coalesce(requested_at, '-infinity') < now() - interval '6 hours')"
        " ORDER BY day",
        [tenant_id, again],
    )
    return [row["day"] for row in found]


def waiting_days(conn: psycopg.Connection[Any], *, tenant_id: str) -> int:
    """How many days wait to be priced again."""
    return len(queued_days(conn, tenant_id=tenant_id, again=True))


def note_requested(conn: psycopg.Connection[Any], *, tenant_id: str, days: Sequence[date]) -> None:
    """Runs that price these days again have been asked for."""
    conn.execute(
        "UPDATE days_to_reprice SET requested_at = now() WHERE tenant_id = %s AND day = ANY(%s)",
        [tenant_id, list(days)],
    )


def regions_in_use(conn: psycopg.Connection[Any]) -> list[str]:
    """Regions with events, the busiest first."""
    found = conn.execute(
        "SELECT region FROM cost_events GROUP BY region ORDER BY count(*) DESC, region"
    )
    return [row["region"] for row in found]


def never_tried(
    conn: psycopg.Connection[Any], *, offers: Sequence[str], regions: Sequence[str]
) -> dict[str, list[str]]:
    """Of each region the offers of which no attempt is known, in the order of the regions."""
    tried = conn.execute(
        "SELECT DISTINCT offer, region FROM price_refreshes WHERE region = ANY(%s)",
        [list(regions)],
    )
    known = {(row["offer"], row["region"]) for row in tried}
    missing = {region: [o for o in offers if (o, region) not in known] for region in regions}
    return {region: codes for region, codes in missing.items() if codes}


def status(conn: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """For each offer and region: the newest attempt, and the newest that was taken in."""
    return conn.execute(
        "SELECT DISTINCT ON (offer, region) offer, region, state, reason, version, published,"
        " prices, changed, finished_at, (SELECT max(l.published) FROM price_refreshes l"
        "  WHERE l.offer = r.offer AND l.region = r.region AND l.state = 'loaded') AS loaded"
        " FROM price_refreshes r ORDER BY offer, region, refresh_id DESC"
    ).fetchall()


def sources(conn: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """How many prices each source gives, and how old they are."""
    return conn.execute(
        "SELECT source, basis, count(*) AS prices, count(DISTINCT region) AS regions,"
        " min(as_of) AS oldest, max(as_of) AS newest FROM price_book"
        " GROUP BY source, basis ORDER BY prices DESC, source"
    ).fetchall()


def listed(conn: psycopg.Connection[Any]) -> tuple[date, date] | None:
    """From when to when the list prices at hand are; None before there are any."""
    row = conn.execute(
        "SELECT min(as_of) AS oldest, max(as_of) AS newest FROM price_book WHERE basis = 'list'"
    ).fetchone()
    return (row["oldest"], row["newest"]) if row and row["oldest"] else None


def dates(conn: psycopg.Connection[Any]) -> str:
    """The same in words, to stand beside money."""
    return price_dates(listed(conn))


def history(
    conn: psycopg.Connection[Any], *, text: str, region: str | None, limit: int = 50
) -> list[dict[str, Any]]:
    """Prices whose table or attributes hold `text`, with their history."""
    return conn.execute(
        "SELECT resource_type, region, attributes, valid_from, usd, unit, source, as_of, basis"
        " FROM price_book WHERE (attributes ILIKE %(like)s OR resource_type ILIKE %(like)s)"
        " AND (%(region)s::text IS NULL OR region = %(region)s)"
        " ORDER BY resource_type, region, attributes, valid_from LIMIT %(limit)s",
        {"like": f"%{_plain(text)}%", "region": region, "limit": limit},
    ).fetchall()


def _plain(text: str) -> str:
    """Text in which the wildcards of LIKE are themselves."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def newest(conn: psycopg.Connection[Any]) -> datetime | None:
    """When the Price List was last taken in."""
    row = conn.execute(
        "SELECT max(finished_at) AS at FROM price_refreshes WHERE state = 'loaded'"
    ).fetchone()
    return row["at"] if row else None
