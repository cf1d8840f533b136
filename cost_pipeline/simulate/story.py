"""A story in the made-up organisation: the calls that somebody makes, and what comes to run.

Habits and mishaps tell stories; shapes give each call its body. A story that goes wrong keeps
the truth about itself: every resource, its hourly cost by the price book, and how long it lived.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from cost_pipeline.core.calls import Attribute
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.simulate.records import Call, Who

Body = Mapping[str, Any] | None


@dataclass(slots=True)
class Resource:
    """Something that costs money, from the call that started it until it ends.

    `parts` are what the price book is asked for: how many, of which resource type, with which
    attributes. `saves` is USD an hour that ended when it began (a smaller box before a resize);
    `once` is USD paid once.
    """

    resource_id: str
    account: str
    region: str
    since: datetime
    call: Call
    parts: tuple[tuple[int, str, str, dict[str, Attribute]], ...] = ()
    stated: float = 0.0
    saves: float = 0.0
    once: float = 0.0
    until: datetime | None = None

    @property
    def rate(self) -> float:
        """USD an hour while it runs, by the packaged price book.

        Raises ValueError for something that the book cannot price: a label must be true.
        """
        total = self.stated
        for count, service, kind, attributes in self.parts:
            price = PriceBook.packaged().price(service, self.region, kind, attributes)
            if price.usd is None:
                raise ValueError(f"{kind} {attributes} in {self.region}: {price.explanation}")
            total += count * float(price.usd)
        return total

    @property
    def hourly_cost(self) -> float:
        """USD an hour that it adds."""
        return self.rate - self.saves


@dataclass(slots=True)
class Story:
    """What one habit or mishap does in one account.

    Args:
        key: sets its calls and ids apart from those of all other stories.
        account: the account's number.
    """

    key: str
    account: str
    calls: list[Call] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    trigger: Call | None = None
    _ids: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._ids = random.Random(f"{self.account}/{self.key}")  # noqa: S311 - made-up data

    def call(
        self,
        at: datetime,
        region: str,
        who: Who,
        name: str,
        request: Body = None,
        response: Body = None,
        *,
        error: str | None = None,
        read_only: bool = False,
    ) -> Call:
        """Somebody calls `service:Name`; an error makes it a refused call."""
        source, _, operation = name.partition(":")
        made = Call(
            at.replace(microsecond=0),
            self.account,
            region,
            who,
            source,
            operation,
            request,
            response,
            f"{self.key} {len(self.calls)}",
            error,
            read_only,
        )
        self.calls.append(made)
        return made

    def begins(
        self,
        call: Call,
        resource_id: str,
        service: str,
        kind: str,
        *,
        count: int = 1,
        once: float = 0.0,
        stated: float = 0.0,
        **attributes: str | float | bool,
    ) -> Resource:
        """A call brings a resource into being, priced as `count` of `kind`."""
        clean: dict[str, Attribute] = {
            name.rstrip("_"): Decimal(str(value))
            if isinstance(value, int | float) and not isinstance(value, bool)
            else value
            for name, value in attributes.items()
        }
        parts = ((count, service, kind, clean),) if kind else ()
        made = Resource(resource_id, self.account, call.region, call.at, call, parts, stated)
        made.once = once
        self.resources.append(made)
        return made

    def new_id(self, prefix: str) -> str:
        """The next id of this story, as EC2 writes them."""
        return f"{prefix}-{self._ids.getrandbits(68):017x}"

    def new_name(self, prefix: str) -> str:
        """The next short name of this story."""
        return f"{prefix}-{self._ids.getrandbits(28):07x}"
