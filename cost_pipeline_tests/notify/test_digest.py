"""The digest: the same files for the same day, small enough for mail, sent once."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from cost_pipeline.notify import outbox
from cost_pipeline.notify.channel import DeliveryError
from cost_pipeline.notify.channels import Mail
from cost_pipeline.notify.digest import Digest, write_digest
from cost_pipeline.notify.outbox import DeliveryReport
from cost_pipeline.store import digests, inventory
from cost_pipeline.store.channels import Rules
from cost_pipeline.store.database import Database
from cost_pipeline.store.digests import Period
from cost_pipeline_tests.notify.conftest import NOW, TENANT, Mailbox
from cost_pipeline_tests.notify.test_outbox import Recorder

DAY = NOW.date()
SUNDAY = date(2026, 3, 15)
Write = Callable[..., Digest]


@pytest.fixture
def write(database: Database, tmp_path: Path) -> Write:
    def again(day: date = DAY, period: Period = "daily") -> Digest:
        return write_digest(
            database,
            tenant_id=TENANT,
            day=day,
            folder=tmp_path / "my digests",
            dashboard_url="https://cost.test",
            period=period,
        )

    return again


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_where_nobody_looked_for_what_is_idle_no_form_says_that_nothing_is(
    write: Write, database: Database
) -> None:
    unswept = write()
    assert ("Idle, a month", "no sweep") in unswept.message.fields
    files = _files(unswept.folder)
    for name in ("digest.html", "digest.txt", "digest.md"):
        assert "Nobody looked: there was no sweep." in files[name].decode(), name
        assert "idle a month" not in files[name].decode()
        assert "Nothing known to be idle" not in files[name].decode()
    with database.transaction(TENANT) as conn:
        answers = [inventory.Answer("ec2:DescribeAddresses", [])]
        place: dict[str, Any] = {"account_id": "111122223333", "region": "eu-west-1"}
        inventory.replace(conn, tenant_id=TENANT, day=DAY, answers=answers, now=NOW, **place)
    swept = write()
    assert ("Idle, a month", "$0.00 (unchanged)") in swept.message.fields
    files = _files(swept.folder)
    for name in ("digest.html", "digest.txt", "digest.md"):
        assert "Nothing known to be idle." in files[name].decode(), name


def test_every_form_tells_of_the_anomaly_and_a_rerun_writes_the_same_bytes(
    write: Write, anomaly: Callable[..., UUID]
) -> None:
    anomaly_id = anomaly(title="ada | <b>started</b> 3 × p4d", actor="=HYPERLINK(1)")
    files = _files(write().folder)
    assert set(files) == {
        "digest.html",
        "digest.txt",
        "digest.md",
        "digest.json",
        "anomalies.csv",
        "chart.png",
    }
    html = files["digest.html"].decode()
    assert f"https://cost.test/anomalies?anomaly={anomaly_id}" in html
    assert "&lt;b&gt;started" in html
    assert "data:image/png;base64," in html
    assert "cid:" not in html
    assert "HIGH (1)\n- ada | <b>started</b> 3 × p4d" in files["digest.txt"].decode()
    assert "| high | [ada \\| &lt;b>started" in files["digest.md"].decode()
    row = next(csv.DictReader(files["anomalies.csv"].decode().splitlines()))
    assert (row["id"], row["projected_monthly_cost"]) == (str(anomaly_id), "71773.6")
    assert row["actor"] == "'=HYPERLINK(1)"
    assert (row["spent"], row["by_monday"]) == ("0.0000", "0.0000")
    assert "$0.00 spent, $0.00 an hour, $0.00 by Monday 09:00." in files["digest.txt"].decode()
    facts = json.loads(files["digest.json"])
    assert facts["anomalies"][0]["reasons"][0]["signal"] == "z"
    assert Image.open(io.BytesIO(files["chart.png"])).size == (1104, 330)
    assert _files(write().folder) == files


def test_it_says_how_old_the_prices_are(write: Write, database: Database) -> None:
    assert "No list prices yet." in _files(write().folder)["digest.txt"].decode()
    with database.admin() as conn:
        for number, day in enumerate((date(2024, 7, 1), date(2026, 7, 20))):
            conn.execute(
                "INSERT INTO price_book (service, region, resource_type, attributes, valid_from,"
                " usd, unit, source, as_of, basis)"
                " VALUES ('ec2', 'eu-west-1', 't', %s, %s, 1, 'hour', 'aws', %s, 'list')",
                [str(number), day, day],
            )
    files = _files(write().folder)
    for name in ("digest.html", "digest.txt", "digest.md", "digest.json"):
        assert "List prices of 2024-07-01 to 2026-07-20" in files[name].decode(), name


def test_an_empty_day_is_a_digest_too(write: Write) -> None:
    files = _files(write().folder)
    assert "None. Nothing unusual" in files["digest.html"].decode()
    assert files["anomalies.csv"].decode().startswith("id,day,severity")


def test_a_week_is_kept_beside_its_days(
    write: Write, anomaly: Callable[..., UUID], database: Database
) -> None:
    for number in range(-1, 7):
        day = SUNDAY - timedelta(days=number)
        anomaly(day=day, title=f"of {day}", trigger_event_id=f"e{number}")
    daily, weekly = write(SUNDAY), write(SUNDAY, "weekly")
    assert (daily.anomalies, weekly.anomalies) == (1, 7)
    assert weekly.folder.name == "2026-W11"
    assert "week 2026-W11 (2026-03-09 to 2026-03-15): 7 anomalies" in weekly.message.subject
    with database.transaction(TENANT) as conn:
        listed = digests.listing(conn, tenant_id=TENANT)
    assert [(row["period"], row["day"]) for row in listed] == [
        ("daily", SUNDAY),
        ("weekly", SUNDAY),
    ]


@pytest.mark.parametrize("filler", ["x", '"', "😀"])
def test_a_bad_day_still_fits_into_a_mail(
    database: Database, write: Write, anomaly: Callable[..., UUID], filler: str
) -> None:
    long = [{"sentence": f"usual is nothing like this. {filler}" * 40}]
    for number in range(140):
        severity = ("low", "medium", "high", "critical")[number % 4]
        anomaly(title=f"anomaly {number} " + filler * 400, reasons=long, severity=severity)
    html = write().message.html
    assert len(html.encode()) <= 102 * 1024
    assert "more, in the attached CSV" in html


Send = Callable[..., DeliveryReport]


@pytest.fixture
def send(database: Database, write: Write) -> Send:
    """Writes the digest, queues it, and delivers what is due after some hours."""

    def go(channel: Any, *, again: bool = False, hours: float = 0) -> DeliveryReport:
        write()
        now = NOW + timedelta(hours=hours)
        with database.transaction(TENANT) as conn:
            digests.enqueue(
                conn,
                tenant_id=TENANT,
                period="daily",
                day=DAY,
                channels=[channel.name],
                now=now,
                again=again,
            )
        return outbox.run(
            database,
            tenant_id=TENANT,
            channels=[channel],
            min_severity="critical",
            dashboard_url="https://cost.test",
            now=now,
            rules={channel.name: Rules(wants=("daily",))},
        )

    return go


def test_sent_once_unless_asked_again(
    database: Database, send: Send, anomaly: Callable[..., UUID]
) -> None:
    anomaly()
    recorder = Recorder()
    assert [send(recorder).sent, send(recorder).sent, send(recorder, again=True).sent] == [1, 0, 1]
    first, second = recorder.messages
    assert first.html == second.html
    assert first.dedup_key != second.dedup_key
    assert first.subject == "dd0c/cost 2026-03-10: 1 anomaly"
    with database.transaction(TENANT) as conn:
        assert digests.listing(conn, tenant_id=TENANT)[0]["sent_at"] == NOW


def test_one_that_was_refused_is_sent_later_under_the_same_key(send: Send) -> None:
    recorder = Recorder(error=DeliveryError("down"))
    assert send(recorder).failed == 1
    recorder.error = None
    assert send(recorder, hours=1).sent == 1
    assert recorder.messages[0].dedup_key == "digest/default/daily/2026-03-10/recorder/1"


def test_as_mail_its_picture_is_inside_and_its_files_are_attached(
    send: Send, mail_server: Callable[..., Mailbox], anomaly: Callable[..., UUID]
) -> None:
    anomaly()
    server = mail_server()
    assert send(Mail(server.host, server.port, "c@x.test", ("a@x.test",), starttls=False)).sent
    parts = {part.get_content_type(): part for part in server.mails[0].walk()}
    assert {"text/plain", "text/html", "image/png", "text/csv", "application/json"} <= set(parts)
    assert parts["image/png"]["Content-ID"] == "<chart.png>"
    html = parts["text/html"].get_payload(decode=True)
    assert b'src="cid:chart.png"' in html
    assert b"<link" not in html
