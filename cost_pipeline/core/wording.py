"""What AWS calls things, as people write it, and how old what it charges is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from cost_pipeline.core.calls import Bound

_SPELLED = {
    **{word: word.upper() for word in ("api", "dax", "dms", "ebs", "ec2", "ecs", "efs", "eks")},
    **{word: word.upper() for word in ("emr", "hsm", "iam", "ivs", "kms", "mq", "msk", "mwaa")},
    **{word: word.upper() for word in ("nat", "rds", "s3", "ses", "vpc", "vpn", "waf")},
    "apigateway": "API Gateway",
    "cloudformation": "CloudFormation",
    "cloudfront": "CloudFront",
    "cloudhsm": "CloudHSM",
    "cloudtrail": "CloudTrail",
    "cloudwatch": "CloudWatch",
    "codebuild": "CodeBuild",
    "documentdb": "DocumentDB",
    "dynamodb": "DynamoDB",
    "elasticache": "ElastiCache",
    "fsx": "FSx",
    "gamelift": "GameLift",
    "guardduty": "GuardDuty",
    "mediaconnect": "MediaConnect",
    "medialive": "MediaLive",
    "memorydb": "MemoryDB",
    "opensearch": "OpenSearch",
    "quicksight": "QuickSight",
    "sagemaker": "SageMaker",
}
_NAMES = {
    *("athena", "aurora", "batch", "bedrock", "comprehend", "fargate", "glue", "grafana"),
    *("inspector", "kendra", "kinesis", "lambda", "lightsail", "macie", "neptune", "outposts"),
    *("personalize", "prometheus", "redshift", "rekognition", "shield", "timestream"),
}


def counted(number: int, noun: str) -> str:
    """So many of something.

    >>> counted(1, "hour"), counted(1200, "file")
    ('1 hour', '1,200 files')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def spelled(resource_type: str) -> str:
    """A resource type in words.

    >>> spelled("ec2_instance"), spelled("nat_gateway"), spelled("lambda_function")
    ('EC2 instance', 'NAT gateway', 'Lambda function')
    """
    return " ".join(
        word.capitalize() if word in _NAMES else _SPELLED.get(word, word)
        for word in resource_type.split("_")
    )


def bounded(bound: Bound, quantity: Decimal) -> str:
    """Of what a worst case is, in a few words.

    >>> bounded("most", Decimal("1E+3")), bounded("each", Decimal(1)), bounded("asked", Decimal(10))
    ('all 1,000 allowed', 'each use', '10 asked for')
    >>> bounded("most", Decimal(1))
    '1 allowed'
    """
    if bound == "each":
        return "each use"
    number = f"{quantity.normalize():,f}"
    if bound == "asked":
        return f"{number} asked for"
    return f"{'' if number == '1' else 'all '}{number} allowed"


def one_of(count: int | None, *, priced: bool) -> str:
    """Which of several bounds a worst case is, after its other words; empty where it is alone.

    >>> one_of(3, priced=True), one_of(3, priced=False), one_of(1, priced=True)
    (', the costliest of 3', ', one of 3', '')
    """
    if count is None or count < 2:
        return ""
    return f", {'the costliest' if priced else 'one'} of {count}"


def price_dates(listed: tuple[date, date] | None) -> str:
    """How old the list prices are.

    >>> price_dates((date(2024, 7, 1), date(2026, 7, 20)))
    'List prices of 2024-07-01 to 2026-07-20'
    >>> price_dates((date(2026, 7, 20), date(2026, 7, 20))), price_dates(None)
    ('List prices of 2026-07-20', 'No list prices yet')
    """
    if listed is None:
        return "No list prices yet"
    oldest, newest = listed
    return f"List prices of {oldest}" + (f" to {newest}" if newest != oldest else "")
