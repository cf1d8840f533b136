"""What AWS calls things, as people write it, and how old what it charges is."""

from __future__ import annotations

from datetime import date

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


def spelled(resource_type: str) -> str:
    """A resource type in words.

    >>> spelled("ec2_instance"), spelled("nat_gateway"), spelled("lambda_function")
    ('EC2 instance', 'NAT gateway', 'Lambda function')
    """
    return " ".join(
        word.capitalize() if word in _NAMES else _SPELLED.get(word, word)
        for word in resource_type.split("_")
    )


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
