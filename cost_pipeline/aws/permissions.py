"""What may be done in an account or bucket, tried with real calls; what is missing is named.

Each step is one call that reads (a message of a queue is never taken: the receipt that is sent
for deletion is none, so AWS only says whether it would be allowed).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from botocore.exceptions import ClientError

from cost_pipeline.aws.api_calls import CALLS, permission_of
from cost_pipeline.aws.errors import (
    AWS_FAILURES,
    NO_CREDENTIALS,
    NO_CREDENTIALS_FINDING,
    NO_CREDENTIALS_MEND,
    AwsError,
    code_of,
    fault_of,
)
from cost_pipeline.aws.inventory import Clients, NoSuchServiceError

Level = Literal["ok", "skipped", "warning", "error"]
_AT_ONCE = 8
_KMS = ("aws:kms", "aws:kms:dsse")


@dataclass(frozen=True, slots=True)
class Step:
    """One permission that was tried: whether it is there, and how to mend it if it is not."""

    permission: str
    level: Level
    finding: str
    mend: str = ""


def attempt(
    permission: str,
    call: Callable[[], Any],
    *,
    good: str,
    needed_for: str,
    required: bool = True,
    resource: str = "*",
) -> tuple[Step, Any]:
    """Makes a call; the step says how it went, the answer is None where it failed.

    What is not `required` is a warning: something goes without it, which `needed_for` names.
    """
    try:
        return Step(permission, "ok", good), call()
    except NoSuchServiceError as error:
        return Step(permission, "skipped", str(error)), None
    except (*AWS_FAILURES, AwsError) as error:
        return _failed(permission, error, needed_for, required, resource), None


def _failed(
    permission: str, error: Exception, needed_for: str, required: bool, resource: str
) -> Step:
    fault = error.fault if isinstance(error, AwsError) else fault_of(error)
    code = error.code if isinstance(error, AwsError) else code_of(error)
    level: Level = "error" if required else "warning"
    if fault == "denied":
        return Step(
            permission, level, f"access was denied ({code}); it is needed for {needed_for}",
            f"Allow {permission} on {resource}.",
        )  # fmt: skip
    if code == NO_CREDENTIALS:
        return Step(permission, level, NO_CREDENTIALS_FINDING, NO_CREDENTIALS_MEND)
    finding, mend = _OTHERS.get(fault, ("it was not answered ({code}): {error}", _LOOK))
    return Step(permission, level, finding.format(code=code, error=str(error)[:200]), mend)


_LOOK = "Try again; if it stays, run the same call by the AWS command line."
_OTHERS = {
    "credentials": (
        "AWS does not accept the credentials ({code})",
        "Sign in again, renew the keys, or check the role's trust policy and external id.",
    ),
    "no_bucket": ("there is no such bucket here ({code})", "Check its name and --region."),
    "unreachable": ("the endpoint does not answer ({code})", "Check the network and --region."),
    "throttled": ("AWS asks to slow down ({code})", "Try again in a minute."),
}


def check_identity(clients: Clients) -> tuple[Step, str | None]:
    """Whose credentials these are: the step, and the account."""
    step, answer = attempt(
        "sts:GetCallerIdentity",
        lambda: clients("sts").get_caller_identity(),
        good="the credentials work",
        needed_for="everything",
    )
    if answer is None:
        return step, None
    return Step(step.permission, "ok", f"we are {answer['Arn']}"), str(answer["Account"])


def check_role(role_arn: str, session: Any) -> Step:
    """Whether the role can be assumed, now."""
    step, _ = attempt(
        "sts:AssumeRole",
        lambda: session.get_credentials().get_frozen_credentials(),
        good=f"{role_arn} is taken",
        needed_for="entering the account",
        resource=role_arn,
    )
    if step.level == "ok":
        return step
    mend = (
        f"Allow sts:AssumeRole on {role_arn} to us, and name us in the role's trust policy with "
        "its external id (deploy/aws shows both)."
    )
    return Step(step.permission, step.level, step.finding, mend)


def check_bucket(clients: Clients, bucket: str, prefix: str, key: str | None) -> list[Step]:
    """Whether the trail's files may be listed and read, by the newest file that is known."""
    s3, inner = clients("s3"), f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    listed, answer = attempt(
        "s3:ListBucket",
        lambda: s3.list_objects_v2(Bucket=bucket, Prefix=f"{inner}AWSLogs/", MaxKeys=1),
        good=f"s3://{bucket}/{inner}AWSLogs/ may be listed",
        needed_for="finding log files",
        resource=f"arn:aws:s3:::{bucket}",
    )
    if answer is None:
        return [listed]
    found = key or next((entry["Key"] for entry in answer.get("Contents", ())), None)
    if found is None:
        mend = "Point at what holds AWSLogs/; a new trail delivers its first file in 15 minutes."
        return [listed, Step("s3:GetObject", "error", "there is no file to try it on", mend)]
    return [listed, *_readable(s3, bucket, inner, found)]


def _readable(s3: Any, bucket: str, inner: str, key: str) -> list[Step]:
    files = f"arn:aws:s3:::{bucket}/{inner}AWSLogs/*"
    head, facts = attempt(
        "s3:GetObject", lambda: s3.head_object(Bucket=bucket, Key=key), good="a file may be read",
        needed_for="reading log files", resource=files,
    )  # fmt: skip
    if facts is None:
        return [head]
    key_id = str(facts.get("SSEKMSKeyId", "the bucket's key"))
    encrypted = facts.get("ServerSideEncryption") in _KMS
    # HEAD asks for the same permission as GET, but decrypts nothing.
    got, answer = attempt(
        "kms:Decrypt" if encrypted else "s3:GetObject",
        lambda: s3.get_object(Bucket=bucket, Key=key, Range="bytes=0-0")["Body"].read(),
        good=f"files are decrypted with {key_id}" if encrypted else "a file may be read",
        needed_for="reading log files", resource=key_id if encrypted else files,
    )  # fmt: skip
    if encrypted:
        return [head, got]
    if answer is None:
        return [got]
    return [head, Step("kms:Decrypt", "skipped", "files are not encrypted with a key of KMS")]


def check_queue(clients: Clients, url: str) -> list[Step]:
    """Whether notices may be received from a queue, and taken off it."""
    sqs = clients("sqs")
    seen, _ = attempt(
        "sqs:ReceiveMessage",
        lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, VisibilityTimeout=0),
        good="notices may be received",
        needed_for="finding files by notice",
    )
    if seen.level != "ok":
        return [seen]

    def delete_nothing() -> None:
        try:
            sqs.delete_message(QueueUrl=url, ReceiptHandle="none-only-to-see-whether-it-is-allowed")
        except ClientError as error:
            if "ReceiptHandle" not in code_of(error) and fault_of(error) != "invalid":
                raise

    gone, _ = attempt(
        "sqs:DeleteMessage", delete_nothing, good="notices may be taken off",
        needed_for="taking notices off the queue",
    )  # fmt: skip
    return [seen, gone]


def check_discovery(clients: Clients) -> tuple[list[Step], dict[str, Any]]:
    """Trails, accounts, regions and prices: the steps, and the answers by permission."""
    made = [
        attempt(name, partial(call, clients), good=good, needed_for=what, required=False)
        for name, call, good, what in _DISCOVERY
    ]
    return [step for step, _ in made], {
        step.permission: answer for step, answer in made if answer is not None
    }


def _accounts(clients: Clients) -> list[Mapping[str, Any]]:
    try:
        pages = clients("organizations").get_paginator("list_accounts").paginate()
        return [account for page in pages for account in page["Accounts"]]
    except ClientError as error:
        if code_of(error) == "AWSOrganizationsNotInUseException":
            return []
        raise


_DISCOVERY: tuple[tuple[str, Callable[[Clients], Any], str, str], ...] = (
    (
        "cloudtrail:DescribeTrails",
        lambda c: c("cloudtrail").describe_trails(includeShadowTrails=True)["trailList"],
        "trails can be found", "finding trails by itself",
    ),
    (
        "organizations:ListAccounts", _accounts, "the organisation's accounts can be named",
        "naming the accounts of the organisation",
    ),
    (
        "ec2:DescribeRegions",
        lambda c: [r["RegionName"] for r in c("ec2").describe_regions()["Regions"]],
        "enabled regions can be found", "the sweep for idle resources",
    ),
)  # fmt: skip


def check_sweep(clients: Clients) -> list[Step]:
    """One call of each service that the sweep asks; those denied cost their checks only."""
    samples: dict[str, str] = {}
    for call in CALLS.values():
        if call.each is None:
            samples.setdefault(call.client, call.api)

    def sample(api: str) -> Step:
        call = CALLS[api]

        def ask() -> Any:
            client = clients(call.client)
            if client.can_paginate(call.operation):
                pages = client.get_paginator(call.operation).paginate(**call.params)
                return next(iter(pages), None) or {}
            return getattr(client, call.operation)(**call.params)

        step, _ = attempt(
            permission_of(api), ask, good=f"{call.client} can be swept",
            needed_for=f"idle resources of {call.client}", required=False,
        )  # fmt: skip
        return step

    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="permissions") as pool:
        return list(pool.map(sample, sorted(samples.values())))


def missing(steps: Sequence[Step]) -> list[str]:
    """The permissions without which nothing can be read."""
    return [step.permission for step in steps if step.level == "error"]
