"""Other ways to read the same files with the same filter, run by another environment's Python.

`benchmarks/load.py` runs it: arguments are the trail's folder and the number of rounds. Prints a
line for each tool that is installed: its name and the median of its seconds. They only decode
and filter; none of them prices or writes rows.
"""

import gzip
import json
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

NAMES = ("RunInstances", "TerminateInstances", "StopInstances", "CreateVolume", "CreateNatGateway")


def by_duckdb(root: Path) -> int:
    """`read_json` on one thread."""
    import duckdb

    connection = duckdb.connect(config={"threads": 1})
    # The fields that pricing needs, typed, so that no time goes into guessing; the rest is skipped.
    fields = (
        "STRUCT(eventName VARCHAR, eventSource VARCHAR, eventTime VARCHAR, eventID VARCHAR,"
        " awsRegion VARCHAR, recipientAccountId VARCHAR, errorCode VARCHAR, userIdentity JSON,"
        " requestParameters JSON, responseElements JSON)[]"
    )
    query = (
        "SELECT r.* FROM (SELECT unnest(Records) AS r FROM read_json(?, columns = ?,"
        " maximum_object_size = 268435456)) WHERE list_contains(?, r.eventName)"
    )
    given = [f"{root}/**/*.json.gz", {"Records": fields}, list(NAMES)]
    return len(connection.execute(query, given).fetchall())


def by_pandas(root: Path) -> int:
    """A frame for each file."""
    import pandas

    found = 0
    for path in root.rglob("*.json.gz"):
        with gzip.open(path) as file:
            frame = pandas.DataFrame(json.load(file)["Records"])
        found += int(frame["eventName"].isin(NAMES).sum())
    return found


def by_trailscraper(root: Path) -> int:
    """Its own source of records."""
    from trailscraper.record_sources.local_directory_record_source import (
        LocalDirectoryRecordSource,
    )

    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
    records = LocalDirectoryRecordSource(str(root)).load_from_dir(since, until)
    return sum(1 for record in records if record.event_name in NAMES)


def main() -> None:
    """Measures and prints."""
    root, rounds = Path(sys.argv[1]), int(sys.argv[2])
    tools = {"DuckDB read_json": by_duckdb, "pandas": by_pandas, "trailscraper": by_trailscraper}
    for name, read in tools.items():
        took = []
        try:
            for _ in range(rounds):
                started = time.perf_counter()
                assert read(root) > 0
                took.append(time.perf_counter() - started)
        except ImportError:
            continue
        print(f"{name}\t{statistics.median(took)}", flush=True)


if __name__ == "__main__":
    main()
