"""How a trail is connected: the ways, and what came of the attempts that were made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from ui.components import show

Rows = Sequence[Mapping[str, Any]]
_MARKS = {"ok": ":material/check:", "warning": ":material/warning:", "error": ":material/block:"}
_STATES = {
    "checking": "permissions are being tried",
    "blocked": "something is missing",
    "estimated": "estimated, not read yet",
    "waiting": "waits for the first file",
    "reading": "is being read",
    "done": "is read",
    "failed": "failed",
}
_WAYS = """
1. :green-badge[recommended] **An agent in your network** sends log files: nobody else reads
   your bucket. `cost-pipeline onboard --agent office --host receiver.example.com`
2. **From the bucket**, with the credentials at hand: `cost-pipeline onboard s3://bucket/prefix`
3. **Through a role** that you grant: `cost-pipeline onboard --role-arn … --external-id …`

Each tries every permission by a real call, finds trails, accounts and regions, estimates what
reading the past takes, and shows below how far it is.
"""


def ways() -> None:
    """The ways to connect a trail, the recommended one first."""
    st.markdown(_WAYS)


def attempt(row: Mapping[str, Any], steps: Rows) -> None:
    """What came of one attempt: its state, what it takes, how far it is, and what was tried."""
    said = _STATES.get(row["state"], row["state"])
    with st.container(border=True):
        st.markdown(f"**{show.plain(row['place'])}** {said} · {show.ago(row['updated_at'])}")
        if row["error"]:
            st.error(show.plain(row["error"]))
        if row["estimate"]:
            st.caption(estimate_line(row["estimate"]))
        if row["files"]:
            read = row["files_done"] + row["files_failed"]
            st.progress(read / row["files"], progress_line(row, datetime.now(UTC)))
        if row["found"].get("delivering"):
            st.caption(show.plain(delivering_line(row["found"])))
        if steps:
            _tried(steps, expanded=bool(row["missing"]))


def _tried(steps: Rows, *, expanded: bool) -> None:
    with st.expander(f"{len(steps)} permissions were tried", expanded=expanded):
        for step in steps:
            mark = _MARKS.get(step["level"], ":material/remove:")
            mend = f"  \n{show.plain(step['mend'])}" if step["mend"] else ""
            permission, finding = show.plain(step["permission"]), show.plain(step["finding"])
            st.markdown(f"{mark} {permission}: {finding}{mend}")


def progress_line(row: Mapping[str, Any], now: datetime) -> str:
    """How far the files are read, and about how long the rest will take.

    >>> begun = datetime(2026, 3, 10, 12, tzinfo=UTC)
    >>> row = {"files": 100, "files_done": 24, "files_failed": 1, "state": "reading",
    ...        "bytes": 4_000, "bytes_done": 1_000, "started_at": begun}
    >>> progress_line(row, begun + timedelta(minutes=5))
    '25 of 100 files, 1 failed, about 15 min left'
    """
    said = f"{row['files_done'] + row['files_failed']:,} of {row['files']:,} files"
    if row["files_failed"]:
        said += f", {row['files_failed']:,} failed"
    if row["state"] == "reading" and 0 < row["bytes_done"] < row["bytes"]:
        left = (now - row["started_at"]) * (row["bytes"] / row["bytes_done"] - 1)
        said += f", about {max(left / timedelta(minutes=1), 1):,.0f} min left"
    return said


def delivering_line(found: Mapping[str, Any]) -> str:
    """How many accounts deliver, and which of the organisation's do not.

    >>> delivering_line({"delivering": {"1": ["eu-west-1"]}, "accounts": {"1": "prod", "2": "dev"}})
    'Accounts that deliver: 1, from 1 regions. No files of: 2 (dev)'
    """
    delivering, known = found["delivering"], found.get("accounts") or {}
    regions = {region for of in delivering.values() for region in of}
    said = f"Accounts that deliver: {len(delivering)}, from {len(regions)} regions"
    silent = [f"{one} ({name})" for one, name in sorted(known.items()) if one not in delivering]
    return f"{said}. No files of: {', '.join(silent)}" if silent else said


def estimate_line(estimate: Mapping[str, Any]) -> str:
    """What reading the past takes, in a sentence.

    >>> estimate_line({"days": 30, "files": 1200, "bytes": 9e6, "cost_events": 700,
    ...                "seconds": 90.0, "list_calls": 40, "get_calls": 1200, "usd": 0.0007})
    '30 days: 1,200 files of 9.0 MB, 700 cost events, about 1.5 min, 1,240 requests for $0.00'
    """
    requests = estimate["list_calls"] + estimate["get_calls"]
    size = f"{estimate['bytes'] / 1e6:,.1f} MB"
    parts = (
        f"{estimate['days']:,} days: {estimate['files']:,} files of {size}",
        f"{estimate['cost_events']:,} cost events",
        f"about {estimate['seconds'] / 60:,.1f} min",
        f"{requests:,} requests for {show.usd(estimate['usd'])}",
    )
    return ", ".join(parts)
