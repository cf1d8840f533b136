"""Notices in a real queue become registered files; none is lost, whatever ends in between."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from cost_pipeline.aws.queue_trail import Message, Queue
from cost_pipeline.intake import draining
from cost_pipeline.orchestration.listing import Found, Listing
from cost_pipeline.orchestration.resources import TrailReader
from cost_pipeline.store import objects, queues
from cost_pipeline.store.database import Database

KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
KEY = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/10/{}.json.gz"


class Delivery:
    """A bucket that tells a queue of what is put into it."""

    def __init__(self, database: Database, endpoint: str, name: str, *, by_topic: bool) -> None:
        self.database, self.endpoint, self.bucket = database, endpoint, name
        self.s3, self.sqs, sns = (
            boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", **KEYS)
            for service in ("s3", "sqs", "sns")
        )
        self.queue_url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:123456789012:{name}"
        self.s3.create_bucket(Bucket=name)
        notice: dict[str, Any] = {"Events": ["s3:ObjectCreated:*"]}
        if by_topic:
            topic = sns.create_topic(Name=name)["TopicArn"]
            sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
            told = {"TopicConfigurations": [notice | {"TopicArn": topic}]}
        else:
            told = {"QueueConfigurations": [notice | {"QueueArn": arn}]}
        self.s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration=told)

    def register(self, url: str, **more: Any) -> objects.Trail:
        with self.database.transaction("default") as conn:
            return objects.ensure_trail(
                conn, tenant_id="default", url=url, endpoint_url=self.endpoint, **more
            )

    def put(self, name: str) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=KEY.format(name), Body=b"{}")

    def send(self, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body)

    def left(self) -> int:
        """Messages in the queue, hidden or not."""
        wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=wanted)
        return sum(int(answer["Attributes"][name]) for name in wanted)

    def show_again(self) -> None:
        """Time passes, and what was received but not deleted can be received again."""
        self.sqs.set_queue_attributes(
            QueueUrl=self.queue_url, Attributes={"VisibilityTimeout": "0"}
        )

    def tick(self, trail: objects.Trail, calls: int = 40) -> Found:
        told: list[Found] = []
        listing = Listing(
            self.database, TrailReader(), datetime.now(UTC), timedelta(hours=48), calls
        )
        listing.tick([("default", trail)], told.append)
        return told[0]

    def registered(self) -> list[str]:
        with self.database.transaction("default") as conn:
            return [r["key"] for r in conn.execute("SELECT key FROM trail_objects ORDER BY key")]


@pytest.fixture
def delivery(
    database: Database,
    moto_server: str,
    request: pytest.FixtureRequest,
    settings: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Delivery:
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)
    name = f"logs-{abs(hash(request.node.nodeid))}"
    by_topic = getattr(request, "param", False)
    return Delivery(database, moto_server, name, by_topic=by_topic)


@pytest.mark.parametrize("delivery", [False, True], indirect=True, ids=["S3", "S3 and SNS"])
def test_a_trail_that_is_a_queue(delivery: Delivery) -> None:
    host = delivery.queue_url.partition("://")[2]
    trail = delivery.register(f"sqs://{host}")
    delivery.put("a")
    found = delivery.tick(trail)
    assert (found.new_files, found.calls, found.failed) == (1, 0, False)
    assert delivery.registered() == [f"{delivery.bucket}/{KEY.format('a')}"]
    assert delivery.left() == 0
    source = TrailReader().open(trail)
    assert source.read(delivery.registered()[0]) == b"{}"
    source.close()


def test_a_queue_beside_a_bucket_replaces_the_hot_listings(delivery: Delivery) -> None:
    trail = delivery.register(f"s3://{delivery.bucket}", queue_url=delivery.queue_url)
    delivery.put("a")
    delivery.tick(trail)
    delivery.put("b")
    delivery.s3.put_object(Bucket=delivery.bucket, Key="notes.txt", Body=b"")
    found = delivery.tick(trail)
    assert (found.new_files, found.calls) == (1, 0)
    assert delivery.registered() == [KEY.format("a"), KEY.format("b")]
    assert "2 messages, 1 new files" in found.sentence


def test_a_message_that_means_nothing_is_kept_aside_and_the_rest_is_read(
    delivery: Delivery,
) -> None:
    trail = delivery.register(f"s3://{delivery.bucket}", queue_url=delivery.queue_url)
    delivery.send("not a notice \u2603")
    delivery.send(json.dumps({"s3Bucket": "elsewhere", "s3ObjectKey": [KEY.format("x")]}))
    delivery.put("a")
    delivery.tick(trail)
    assert delivery.registered() == [KEY.format("a")]
    with delivery.database.transaction("default") as conn:
        kept = queues.rejects(conn, tenant_id="default")
    assert sorted(row["reason"] for row in kept) == [
        f"names the bucket elsewhere, not {delivery.bucket}",
        "not JSON",
    ]
    assert "not a notice \u2603" in [row["body"] for row in kept]
    assert delivery.left() == 0


class CrashError(Exception):
    """The process ends here."""


def test_nothing_is_lost_or_doubled_by_a_crash_between_commit_and_delete(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = delivery.register(f"s3://{delivery.bucket}", queue_url=delivery.queue_url)
    delivery.show_again()
    delivery.put("a")

    def crash(self: Queue, messages: list[Message]) -> None:
        raise CrashError

    monkeypatch.setattr("cost_pipeline.aws.queue_trail.HIDDEN_SECONDS", 0)
    with monkeypatch.context() as patched:
        patched.setattr(Queue, "delete", crash)
        patched.setattr(draining, "_BATCH", 1)
        with pytest.raises(CrashError):
            delivery.tick(trail)
    assert delivery.registered() == [KEY.format("a")]
    with delivery.database.transaction("default") as conn:
        conn.execute("UPDATE trail_objects SET state = 'done'")
    monkeypatch.setattr("cost_pipeline.aws.queue_trail.HIDDEN_SECONDS", 30)
    again = delivery.tick(trail)
    assert "2 messages, 0 new files" in again.sentence
    assert delivery.left() == 0
    with delivery.database.transaction("default") as conn:
        assert objects.due_days(conn, tenant_id="default") == []


def test_nothing_is_deleted_when_the_commit_fails(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = delivery.register(f"s3://{delivery.bucket}", queue_url=delivery.queue_url)
    delivery.put("a")

    def fail(*_: Any, **__: Any) -> None:
        raise CrashError

    with monkeypatch.context() as patched:
        patched.setattr(queues, "keep_rejects", fail)
        with pytest.raises(CrashError):
            delivery.tick(trail)
    assert delivery.registered() == []
    assert delivery.left() == 2  # S3's own test message is the other


def test_a_queue_that_is_not_there_is_said_in_words(delivery: Delivery) -> None:
    missing = delivery.queue_url.replace("/logs-", "/no-")
    trail = delivery.register(f"s3://{delivery.bucket}", queue_url=missing)
    found = delivery.tick(trail)
    assert found.failed
    assert "there is no such queue here" in found.sentence
