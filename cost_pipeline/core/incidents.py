"""A day's events → its anomalies: judged in order of time, told once.

A pure function of the day's events, what was usual the day before, what was outstanding then,
the thresholds and what people said; the order in which events are given does not matter. All
sums are made over columns; only what may be unusual is looked at one by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np

from cost_pipeline.core import chains, left_on
from cost_pipeline.core.day_columns import PURCHASE, SIGNAL, DayColumns, Ints, columns_of
from cost_pipeline.core.detection_model import (
    AnomalyEvent,
    Baselines,
    DayEvent,
    DayResult,
    Decision,
    DetectionSettings,
    DetectorState,
    anomaly_id,
)
from cost_pipeline.core.detector_state import OpenAnomaly, OpenPart, Subject
from cost_pipeline.core.expected import (
    ANOMALOUS,
    USUAL,
    ExpectedChange,
    apply_changes,
    apply_decisions,
)
from cost_pipeline.core.positions import parts_of
from cost_pipeline.core.scoring import (
    Verdict,
    judge,
    judge_commitment,
    judge_tampering,
    judged_by_record,
    novelty_of,
)
from cost_pipeline.core.stories import Story, moment
from cost_pipeline.core.sums import Sums
from cost_pipeline.core.usual import Memory

_DAY = 86_400.0


def detect_day(
    events: Sequence[DayEvent] | DayColumns,
    baselines: Baselines,
    state: DetectorState,
    settings: DetectionSettings,
    decisions: Sequence[Decision],
    day: date,
    *,
    tenant_id: str = "default",
    refused: Mapping[tuple[str, str], int] | None = None,
    expected: Sequence[ExpectedChange] = (),
) -> DayResult:
    """The anomalies of one day.

    Args:
        events: the day's cost events, with their hourly cost resolved, in any order.
        baselines: what single calls cost, as of the day before; they explain, never decide.
        state: what the detector remembered then; it is not changed.
        settings: the thresholds.
        decisions: what people decided.
        day: the day that the events were delivered on.
        tenant_id: goes into the anomalies' ids.
        refused: how many calls AWS refused, by (account_id, actor).
        expected: changes that people announced.
    """
    columns = events if isinstance(events, DayColumns) else columns_of(events)
    detector = _Day(columns, state.copied(), settings, decisions, expected, day, tenant_id)
    detector.judge_all()
    return detector.result(baselines, refused or {})


class _Day:
    def __init__(
        self,
        columns: DayColumns,
        state: DetectorState,
        settings: DetectionSettings,
        decisions: Sequence[Decision],
        expected: Sequence[ExpectedChange],
        day: date,
        tenant_id: str,
    ) -> None:
        self._columns, self._state, self._settings = columns, state, settings
        self._decisions, self._expected = decisions, expected
        self._day, self._tenant_id = day, tenant_id
        self._end = datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC).timestamp()
        for subject in columns.subjects:
            state.first_seen.setdefault(subject.account_id, day.isoformat())
        self._carried = state.parts
        self._memory = Memory(state, settings, day)
        self._parts = parts_of(columns, self._carried, settings, self._end - _DAY)
        apply_decisions(self._parts, decisions)
        apply_changes(self._parts, expected, state.used)
        self._sums = Sums(self._parts, self._memory, settings)
        self._last_part = np.full(len(columns.time), -1, np.int64)
        raising = np.nonzero((self._parts.event >= 0) & (self._parts.amount > 0))[0]
        self._last_part[self._parts.event[raising]] = raising
        self._stories: dict[str, Story] = {}
        self._told_events: set[int] = set()

    def judge_all(self) -> None:
        """Looks at what may be unusual, in order of time, and then at what was left on."""
        for index in self._suspects():
            action = int(self._columns.action[index])
            if action == SIGNAL:
                self._signal(index)
            elif action == PURCHASE:
                self._purchase(index)
            else:
                self._start(index, int(self._last_part[index]))
        if len(self._columns.time):
            seen_until = min(float(self._columns.time.max()), self._end)
            for found in left_on.forgotten(
                self._parts, self._memory, self._settings, seen_until, self._end - _DAY
            ):
                self._left_on(found)

    def _suspects(self) -> list[int]:
        """Events whose sums may be unusual, and those that no sum speaks of."""
        settings, columns = self._settings, self._columns
        factor = min(1.0, settings.role_factor)
        learning = [self._memory.learning(one.account_id) for one in self._parts.subjects]
        least = np.where([*learning, False], settings.learning_floor, settings.floor_least) * factor
        hot = self._sums.hot(least[self._parts.subject])
        special = (columns.action == SIGNAL) | (columns.action == PURCHASE)
        last = self._last_part
        unmuted = np.isin(self._parts.flag, (USUAL, ANOMALOUS))
        raising = last >= 0
        special[raising] |= (hot & unmuted)[last[raising]]
        return [int(index) for index in np.nonzero(special)[0]]

    def _start(self, index: int, part: int) -> None:
        subject = self._columns.subjects[int(self._columns.subject[index])]
        at = float(self._columns.time[index])
        before = chains.before(
            self._state.preludes, subject.account_id, subject.who, at, self._settings
        )
        novelty = novelty_of(
            self._memory,
            subject,
            flood=self._sums.flood(part),
            prelude=len(before),
            scale=self._sums.scale(part),
        )
        learning = self._memory.learning(subject.account_id)
        sums = self._sums.at(part)
        if judged_by_record(subject, novelty) and self._sums.at_once(part):
            record = self._sums.record(subject)
            sums = [replace(one, usual=max(one.usual, record)) for one in sums]
        verdict = judge(sums, subject, novelty, self._settings, learning=learning)
        story = self._open(subject, at)
        if verdict is None:
            if story is not None:
                self._join(story, self._own(index), at)
            return
        if story is None:
            story = self._begin(index, subject, verdict)
        story.verdicts.append(verdict)
        story.preludes = before
        self._join(story, self._sums.members(verdict.scope, part, verdict.usual), at)

    def _own(self, index: int) -> Ints:
        parts = self._parts
        return np.nonzero((parts.event == index) & (parts.flag == USUAL) & (parts.amount > 0))[0]

    def _join(self, story: Story, rows: Ints, at: float) -> None:
        """An anomaly takes parts in; they are told, and never become usual."""
        self._sums.tell(rows)
        story.parts.extend(int(row) for row in rows)
        story.open.last_event = max(story.open.last_event, at)
        for event in self._events_of(rows):
            story.add(event)
        kinds = {self._parts.subjects[int(s)].resource_type for s in self._parts.subject[rows]}
        story.open.resource_types = sorted({*story.open.resource_types, *kinds})

    def _events_of(self, rows: Ints) -> list[AnomalyEvent]:
        found = []
        own = sorted({int(e) for e in self._parts.event[rows] if e >= 0})
        self._told_events.update(own)
        for index, (cost_event, event_id) in zip(own, self._columns.ids(own), strict=True):
            at = moment(float(self._columns.time[index]))
            found.append(AnomalyEvent(UUID(cost_event), event_id, at))
        for event in self._parts.event[rows]:
            if event < 0:
                part = self._carried[-1 - int(event)]
                at = moment(part.start)
                found.append(AnomalyEvent(UUID(part.cost_event_id), part.event_id, at))
        return found

    def _begin(self, index: int, subject: Subject, verdict: Verdict) -> Story:
        (trigger,) = self._columns.detail([index])
        whole_role = verdict.scope == "role"
        return self._story(trigger, "" if whole_role else subject.who, subject.role)

    def _story(self, trigger: DayEvent, who: str, role: str | None) -> Story:
        identity = str(anomaly_id(self._tenant_id, trigger.id))
        opened = OpenAnomaly(
            identity, trigger.account_id, who, role, trigger.event_time.timestamp(), 0.0, []
        )
        self._state.open_anomalies.append(opened)
        self._stories[identity] = Story(opened, trigger)
        return self._stories[identity]

    def _open(self, subject: Subject, at: float) -> Story | None:
        """The anomaly of this actor, or of the whole role, that may still grow."""
        horizon = at - self._settings.group_hours * 3600
        for one in self._state.open_anomalies:
            same = one.who == subject.who or (not one.who and one.role == subject.role)
            if one.account_id == subject.account_id and same and one.last_event >= horizon:
                return self._stories.setdefault(one.id, Story(one))
        return None

    def _signal(self, index: int) -> None:
        (event,) = self._columns.detail([index])
        subject = self._columns.subjects[int(self._columns.subject[index])]
        if chains.is_prelude(event.event_name):
            unseen = self._memory.is_new("actor", event.account_id, subject.who)
            unseen = unseen and not self._memory.learning(event.account_id)
            self._state.preludes.append(chains.prelude_of(event, subject.who, unseen=unseen))
        self._alone(event, index, subject, judge_tampering(event))

    def _purchase(self, index: int) -> None:
        (event,) = self._columns.detail([index])
        subject = self._columns.subjects[int(self._columns.subject[index])]
        said = any(
            one.since <= event.event_time < one.until and one.matches(subject)
            for one in self._expected
        )
        if not said:
            self._alone(event, index, subject, judge_commitment(event, self._settings))

    def _alone(
        self, event: DayEvent, index: int, subject: Subject, verdict: Verdict | None
    ) -> None:
        """An event that is an anomaly whatever else there is."""
        if verdict is None or any(one.covers(event) for one in self._decisions):
            return
        at = event.event_time.timestamp()
        story = self._open(subject, at) or self._story(event, subject.who, subject.role)
        story.verdicts.append(verdict)
        story.open.last_event = max(story.open.last_event, at)
        story.add(AnomalyEvent(event.id, event.event_id, event.event_time))
        if event.action == "purchase":
            story.purchases.append(event)
        self._told_events.add(index)

    def _left_on(self, found: left_on.Forgotten) -> None:
        subject = self._parts.subjects[int(self._parts.subject[found.rows[0]])]
        story = self._open(subject, found.noticed_at)
        if story is None:
            story = self._story(self._start_of(found), subject.who, subject.role)
            story.noticed_at = moment(found.noticed_at)
            story.verdicts.append(found.verdict)
        self._join(story, found.rows, found.noticed_at)

    def _start_of(self, found: left_on.Forgotten) -> DayEvent:
        event = int(self._parts.event[found.rows[0]])
        if event >= 0:
            return self._columns.detail([event])[0]
        return left_on.remembered(self._carried[-1 - event])

    def result(self, baselines: Baselines, refused: Mapping[tuple[str, str], int]) -> DayResult:
        """Closes the day."""
        stories = self._stories.values()
        anomalies = tuple(
            one.anomaly(self._parts, baselines, self._settings, refused)
            for one in stories
            if one.trigger is not None
        )
        grown = {
            one.identity: one.share(self._parts)
            for one in stories
            if one.trigger is None and one.events
        }
        told = sorted(self._told_events)
        excluded = frozenset(UUID(one) for one, _ in self._columns.ids(told))
        self._close()
        return DayResult(self._day, anomalies, grown, self._state, excluded)

    def _close(self) -> None:
        state, columns = self._state, self._columns
        lives = left_on.lives(self._parts, self._settings, self._end - _DAY, self._end)
        self._memory.learn_peaks(self._sums.peaks() | lives)
        usual = columns.action < SIGNAL
        usual[sorted(self._told_events)] = False
        self._memory.learn_seen([columns.subjects[n] for n in np.unique(columns.subject[usual])])
        state.parts = self._still_open()
        horizon = self._end - self._settings.group_hours * 3600
        state.open_anomalies = [one for one in state.open_anomalies if one.last_event >= horizon]
        oldest = self._end - self._settings.prelude_hours * 3600
        state.preludes = [one for one in state.preludes if one.at >= oldest]

    def _still_open(self) -> list[OpenPart]:
        parts = self._parts
        watch = self._settings.left_on_watch_hours * 3600
        news = (parts.end == parts.expiry) & (parts.expiry > self._end)
        watched = left_on.watched(parts, self._settings) & np.isinf(parts.gone)
        rows = np.nonzero(news | (watched & (parts.start + watch > self._end)))[0]
        own = rows[parts.event[rows] >= 0]
        ids = dict(zip(own.tolist(), self._columns.ids(parts.event[own].tolist()), strict=True))
        kept = []
        for row in rows.tolist():
            if row in ids:
                cost_event, event_id = ids[row]
            else:
                before = self._carried[-1 - int(parts.event[row])]
                cost_event, event_id = before.cost_event_id, before.event_id
            kept.append(
                OpenPart(
                    int(parts.resource[row]),
                    float(parts.start[row]),
                    float(parts.expiry[row]),
                    int(parts.amount[row]),
                    bool(parts.once[row]),
                    bool(parts.assumed[row]),
                    int(parts.flag[row]),
                    cost_event,
                    event_id,
                    parts.subjects[int(parts.subject[row])],
                )
            )
        return kept
