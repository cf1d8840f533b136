"""`kill -9` of a run in the middle of a load: nothing is lost, nothing is there twice."""

import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from typing import Any

from cost_pipeline.core.model import CostEvent

DAY = date(2026, 3, 10)

_VICTIM = """
import pickle, sys, time
from cost_pipeline.store.database import Database
from cost_pipeline.store.ingest import IngestedFile, Staging

url, object_id, day, events = pickle.load(sys.stdin.buffer)
with Database(url) as db, db.transaction("default") as conn:
    staging = Staging(conn, tenant_id="default", day=day)
    staging.add([IngestedFile(object_id, events=events)])
    staging.merge()
    print("merged", flush=True)
    time.sleep(60)
"""


def test_a_killed_run_leaves_neither_rows_nor_locks(
    loader: Any, event: Callable[..., CostEvent]
) -> None:
    events = [event(f"e{n}", resource_ids=(f"i-{n}",)) for n in range(300)]
    make = type(loader).__init__.__globals__["Listed"]
    loader.register(make("a", DAY))
    with subprocess.Popen(
        [sys.executable, "-c", _VICTIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as victim:
        assert victim.stdin is not None
        assert victim.stdout is not None
        pickle.dump((loader.database.url, loader.files["a"], DAY, events), victim.stdin)
        victim.stdin.close()
        assert victim.stdout.readline() == b"merged\n"
        victim.send_signal(signal.SIGKILL)
    assert loader.rows("SELECT state, attempts FROM trail_objects") == [
        {"state": "pending", "attempts": 0}
    ]
    assert loader.rows("SELECT id FROM cost_events") == []
    loader.load("a", *events)
    loader.load("a", *events, replace=True)
    assert len(loader.rows("SELECT id FROM cost_events")) == 300
    assert loader.rows("SELECT state FROM trail_objects") == [{"state": "done"}]
