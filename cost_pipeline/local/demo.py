"""The demo's trail: 35 days of a made-up organisation, continued where it was left."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.writer import write_days

DAYS = 35
_SEED = 7
_LIVE = "live.json"
_PLAN = "organisation.json"
_UNREAD = "unread_since"
_LONGEST_LIVE_GAP = timedelta(days=1)


def organisation_of(trail: Path) -> Organisation:
    """The organisation whose calls lie in a folder.

    Raises:
        FileNotFoundError: `write` has not been called.
    """
    plan = json.loads((trail / _PLAN).read_text())
    return Organisation(plan["seed"], first_day=date.fromisoformat(plan["first_day"]))


def write(trail: Path, now: datetime, progress: Callable[[int, int], None]) -> None:
    """Writes what is missing of the 35 days up to now, and notes from where to go on.

    What happened while nobody simulated for longer than a day is written as history. `unread`
    tells which days a backfill must read.
    """
    trail.mkdir(parents=True, exist_ok=True)
    plan = trail / _PLAN
    if not plan.exists():
        first = now.date() - timedelta(days=DAYS - 1)
        plan.write_text(json.dumps({"seed": _SEED, "first_day": first.isoformat()}))
    organisation = organisation_of(trail)
    state = json.loads((trail / _LIVE).read_text()) if (trail / _LIVE).exists() else {}
    since = organisation.first_day
    if "last" in state:
        last = datetime.fromisoformat(state["last"])
        if now - last <= _LONGEST_LIVE_GAP:
            return
        since = last.date()
    write_days(trail, organisation, since, now.date(), before=now, progress=progress)
    known = unread(trail)
    (trail / _UNREAD).write_text(min(since, known).isoformat() if known else since.isoformat())
    (trail / _LIVE).write_text(json.dumps({**state, "last": now.isoformat()}))


def unread(trail: Path) -> date | None:
    """The day from which history waits to be read; None where it has been."""
    try:
        return date.fromisoformat((trail / _UNREAD).read_text())
    except FileNotFoundError:
        return None


def mark_read(trail: Path) -> None:
    """The history has been read."""
    (trail / _UNREAD).unlink(missing_ok=True)
