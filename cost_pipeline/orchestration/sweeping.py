"""The sweep: ask every account and region what it has, and judge what was answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from cost_pipeline.store import inventory, zombies
from cost_pipeline.store.database import Database

if TYPE_CHECKING:
    from cost_pipeline.zombies.model import Failure, Finding


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
    from cost_pipeline.aws.inventory import Usage, clients_of, regions_of
    from cost_pipeline.aws.sessions import Access, open_session

    collected = Collected()
    home = region or "us-east-1"
    for target in targets or [_own_account(home, endpoint_url)]:
        session = open_session(Access(role_arn=target.role_arn, region=region))
        usage = Usage()
        wanted = regions or regions_of(clients_of(session, home, endpoint_url=endpoint_url))
        for number, one in enumerate(wanted):
            note(number, len(wanted), f"{target.account_id} {one}")
            _collect_place(
                database, tenant_id, day, session, target.account_id, one, endpoint_url, usage,
                collected,
            )  # fmt: skip
        collected.calls += usage.calls.total()
        collected.usd += float(usage.usd)
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


def _collect_place(
    database: Database,
    tenant_id: str,
    day: date,
    session: Any,
    account_id: str,
    region: str,
    endpoint_url: str | None,
    usage: Any,
    collected: Collected,
) -> None:
    from cost_pipeline.aws.api_calls import ApiError
    from cost_pipeline.aws.inventory import collect
    from cost_pipeline.zombies.registry import Plan

    now = datetime.now(UTC)
    answers = []
    for api, answer in collect(
        session, account_id, region, plan=Plan(), now=now, endpoint_url=endpoint_url, usage=usage
    ):
        failed = isinstance(answer, ApiError)
        error = answer.message if isinstance(answer, ApiError) else None
        answers.append(inventory.Answer(api, None if failed else answer, error))
        if isinstance(answer, ApiError):
            missing = f" Missing: {answer.permission}." if answer.permission else ""
            collected.errors.append(f"{account_id} {region} {api}: {answer.message}{missing}")
    collected.places += 1
    with database.transaction(tenant_id) as conn:
        inventory.replace(
            conn,
            tenant_id=tenant_id,
            account_id=account_id,
            region=region,
            day=day,
            answers=answers,
            now=now,
        )


def judge_day(database: Database, tenant_id: str, day: date) -> Judged:
    """Judges a day's archived answers, and puts its findings in place of those it had."""
    from cost_pipeline.prices.book import PriceBook

    judged = Judged()
    with database.transaction(tenant_id) as conn:
        for place in inventory.places(conn, tenant_id=tenant_id, day=day):
            judged.places += 1
            _judge_place(conn, tenant_id, day, place, PriceBook.packaged(), judged)
        if judged.places:
            zombies.replace_day(conn, tenant_id=tenant_id, day=day, findings=judged.findings)
    return judged


def _judge_place(
    conn: Any, tenant_id: str, day: date, place: dict[str, Any], prices: Any, judged: Judged
) -> None:
    from cost_pipeline.aws.api_calls import ApiError
    from cost_pipeline.zombies.registry import sweep

    where = {"account_id": place["account_id"], "region": place["region"]}
    answers = inventory.load(conn, tenant_id=tenant_id, day=day, **where)
    result = sweep(
        {a.api: ApiError(a.api, a.error) if a.error else a.items for a in answers},
        now=place["fetched_at"],
        prices=prices,
        resources=zombies.known_resources(conn, tenant_id=tenant_id, **where),
        **where,
    )
    judged.findings.extend(result.findings)
    judged.failures.extend(result.failures)
