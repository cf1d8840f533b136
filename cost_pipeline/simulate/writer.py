"""The organisation's calls as log files, laid out as an organisation trail delivers them."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec

from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.records import Call

DELIVERY = timedelta(minutes=6)
_HOURS_PER_FILE = 3


@dataclass(slots=True)
class WriteReport:
    """What was written."""

    files: int = 0
    records: int = 0


def write_days(
    root: Path,
    organisation: Organisation,
    since: date,
    until: date,
    *,
    before: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> WriteReport:
    """Writes the files of every day from `since` to `until`; the same bytes each time.

    Args:
        root: the trail's folder; files go under `AWSLogs/`.
        organisation: whose calls.
        since: the first day.
        until: the last day, included.
        before: leave out calls from this moment on.
        progress: told how many of how many days are done.
    """
    report = WriteReport()
    total = (until - since).days + 1
    for number in range(total):
        day = since + timedelta(days=number)
        calls = [c for c in organisation.calls(day) if before is None or c.at < before]
        for batch in _batches(calls):
            write_file(root, organisation.organisation_id, batch)
            report.files += 1
            report.records += len(batch)
        if progress is not None:
            progress(number + 1, total)
    _write_labels(root, organisation, since, until)
    return report


def write_file(
    root: Path, organisation_id: str, calls: list[Call], *, delivered: datetime | None = None
) -> Path:
    """Writes calls of one account and region as one file, whole or not at all."""
    first = calls[0]
    at = delivered or calls[-1].at + DELIVERY
    content = msgspec.json.encode({"Records": [call.record() for call in calls]})
    unique = hashlib.sha256(content).hexdigest()[:16]
    folder = (
        root / "AWSLogs" / organisation_id / first.account / "CloudTrail" / first.region
    ) / f"{at:%Y/%m/%d}"
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{first.account}_CloudTrail_{first.region}_{at:%Y%m%dT%H%MZ}_{unique}.json.gz"
    unfinished = folder / f".{name}.part"
    unfinished.write_bytes(gzip.compress(content, compresslevel=5, mtime=0))
    return unfinished.replace(folder / name)


def by_place(calls: Iterable[Call]) -> list[list[Call]]:
    """Calls apart by account and region."""
    groups: dict[tuple[str, str], list[Call]] = defaultdict(list)
    for call in calls:
        groups[call.account, call.region].append(call)
    return [groups[key] for key in sorted(groups)]


def _batches(calls: list[Call]) -> list[list[Call]]:
    groups: dict[tuple[str, str, int], list[Call]] = defaultdict(list)
    for call in calls:
        groups[call.account, call.region, call.at.hour // _HOURS_PER_FILE].append(call)
    return [groups[key] for key in sorted(groups)]


def _write_labels(root: Path, organisation: Organisation, since: date, until: date) -> None:
    labels = [
        {
            "kind": incident.kind,
            "account_id": incident.account_id,
            "actor": incident.actor,
            "start": min(life.at for life in incident.lives).isoformat(),
            "event_ids": incident.event_ids,
        }
        for incident in organisation.incidents(since, until)
    ]
    text = "".join(json.dumps(label) + "\n" for label in labels)
    (root / "labels.jsonl").write_text(text)
