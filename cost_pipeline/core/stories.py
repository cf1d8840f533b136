"""An anomaly while it grows: what raised it, what belongs to it, and how it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np

from cost_pipeline.core.chains import REFUSED, part_of, prelude_reason, refused_reason
from cost_pipeline.core.day_columns import MICRO
from cost_pipeline.core.detection_model import (
    Anomaly,
    AnomalyEvent,
    Baselines,
    DayEvent,
    DetectionSettings,
    Share,
)
from cost_pipeline.core.detector_state import OpenAnomaly, Prelude
from cost_pipeline.core.model import Reason, Severity
from cost_pipeline.core.positions import Parts
from cost_pipeline.core.reasons import price_reason
from cost_pipeline.core.scoring import Verdict, most_severe, raised, severity
from cost_pipeline.core.wording import spelled

_MOST_REASONS = 8


@dataclass(slots=True)
class Story:
    """What a day adds to one anomaly; `trigger` only on the day that raised it.

    `who` answers for the trigger; `about` is the first start in one that began with a sign, such
    as refused calls.
    """

    open: OpenAnomaly
    trigger: DayEvent | None = None
    who: str | None = None
    about: DayEvent | None = None
    noticed_at: datetime | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    judged_at: list[datetime] = field(default_factory=list)
    events: dict[UUID, AnomalyEvent] = field(default_factory=dict)
    parts: list[int] = field(default_factory=list)
    preludes: list[Prelude] = field(default_factory=list)
    purchases: list[DayEvent] = field(default_factory=list)

    @property
    def identity(self) -> UUID:
        """The anomaly's id."""
        return UUID(self.open.id)

    @property
    def is_only_a_sign(self) -> bool:
        """Whether it began today with what costs nothing, and nothing was started since."""
        return self.trigger is not None and self.trigger.action == "signal" and self.about is None

    def add(self, event: AnomalyEvent) -> None:
        """Takes an event in."""
        self.date(event.event_time)
        self.events[event.cost_event_id] = event

    def date(self, at: datetime) -> None:
        """What was judged since the last time is as of now: it says nothing of what comes later."""
        self.judged_at += [at] * (len(self.verdicts) - len(self.judged_at))

    def costs(self, parts: Parts) -> tuple[float, float]:
        """USD an hour of what it holds that still ran at its last event, and USD once."""
        index = np.array(sorted(set(self.parts)), np.int64)
        amount, once = parts.amount[index], parts.once[index]
        alive = ~once & ~parts.assumed[index] & (parts.gone[index] > self.open.last_event)
        hourly = int(amount[alive].sum()) / MICRO / 24
        paid = int(amount[once].sum()) / MICRO
        hourly += sum(max(event.hourly_cost or 0.0, 0.0) for event in self.purchases)
        paid += sum(event.one_time_cost for event in self.purchases)
        return round(hourly, 6), round(paid, 6)

    def share(self, parts: Parts) -> Share:
        """What the day adds to it."""
        for prelude in self.preludes:
            self.add(part_of(prelude))
        hourly, once = self.costs(parts)
        level = most_severe([severity(hourly * 24), *(v.severity for v in self.verdicts)])
        return Share(self._ordered(), hourly, once, self._chained(level))

    def anomaly(
        self,
        parts: Parts,
        baselines: Baselines,
        settings: DetectionSettings,
        refused: Mapping[tuple[str, str], int],
    ) -> Anomaly:
        """The anomaly in full, on the day that raised it."""
        trigger = self.trigger
        if trigger is None:
            raise ValueError("an anomaly is told in full only on the day that raised it")
        share = self.share(parts)
        times = [part.event_time for part in share.events]
        about = self.about or trigger
        extra = [price_reason(about, baselines, settings)]
        if self.preludes:
            extra.append(prelude_reason(self.preludes))
        count = refused.get((trigger.account_id, trigger.actor), 0)
        if count >= settings.refused_calls:
            extra.append(refused_reason(trigger.actor, count))
        actor, kind = self._behind(trigger)
        return Anomaly(
            id=self.identity,
            account_id=trigger.account_id,
            region=about.region,
            actor=actor,
            actor_kind=kind,
            resource_type=about.resource_type,
            severity=share.severity,
            score=max(verdict.score for verdict in self.verdicts),
            trigger=trigger,
            first_event_time=min(times),
            last_event_time=max(times),
            hourly_cost=share.hourly_cost,
            one_time_cost=share.one_time_cost,
            reasons=_reasons(
                zip(self.verdicts, self.judged_at, strict=True),
                [_dated(one, about.event_time) for one in extra if one is not None],
            ),
            title=_title(about, actor, share),
            events=share.events,
            workload=about.workload,
            who=self.who if self.who != trigger.actor else None,
            noticed_at=self.noticed_at or trigger.event_time,
        )

    def _behind(self, trigger: DayEvent) -> tuple[str, str]:
        """Who is named: the actor, the role of many, or everybody in the account."""
        if self.open.who:
            return trigger.actor, trigger.actor_kind
        if self.open.role:
            return self.open.role.rpartition("/")[2], "role"
        return f"everybody in {trigger.account_id}", "account"

    def _ordered(self) -> tuple[AnomalyEvent, ...]:
        return tuple(sorted(self.events.values(), key=lambda p: (p.event_time, p.event_id)))

    def _chained(self, level: Severity) -> Severity:
        return raised(level) if any(one.unseen for one in self.preludes) else level


def moment(seconds: float) -> datetime:
    """Seconds since 1970 as a time in UTC."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def _reasons(
    verdicts: Iterable[tuple[Verdict, datetime]], extra: list[Reason]
) -> tuple[Reason, ...]:
    """The reasons of the weightiest verdict first, each signal once."""
    kept: dict[str, Reason] = {}
    for verdict, at in sorted(verdicts, key=lambda judged: -judged[0].impact):
        for reason in verdict.reasons:
            kept.setdefault(reason.signal, _dated(reason, at))
    for reason in extra:
        kept.setdefault(reason.signal, reason)
    return tuple(sorted(kept.values(), key=lambda reason: -reason.weight)[:_MOST_REASONS])


def _dated(reason: Reason, at: datetime) -> Reason:
    return reason if reason.signal == REFUSED else replace(reason, as_of=at.isoformat())


def _title(about: DayEvent, actor: str, share: Share) -> str:
    what = " ".join(filter(None, (about.resource_class, spelled(about.resource_type))))
    who = f"{about.workload} ({actor})" if about.workload else actor
    return f"{who}: {what} in {about.region}, {_money(share) or about.event_name}"


def _money(share: Share) -> str:
    """What it costs in a few words; empty where it costs nothing."""
    hourly, once = share.hourly_cost, share.one_time_cost
    if once > hourly * 24:
        return f"USD {once:,.0f} at once"
    return f"USD {hourly:,.2f}/h" if hourly else ""
