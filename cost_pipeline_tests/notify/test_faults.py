"""Receivers that are slow, full, broken or false, and a process that dies at the worst moment."""

import hashlib
import hmac
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import pytest
from moto.server import ThreadedMotoServer

from cost_pipeline.notify import outbox
from cost_pipeline.notify.anything import Anything
from cost_pipeline.notify.channel import Channel, Console, DeliveryError
from cost_pipeline.notify.channels import Mail, Slack, built
from cost_pipeline.notify.message import (
    Message,
    alert_message,
    folded_message,
    resolved_message,
)
from cost_pipeline.notify.pagerduty import PagerDuty
from cost_pipeline.notify.slack import slack_blocks
from cost_pipeline.notify.teams import Teams, teams_payload
from cost_pipeline.notify.topic import Topic
from cost_pipeline.notify.webhook import Webhook as Signed
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.ports import free_port
from cost_pipeline_tests.notify.conftest import NOW, TENANT, Mailbox, Webhook
from cost_pipeline_tests.notify.test_channels import _certificate

HOSTILE = "<!channel> *b* [x](http://evil) @everyone \x1b[31m=1+1\r\nBcc: eve@x.test \u202egnp <b>"


def _anomaly(**changes: Any) -> dict[str, Any]:
    return {
        "id": UUID(int=7),
        "tenant_id": TENANT,
        "account_id": "111122223333",
        "region": "eu-west-1",
        "actor": HOSTILE,
        "resource_type": "ec2_instance",
        "severity": "high",
        "hourly_cost": 98.32,
        "projected_monthly_cost": 71773.6,
        "one_time_cost": 0,
        "first_event_time": NOW,
        "title": f"{HOSTILE} started 3 × p4d",
        "reasons": [{"signal": "z", "sentence": f"40 times what is usual for {HOSTILE}."}],
    } | changes


def _message() -> Message:
    links = {"Mine": "https://cost.test/decide/a", "Expected": "https://cost.test/decide/b"}
    return alert_message(
        _anomaly(), dedup_key="a/1/x", dashboard_url="https://cost.test", decisions=links
    )


def test_a_webhook_can_tell_who_posted_and_when(webhook: Webhook) -> None:
    Signed(webhook.url, "s3cret", clock=lambda: 1_800_000_000.5).send(_message())
    headers, body = webhook.seen[0]
    signed = headers["X-Dd0c-Timestamp"].encode() + b"." + body
    right = hmac.new(b"s3cret", signed, hashlib.sha256).hexdigest()
    assert headers["X-Dd0c-Signature"] == f"v1={right}"
    assert headers["X-Dd0c-Timestamp"] == "1800000000"
    assert headers["Idempotency-Key"] == "a/1/x"
    said = json.loads(body)
    assert said["facts"]["projected_monthly_cost"] == 71773.6
    assert said["links"]["Mine"] == "https://cost.test/decide/a"


def test_the_example_in_the_documentation_verifies(webhook: Webhook) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "alerts.md").read_text()
    example: dict[str, Any] = {}
    exec(page.split("```python")[1].split("```")[0], example)  # noqa: S102
    Signed(webhook.url, "s3cret").send(_message())
    headers, body = webhook.seen[0]
    assert example["genuine"]("s3cret", headers, body)
    assert not example["genuine"]("other", headers, body)
    assert not example["genuine"]("s3cret", headers, body + b" ")
    old = headers | {"X-Dd0c-Timestamp": "1700000000"}
    assert not example["genuine"]("s3cret", old, body)


_MARK = "m4rked-s3cret"
_SECRET = {
    "email": {"to": "a@x.test", "host": "127.0.0.1", "port": "9", "user": "u", "password": _MARK},
    "slack": {"url": f"http://127.0.0.1:9/{_MARK}"},
    "teams": {"url": f"http://no-such-host.invalid/{_MARK}?sig={_MARK}"},
    "webhook": {"url": f"http://u:{_MARK}@127.0.0.1:9/", "secret": _MARK},
    "pagerduty": {"key": _MARK, "url": "http://127.0.0.1:9/"},
}


@pytest.mark.parametrize("kind", _SECRET)
def test_what_is_secret_shows_in_no_error_log_or_representation(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    channel = built(kind, "c", _SECRET[kind], Settings())
    with caplog.at_level("DEBUG"), pytest.raises(DeliveryError) as refused:
        channel.send(_message())
    assert _MARK not in f"{refused.value} {channel!r} {caplog.text}"


def test_pagerduty_opens_one_incident_and_closes_it(webhook: Webhook) -> None:
    duty = PagerDuty("k" * 32, webhook.url)
    duty.send(_message())
    trigger = webhook.posts[0]
    assert (trigger["event_action"], trigger["routing_key"]) == ("trigger", "k" * 32)
    assert trigger["dedup_key"] == f"dd0c-cost/{TENANT}/{UUID(int=7)}"
    assert trigger["payload"]["severity"] == "error"
    assert trigger["payload"]["custom_details"]["hourly_cost"] == 98.32
    duty.send(
        resolved_message(_anomaly(), dedup_key="a/2/x", dashboard_url="https://c.test", by="ada")
    )
    assert webhook.posts[1] == {
        "routing_key": "k" * 32,
        "event_action": "resolve",
        "dedup_key": trigger["dedup_key"],
    }


def test_teams_gets_a_card_in_which_names_are_only_text(webhook: Webhook) -> None:
    Teams(webhook.url).send(_message())
    card = webhook.posts[0]["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert [action["title"] for action in card["actions"]] == ["Open", "Mine", "Expected"]
    many = folded_message(
        [{"id": n, "severity": "low", "title": HOSTILE * 40, "account_id": "1",
          "monthly_cost": 1} for n in range(300)],
        dedup_key="k", dashboard_url="https://cost.test",
        priced="No list prices yet",
    )  # fmt: skip
    assert len(json.dumps(teams_payload(many))) < 28_000
    assert len(json.dumps(slack_blocks(many))) < 20_000


def test_a_hostile_name_is_a_name_in_every_medium(
    mail_server: Callable[..., Mailbox], capsys: pytest.CaptureFixture[str]
) -> None:
    message, server = _message(), mail_server()
    Mail(server.host, server.port, "c@x.test", ("a@x.test",), starttls=False).send(message)
    mail = server.mails[0]
    assert mail["Bcc"] is None
    text, html = (
        part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        for part in mail.walk()
        if part.get_content_type() in ("text/plain", "text/html")
    )
    assert "\x1b" not in text + html
    assert "\u202e" not in text + html
    assert "\nBcc:" not in text
    assert "<b>" not in html
    Console().send(message)
    assert "\x1b" not in capsys.readouterr().out
    kinds = {block["type"] for block in slack_blocks(message)}
    assert "mrkdwn" not in json.dumps(slack_blocks(message))
    assert kinds == {"header", "section", "rich_text", "actions"}


@pytest.fixture
def topic() -> Iterator[tuple[str, str]]:
    """The address of moto's server, and a topic there."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}", "arn:aws:sns:eu-west-1:123456789012:costs"
    server.stop()


def test_a_topic_of_sns(topic: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    address, arn = topic
    options = {"region_name": "eu-west-1", "endpoint_url": address}
    sns, sqs = boto3.client("sns", **options), boto3.client("sqs", **options)
    with pytest.raises(DeliveryError, match=r"publishing to .* failed: NotFound"):
        Topic(arn, endpoint_url=address).send(_message())
    sns.create_topic(Name="costs")
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:q")
    Topic(arn, endpoint_url=address).send(_message())
    said = json.loads(sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"])
    assert said["Subject"].startswith("[high] <!channel> *b*")
    assert "$98.32 an hour" in said["Message"]
    assert said["MessageAttributes"]["severity"]["Value"] == "high"
    with pytest.raises(DeliveryError, match="failed: EndpointConnectionError"):
        Topic(arn, endpoint_url=f"http://127.0.0.1:{free_port()}", timeout_seconds=0.2).send(
            _message()
        )


@pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")
def test_anything_else_goes_through_apprise_and_mentions_nobody(webhook: Webhook) -> None:
    where = webhook.url.removeprefix("http://")
    Anything(f"json://{where}").send(_message())
    assert "@everyone" not in webhook.posts[0]["message"]
    assert "everyone" in webhook.posts[0]["message"]
    webhook.status = 500
    with pytest.raises(DeliveryError, match="behind json://") as refused:
        Anything(f"json://{where}").send(_message())
    assert "secret-token" not in str(refused.value)


@pytest.fixture
def rude() -> Iterator[Callable[..., str]]:
    """A server that answers with bytes as they are, and hangs up; over TLS with a certificate."""
    sockets: list[socket.socket] = []

    def start(answer: bytes, certificate: Path | None = None) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                    if context is not None:
                        connection = context.wrap_socket(connection, server_side=True)
                    connection.recv(65536)
                    connection.sendall(answer)
                    connection.close()
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        scheme = "https" if certificate else "http"
        return f"{scheme}://localhost:{listener.getsockname()[1]}/secret-token"

    yield start
    for listener in sockets:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def test_a_connection_that_is_cut_and_a_certificate_that_nobody_vouches_for(
    rude: Callable[..., str], tmp_path: Path
) -> None:
    cut = rude(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    Slack(cut).send(_message())  # its status was whole: taken
    for answer, why in ((b"", "unreachable"), (b"HTTP/1.1 2", "unreachable|answered")):
        with pytest.raises(DeliveryError, match=why) as problem:
            Slack(rude(answer)).send(_message())
        assert "secret-token" not in str(problem.value)
    false = rude(b"HTTP/1.1 200 OK\r\n\r\n", _certificate(tmp_path))
    with pytest.raises(DeliveryError, match="certificate that is not trusted"):
        Slack(false).send(_message())


def test_a_mail_server_that_repeats_the_password_does_not_get_it_into_an_error() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb", buffering=0) as line:
            line.write(b"220 hi\r\n")
            line.readline()
            line.write(b"250-me\r\n250 AUTH PLAIN\r\n")
            said = line.readline().split()[-1]
            line.write(b"535 no: hunter22 " + said + b"\r\n")
            line.readline()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    port = listener.getsockname()[1]
    mail = Mail("127.0.0.1", port, "c@x.test", ("a@x.test",), "bot", "hunter22", starttls=False)
    with pytest.raises(DeliveryError, match="535") as refused:
        mail.send(_message())
    assert "hunter22" not in str(refused.value)
    assert "aHVudGVyMjI" not in str(refused.value)
    assert "AGJvdABodW50ZXIyMg" not in str(refused.value)
    thread.join(5)
    listener.close()


_DIES = """
import os, signal, sys
from cost_pipeline.notify import outbox
from cost_pipeline.notify.channels import Mail
from cost_pipeline.store.database import Database
from cost_pipeline_tests.notify.conftest import NOW, TENANT

class Dying(Mail):
    def send(self, message):
        super().send(message)
        os.kill(os.getpid(), signal.SIGKILL)

with Database(sys.argv[1]) as db:
    outbox.run(
        db, tenant_id=TENANT, min_severity="low", dashboard_url="https://cost.test", now=NOW,
        channels=[Dying("127.0.0.1", int(sys.argv[2]), "c@x.test", ("a@x.test",), starttls=False)],
    )
"""


def test_a_death_between_acceptance_and_commit_repeats_it_under_the_same_id(
    database: Database, anomaly: Callable[..., UUID], mail_server: Callable[..., Mailbox]
) -> None:
    anomaly()
    server = mail_server()
    died = subprocess.run(
        [sys.executable, "-c", _DIES, database.url, str(server.port)],
        check=False,
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ,
    )
    assert died.returncode == -signal.SIGKILL
    channel: Channel = Mail("127.0.0.1", server.port, "c@x.test", ("a@x.test",), starttls=False)
    for _ in range(2):
        outbox.run(
            database,
            tenant_id=TENANT,
            channels=[channel],
            min_severity="low",
            dashboard_url="https://cost.test",
            now=NOW,
        )
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]
