"""What a check may look at: the answers of one account and region, in plain shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from cost_pipeline.aws.api_calls import ApiError, permission_of
from cost_pipeline.zombies.model import CheckMeta
from cost_pipeline.zombies.thresholds import Place, Thresholds


class MissingAnswerError(Exception):
    """An answer that a check needs is not there; the message says why."""

    def __init__(self, api: str, message: str, permission: str | None = None) -> None:
        super().__init__(message)
        self.api = api
        self.permission = permission


@dataclass(frozen=True, slots=True)
class View:
    """One check's view of the inventory: `items` of a call, `limit` of a threshold, `now`."""

    inventory: Mapping[str, Any]
    account_id: str
    region: str
    now: datetime
    meta: CheckMeta
    thresholds: Thresholds

    def items(self, api: str) -> list[Any]:
        """The items that a call answered. Raises `MissingAnswerError` if it did not."""
        answer = self.inventory.get(api)
        if isinstance(answer, ApiError):
            raise MissingAnswerError(api, str(answer), answer.permission)
        if answer is None:
            needed = permission_of(api)
            raise MissingAnswerError(api, f"{api} was not asked; it needs {needed}.", needed)
        return list(answer)

    @property
    def place(self) -> Place:
        """Which check judges, where, and on which day."""
        return Place(self.meta.name, self.account_id, self.region, self.now.date())

    @property
    def is_on(self) -> bool:
        """Whether the check is made at all: some are off until somebody asks for them."""
        return self.thresholds.limit(self.meta, "on") != 0

    def limit(self, name: str) -> float:
        """A threshold of this check."""
        value = self.thresholds.limit(self.meta, name)
        if value is None:
            raise KeyError(f"{self.meta.name} has no threshold {name}")
        return value

    def days_since(self, moment: datetime | None) -> float:
        """Days from `moment` to now; infinitely many from an unknown moment."""
        return (self.now - moment).total_seconds() / 86_400 if moment else float("inf")

    def arn(self, service: str, rest: str) -> str:
        """The ARN of something in this account and region."""
        partition = "aws"
        if self.region.startswith("us-gov-"):
            partition = "aws-us-gov"
        elif self.region.startswith("cn-"):
            partition = "aws-cn"
        return f"arn:{partition}:{service}:{self.region}:{self.account_id}:{rest}"


def when(value: object) -> datetime | None:
    """A moment out of an answer: ISO text or epoch seconds; None where there is none.

    >>> when("2026-11-01T00:00:00Z").isoformat()
    '2026-11-01T00:00:00+00:00'
    >>> when(None) is None
    True
    """
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return datetime.fromtimestamp(float(value), UTC)
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
    else:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """Tags in any of the shapes that AWS uses.

    >>> tags_of({"TagList": [{"Key": "team", "Value": "ml"}]})
    {'team': 'ml'}
    >>> tags_of({"tags": {"team": "ml"}})
    {'team': 'ml'}
    """
    for name in ("Tags", "TagList", "TagSet", "tags", "tagSet"):
        tags = item.get(name)
        if isinstance(tags, Mapping):
            return {str(key): str(value) for key, value in tags.items()}
        if isinstance(tags, list):
            return dict(_pairs(tags))
    return {}


def number(value: object) -> Decimal:
    """A number of an answer as `Decimal`; nothing is zero."""
    return Decimal(str(value or 0))


def _pairs(tags: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    for tag in tags:
        key = tag.get("Key", tag.get("key", tag.get("TagKey")))
        value = tag.get("Value", tag.get("value", tag.get("TagValue")))
        if key is not None:
            yield str(key), str(value or "")
