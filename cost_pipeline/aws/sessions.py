"""Who we are towards AWS: a profile, a role with an external id, or keys; and how we call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import NoCredentialsError

ROLE_SESSION_NAME = "dd0c-cost"


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach an account. All empty means boto3's own search (environment, instance role).

    With `role_arn`, the role is assumed from whatever the other fields give, and its
    credentials renew themselves. Secrets never show in `repr`.
    """

    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str | None = None


def call_settings(*, connections: int = 10, endpoint_url: str | None = None) -> Config:
    """How every client calls: adaptive retries, short connects, a user agent that names us.

    A custom endpoint (MinIO, moto) gets path-style bucket addresses, and no prefix to its host.
    """
    style = {"addressing_style": "path"} if endpoint_url else {}
    return Config(
        inject_host_prefix=endpoint_url is None,
        retries={"mode": "adaptive", "max_attempts": 6},
        connect_timeout=5,
        read_timeout=60,
        max_pool_connections=connections,
        user_agent_extra="dd0c-cost",
        s3=style,
    )


def open_session(access: Access, *, sts_endpoint_url: str | None = None) -> boto3.Session:
    """A boto3 session for `access`; a role is assumed on the first call, not here."""
    base = boto3.Session(
        profile_name=access.profile,
        aws_access_key_id=access.access_key_id,
        aws_secret_access_key=access.secret_access_key,
        aws_session_token=access.session_token,
        region_name=access.region,
    )
    if not access.role_arn:
        return base
    core = botocore.session.get_session()
    core._credentials = _role_credentials(base, access, sts_endpoint_url)
    return boto3.Session(botocore_session=core, region_name=base.region_name or "us-east-1")


def _role_credentials(
    base: boto3.Session, access: Access, sts_endpoint_url: str | None
) -> DeferredRefreshableCredentials:
    def sts_client(service: str, **options: Any) -> Any:
        return base.client(
            service,
            region_name=base.region_name or "us-east-1",
            endpoint_url=sts_endpoint_url,
            config=call_settings(),
        )

    extra = {"RoleSessionName": ROLE_SESSION_NAME}
    if access.external_id:
        extra["ExternalId"] = access.external_id

    def assumed() -> dict[str, Any]:
        own = base.get_credentials()
        if own is None:  # of which the fetcher would make an AttributeError
            raise NoCredentialsError
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=sts_client,
            source_credentials=own,
            role_arn=access.role_arn,
            extra_args=extra,
        )
        credentials: dict[str, Any] = fetcher.fetch_credentials()
        return credentials

    return DeferredRefreshableCredentials(assumed, "assume-role")
