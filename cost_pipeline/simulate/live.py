"""The organisation goes on living: what happened since the last tick becomes files."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

from cost_pipeline.simulate.incidents import live_incident
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.records import Call
from cost_pipeline.simulate.writer import by_place, write_file

_INCIDENT_EVERY = timedelta(hours=2)
_FIRST_INCIDENT = timedelta(seconds=45)


def tick(root: Path, organisation: Organisation, now: datetime) -> list[Path]:
    """Writes what happened since the last tick; returns the files.

    The moment of the last tick is kept beside the trail, so that nothing is written twice or
    left out when it is restarted. The first live incident comes within a minute.
    """
    state_file = root / "live.json"
    state = json.loads(state_file.read_text()) if state_file.exists() else {}
    last = datetime.fromisoformat(state["last"]) if "last" in state else now
    last = max(last, now - timedelta(days=3))
    due = state.get("next_incident", (now + _FIRST_INCIDENT).isoformat())
    calls = _between(organisation, last, now)
    if datetime.fromisoformat(due) <= now:
        calls += _incident(organisation, now)
        due = (now + _INCIDENT_EVERY).isoformat()
    written = [
        write_file(root, organisation.organisation_id, group, delivered=now)
        for group in by_place(calls)
    ]
    state_file.write_text(json.dumps({"last": now.isoformat(), "next_incident": due}))
    return written


def _between(organisation: Organisation, last: datetime, now: datetime) -> list[Call]:
    days = (now.date() - last.date()).days
    return [
        call
        for number in range(days + 1)
        for call in organisation.calls(last.date() + timedelta(days=number))
        if last <= call.at < now
    ]


def _incident(organisation: Organisation, now: datetime) -> list[Call]:
    account = organisation.accounts[now.hour % len(organisation.accounts)]
    at = now.replace(microsecond=0) - timedelta(minutes=6)
    incident = live_incident((account.account_id, account.home, account.people), at)
    calls = [call for life in incident.lives for call in life.calls() if call.at <= now]
    return [*incident.refused, *calls]
