"""The digest: the same files for the same day, small enough for mail, mailed once."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from cost_pipeline.notify.digest import Digest, write_digest
from cost_pipeline.store.database import Database
from cost_pipeline_tests.notify.conftest import NOW, TENANT

DAY = NOW.date()
Write = Callable[[], Digest]


@pytest.fixture
def write(database: Database, tmp_path: Path) -> Write:
    def again() -> Digest:
        return write_digest(
            database,
            tenant_id=TENANT,
            day=DAY,
            folder=tmp_path / "my digests",
            dashboard_url="https://cost.test",
        )

    return again


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_form_tells_of_the_anomaly(write: Write, anomaly: Callable[..., UUID]) -> None:
    anomaly_id = anomaly(title="ada | <b>started</b> 3 × p4d")
    files = _files(write().folder)
    assert set(files) == {
        "digest.html",
        "digest.txt",
        "digest.md",
        "digest.json",
        "anomalies.csv",
    }
    assert f"https://cost.test/anomalies?anomaly={anomaly_id}" in files["digest.html"].decode()
    assert "&lt;b&gt;started" in files["digest.html"].decode()
    assert "[high] ada | <b>started</b> 3 × p4d" in files["digest.txt"].decode()
    assert "| high | [ada \\| &lt;b>started" in files["digest.md"].decode()
    row = next(csv.DictReader(files["anomalies.csv"].decode().splitlines()))
    assert (row["id"], row["projected_monthly_cost"]) == (str(anomaly_id), "71773.6")
    facts = json.loads(files["digest.json"])
    assert facts["anomalies"][0]["reasons"][0]["signal"] == "z"


def test_a_spreadsheet_does_not_run_a_name_as_a_formula(
    write: Write, anomaly: Callable[..., UUID]
) -> None:
    anomaly(actor="=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in _files(write().folder)["anomalies.csv"].decode()


def test_a_rerun_writes_the_same_bytes(write: Write, anomaly: Callable[..., UUID]) -> None:
    for number in range(3):
        anomaly(hourly_cost=number)
    assert _files(write().folder) == _files(write().folder)


def test_an_empty_day_is_a_digest_too(write: Write) -> None:
    files = _files(write().folder)
    assert "None. Nothing unusual" in files["digest.html"].decode()
    assert files["anomalies.csv"].decode().startswith("id,severity")


def test_a_bad_day_still_fits_into_a_mail(write: Write, anomaly: Callable[..., UUID]) -> None:
    long = [{"sentence": "usual is nothing like this. " * 40}]
    for number in range(120):
        anomaly(title=f"anomaly {number} " + "x" * 400, reasons=long)
    html = write().message.html
    assert len(html.encode()) <= 102 * 1024
    assert "70 more" in html
