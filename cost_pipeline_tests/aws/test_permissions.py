"""Every permission is tried by a real call, against IAM policies that are really enforced."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import boto3
import pytest
import requests

from cost_pipeline.aws import permissions
from cost_pipeline.aws.api_calls import CALLS
from cost_pipeline.aws.inventory import Clients, clients_of
from cost_pipeline.aws.permissions import Step
from cost_pipeline.aws.sessions import Access, open_session
from cost_pipeline.aws.trail_discovery import trails
from cost_pipeline.zombies.policy import iam_policy
from cost_pipeline_tests.aws.conftest import KEYS

KEY = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/10/x.json.gz"
Allowed = Callable[..., Clients]


@pytest.fixture
def bucket(s3: Any) -> str:
    s3.create_bucket(Bucket="logs")
    s3.put_object(Bucket="logs", Key=KEY, Body=b"x")
    return "logs"


@pytest.fixture
def allowed(moto_url: str) -> Iterator[Allowed]:
    """Clients of a user who may do some actions only; from then on AWS checks who asks."""
    names = (f"user-{number}" for number in count())

    def user(*actions: str) -> Clients:
        requests.post(f"{moto_url}/moto-api/reset-auth", data=b"inf", timeout=10).raise_for_status()
        iam = boto3.client("iam", endpoint_url=moto_url, region_name="us-east-1", **KEYS)
        name = next(names)
        iam.create_user(UserName=name)
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        requests.post(f"{moto_url}/moto-api/reset-auth", data=b"0", timeout=10).raise_for_status()
        access = Access(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
        return clients_of(open_session(access), "us-east-1", endpoint_url=moto_url)

    yield user
    requests.post(f"{moto_url}/moto-api/reset-auth", data=b"inf", timeout=10)


def _clients(url: str) -> Clients:
    return clients_of(open_session(Access()), "us-east-1", endpoint_url=url)


def _levels(steps: list[Step]) -> dict[str, str]:
    return {step.permission: step.level for step in steps}


def test_a_bucket_that_may_be_read(bucket: str, allowed: Allowed) -> None:
    steps = permissions.check_bucket(allowed("s3:ListBucket", "s3:GetObject"), bucket, "", None)
    assert _levels(steps) == {
        "s3:ListBucket": "ok", "s3:GetObject": "ok", "kms:Decrypt": "skipped"
    }  # fmt: skip


def test_listing_alone_is_not_enough_and_the_other_is_named(bucket: str, allowed: Allowed) -> None:
    steps = permissions.check_bucket(allowed("s3:ListBucket"), bucket, "", None)
    assert permissions.missing(steps) == ["s3:GetObject"]
    assert "arn:aws:s3:::logs/AWSLogs/*" in steps[-1].mend


def test_without_listing_that_is_named(bucket: str, allowed: Allowed) -> None:
    steps = permissions.check_bucket(allowed("s3:GetObject"), bucket, "", None)
    assert permissions.missing(steps) == ["s3:ListBucket"]
    assert "arn:aws:s3:::logs" in steps[-1].mend


def test_a_key_that_refuses_is_told_from_a_bucket_that_does() -> None:
    """S3 answers HEAD, which decrypts nothing, and refuses GET: it is the key."""
    steps = permissions.check_bucket(lambda _: Encrypted(), "logs", "p", KEY)
    assert permissions.missing(steps) == ["kms:Decrypt"]
    assert "arn:aws:kms:eu-west-1:1:key/k" in steps[-1].mend


class Encrypted:
    """A bucket whose files are encrypted with a key that we may not use."""

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        return {"Contents": [{"Key": KEY}]}

    def head_object(self, **request: Any) -> dict[str, Any]:
        key = "arn:aws:kms:eu-west-1:1:key/k"
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}

    def get_object(self, **request: Any) -> None:
        from botocore.exceptions import ClientError

        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "kms"}}, "GetObject")


def test_a_bucket_without_files_and_one_that_is_not_there(s3: Any, moto_url: str) -> None:
    s3.create_bucket(Bucket="empty")
    assert "AWSLogs" in permissions.check_bucket(_clients(moto_url), "empty", "", None)[-1].mend
    (step,) = permissions.check_bucket(_clients(moto_url), "nowhere", "", None)
    assert "no such bucket" in step.finding


def test_a_queue_is_tried_without_taking_anything(moto_url: str) -> None:
    sqs = boto3.client("sqs", endpoint_url=moto_url, region_name="us-east-1", **KEYS)
    url = sqs.create_queue(QueueName="new-logs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    steps = permissions.check_queue(_clients(moto_url), url)
    assert _levels(steps) == {"sqs:ReceiveMessage": "ok", "sqs:DeleteMessage": "ok"}
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"


def test_the_organisation_s_trail_comes_first_and_says_whether_it_logs(
    bucket: str, moto_url: str
) -> None:
    cloudtrail = boto3.client("cloudtrail", endpoint_url=moto_url, region_name="us-east-1", **KEYS)
    for name, everywhere in (("small", False), ("large", True)):
        cloudtrail.create_trail(Name=name, S3BucketName=bucket, IsMultiRegionTrail=everywhere)
        cloudtrail.start_logging(Name=name)
    steps, answers = permissions.check_discovery(_clients(moto_url))
    found, status = trails(_clients(moto_url), answers["cloudtrail:DescribeTrails"])
    assert [trail.name for trail in found] == ["large", "small"]
    assert found[0].url == "s3://logs"
    assert found[0].logging is True
    assert status is not None
    assert {status.level, *_levels(steps).values()} == {"ok"}
    assert "eu-west-1" in answers["ec2:DescribeRegions"]


def test_a_service_that_is_denied_costs_its_checks_alone(
    allowed: Allowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {api: call for api, call in CALLS.items() if call.client in ("ec2", "rds")}
    monkeypatch.setattr(permissions, "CALLS", few)
    steps = permissions.check_sweep(allowed("ec2:DescribeVolumes"))
    assert _levels(steps) == {"ec2:DescribeVolumes": "ok", "rds:DescribeDBInstances": "warning"}
    assert "Allow rds:DescribeDBInstances" in steps[1].mend
    assert permissions.missing(steps) == []


@pytest.mark.soak
def test_what_is_printed_as_policy_allows_all_that_an_administrator_may(allowed: Allowed) -> None:
    """moto reads no action from REST calls, which it refuses to all, nor from CloudWatch's CBOR."""
    ours = _refused(allowed(*iam_policy()["Statement"][0]["Action"]))
    everybody = _refused(allowed("*"))
    assert ours - everybody == {"cloudwatch:DescribeAlarms"}
    assert len(everybody) < 20


def _refused(clients: Clients) -> set[str]:
    return {
        step.permission for step in permissions.check_sweep(clients) if "denied" in step.finding
    }


def test_credentials_that_are_missing_are_not_called_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    clients = clients_of(open_session(Access()), "us-east-1", endpoint_url="http://127.0.0.1:9")
    step, _ = permissions.check_identity(clients)
    assert step.finding == "there are no AWS credentials on this machine"
    assert "AWS_PROFILE" in step.mend


def test_nobody_s_credentials_are_told(moto_url: str, allowed: Allowed) -> None:
    allowed("s3:ListBucket")
    access = Access(access_key_id="AKIAIOSFODNN7NOBODY0", secret_access_key="x")
    clients = clients_of(open_session(access), "us-east-1", endpoint_url=moto_url)
    step, account = permissions.check_identity(clients)
    assert (step.level, account) == ("error", None)
    assert "does not accept the credentials" in step.finding
