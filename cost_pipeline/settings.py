"""Every setting of the product: read from the environment, typed, explained, with its default."""

from __future__ import annotations

import os
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_ROOT_HOME = Path("/var/lib/dd0c-cost")


def default_home() -> Path:
    """The platform's user data folder; for root, a folder that Postgres's own user may enter."""
    if os.name == "posix" and os.geteuid() == 0:
        return _ROOT_HOME
    return Path(platformdirs.user_data_dir("dd0c-cost", appauthor=False))


class SettingsError(ValueError):
    """A variable says what cannot be meant; the message names it, and keeps its value to itself."""


class Settings(BaseSettings):
    """What the environment says. `Settings()` reads it; fields may also be given by name."""

    model_config = SettingsConfigDict(
        populate_by_name=True,
        case_sensitive=True,  # or else HOME would be taken for `home`
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    home: Path = Field(
        default_factory=default_home,
        alias="COST_PIPELINE_HOME",
        description="Folder of all state: embedded database, Dagster home, archive, digests, logs.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        alias="DATABASE_URL",
        description="Your own Postgres (15 or later), postgresql://user:password@host:port/name. "
        "Without it an embedded server runs under COST_PIPELINE_HOME.",
    )
    trail_url: str | None = Field(
        default=None,
        alias="TRAIL_URL",
        description="Where CloudTrail delivers: s3://bucket/prefix or a folder.",
    )
    trail_queue_url: str | None = Field(
        default=None,
        alias="TRAIL_QUEUE_URL",
        description="Queue of S3's notices about TRAIL_URL, as https:// or sqs:// address: files "
        "are then found by notice, and listings are only a safety net.",
    )
    archive_url: str | None = Field(
        default=None,
        alias="ARCHIVE_URL",
        description="Where log files that arrive by push and from agents are kept: "
        "s3://bucket/prefix or a folder. Default: archive/ under COST_PIPELINE_HOME.",
    )
    agent_listen: str | None = Field(
        default=None,
        alias="AGENT_LISTEN",
        description="Address and port, such as 0.0.0.0:8443, where `cost-pipeline up` takes log "
        "files from agents. Default: it does not.",
    )
    verify_digests: bool = Field(
        default=False,
        alias="VERIFY_DIGESTS",
        description="Whether the asset check `digests` verifies CloudTrail's signatures whenever "
        "it runs; it reads every file of yesterday and today.",
    )
    list_calls_per_tick: int = Field(
        default=40,
        alias="LIST_CALLS_PER_TICK",
        ge=5,
        description="The most S3 LIST calls that the sensor makes in one tick, over all buckets.",
    )
    endpoint_url: str | None = Field(
        default=None,
        alias="AWS_ENDPOINT_URL",
        description="Another S3 endpoint than AWS's own, such as MinIO's.",
    )
    aws_region: str | None = Field(
        default=None, alias="AWS_REGION", description="Region of the bucket and of API calls."
    )
    sweep_accounts: str = Field(
        default="",
        alias="SWEEP_ACCOUNTS",
        description="Accounts of TENANT_ID that the zombie sweep reads: id or id=role-arn, "
        "comma-separated. Empty: the account of the credentials at hand.",
    )
    sweep_enabled: bool = Field(
        default=True, alias="SWEEP_ENABLED", description="Whether the daily zombie sweep calls AWS."
    )
    tenant_id: str = Field(
        default="default",
        alias="TENANT_ID",
        description="The tenant that TRAIL_URL and SWEEP_ACCOUNTS belong to, and that commands "
        "without --tenant are about.",
    )
    start_date: date = Field(
        default=date(2014, 1, 1),
        alias="START_DATE",
        description="The first daily partition that Dagster knows; older files are not read.",
    )
    look_back_hours: int = Field(
        default=48,
        alias="LOOK_BACK_HOURS",
        ge=1,
        description="How far back the sensor lists for files that arrived late.",
    )
    sensor_seconds: int = Field(
        default=5, alias="SENSOR_SECONDS", ge=1, description="How often the sensor looks for files."
    )
    price_refresh: bool = Field(
        default=True,
        alias="PRICE_REFRESH",
        description="Whether prices are fetched from AWS's Price List: weekly, and before a "
        "trail's past is read.",
    )
    price_wait_minutes: float = Field(
        default=10,
        alias="PRICE_WAIT_MINUTES",
        gt=0,
        description="How long prices are fetched before a trail's past is read, the regions with "
        "the most log first; the rest follows meanwhile.",
    )
    price_list_url: str = Field(
        default="https://pricing.us-east-1.amazonaws.com",
        alias="PRICE_LIST_URL",
        description="The Price List's address, or that of a mirror.",
    )
    days_per_run: int = Field(
        default=0,
        alias="DAYS_PER_RUN",
        ge=0,
        description="How many days one run of a backfill reads. 0: all in one run, which suits one "
        "machine; with several workers 1 to 7, so that days are read in parallel.",
    )
    executor: str = Field(
        default="in_process",
        alias="EXECUTOR",
        pattern="^(in_process|multiprocess|celery|k8s_job)$",
        description="Where the steps of a run are taken: in_process (the least delay), "
        "multiprocess, celery (a worker of dagster-celery) or k8s_job (a pod each).",
    )
    min_monthly_cost: float = Field(
        default=50.0,
        alias="MIN_MONTHLY_COST",
        ge=0,
        description="USD a month below which nothing is called an anomaly.",
    )
    dashboard_url: str = Field(
        default="http://localhost:8501",
        alias="DASHBOARD_URL",
        description="Address of the app, for links in alerts and digests.",
    )
    alert_min_severity: str = Field(
        default="medium",
        alias="ALERT_MIN_SEVERITY",
        pattern="^(low|medium|high|critical)$",
        description="The least severity that is sent out.",
    )
    slack_webhook_url: SecretStr | None = Field(
        default=None,
        alias="SLACK_WEBHOOK_URL",
        description="Incoming webhook of Slack, or of anything that takes its payload.",
    )
    smtp_host: str | None = Field(
        default=None, alias="SMTP_HOST", description="Mail server; without it no mail is sent."
    )
    smtp_port: int = Field(default=587, alias="SMTP_PORT", description="Its port.")
    smtp_user: str | None = Field(default=None, alias="SMTP_USER", description="Login, if any.")
    smtp_password: SecretStr | None = Field(
        default=None, alias="SMTP_PASSWORD", description="Password of SMTP_USER."
    )
    smtp_starttls: bool = Field(
        default=True, alias="SMTP_STARTTLS", description="Encrypt by STARTTLS (required if true)."
    )
    mail_from: str = Field(
        default="dd0c-cost@localhost", alias="MAIL_FROM", description="Sender of every mail."
    )
    mail_to: str = Field(
        default="", alias="MAIL_TO", description="Recipients of alerts and digests, with commas."
    )
    secret_key: SecretStr | None = Field(
        default=None,
        alias="COST_PIPELINE_SECRET_KEY",
        description="Signs sessions and encrypts stored keys; made and kept under "
        "COST_PIPELINE_HOME when unset. To rotate it, put a new one before the old, with a comma.",
    )
    session_hours: int = Field(
        default=12,
        alias="SESSION_HOURS",
        ge=1,
        le=720,
        description="How long a login lasts: 30 days at most.",
    )

    oidc_label: str = Field(
        default="single sign-on",
        alias="OIDC_LABEL",
        description="What the login form calls the identity provider of Streamlit's secrets.",
    )
    oidc_role_claim: str = Field(
        default="groups",
        alias="OIDC_ROLE_CLAIM",
        description="The claim that says which groups somebody is in.",
    )
    oidc_roles: str = Field(
        default="",
        alias="OIDC_ROLES",
        description="Which group has which role: group=viewer, operator or admin, with commas.",
    )
    oidc_default_role: str = Field(
        default="",
        alias="OIDC_DEFAULT_ROLE",
        pattern="^(|viewer|operator|admin)$",
        description="The role of whoever has no such group; empty: they do not get in.",
    )
    oidc_tenant_claim: str = Field(
        default="",
        alias="OIDC_TENANT_CLAIM",
        description="The claim that names the tenant; whoever lacks it does not get in. Empty: "
        "TENANT_ID for newcomers.",
    )
    oidc_trust_email: bool = Field(
        default=False,
        alias="OIDC_TRUST_EMAIL",
        description="Believe the address of an identity provider that never says email_verified.",
    )

    @cached_property
    def recipients(self) -> list[str]:
        """The addresses of `MAIL_TO`."""
        return [address.strip() for address in self.mail_to.split(",") if address.strip()]

    def __init__(self, **values: Any) -> None:
        """Reads the environment, beside what is given.

        Raises:
            SettingsError: a variable holds what it cannot.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            wrong = error.errors(include_url=False, include_input=False)
            said = (f"{one['loc'][0]}: {_plain(one['msg'])}" for one in wrong)
            raise SettingsError("; ".join(said) + ".") from None

    @field_validator("database_url")
    @classmethod
    def _names_a_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        scheme = urlsplit(url.get_secret_value()).scheme if url else "postgresql"
        if scheme.partition("+")[0] not in ("postgresql", "postgres"):
            raise ValueError(
                "this is no Postgres's address; write postgresql://user:password@host:port/name"
            )
        return url

    @property
    def archive(self) -> str:
        """Address of the raw archive."""
        return self.archive_url or str(self.home.expanduser().absolute() / "archive")

    @property
    def digests(self) -> Path:
        """Folder of the digests, by tenant and day."""
        return self.home / "digests"

    @property
    def offers(self) -> Path:
        """Folder of offer files that are being downloaded."""
        return self.home / "offers"

    @property
    def postgres(self) -> Path:
        """Folder of the embedded Postgres."""
        return self.home / "postgres"

    @property
    def logs(self) -> Path:
        """Folder of the processes' logs."""
        return self.home / "logs"

    def require_database_url(self) -> str:
        """The database to use.

        Raises:
            RuntimeError: `DATABASE_URL` is not set; whoever starts processes sets it for them.
        """
        if self.database_url is None:
            raise RuntimeError(
                "DATABASE_URL is not set. Start through `cost-pipeline up`, which runs the "
                "embedded Postgres and sets it, or set it to a Postgres of your own."
            )
        return self.database_url.get_secret_value()


def _plain(message: str) -> str:
    """What pydantic says, as the rest of a sentence."""
    said = message.removeprefix("Value error, ")
    return said[:1].lower() + said[1:]
