"""The catalog's files as typed values: what a YAML file may say, and nothing else."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from cost_pipeline.core.calls import Bound, Pricing
from cost_pipeline.core.model import Action
from cost_pipeline.core.ready import ready

ASSUMED_GB = 100
"""What EC2's console offers for a new volume: the size of a copy whose source no record tells."""


class Fields(msgspec.Struct, forbid_unknown_fields=True, rename={"resource_class": "class"}):
    """Where a class, a quantity and the other price attributes stand, as JMESPath.

    `parts` selects a list where one resource consists of several classes of units; the other
    expressions then also see the part, as `part`.
    """

    resource_class: str | None = None
    quantity: str | None = None
    attributes: dict[str, str] = {}
    parts: str | None = None


class Worst(Fields, kw_only=True):
    """The most that a call allows; `resource_type` where what bills is of another kind.

    That is `none` where the call does not say of which. `of` names the resource whose unit is
    meant then: earlier calls about it tell what one costs. `bound` is `each` where nothing bounds
    how many uses there are (an attachment of a gateway, a function that always runs), `asked`
    where another call bounds it (a group's desired capacity).
    """

    resource_type: str | None = None
    of: str | None = None
    bound: Bound = "most"


class Yield(msgspec.Struct, forbid_unknown_fields=True, rename={"resource_class": "class"}):
    """What an example record must yield, as far as it is said."""

    ids: list[str] | None = None
    resource_class: str | None = None
    quantity: str | None = None
    hourly_cost: str | None = None
    rate_after: str | None = None
    one_time_cost: str | None = None
    basis: str | None = None
    workload: str | None = None
    worst_case: str | None = None
    worst_of: str | None = None
    unit_rate: str | None = None
    sized_by: str | None = None
    same_as: str | None = None
    term_years: str | None = None
    kept: dict[str, Any] = {}


class Example(msgspec.Struct, forbid_unknown_fields=True):
    """A record, as small as it can be, and what it must yield: nothing, refused, or events.

    `synthetic` marks a record whose shape was taken from the API's documentation and not
    from a log.
    """

    record: dict[str, Any]
    yields: list[Yield] | Literal["nothing", "refused"]
    title: str = ""
    synthetic: bool = False


class Entry(Fields, kw_only=True):
    """One call, or several that say the same in the same places.

    `first` is where the first of several resources stands that are alike: every expression sees it
    as `first`. `tags` are the places where tags stand; every expression sees them together, by
    key, as `tags`. `workload` are expressions for the name of what launched the resource, or of
    what the call is about where it launches others: the first that is found counts, so that
    parent and children name the same.

    `priced_as` is the resource type whose price counts, where it is another (a template is
    priced as what it launches). `free_when` tells a form that costs nothing of its own: a
    service on machines that are billed themselves. `worst` is what the call allows at most (a
    group's `maxSize`), beside what it costs now; a definition allows what it defines.
    `term` is for how many years a purchase binds. A stop that is `final` also ends what another
    entry says `ends_with` it: resources whose id is that prefix and the id of the one that
    ends. An entry `beside` another of the same call is about a second kind of resource in the
    same record, the volumes of a launch, and sees the tags of the first.

    `defined_by` names the definition that says what a resource runs; what is itself a definition
    (`defines`) says the same as that one.

    `sized_by` names the resource whose size in GB is that of this one, where the record does not
    say it (a copy has the size of its source): earlier records tell it, and where none does,
    `assumed_gb` stands in.

    A change that `adds` says what it adds to what there is (takes away, where that is below zero),
    not what there is afterwards.

    `keep` names what else of the record is worth keeping: what it belongs to, what it leaves.
    """

    names: list[str]
    action: Action
    resource_type: str
    pricing: Pricing
    examples: list[Example] = []
    ids: str | None = None
    split: str | None = None
    only_when: str | None = None
    before: Fields | None = None
    hours: str | None = None
    once: str | None = None
    hourly: str | None = None
    defines: bool = False
    defined_by: str | None = None
    first: str | None = None
    tags: list[str] = []
    workload: list[str] = []
    worst: Worst | None = None
    term: str | None = None
    beside: bool = False
    adds: bool = False
    ends_with: str | None = None
    final: bool = False
    sized_by: str | None = None
    assumed_gb: int = ASSUMED_GB
    priced_as: str | None = None
    free_when: str | None = None
    keep: dict[str, str] = {}
    because: str = ""
    source: str | None = None


class Resource(msgspec.Struct, forbid_unknown_fields=True):
    """A kind of resource: what it is called, and how its name becomes a unique id.

    `id` is a template of `{id}`, `{region}`, `{account}` and `{partition}`, for resources
    whose calls give only a name; an ARN in the record is kept as it is.
    """

    title: str
    id: str = "{id}"


class Ignored(msgspec.Struct, forbid_unknown_fields=True):
    """Calls that look as if they cost money, and why they are left out; `*` is all others."""

    names: list[str]
    because: str
    source: str | None = None


@ready
class ServiceFile(msgspec.Struct, forbid_unknown_fields=True):
    """One file of the catalog: a service with the calls that change its bill."""

    service: str
    title: str
    source: str
    resources: dict[str, Resource]
    calls: list[Entry]
    ignored: list[Ignored] = []
