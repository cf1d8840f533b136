"""The truth about an incident, in a form that a scorer and a file can hold."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import msgspec

from cost_pipeline.simulate.mishaps.deck import Incident
from cost_pipeline.simulate.story import Resource


class LabelledResource(msgspec.Struct, frozen=True):
    """What an incident left running: USD an hour from `since` to `until`, and USD paid once."""

    resource_id: str
    hourly_cost: float
    one_time_cost: float
    since: datetime
    until: datetime

    def cost(self, before: datetime | None = None) -> float:
        """USD that it runs up, in all or before a moment; what is paid once is left out."""
        end = self.until if before is None else min(self.until, before)
        return max(0.0, (end - self.since).total_seconds() / 3600) * self.hourly_cost


class Label(msgspec.Struct, frozen=True):
    """One incident.

    `counts` is False for what spends nothing (a refused attack, a stopped trail): an alert about
    it is neither asked for nor false.
    """

    kind: str
    account_id: str
    actor: str
    counts: bool
    start: datetime
    trigger_event_id: str
    event_ids: list[str]
    resources: list[LabelledResource]

    @property
    def running_cost(self) -> float:
        """USD that its resources run up in the window."""
        return sum(one.cost() for one in self.resources)

    @property
    def cost(self) -> float:
        """USD in all, running and once."""
        return self.running_cost + sum(one.one_time_cost for one in self.resources)

    def lost_before(self, moment: datetime | None) -> float:
        """USD that its resources ran up before a moment; all of it for None."""
        return sum(one.cost(moment) for one in self.resources)

    @classmethod
    def of(cls, incident: Incident, end: datetime) -> Self:
        """The label of an incident, as far as the window goes."""
        story = incident.story
        trigger = story.trigger or story.calls[0]
        return cls(
            incident.kind,
            story.account,
            trigger.who.name,
            incident.counts,
            trigger.at,
            trigger.event_id,
            [call.event_id for call in story.calls if call.at < end],
            [_resource(one, end) for one in story.resources if one.since < end],
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """A line of `labels.jsonl`."""
        return msgspec.json.decode(text, type=cls)

    def to_json(self) -> str:
        """A line of `labels.jsonl`."""
        return msgspec.json.encode(self).decode()


def _resource(one: Resource, end: datetime) -> LabelledResource:
    until = min(one.until or end, end)
    job = "training-job" in one.resource_id
    hours = (until - one.since).total_seconds() / 3600
    once = one.once + (one.hourly_cost * hours if job else 0.0)
    return LabelledResource(
        one.resource_id, 0.0 if job else one.hourly_cost, once, one.since, max(until, one.since)
    )
