"""The sweep: ask every account and region what it has, and judge what was answered."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from cost_pipeline.aws.errors import AWS_FAILURES
from cost_pipeline.store import inventory, zombies
from cost_pipeline.store.database import Database

if TYPE_CHECKING:
    from cost_pipeline.aws.inventory import Clients, Usage
    from cost_pipeline.zombies.model import Failure, Finding, Prices, Thresholds


PLACES_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Target:
    """An account to sweep, and the role to assume for it."""

    account_id: str
    role_arn: str | None = None


@dataclass(slots=True)
class Collected:
    """What asking came to: calls and their price, and what failed."""

    places: int = 0
    calls: int = 0
    usd: float = 0.0
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Judged:
    """What judging a day came to."""

    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    places: int = 0


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
    """Asks AWS, and archives the answers under `day`; without targets, the caller's account.

    Raises:
        AwsError: there are no credentials, or AWS does not accept them.
    """
    from cost_pipeline.aws.inventory import Usage

    collected, usage = Collected(), Usage()
    home = region or "us-east-1"
    targets = targets or [_own_account(home, endpoint_url)]
    sweeping = _Sweeping(
        database, tenant_id, day, endpoint_url, usage, thresholds_of_tenant(database, tenant_id)
    )
    places = []
    for target in targets:
        try:
            places += sweeping.places(target, home, regions)
        except AWS_FAILURES as error:
            collected.errors.append(f"{target.account_id}: it cannot be entered: {error}")
    with ThreadPoolExecutor(PLACES_AT_ONCE, thread_name_prefix="sweep") as pool:
        for number, (place, errors) in enumerate(pool.map(sweeping.archive, places)):
            note(number + 1, len(places), place)
            collected.errors += errors
            collected.places += 1
    collected.calls, collected.usd = usage.calls.total(), float(usage.usd)
    return collected


def thresholds_of_tenant(database: Database, tenant_id: str) -> Thresholds:
    """What the tenant's settings say under `zombies`; the defaults where they say nothing.

    Raises:
        BadChoiceError: a setting means nothing; the message says which.
    """
    from cost_pipeline.zombies.choices import thresholds_of

    rows = (row for row in database.tenants() if row["tenant_id"] == tenant_id)
    return thresholds_of(next(rows)["settings"].get("zombies", {}))


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
class _Sweeping:
    """One sweep of a tenant: where its answers go, and how AWS is asked."""

    database: Database
    tenant_id: str
    day: date
    endpoint_url: str | None
    usage: Usage
    thresholds: Thresholds

    def places(
        self, target: Target, home: str, regions: list[str] | None
    ) -> list[tuple[str, str, Clients]]:
        """The regions of an account, each with its clients."""
        from cost_pipeline.aws.inventory import clients_of, regions_of
        from cost_pipeline.aws.sessions import Access, open_session

        session = open_session(
            Access(role_arn=target.role_arn, region=home), sts_endpoint_url=self.endpoint_url
        )
        if target.role_arn:  # assumed now, so that a refusal is one failure and not one a call
            session.get_credentials().get_frozen_credentials()
        enabled = regions or regions_of(clients_of(session, home, endpoint_url=self.endpoint_url))
        return [
            (target.account_id, one, clients_of(session, one, endpoint_url=self.endpoint_url))
            for one in enabled
        ]

    def archive(self, place: tuple[str, str, Clients]) -> tuple[str, list[str]]:
        """Asks one account and region, and archives what it said; returns what failed."""
        from cost_pipeline.aws.api_calls import ApiError
        from cost_pipeline.aws.inventory import collect
        from cost_pipeline.zombies.registry import Plan

        account_id, region, clients = place
        now, plan = datetime.now(UTC), Plan(thresholds=self.thresholds)
        answers, errors = [], []
        for api, answer in collect(
            clients, account_id, region, plan=plan, now=now, usage=self.usage
        ):
            if isinstance(answer, ApiError):
                errors.append(f"{account_id} {region} {answer}")
                error = str(answer).removeprefix(f"{api}: ")
                answers.append(inventory.Answer(api, None, error))
            else:
                answers.append(inventory.Answer(api, answer))
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
        return f"{account_id} {region}", errors


def judge_day(database: Database, tenant_id: str, day: date) -> Judged:
    """Judges a day's archived answers, and puts its findings in place of those it had."""
    from cost_pipeline.prices.book import PriceBook

    judged, thresholds = Judged(), thresholds_of_tenant(database, tenant_id)
    with database.transaction(tenant_id) as conn:
        for place in inventory.places(conn, tenant_id=tenant_id, day=day):
            judged.places += 1
            _judge_place(conn, tenant_id, day, place, PriceBook.packaged(), thresholds, judged)
        if judged.places:
            zombies.replace_day(conn, tenant_id=tenant_id, day=day, findings=judged.findings)
    return judged


def _judge_place(
    conn: Any,
    tenant_id: str,
    day: date,
    place: dict[str, Any],
    prices: Prices,
    thresholds: Thresholds,
    judged: Judged,
) -> None:
    from cost_pipeline.aws.api_calls import ApiError
    from cost_pipeline.zombies.registry import sweep

    where = {"account_id": place["account_id"], "region": place["region"]}
    answers = inventory.load(conn, tenant_id=tenant_id, day=day, **where)
    result = sweep(
        {a.api: ApiError(a.api, a.error) if a.error else a.items for a in answers},
        now=place["fetched_at"],
        prices=prices,
        thresholds=thresholds,
        resources=zombies.known_resources(conn, tenant_id=tenant_id, **where),
        **where,
    )
    judged.findings.extend(result.findings)
    judged.failures.extend(result.failures)
