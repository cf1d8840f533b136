"""Publishing to an SNS topic, where a person asked for one as a channel."""

from __future__ import annotations

from collections.abc import Mapping

from botocore.config import Config

from cost_pipeline.aws.errors import AWS_FAILURES, AwsError, code_of, fault_of
from cost_pipeline.aws.sessions import Access, open_session

_ATTEMPTS = 2


def region_of(arn: str) -> str:
    """The region of a topic's ARN.

    >>> region_of("arn:aws:sns:eu-west-1:111122223333:costs")
    'eu-west-1'

    Raises:
        ValueError: it is not the ARN of a topic.
    """
    parts = arn.split(":")
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sns" or not all(parts[3:]):
        raise ValueError(f"'{arn}' is not a topic: arn:aws:sns:eu-west-1:111122223333:costs")
    return parts[3]


def publish(
    topic_arn: str,
    *,
    subject: str,
    message: str,
    attributes: Mapping[str, str],
    dedup_id: str,
    access: Access,
    endpoint_url: str | None = None,
    timeout_seconds: float = 10.0,
) -> None:
    """Publishes once; a FIFO topic drops what comes again under the same `dedup_id`.

    Raises:
        AwsError: AWS did not take it.
    """
    region = region_of(topic_arn)
    request = {
        "TopicArn": topic_arn,
        "Subject": subject,
        "Message": message,
        "MessageAttributes": {
            name: {"DataType": "String", "StringValue": value}
            for name, value in attributes.items()
            if value
        },
    }
    if topic_arn.endswith(".fifo"):
        request |= {"MessageGroupId": "dd0c-cost", "MessageDeduplicationId": dedup_id}
    config = Config(
        connect_timeout=timeout_seconds,
        read_timeout=timeout_seconds,
        retries={"max_attempts": _ATTEMPTS},
        user_agent_extra="dd0c-cost",
    )
    try:
        session = open_session(access)
        client = session.client("sns", region_name=region, endpoint_url=endpoint_url, config=config)
        client.publish(**request)
    except AWS_FAILURES as error:
        fault, code = fault_of(error), code_of(error)
        mend = {
            "denied": "; it needs sns:Publish on this topic",
            "credentials": "; check the credentials at hand, or give role_arn",
            "gone": "; there is no such topic",
        }.get(fault, "")
        raise AwsError(f"publishing to {topic_arn} failed: {code}{mend}", fault, code) from error
