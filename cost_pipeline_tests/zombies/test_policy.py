import json
import re

from cost_pipeline.aws.api_calls import CALLS
from cost_pipeline.zombies.policy import iam_policy, permissions
from cost_pipeline.zombies.registry import CHECKS

READS = re.compile(r"[a-z0-9-]+:(Describe|List|Get)[A-Za-z0-9]*|apigateway:GET")


def test_every_permission_reads() -> None:
    assert [action for action in permissions() if not READS.fullmatch(action)] == []


def test_the_policy_holds_what_the_checks_need_and_no_more() -> None:
    (statement,) = iam_policy([CHECKS["dynamodb_idle"]])["Statement"]
    assert statement["Action"] == [
        "cloudwatch:GetMetricData",
        "dynamodb:DescribeTable",
        "dynamodb:ListTables",
        "ec2:DescribeRegions",
        "sts:GetCallerIdentity",
    ]


def test_with_a_bucket_the_trail_may_be_read() -> None:
    text = json.dumps(iam_policy(bucket="logs", prefix="/org/"))
    assert '"arn:aws:s3:::logs/org/AWSLogs/*"' in text
    assert len(text) < 6144, "a managed policy holds 6144 characters"


def test_every_call_of_a_check_is_known() -> None:
    wanted = {api for check in CHECKS.values() for api in check.meta.calls}
    assert wanted <= set(CALLS)
