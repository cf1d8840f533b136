"""Log files for benchmarks: the size, order and mixture of what CloudTrail writes."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cost_pipeline.simulate.organisation import Organisation

DAY = date(2026, 2, 3)
DAYS = 4
RECORDS = 1_000
HITS = 0.024
_REGIONS = ["us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2"]
_READS = [
    ("ec2.amazonaws.com", "DescribeInstances"),
    ("sts.amazonaws.com", "AssumeRole"),
    ("kms.amazonaws.com", "Decrypt"),
    ("s3.amazonaws.com", "GetBucketAcl"),
    ("logs.amazonaws.com", "CreateLogStream"),
    ("monitoring.amazonaws.com", "DescribeAlarms"),
]


def write_trail(root: Path, files: int) -> list[date]:
    """Writes so many files of 1 000 records, spread over some days; returns the days."""
    days = [DAY + timedelta(days=n) for n in range(min(DAYS, files))]
    for number, records in enumerate(file_records(files)):
        day = days[number % len(days)]
        folder = root / f"AWSLogs/111122223333/CloudTrail/us-east-1/{day:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"111122223333_CloudTrail_us-east-1_{day:%Y%m%d}T0005Z_{number:016d}.json.gz"
        text = json.dumps({"Records": records}, separators=(",", ":")).encode()
        (folder / name).write_bytes(gzip.compress(text, 6, mtime=0))
    return days


def file_records(files: int) -> Iterator[list[dict[str, Any]]]:
    """The records of each file: reads of many kinds, and now and then a call that costs money."""
    chance = random.Random(7)  # noqa: S311 - the same files every time
    organisation = Organisation(1, first_day=date(2026, 1, 1), reads=1)
    costly = [
        record
        for n in range(14)
        for call in organisation.calls(date(2026, 1, 10) + timedelta(days=n))
        if (record := call.record())["eventName"].startswith(("Run", "Create", "Terminate", "Stop"))
    ]
    for _ in range(files):
        yield [
            _again(chance.choice(costly), chance) if chance.random() < HITS else _read(chance)
            for _ in range(RECORDS)
        ]


def _again(record: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return record | {"eventID": _uuid(chance), "requestID": _uuid(chance)}


def _read(chance: random.Random) -> dict[str, Any]:
    """A record of about 1.3 kB, in CloudTrail's order."""
    source, name = chance.choice(_READS)
    account, session = (
        chance.choice(["111122223333", "444455556666"]),
        f"i-{chance.getrandbits(64):016x}",
    )
    role = f"arn:aws:sts::{account}:assumed-role/role-{chance.randrange(400)}/{session}"
    region = chance.choice(_REGIONS)
    return {
        "eventVersion": "1.09",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": f"AROA{chance.getrandbits(80):020X}:{session}",
            "arn": role,
            "accountId": account,
            "accessKeyId": f"ASIA{chance.getrandbits(64):016X}",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": f"AROA{chance.getrandbits(80):020X}",
                    "arn": f"arn:aws:iam::{account}:role/role-{chance.randrange(400)}",
                    "accountId": account,
                    "userName": f"role-{chance.randrange(400)}",
                },
                "attributes": {"creationDate": "2026-02-03T08:00:00Z", "mfaAuthenticated": "false"},
            },
        },
        "eventTime": f"2026-02-03T{chance.randrange(24):02d}:{chance.randrange(60):02d}:00Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": f"198.51.100.{chance.randrange(255)}",
        "userAgent": f"aws-sdk-go-v2/1.{chance.randrange(40)}.1 os/linux lang/go#1.22 md/amd64",
        "requestParameters": {
            "resourceId": _uuid(chance),
            "encryptionContext": {"key": _uuid(chance)},
        },
        "responseElements": None,
        "requestID": _uuid(chance),
        "eventID": _uuid(chance),
        "readOnly": True,
        "resources": [
            {
                "accountId": account,
                "type": "AWS::KMS::Key",
                "ARN": f"arn:aws:kms:{region}:{account}:key/{_uuid(chance)}",
            }
        ],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": f"{source.split('.')[0]}.{region}.amazonaws.com",
        },
    }


def _uuid(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))
