"""A day's anomalies while they grow: which one an event belongs to, and what each has told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from cost_pipeline.core.day_columns import MICRO, DayColumns, Ints
from cost_pipeline.core.detection_model import (
    Anomaly,
    AnomalyEvent,
    Baselines,
    DayEvent,
    DetectionSettings,
    RefusedRun,
    Share,
    anomaly_id,
)
from cost_pipeline.core.detector_state import DetectorState, OpenAnomaly, OpenPart, Subject
from cost_pipeline.core.floors import BULK
from cost_pipeline.core.positions import Parts
from cost_pipeline.core.stories import Story, moment
from cost_pipeline.core.sums import Sums


def grouped_seconds(subject: Subject, settings: DetectionSettings) -> float:
    """How long after its last event an anomaly takes in what its actor adds."""
    nightly = subject.resource_type in BULK and subject.made_by == "role"
    return 3600 * max(settings.group_hours, settings.group_nightly_hours if nightly else 0.0)


class Casebook:
    """The stories of a day: those that it began, and those of earlier days that it adds to."""

    def __init__(
        self,
        columns: DayColumns,
        parts: Parts,
        carried: Sequence[OpenPart],
        state: DetectorState,
        settings: DetectionSettings,
        tenant_id: str,
    ) -> None:
        self._columns, self._parts, self._carried = columns, parts, carried
        self._state, self._settings, self._tenant_id = state, settings, tenant_id
        self._stories: dict[str, Story] = {}
        self.told_events: set[int] = set()

    def open(self, subject: Subject, at: float, scope: str = "type") -> Story | None:
        """The anomaly of this actor, else of its role, that may still grow.

        One of everybody in the account is found only where `scope` is the account's: what
        somebody did alone is told by name.
        """
        horizon = at - grouped_seconds(subject, self._settings)
        recent = (one for one in self._state.open_anomalies if one.last_event >= horizon)
        about = [one for one in recent if one.is_about(subject)]
        named = [one for one in about if not one.is_of_everybody]
        for one in named or (about if scope == "account" else ()):
            return self._stories.setdefault(one.id, Story(one))
        return None

    def begin(self, trigger: DayEvent, subject: Subject, scope: str = "type") -> Story:
        """A new anomaly: of an actor, of a whole role or of the whole account."""
        identity = str(anomaly_id(self._tenant_id, trigger.id))
        opened = OpenAnomaly(
            identity,
            trigger.account_id,
            subject.who if scope not in ("role", "account") else "",
            subject.role if scope != "account" else None,
            trigger.event_time.timestamp(),
            0.0,
            [],
        )
        self._state.open_anomalies.append(opened)
        self._stories[identity] = Story(opened, trigger, subject.who)
        return self._stories[identity]

    def trigger(self, index: int) -> DayEvent:
        """An event of the day in full, by whoever answers for it."""
        event = self._columns.detail([index])[0]
        subject = self._columns.subjects[int(self._columns.subject[index])]
        if not subject.is_made_by_emr:
            return event
        return replace(event, actor=subject.who, actor_kind=subject.actor_kind)

    def start_of(self, rows: Ints) -> DayEvent:
        """The start behind some parts, of this day or of an earlier one."""
        event = int(self._parts.event[rows[0]])
        return self.trigger(event) if event >= 0 else _remembered(self._carried[-1 - event])

    def join(self, story: Story, rows: Ints, at: float, sums: Sums) -> None:
        """An anomaly takes parts in; they are told, and never become usual."""
        story.date(moment(at))
        sums.tell(rows)
        story.parts.extend(int(row) for row in rows)
        story.open.last_event = max(story.open.last_event, at)
        for event in self._events_of(rows):
            story.add(event)
        kinds = {self._parts.subjects[int(s)].resource_type for s in self._parts.subject[rows]}
        story.open.resource_types = sorted({*story.open.resource_types, *kinds})

    def _events_of(self, rows: Ints) -> list[AnomalyEvent]:
        found = []
        own = sorted({int(e) for e in self._parts.event[rows] if e >= 0})
        self.told_events.update(own)
        for index, (cost_event, event_id) in zip(own, self._columns.ids(own), strict=True):
            at = moment(float(self._columns.time[index]))
            found.append(AnomalyEvent(UUID(cost_event), event_id, at))
        for event in self._parts.event[rows]:
            if event < 0:
                part = self._carried[-1 - int(event)]
                at = moment(part.start)
                found.append(AnomalyEvent(UUID(part.cost_event_id), part.event_id, at))
        return found

    def anomalies(self, baselines: Baselines, refused: Iterable[RefusedRun]) -> tuple[Anomaly, ...]:
        """What the day raised, in full."""
        runs = {(one.call.account_id, one.call.actor): one.count for one in refused}
        return tuple(
            one.anomaly(self._parts, baselines, self._settings, runs)
            for one in self._stories.values()
            if one.trigger is not None
        )

    def grown(self) -> Mapping[UUID, Share]:
        """What the day adds to anomalies of earlier days, by anomaly id."""
        return {
            one.identity: one.share(self._parts)
            for one in self._stories.values()
            if one.trigger is None and one.events
        }

    def excluded(self) -> frozenset[UUID]:
        """The cost events that were told: they must not train the baseline."""
        told = sorted(self.told_events)
        return frozenset(UUID(one) for one, _ in self._columns.ids(told))


def _remembered(part: OpenPart) -> DayEvent:
    """The start behind a part of an earlier day, as far as the detector remembers it."""
    subject = part.subject
    return DayEvent(
        id=UUID(part.cost_event_id),
        event_id=part.event_id,
        event_time=moment(part.start),
        account_id=subject.account_id,
        region=subject.region,
        service="",
        resource_type=subject.resource_type,
        resource_class=subject.resource_class,
        action="start",
        actor=subject.who if subject.is_made_by_emr else subject.actor,
        actor_kind=subject.actor_kind,
        resource_ids=(),
        quantity=1.0,
        hourly_cost=part.amount / MICRO / 24,
        one_time_cost=0.0,
        event_name="",
        workload=subject.job or (subject.who if subject.who != subject.actor else None),
    )
