"""A day's events → its anomalies: judged one by one in order of time, told once.

A pure function of the day's events, what was usual the day before, what was outstanding then,
the thresholds and people's decisions; the order in which events are given does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from cost_pipeline.core.detection_model import (
    Anomaly,
    AnomalyEvent,
    Baselines,
    DayEvent,
    DayResult,
    Decision,
    DetectionSettings,
    DetectorState,
    Holding,
    OpenAnomaly,
    PositionKey,
    anomaly_id,
)
from cost_pipeline.core.model import Reason
from cost_pipeline.core.positions import Positions
from cost_pipeline.core.scoring import (
    Surroundings,
    Verdict,
    judge,
    judge_commitment,
    judge_tampering,
    most_severe,
    refused_reason,
    severity,
)

_MOST_REASONS = 8


@dataclass(slots=True)
class _Draft:
    """An anomaly of this day while it grows."""

    id: UUID
    trigger: DayEvent
    verdicts: list[Verdict]
    events: dict[UUID, AnomalyEvent] = field(default_factory=dict)
    hourly: dict[UUID, float] = field(default_factory=dict)
    one_time: float = 0.0


def detect_day(
    events: Sequence[DayEvent],
    baselines: Baselines,
    state: DetectorState,
    settings: DetectionSettings,
    decisions: Sequence[Decision],
    day: date,
    *,
    tenant_id: str = "default",
    refused: Mapping[tuple[str, str], int] | None = None,
) -> DayResult:
    """The anomalies of one day.

    Args:
        events: the day's cost events, with their hourly cost resolved, in any order.
        baselines: what was usual at the end of the day before.
        state: what the detector remembered then; it is not changed.
        settings: the thresholds.
        decisions: what people decided.
        day: the day that the events were delivered on.
        tenant_id: goes into the anomalies' ids.
        refused: how many calls AWS refused, by (account_id, actor).
    """
    detector = _Detector(tenant_id, baselines, state, settings, decisions, day)
    for event in sorted(events, key=lambda event: (event.event_time, event.id)):
        detector.take(event)
    return detector.result(refused or {})


class _Detector:
    def __init__(
        self,
        tenant_id: str,
        baselines: Baselines,
        state: DetectorState,
        settings: DetectionSettings,
        decisions: Sequence[Decision],
        day: date,
    ) -> None:
        self._tenant_id = tenant_id
        self._state = DetectorState.from_json(state.to_json())
        self._settings = settings
        self._decisions = decisions
        self._day = day
        self._surroundings = Surroundings(baselines)
        self._positions = Positions(self._state, settings, day)
        self._drafts: dict[str, _Draft] = {}
        self._grown: dict[UUID, dict[UUID, AnomalyEvent]] = {}
        self._excluded: set[UUID] = set()

    def take(self, event: DayEvent) -> None:
        """Takes the next event in order of time."""
        self._state.first_seen.setdefault(event.account_id, self._day.isoformat())
        mute = self._mute(event)
        key = self._positions.apply(event)
        verdict = self._verdict(event, key)
        if verdict is None or mute is not None:
            self._learn(event, key, mute)
            if key is not None and mute is None:
                self._join_if_open(event)
            return
        self._raise(event, key, verdict)

    def _learn(self, event: DayEvent, key: PositionKey | None, mute: str | None) -> None:
        if key is None or mute == "snoozed":
            return
        at = event.event_time.timestamp()
        if mute == "expected":
            self._positions.note_expected(key, at)
        else:
            self._positions.note_usual(key, at)

    def _mute(self, event: DayEvent) -> str | None:
        verdicts = {d.verdict for d in self._decisions if d.covers(event)}
        return "expected" if "expected" in verdicts else next(iter(verdicts), None)

    def _verdict(self, event: DayEvent, key: PositionKey | None) -> Verdict | None:
        verdict = judge_tampering(event) or judge_commitment(event, self._settings)
        if verdict is not None or key is None:
            return verdict
        usual = self._positions.usual_peak(key)
        running = self._positions.count(key)
        flood = running if usual == 0 and running >= self._settings.flood else 0
        novelty = self._surroundings.novelty(event, flood=flood)
        if novelty.points < 2:
            usual = max(usual, self._positions.peers_peak(key))
        at = event.event_time.timestamp()
        # What an anomaly told of once is not told again by the next small start.
        told = self._open(event) is None
        impact = self._positions.impact(key, at, usual_only=told)
        return judge(
            event,
            impact,
            usual,
            novelty,
            self._surroundings.baseline(event),
            self._settings,
            learning=self._learning(event.account_id),
        )

    def _learning(self, account_id: str) -> bool:
        first = date.fromisoformat(self._state.first_seen[account_id])
        return (self._day - first).days < self._settings.learning_days

    def _raise(self, event: DayEvent, key: PositionKey | None, verdict: Verdict) -> None:
        open_one = self._open(event)
        if open_one is None:
            open_one = self._start(event, verdict)
        elif (draft := self._drafts.get(open_one.id)) is not None:
            draft.verdicts.append(verdict)
        open_one.impact = max(open_one.impact, verdict.impact)
        if key is not None:
            for holding in self._positions.holdings(key):
                if not holding.flagged:
                    self._add(open_one, _part(holding))
            self._positions.flag(key)
        self._join(open_one, event)

    def _start(self, event: DayEvent, verdict: Verdict) -> OpenAnomaly:
        identity = anomaly_id(self._tenant_id, event.id)
        self._drafts[str(identity)] = _Draft(identity, event, [verdict])
        opened = OpenAnomaly(
            str(identity),
            event.account_id,
            event.actor,
            event.event_time.timestamp(),
            verdict.impact,
        )
        self._state.open_anomalies.append(opened)
        return opened

    def _open(self, event: DayEvent) -> OpenAnomaly | None:
        horizon = event.event_time.timestamp() - self._settings.group_hours * 3600
        return next(
            (
                one
                for one in self._state.open_anomalies
                if one.account_id == event.account_id
                and one.actor == event.actor
                and one.last_event >= horizon
            ),
            None,
        )

    def _join_if_open(self, event: DayEvent) -> None:
        """An open anomaly takes what its actor does within the hour, unusual by itself or not."""
        open_one = self._open(event)
        if open_one and event.event_time.timestamp() - open_one.last_event <= 3600:
            self._join(open_one, event)

    def _join(self, open_one: OpenAnomaly, event: DayEvent) -> None:
        open_one.last_event = max(open_one.last_event, event.event_time.timestamp())
        self._add(open_one, AnomalyEvent(event.id, event.event_id, event.event_time))
        draft = self._drafts.get(open_one.id)
        if draft is not None:
            draft.hourly[event.id] = event.hourly_cost or 0.0
            draft.one_time += event.one_time_cost

    def _add(self, open_one: OpenAnomaly, part: AnomalyEvent) -> None:
        self._excluded.add(part.cost_event_id)
        draft = self._drafts.get(open_one.id)
        if draft is not None:
            draft.events[part.cost_event_id] = part
        else:
            self._grown.setdefault(UUID(open_one.id), {})[part.cost_event_id] = part

    def result(self, refused: Mapping[tuple[str, str], int]) -> DayResult:
        """Closes the day."""
        end = datetime.combine(self._day + timedelta(days=1), time(), tzinfo=UTC).timestamp()
        self._positions.close_day(end)
        horizon = end - self._settings.group_hours * 3600
        self._state.open_anomalies = [
            one for one in self._state.open_anomalies if one.last_event >= horizon
        ]
        return DayResult(
            day=self._day,
            anomalies=tuple(self._finished(draft, refused) for draft in self._drafts.values()),
            grown={key: tuple(parts.values()) for key, parts in self._grown.items()},
            state=self._state,
            excluded_event_ids=frozenset(self._excluded),
        )

    def _finished(self, draft: _Draft, refused: Mapping[tuple[str, str], int]) -> Anomaly:
        trigger = draft.trigger
        times = [part.event_time for part in draft.events.values()]
        worst = max(draft.verdicts, key=lambda verdict: verdict.impact)
        hourly = self._running_cost(draft, worst)
        reasons = _reasons(draft.verdicts)
        count = refused.get((trigger.account_id, trigger.actor), 0)
        if count >= self._settings.refused_calls:
            reasons = (*reasons, refused_reason(trigger.actor, count))
        return Anomaly(
            id=draft.id,
            account_id=trigger.account_id,
            region=trigger.region,
            actor=trigger.actor,
            actor_kind=trigger.actor_kind,
            resource_type=trigger.resource_type,
            severity=most_severe([severity(hourly * 24), *(v.severity for v in draft.verdicts)]),
            score=max(verdict.score for verdict in draft.verdicts),
            trigger=trigger,
            first_event_time=min(times),
            last_event_time=max(times),
            hourly_cost=round(hourly, 6),
            one_time_cost=round(draft.one_time, 6),
            reasons=reasons,
            title=_title(trigger, hourly, draft.one_time),
            events=tuple(sorted(draft.events.values(), key=lambda p: (p.event_time, p.event_id))),
        )

    @staticmethod
    def _running_cost(draft: _Draft, worst: Verdict) -> float:
        """USD an hour: what its events added, or what was outstanding where that is more."""
        added = sum(draft.hourly.values())
        one_off = draft.one_time > 0
        return max(added, 0.0 if one_off else worst.impact / 24)


def _part(holding: Holding) -> AnomalyEvent:
    return AnomalyEvent(
        UUID(holding.cost_event_id),
        holding.event_id,
        datetime.fromtimestamp(holding.since, tz=UTC),
    )


def _reasons(verdicts: Iterable[Verdict]) -> tuple[Reason, ...]:
    """The reasons of the weightiest verdict first, each signal once."""
    kept: dict[str, Reason] = {}
    for verdict in sorted(verdicts, key=lambda verdict: -verdict.impact):
        for reason in verdict.reasons:
            kept.setdefault(reason.signal, reason)
    return tuple(sorted(kept.values(), key=lambda reason: -reason.weight)[:_MOST_REASONS])


def _title(trigger: DayEvent, hourly: float, one_time: float) -> str:
    what = trigger.resource_type.replace("_", " ")
    if trigger.resource_class:
        what = f"{trigger.resource_class} {what}"
    money = f"USD {one_time:,.0f} at once" if one_time > hourly * 24 else f"USD {hourly:,.2f}/h"
    return f"{trigger.actor}: {what} in {trigger.region}, {money}"
