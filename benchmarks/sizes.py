"""How large each table is, for a million cost events; `--events N` for another number.

Log files in which every record costs money go through the pipeline as any do: listed,
registered, decoded, priced, committed, their resources and days of activity built. Prints the
size of each table with its indexes, scaled to a million events, and the rows it has.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import trail_files
from load import Ours

from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.store import activity, resources
from cost_pipeline.store.database import Database

# A partition counts for its table.
_SIZES = """
SELECT CASE WHEN c.relispartition THEN 'cost_events' ELSE c.relname END AS name,
  sum(pg_table_size(c.oid))::bigint AS heap, sum(pg_indexes_size(c.oid))::bigint AS indexes,
  sum(greatest(c.reltuples, 0))::bigint AS rows
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
GROUP BY 1 HAVING sum(pg_total_relation_size(c.oid)) > 200000 ORDER BY 2 DESC
"""


_IDS = re.compile(r"\b(i|vol|nat|eni|snap|eipalloc|db)-[0-9a-f]{8,17}\b")


def _another(record: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The same call once more: another event, about other things, at another minute."""
    mark = f"{chance.getrandbits(32):08x}"
    text = _IDS.sub(lambda found: f"{found[0][:-8]}{mark}", json.dumps(record))
    again: dict[str, Any] = json.loads(text)
    at = f"2026-02-03T{chance.randrange(24):02d}:{chance.randrange(60):02d}:00Z"
    ids = {name: trail_files._uuid(chance) for name in ("eventID", "requestID")}
    return again | ids | {"eventTime": at}


def load(database: Database, root: Path, files: int) -> None:
    """Writes files of a thousand costly records each, and takes them in."""
    trail_files.HITS, trail_files._again = 1.0, _another
    days: list[date] = trail_files.write_trail(root, files)
    print(f"{files:,} files written: {_bytes(root) / 1e6:,.0f} MB compressed", flush=True)
    Ours(database, root).load(days)
    for day in days:
        with database.transaction("round-1") as conn:
            resources.rebuild(conn, tenant_id="round-1", day=day)
            activity.rebuild(conn, tenant_id="round-1", day=day)


def _bytes(root: Path) -> int:
    return sum(path.stat().st_size for path in root.rglob("*.json.gz"))


def report(database: Database) -> None:
    """Prints what each table takes."""
    with database.admin() as conn:
        found = conn.execute(_SIZES).fetchall()
        row = conn.execute("SELECT count(*) AS n FROM cost_events").fetchone()
    events = int(row["n"]) if row else 1
    scale = 1_000_000 / events / 1e6
    print(f"{events:,} cost events; MB for each million of them")
    for one in found:
        print(
            f"{one['name']:24} {one['heap'] * scale:9.1f} table {one['indexes'] * scale:9.1f} "
            f"indexes {one['rows']:12,} rows"
        )
    total = sum(one["heap"] + one["indexes"] for one in found)
    print(f"{'all':24} {total * scale:9.1f}")


def main() -> int:
    """Loads, measures, prints."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    number = parser.parse_args().events
    home = Path(tempfile.mkdtemp(prefix="cost-sizes-"))
    home.chmod(0o755)
    try:
        with (
            EmbeddedPostgres(home / "pg", {"fsync": "off"}).running() as url,
            Database(url) as database,
        ):
            database.migrate()
            start = time.perf_counter()
            load(database, home / "trail", max(1, number // 1000))
            with psycopg.connect(url, autocommit=True) as conn:
                conn.execute("VACUUM ANALYZE")
            print(f"loaded in {time.perf_counter() - start:,.0f} s", flush=True)
            report(database)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
