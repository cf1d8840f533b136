"""The sweep: ask every account and region what it has, and archive what was answered."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from cost_pipeline.access.vault import VaultError
from cost_pipeline.aws.errors import AWS_FAILURES
from cost_pipeline.orchestration.judging import thresholds_of_tenant
from cost_pipeline.orchestration.outbound import BreakerOpenError, Permit, breaker
from cost_pipeline.store import accounts, inventory, sweeps
from cost_pipeline.store.database import Database

if TYPE_CHECKING:
    from boto3 import Session

    from cost_pipeline.aws.inventory import Usage
    from cost_pipeline.settings import Settings
    from cost_pipeline.zombies.thresholds import Thresholds


PLACES_AT_ONCE = 4
_HOME = "us-east-1"


@dataclass(frozen=True, slots=True)
class Target:
    """An account to sweep, and the role to assume for it."""

    account_id: str
    role_arn: str | None = None


@dataclass(slots=True)
class Collected:
    """What asking came to: calls and their price, and what failed.

    `errors` are of accounts and regions that could not be asked, `failed_calls` of single calls,
    each with the number of regions where it failed.
    """

    places: int = 0
    calls: int = 0
    metrics: int = 0
    usd: float = 0.0
    errors: list[str] = field(default_factory=list)
    failed_calls: Counter[str] = field(default_factory=Counter)

    @property
    def failures(self) -> list[str]:
        """A line for each thing that failed, however many regions it failed in."""
        calls = (
            f"{call} In {number} regions." if number > 1 else call
            for call, number in sorted(self.failed_calls.items())
        )
        return [*self.errors, *calls]


def parse_targets(text: str) -> list[Target]:
    """Accounts as the settings write them: `id` or `id=role-arn`, with commas.

    >>> parse_targets("111122223333, 444455556666=arn:aws:iam::444455556666:role/dd0c")[1].role_arn
    'arn:aws:iam::444455556666:role/dd0c'
    """
    targets = []
    for part in text.split(","):
        account, _, role = part.strip().partition("=")
        if account:
            targets.append(Target(account, role or None))
    return targets


def targets_of(database: Database, tenant_id: str, settings: Settings) -> list[Target]:
    """The accounts of a tenant that may be swept.

    Those that the settings name, or that of the credentials at hand, are the home tenant's. Of
    any other, the accounts that it has given a role or keys for.

    Raises:
        AwsError: there are no credentials, or AWS does not accept them.
    """
    if tenant_id == settings.tenant_id:
        named = parse_targets(settings.sweep_accounts)
        return named or [_own_account(settings.aws_region or _HOME, settings.endpoint_url)]
    with database.transaction(tenant_id) as conn:
        known = accounts.listing(conn, tenant_id=tenant_id)
    return [Target(row["account_id"]) for row in known if row["role_arn"] or row["has_keys"]]


def collect_day(
    database: Database,
    tenant_id: str,
    day: date,
    targets: list[Target],
    *,
    endpoint_url: str | None = None,
    region: str | None = None,
    regions: list[str] | None = None,
    note: Callable[[int, int, str], None] = lambda done, total, text: None,
) -> Collected:
    """Asks AWS, and archives the answers under `day`."""
    from cost_pipeline.aws.inventory import Usage

    collected, usage = Collected(), Usage()
    sweeping = _Sweeping(
        database,
        tenant_id,
        day,
        endpoint_url,
        usage,
        thresholds_of_tenant(database, tenant_id),
        Permit(database, tenant_id).is_stopped,
    )
    places = []
    for target in targets:
        try:
            with breaker(database, tenant_id, target.account_id):
                places += sweeping.places(target, region or _HOME, regions)
        except (*AWS_FAILURES, BreakerOpenError, VaultError) as error:
            collected.errors.append(f"{target.account_id}: it cannot be entered: {error}")
    with ThreadPoolExecutor(PLACES_AT_ONCE, thread_name_prefix="sweep") as pool:
        for number, place in enumerate(pool.map(sweeping.archive, places)):
            note(number + 1, len(places), place.name)
            collected.errors += place.errors
            collected.failed_calls.update(place.failed_calls)
            collected.places += 1
    collected.calls, collected.metrics = usage.calls.total(), usage.metrics
    collected.usd = float(usage.usd)
    return collected


def _own_account(region: str, endpoint_url: str | None) -> Target:
    from botocore.exceptions import BotoCoreError, ClientError

    from cost_pipeline.aws.errors import AwsError, code_of, fault_of
    from cost_pipeline.aws.sessions import Access, open_session

    client = open_session(Access()).client("sts", region_name=region, endpoint_url=endpoint_url)
    try:
        return Target(client.get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise AwsError(
            f"AWS does not say whose credentials these are ({error}). Set AWS_PROFILE or "
            "AWS_ACCESS_KEY_ID, or SWEEP_ACCOUNTS with roles to assume.",
            fault_of(error),
            code_of(error),
        ) from error


@dataclass(frozen=True, slots=True)
class _Asked:
    """An account and region that was asked, why it could not be, and the calls that failed."""

    name: str
    errors: tuple[str, ...] = ()
    failed_calls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sweeping:
    """One sweep of a tenant: where its answers go, and how AWS is asked."""

    database: Database
    tenant_id: str
    day: date
    endpoint_url: str | None
    usage: Usage
    thresholds: Thresholds
    halted: Callable[[], bool]

    def places(
        self, target: Target, home: str, regions: list[str] | None
    ) -> list[tuple[str, str, Session]]:
        """The regions of an account, with the session that enters it."""
        from cost_pipeline.aws.inventory import clients_of, regions_of
        from cost_pipeline.aws.sessions import open_session
        from cost_pipeline.orchestration.account_access import access_of

        access = access_of(
            self.database, self.tenant_id, target.account_id, role_arn=target.role_arn, region=home
        )
        session = open_session(access, sts_endpoint_url=self.endpoint_url)
        if access.role_arn:  # assumed now, so that a refusal is one failure and not one a call
            session.get_credentials().get_frozen_credentials()
        enabled = regions or regions_of(clients_of(session, home, endpoint_url=self.endpoint_url))
        return [(target.account_id, one, session) for one in enabled]

    def archive(self, place: tuple[str, str, Session]) -> _Asked:
        """Asks one account and region, and archives what it said; returns what failed."""
        from cost_pipeline.aws.api_calls import ApiError
        from cost_pipeline.aws.inventory import HaltedError, Usage, clients_of, collect
        from cost_pipeline.zombies.registry import Plan

        account_id, region, session = place
        # Made here and forgotten with the place: clients of all regions at once would pile up.
        clients = clients_of(session, region, endpoint_url=self.endpoint_url)
        now, plan, began = datetime.now(UTC), Plan(thresholds=self.thresholds), time.monotonic()
        usage = Usage(halted=self.halted)
        where, answers, failed = f"{account_id} {region}", [], []
        try:
            asked = dict(collect(clients, account_id, region, plan=plan, now=now, usage=usage))
        except HaltedError:
            return _Asked(where, (f"{where}: panic stopped it; what the day had before stays",))
        for api, answer in asked.items():
            if isinstance(answer, ApiError):
                failed.append(str(answer))
                error = str(answer).removeprefix(f"{api}: ")
                answers.append(inventory.Answer(api, None, error))
            else:
                answers.append(inventory.Answer(api, answer))
        took = time.monotonic() - began
        with self.database.transaction(self.tenant_id) as conn:
            inventory.replace(
                conn,
                tenant_id=self.tenant_id,
                account_id=account_id,
                region=region,
                day=self.day,
                answers=answers,
                now=now,
            )
            sweeps.note_usage(
                conn,
                tenant_id=self.tenant_id,
                day=self.day,
                account_id=account_id,
                region=region,
                calls=usage.calls,
                metrics=usage.metrics,
                usd=usage.usd,
                seconds=took,
                now=now,
            )
        self.usage.add(usage)
        return _Asked(where, failed_calls=tuple(failed))
