"""Ask AWS what an account has in a region, and how much of it is used: read-only, counted.

Structure comes first, metrics only for what the structure leaves suspect. Answers are JSON
(dates as ISO text), so that a day can be archived and judged again. A call that fails costs
the checks that need it, and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Lock
from typing import Any, Protocol

import boto3
import jmespath
from botocore.exceptions import ClientError

from cost_pipeline.aws.api_calls import (
    CALLS,
    METRICS,
    ApiCall,
    ApiError,
    MetricQuery,
    permission_of,
)
from cost_pipeline.aws.errors import AWS_FAILURES, code_of, fault_of
from cost_pipeline.aws.metrics import fetch_series
from cost_pipeline.aws.sessions import call_settings

Answer = list[Any] | dict[str, Any] | ApiError
Clients = Callable[[str], Any]
"""From a service's name to a boto3 client of one account and region."""

CALLS_AT_ONCE = 8
USD_PER_METRIC = Decimal("0.00001")
USD_PER_CALL = {
    "s3:ListBuckets": Decimal("0.000005"),
    "s3:ListMultipartUploads": Decimal("0.000005"),
    "s3:GetBucketLifecycleConfiguration": Decimal("0.0000004"),
}
"""What is not free beside metrics."""


class Plan(Protocol):
    """What is to be asked; `zombies.registry.Plan` is one."""

    def waves(self, region: str) -> list[list[str]]:
        """Calls, in waves that need earlier waves' answers only."""

    def metric_queries(
        self, answers: Mapping[str, Any], *, account_id: str, region: str, now: datetime
    ) -> list[MetricQuery]:
        """The series to read, given what the structure is."""


@dataclass(slots=True)
class Usage:
    """How much was asked of AWS, and what AWS charges for it; `halted` says when to stop."""

    calls: Counter[str] = field(default_factory=Counter)
    metrics: int = 0
    halted: Callable[[], bool] = lambda: False
    _lock: Lock = field(default_factory=Lock, repr=False)

    def count(self, api: str, metrics: int = 0) -> None:
        """Note one request. Raises `HaltedError` where no more may be made."""
        self.check()
        with self._lock:
            self.calls[api] += 1
            self.metrics += metrics

    def check(self) -> None:
        """Raises `HaltedError` where no more requests may be made."""
        if self.halted():
            raise HaltedError

    def add(self, other: Usage) -> None:
        """Count what another has counted, too."""
        with self._lock:
            self.calls.update(other.calls)
            self.metrics += other.metrics

    @property
    def usd(self) -> Decimal:
        """The price of the metrics read, and of S3's calls; the others are free."""
        priced = (self.calls[api] * usd for api, usd in USD_PER_CALL.items())
        return self.metrics * USD_PER_METRIC + sum(priced, Decimal(0))


class HaltedError(Exception):
    """Somebody said stop: no further call is made, and what was answered is not archived."""


class NoSuchServiceError(Exception):
    """AWS does not offer a service in a region: there is nothing to ask, and nothing idle."""


def clients_of(session: boto3.Session, region: str, *, endpoint_url: str | None = None) -> Clients:
    """Clients of a session for a region, each made once.

    One for a service that the region does not have raises `NoSuchServiceError`; regions and
    services that boto3 does not know of yet are tried.
    """
    made: dict[str, Any] = {}
    lock = Lock()
    settings = call_settings(connections=2 * CALLS_AT_ONCE, endpoint_url=endpoint_url)
    partition = session.get_partition_for_region(region)
    region_is_known = region in session.get_available_regions("ec2", partition_name=partition)

    def client(service: str) -> Any:
        with lock:
            if service not in made:
                offered = session.get_available_regions(service, partition_name=partition)
                if region_is_known and offered and region not in offered:
                    raise NoSuchServiceError(f"{service} is not offered in {region}")
                made[service] = session.client(
                    service, region_name=region, endpoint_url=endpoint_url, config=settings
                )
            return made[service]

    return client


def collect(
    session: boto3.Session | Clients,
    account_id: str,
    region: str,
    *,
    plan: Plan,
    now: datetime,
    endpoint_url: str | None = None,
    usage: Usage | None = None,
) -> Iterator[tuple[str, Answer]]:
    """Ask all that `plan` wants of one account and region; yield each call with its answer.

    The series of `GetMetricData` come last, under that name.
    """
    clients = session
    if isinstance(session, boto3.Session):
        clients = clients_of(session, region, endpoint_url=endpoint_url)
    usage = usage or Usage()
    answers: dict[str, Answer] = {}
    # Calls wait for their items' calls, so that each kind has threads of its own.
    with (
        ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="inventory") as pool,
        ThreadPoolExecutor(CALLS_AT_ONCE, thread_name_prefix="items") as items,
    ):
        asking = _Asking(clients, usage, items)
        for wave in plan.waves(region):
            answered = pool.map(lambda api: _ask(asking, api, _parent(api, answers)), wave)
            for api, answer in zip(wave, answered, strict=True):
                answers[api] = answer
                yield api, answer
        queries = plan.metric_queries(answers, account_id=account_id, region=region, now=now)
        yield METRICS, _measure(asking, queries, now)


def regions_of(clients: Clients) -> list[str]:
    """The regions that the account has enabled."""
    return sorted(r["RegionName"] for r in clients("ec2").describe_regions()["Regions"])


def _parent(api: str, answers: Mapping[str, Answer]) -> Answer:
    parent = CALLS[api].each
    return answers[parent] if parent else []


@dataclass(frozen=True, slots=True)
class _Asking:
    clients: Clients
    usage: Usage
    pool: Executor


def _ask(asking: _Asking, api: str, parent: Answer) -> Answer:
    call, usage = CALLS[api], asking.usage
    usage.check()
    if isinstance(parent, ApiError):
        message = f"it follows {parent.api}, which failed: {parent.message}"
        return ApiError(api, message, parent.permission)
    try:
        client = asking.clients(call.client)
        if call.each is None:
            return _pages(client, api, call, call.params, usage)
        found = asking.pool.map(lambda item: _of_item(client, api, call, item, usage), parent)
        return [answer for answers in found for answer in answers]
    except NoSuchServiceError:
        return []
    except AWS_FAILURES as error:
        return _failure(api, error)


def _of_item(client: Any, api: str, call: ApiCall, item: Any, usage: Usage) -> list[Any]:
    """What a call says of one item of another's answer; nothing, if it is gone by now."""
    usage.check()
    if call.only and not jmespath.search(call.only, item):
        return []
    found_in_item = ((name, jmespath.search(path, item)) for name, path in call.given.items())
    given = {name: value for name, value in found_in_item if value is not None}
    try:
        found = _pages(client, api, call, {**call.params, **given}, usage)
    except ClientError as error:
        code = code_of(error)
        if "NotFound" in code or code.startswith("NoSuch") or fault_of(error) == "gone":
            return []
        raise
    return [{**(one if isinstance(one, dict) else {"value": one}), "_of": given} for one in found]


def _pages(
    client: Any, api: str, call: ApiCall, params: Mapping[str, Any], usage: Usage
) -> list[Any]:
    items: list[Any] = []
    path = jmespath.compile(call.items)
    for page in _raw_pages(client, call.operation, params):
        usage.count(api)
        found = path.search(page)
        if isinstance(found, list):
            items.extend(plain(item) for item in found)
        elif found is not None:
            items.append(plain(found))
    return items


_TOKENS = ("NextToken", "nextToken", "NextMarker", "Marker")


def _raw_pages(client: Any, operation: str, params: Mapping[str, Any]) -> Iterator[Any]:
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate(**params)
        return
    more: dict[str, Any] = {}
    while True:
        page = getattr(client, operation)(**params, **more)
        yield page
        more = {name: page[name] for name in _TOKENS if page.get(name)}
        if not more:
            return


def _measure(asking: _Asking, queries: Sequence[MetricQuery], now: datetime) -> Answer:
    if not queries:
        return {}
    try:
        cloudwatch = asking.clients("cloudwatch")
        return fetch_series(cloudwatch, queries, now, asking.pool, asking.usage.count)
    except AWS_FAILURES as error:
        return _failure(METRICS, error)


def _failure(api: str, error: Exception) -> ApiError:
    fault = fault_of(error)
    missing = permission_of(api) if fault == "denied" else None
    said = _WORDS[fault].format(code=code_of(error)) if fault in _WORDS else str(error)
    return ApiError(api, said, missing)


_WORDS = {
    "denied": "access was denied ({code}).",
    "credentials": "AWS does not accept the credentials ({code}): sign in again or renew them.",
    "unreachable": "the endpoint does not answer ({code}): the service may not be in this region.",
    "throttled": "AWS asked to slow down once too often ({code}).",
}


def plain(value: Any) -> Any:
    """A part of an answer as JSON can hold it: moments as ISO text, metadata left out."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items() if k != "ResponseMetadata"}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value if isinstance(value, str | int | float | bool | None) else str(value)
