"""The made-up trail looks like a real one, and comes out the same each time."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.cloudtrail import read_log_file
from cost_pipeline.core.model import CostEvent
from cost_pipeline.core.normalize import normalize
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.simulate.live import tick
from cost_pipeline.simulate.organisation import Organisation
from cost_pipeline.simulate.writer import write_days

FIRST = date(2026, 2, 1)
DAY = date(2026, 2, 20)


def _organisation() -> Organisation:
    return Organisation(7, first_day=FIRST, reads=20)


def _events(day: date) -> list[CostEvent]:
    content = json.dumps({"Records": [call.record() for call in _organisation().calls(day)]})
    found: list[CostEvent] = []
    for record in read_log_file(content.encode()).records:
        result = normalize(
            record,
            tenant_id="default",
            partition_day=day,
            catalog=load_catalog(),
            prices=PriceBook.packaged(),
        )
        if isinstance(result, list):
            found.extend(result)
    return found


def test_files_lie_where_an_organisation_trail_puts_them(tmp_path: Path) -> None:
    report = write_days(tmp_path, _organisation(), DAY, DAY)
    files = sorted(tmp_path.rglob("*.json.gz"))
    assert len(files) == report.files > 20
    account = _organisation().account_ids[0]
    assert files[0].relative_to(tmp_path).parts[:4] == (
        "AWSLogs",
        "o-dd0ccost01",
        account,
        "CloudTrail",
    )
    assert "Records" in json.loads(gzip.decompress(files[0].read_bytes()))


def test_writing_again_gives_the_same_bytes(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        write_days(tmp_path / name, _organisation(), DAY, DAY)
        root = tmp_path / name
        contents.append(
            {f.relative_to(root): f.read_bytes() for f in root.rglob("*") if f.is_file()}
        )
    assert contents[0] == contents[1]


def test_what_starts_is_priced_and_mostly_ends() -> None:
    starts, stops = set(), set()
    for number in range(12):
        for event in _events(FIRST + timedelta(days=number)):
            if event.action == "start" and event.resource_type == "ec2_instance":
                assert event.price_basis in ("list", "estimated")
                starts.update(event.resource_ids)
            elif event.action == "stop":
                stops.update(event.resource_ids)
    assert len(starts & stops) > 0.8 * len(starts)


def test_incidents_come_after_the_quiet_days_and_are_labelled(tmp_path: Path) -> None:
    organisation = _organisation()
    last = FIRST + timedelta(days=34)
    assert organisation.incidents(FIRST, FIRST + timedelta(days=13)) == []
    write_days(tmp_path, organisation, last, last)
    labels = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert all(label["event_ids"] for label in labels)
    kinds = {incident.kind for incident in organisation.incidents(FIRST, last)}
    assert len(kinds) >= 6


def test_live_ticks_leave_nothing_out_and_show_an_incident(tmp_path: Path) -> None:
    organisation = _organisation()
    now = datetime(2026, 2, 3, 9, tzinfo=UTC)
    for minutes in range(0, 60, 5):
        tick(tmp_path, organisation, now + timedelta(minutes=minutes))
    names = [
        record["eventID"]
        for file in tmp_path.rglob("*.json.gz")
        for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]
    ]
    assert len(names) == len(set(names))
    expected = {
        call.record()["eventID"]
        for call in organisation.calls(now.date())
        if now <= call.at < now + timedelta(minutes=55)
    }
    assert expected < set(names)
