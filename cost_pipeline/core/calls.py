"""What normalising needs to know of a catalogued call and of prices, as interfaces.

The catalog says what a record means, the price book what that costs; neither is imported
here, so that either can be replaced by a test's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from cost_pipeline.core.model import Action, Price

Attribute = str | Decimal | bool

Pricing = Literal[
    "book", "stated", "usage", "unstated", "listed", "inherited", "defined", "ends", "free"
]
"""How a call is priced.

`book`: by class and attributes, from the price book. `stated`: the record says the price.
`usage`: billed by use that CloudTrail does not show. `unstated`: a price that neither the
record nor the price book says. `listed`: AWS's list of what was bought says it, which the next
sweep reads. `inherited`: the last known rate of the resource applies, or that of one of its
units. `defined`: another call defined what this one runs. `ends`: nothing more to
pay. `free`: no cost of its own.
"""


Bound = Literal["most", "each", "asked"]
"""What a worst case is: the most that a call allows; what each use comes to, where nothing bounds
how many there are; so many as the call asks for, within what others allow."""


UNKNOWN_KIND = "none"
"""The resource type of a worst case of which the call does not say what kind it is."""


class Units(msgspec.Struct, frozen=True):
    """So many units of one class, with whatever else decides the price of one."""

    resource_class: str | None
    quantity: Decimal
    attributes: Mapping[str, Attribute]


class Line(msgspec.Struct, frozen=True):
    """What a record says of resources that are alike: their ids, and what bills.

    `units` are all that the resources together consist of (a cluster has masters and data
    nodes), `before` the same as it was before a change, where the record says so. A job
    that ends by itself has `hours`; `once` and `hourly` are prices that the record states;
    `defined_by` names the resource whose definition decides the rate; `workload` what
    launched the resources (`asg/web`, `eks/prod`), the same name for parent and children.
    `counted` is the number of units of each resource where the record says it, `priced_one` marks
    that it does not, so that `units` are one; with `added` they come to what there is. `worst`
    is the most that the call allows, or what `bound` says, of what `worst_of` is where the call
    does not say what kind, `term` for how many years it binds. `free` marks a form that costs
    nothing of its own. `kept` is what else outlives the record, such as what the resource belongs
    to. `sized_by` is the resource that has the size of this one (`units` are then one GB),
    `assumed_gb` what stands in for it.
    """

    ids: tuple[str, ...]
    units: tuple[Units, ...]
    before: tuple[Units, ...] = ()
    hours: Decimal | None = None
    once: Decimal | None = None
    hourly: Decimal | None = None
    defined_by: str | None = None
    workload: str | None = None
    worst: tuple[Units, ...] = ()
    worst_of: str | None = None
    bound: Bound = "most"
    term: Decimal | None = None
    counted: Decimal | None = None
    priced_one: bool = False
    free: bool = False
    kept: Mapping[str, object] = msgspec.field(default_factory=dict)
    sized_by: str | None = None
    assumed_gb: int | None = None
    nameless: Decimal | None = None
    added: bool = False

    @property
    def size_gb(self) -> Decimal | None:
        """GB of each resource, where the record says it."""
        if self.sized_by is not None:
            return None
        known: Decimal | None = None
        for unit in self.units:
            size = unit.attributes.get("size_gb")
            if isinstance(size, Decimal):
                known = size * unit.quantity + (known or 0)
        return None if known is None else known / (len(self.ids) or 1)


class Commitment(msgspec.Struct, frozen=True):
    """What was bought: USD at once and an hour for all of it, for how many years, in words."""

    upfront: Decimal
    hourly: Decimal
    years: Decimal
    said: str


class Call(Protocol):
    """A catalogued call."""

    @property
    def action(self) -> Action:
        """Whether the call starts, changes, stops or buys something, or is only watched."""

    @property
    def service(self) -> str:
        """The service as the price book names it."""

    @property
    def resource_type(self) -> str:
        """What kind of resource the call is about."""

    @property
    def pricing(self) -> Pricing:
        """How the call is priced."""

    @property
    def because(self) -> str:
        """Why it is priced so, as a sentence."""

    @property
    def defines(self) -> bool:
        """Whether the call only defines what a later call runs."""

    @property
    def ends_with(self) -> str | None:
        """What an id starts with, before that of the resource with whose final stop it ends."""

    @property
    def final(self) -> bool:
        """Whether a stop is the end: the resource does not come back."""

    @property
    def price_kind(self) -> tuple[str, str]:
        """Service and resource type whose price counts."""

    @property
    def worst_kind(self) -> tuple[str, str]:
        """Service and resource type of what bills in the worst case."""

    def lines(self, document: Mapping[str, object]) -> Sequence[tuple[Call, Line]]:
        """What the record says, of this call's kind of resource and of others beside it.

        Each line comes with the call that says how it is priced; none where the record does not
        change the bill. Raises `ValueError` when the record lacks what the call always says.
        """


class Catalog(Protocol):
    """Which calls change the bill."""

    @property
    def calls(self) -> frozenset[tuple[str, str]]:
        """Source and name of each, without API versions."""

    def get(self, source: str, name: str) -> Call | None:
        """The call of that name, without the API version some services append."""


class Prices(Protocol):
    """What things cost."""

    def price(
        self, service: str, region: str, resource_type: str, attributes: Mapping[str, Attribute]
    ) -> Price:
        """USD an hour, or once, for one unit with these attributes."""

    def commitment(self, resource_ids: Sequence[str]) -> Commitment | None:
        """What a purchase came to whose call does not say it; None where nothing tells."""
