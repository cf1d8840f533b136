import gzip
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.core.cloudtrail import Record, read_log_file
from cost_pipeline.core.model import CostEvent, RefusedCall
from cost_pipeline.core.normalize import RecordError, normalize
from cost_pipeline.prices.book import PriceBook

DAY = date(2026, 1, 5)
LOGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "cloudtrail"


def record(name: str, source: str = "ec2", **fields: Any) -> Record:
    plain: dict[str, Any] = {
        "eventID": "0a1b",
        "eventTime": "2026-01-05T10:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "recipientAccountId": "111122223333",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0a/eva@example.com",
            "accountId": "111122223333",
        },
    }
    return msgspec.json.decode(json.dumps(plain | fields), type=Record)


def run(subject: Record) -> list[CostEvent] | RefusedCall | None:
    return normalize(
        subject,
        tenant_id="default",
        partition_day=DAY,
        catalog=load_catalog(),
        prices=PriceBook.packaged(),
    )


def outcome(subject: Record) -> list[CostEvent] | RefusedCall | str | None:
    """What a record yields, or the reason why it cannot be understood."""
    try:
        return run(subject)
    except RecordError as error:
        return error.reason


def events(subject: Record) -> list[CostEvent]:
    found = run(subject)
    assert isinstance(found, list)
    return found


def launch(*instances: dict[str, Any], **fields: Any) -> Record:
    return record(
        "RunInstances", responseElements={"instancesSet": {"items": list(instances)}}, **fields
    )


def instance(number: int = 1, kind: str = "m5.large") -> dict[str, Any]:
    return {"instanceId": f"i-{number}", "instanceType": kind}


def test_a_launch_becomes_one_event() -> None:
    (event,) = events(launch(instance(1), instance(2), userAgent="Terraform"))
    assert event.resource_ids == ("i-1", "i-2")
    assert event.hourly_cost == Decimal("0.192")
    assert event.rate_after == Decimal("0.096")
    assert event.event_time == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert event.partition_day == DAY
    assert (event.service, event.resource_type, event.action) == ("ec2", "ec2_instance", "start")
    assert (event.actor.kind, event.actor.name) == ("sso", "eva@example.com")
    assert event.data["user_agent"] == "Terraform"
    assert "m5.large" in event.data["price"]


def test_the_same_record_gives_the_same_id_and_another_account_another() -> None:
    (first,), (again,) = events(launch(instance())), events(launch(instance()))
    assert first == again
    (other,) = events(launch(instance(), recipientAccountId="999988887777"))
    assert other.id != first.id


def test_what_is_not_catalogued_is_nothing() -> None:
    assert run(record("DescribeInstances")) is None


def test_the_version_in_the_name_does_not_matter() -> None:
    subject = record("DeleteFunction20150331", "lambda", requestParameters={"functionName": "f"})
    (event,) = events(subject)
    assert event.event_name == "DeleteFunction"


@pytest.mark.parametrize("code", ["AccessDenied", "Client.DryRunOperation"])
def test_a_refused_call_spends_nothing(code: str) -> None:
    found = run(record("RunInstances", errorCode=code, requestParameters=None))
    assert isinstance(found, RefusedCall)
    assert (found.error_code, found.event_name) == (code, "RunInstances")
    assert found.actor.name == "eva@example.com"


def test_an_unknown_type_is_unpriced_and_not_zero() -> None:
    (event,) = events(launch(instance(kind="z99.mega")))
    assert (event.hourly_cost, event.rate_after) == (None, None)
    assert event.price_basis == "unpriced"
    assert event.resource_class == "z99.mega"


def test_a_definition_keeps_its_rate_for_what_will_run_it() -> None:
    (definition,) = events(
        record(
            "CreateEndpointConfig",
            "sagemaker",
            requestParameters={
                "endpointConfigName": "chat",
                "productionVariants": [
                    {"instanceType": "ml.m5.large", "initialInstanceCount": 2},
                    {"instanceType": "ml.m5.xlarge", "initialInstanceCount": 1},
                ],
            },
        )
    )
    (endpoint,) = events(
        record(
            "CreateEndpoint",
            "sagemaker",
            requestParameters={"endpointName": "chat", "endpointConfigName": "chat"},
        )
    )
    assert (definition.hourly_cost, definition.rate_after) == (0, None)
    assert Decimal(definition.data["rate"]) == Decimal("0.4608")
    assert endpoint.hourly_cost is None
    assert (endpoint.data["defined_by"],) == definition.resource_ids


def test_a_job_costs_once_and_adds_nothing_an_hour() -> None:
    (job,) = events(
        record(
            "CreateTrainingJob",
            "sagemaker",
            requestParameters={
                "trainingJobName": "t",
                "resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": 10},
                "stoppingCondition": {"maxRuntimeInSeconds": 7200},
            },
        )
    )
    assert (job.hourly_cost, job.rate_after) == (0, 0)
    assert job.one_time_cost == Decimal("2.304")


@pytest.mark.parametrize(
    "fields",
    [
        {"requestParameters": None, "responseElements": None},
        {"requestParameters": "text", "responseElements": "text"},
        {"requestParameters": [1, 2], "responseElements": []},
        {"requestParameters": {"omitted": True}},
        {"responseElements": {"instancesSet": {"items": "none"}}},
        {"responseElements": {"instancesSet": {"items": [None, 1, "x"]}}},
    ],
)
def test_a_strange_shape_is_an_event_nothing_or_an_error_with_a_reason(
    fields: dict[str, Any],
) -> None:
    for source, name in load_catalog().calls:
        subject = record(name, source.removesuffix(".amazonaws.com"), **fields)
        found = outcome(subject)
        if isinstance(found, str):
            assert name in found
        else:
            assert found is None or all(event.resource_ids for event in events(subject))


def test_what_has_no_account_or_no_time_is_said_so() -> None:
    with pytest.raises(RecordError, match="names an account"):
        run(record("RunInstances", recipientAccountId=None, userIdentity={"type": "AWSService"}))
    with pytest.raises(RecordError, match="'yesterday' is not a time"):
        run(record("RunInstances", eventTime="yesterday"))


def test_times_are_utc() -> None:
    (event,) = events(launch(instance(), eventTime="2026-01-05T12:00:00+02:00"))
    assert event.event_time == datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert event.event_time.utcoffset() == timedelta(0)


def test_partition_and_tenant_come_from_the_caller() -> None:
    (event,) = events(launch(instance()))
    other = normalize(
        launch(instance()),
        tenant_id="other",
        partition_day=date(2026, 1, 6),
        catalog=load_catalog(),
        prices=PriceBook.packaged(),
    )
    assert isinstance(other, list)
    assert other[0].id != event.id
    assert other[0] == replace(
        event, id=other[0].id, tenant_id="other", partition_day=date(2026, 1, 6)
    )


@pytest.mark.skipif(not LOGS.is_dir(), reason="the published CloudTrail records are not here")
def test_published_records_are_understood() -> None:
    outcomes: Counter[str] = Counter()
    for path in sorted(LOGS.glob("*.jsonl.gz")):
        lines = gzip.decompress(path.read_bytes()).splitlines()
        log_file = read_log_file(b'{"Records": [' + b",".join(lines) + b"]}")
        for subject in log_file.records:
            found = outcome(subject)
            assert found != ""
            outcomes[type(found).__name__] += 1
    assert outcomes["list"] > 150
    assert outcomes["RefusedCall"] > 50
    assert outcomes["str"] < 10
