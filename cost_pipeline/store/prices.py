"""The price book's table: what each thing costs, since when, and who says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

_COLUMNS = "service, region, resource_type, attributes, valid_from, usd, unit, source, as_of, basis"
_KEY = "service, region, resource_type, attributes, valid_from"


def load(conn: psycopg.Connection[Any], *, rows: Iterable[Mapping[str, Any]]) -> int:
    """Adds prices and corrects those that changed; returns how many rows did either."""
    conn.execute("DROP TABLE IF EXISTS staged_prices")
    conn.execute("CREATE TEMPORARY TABLE staged_prices (LIKE price_book) ON COMMIT DROP")
    names = [name.strip() for name in _COLUMNS.split(",")]
    with conn.cursor() as cursor, cursor.copy(f"COPY staged_prices ({_COLUMNS}) FROM STDIN") as c:
        for row in rows:
            c.write_row(tuple(row[name] for name in names))
    return conn.execute(
        f"INSERT INTO price_book AS p ({_COLUMNS})"
        f" SELECT DISTINCT ON ({_KEY}) {_COLUMNS} FROM staged_prices ORDER BY {_KEY}, as_of DESC"
        f" ON CONFLICT ({_KEY}) DO UPDATE SET usd = excluded.usd, unit = excluded.unit,"
        " source = excluded.source, as_of = excluded.as_of, basis = excluded.basis"
        " WHERE p.source <> 'aws' AND (p.usd, p.unit, p.source, p.as_of, p.basis) IS DISTINCT FROM"
        " (excluded.usd, excluded.unit, excluded.source, excluded.as_of, excluded.basis)"
    ).rowcount
