"""Records in CloudTrail's own shapes, from who did what.

Shapes follow the AWS CloudTrail User Guide ("CloudTrail record contents") and, for the bodies,
what the services write: EC2's `instancesSet.items`, RDS's `dBInstanceClass`, and so on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

_NAMESPACE = UUID("5c1f5a3e-5b4f-4d0e-9f3e-0e6a2d7c9b11")
Record = dict[str, Any]
PEOPLE_BY_ROLE = ("sso", "federated")
"""Kinds of people whose session, and not the role, says who they are."""


@dataclass(frozen=True, slots=True)
class Who:
    """An identity that makes calls: a user, a role's session, a person by SSO, or a service."""

    name: str
    kind: Literal["user", "role", "sso", "federated", "service", "root", "linked"]
    agent: str = "aws-cli/2.15.0"
    session: str = "session"
    key: str = ""
    """The access key's id, where it was made by a call."""
    permissions: str = "Developer_4f2b"
    """The permission set of a person by SSO, the role of one by another identity provider."""

    @property
    def address(self) -> str:
        """The record's `sourceIPAddress`: the same for the same identity."""
        if self.kind in ("service", "linked"):
            return self.agent if self.agent.endswith(".com") else f"{self.name}.amazonaws.com"
        return f"198.51.100.{sum(self.name.encode()) % 250 + 1}"

    def identity(self, account: str, session: str | None = None) -> Record:
        """The record's `userIdentity`."""
        if self.kind == "root":
            arn = f"arn:aws:iam::{account}:root"
            return {"type": "Root", "principalId": account, "arn": arn, "accountId": account}
        if self.kind == "user":
            return {
                "type": "IAMUser",
                "principalId": f"AIDA{self.name.upper():.12}",
                "arn": f"arn:aws:iam::{account}:user/{self.name}",
                "accountId": account,
                "userName": self.name,
                **({"accessKeyId": self.key} if self.key else {}),
            }
        if self.kind == "service":
            return {"type": "AWSService", "invokedBy": f"{self.name}.amazonaws.com"}
        role = {"sso": f"AWSReservedSSO_{self.permissions}", "federated": self.permissions}.get(
            self.kind, self.name
        )
        session = self.name if self.kind in PEOPLE_BY_ROLE else session or self.session
        linked = {"invokedBy": self.address} if self.kind == "linked" else {}
        return {
            "type": "AssumedRole",
            "principalId": f"AROA{role.upper():.12}:{session}",
            "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
            "accountId": account,
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": f"AROA{role.upper():.12}",
                    "arn": f"arn:aws:iam::{account}:role/{role}",
                    "accountId": account,
                    "userName": role,
                }
            },
            **linked,
        }


@dataclass(frozen=True, slots=True)
class Call:
    """One API call: when, where, by whom, with what body."""

    at: datetime
    account: str
    region: str
    who: Who
    source: str
    name: str
    request: Mapping[str, Any] | None
    response: Mapping[str, Any] | None
    tag: str
    error: str | None = None
    read_only: bool = False

    @property
    def event_id(self) -> str:
        """CloudTrail's id of the call."""
        return str(uuid5(_NAMESPACE, self._key))

    @property
    def _key(self) -> str:
        at = f"{self.at:%Y-%m-%dT%H:%M:%SZ}"
        return f"{self.account}/{self.region}/{at}/{self.name}/{self.tag}"

    def record(self) -> Record:
        """The CloudTrail record of the call; the same call always has the same eventID."""
        key = self._key
        record: Record = {
            "eventVersion": "1.09",
            "userIdentity": self.who.identity(self.account),
            "eventTime": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{self.source}.amazonaws.com",
            "eventName": self.name,
            "awsRegion": self.region,
            "sourceIPAddress": self.who.address,
            "userAgent": self.who.agent,
            "requestParameters": self.request,
            "responseElements": self.response,
            "requestID": str(uuid5(_NAMESPACE, f"request {key}")),
            "eventID": self.event_id,
            "readOnly": self.read_only,
            "eventType": "AwsApiCall",
            "managementEvent": True,
            "recipientAccountId": self.account,
            "eventCategory": "Management",
        }
        if self.error:
            record["errorCode"] = self.error
            record["errorMessage"] = "The request was refused."
            record["responseElements"] = None
        return record


def run_instances(ids: Sequence[str], instance_type: str) -> tuple[Record, Record]:
    """Request and response of EC2 RunInstances."""
    request = {
        "instancesSet": {
            "items": [{"imageId": "ami-0abc", "minCount": len(ids), "maxCount": len(ids)}]
        },
        "instanceType": instance_type,
    }
    response = {
        "reservationId": f"r-{ids[0][2:]}",
        "instancesSet": {
            "items": [
                {
                    "instanceId": one,
                    "instanceType": instance_type,
                    "instanceState": {"code": 0, "name": "pending"},
                    "placement": {"tenancy": "default"},
                }
                for one in ids
            ]
        },
    }
    return request, response


def terminate_instances(ids: Sequence[str]) -> tuple[Record, Record]:
    """Request and response of EC2 TerminateInstances."""
    request = {"instancesSet": {"items": [{"instanceId": one} for one in ids]}}
    response = {
        "instancesSet": {
            "items": [
                {
                    "instanceId": one,
                    "currentState": {"code": 32, "name": "shutting-down"},
                    "previousState": {"code": 16, "name": "running"},
                }
                for one in ids
            ]
        }
    }
    return request, response
