"""A day's events → its anomalies: judged in order of time, told once.

A pure function of the day's events, what was usual the day before, what was outstanding then,
the thresholds and what people said; the order in which events are given does not matter. All
sums are made over columns; only what may be unusual is looked at one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import numpy as np

from cost_pipeline.core import chains, left_on
from cost_pipeline.core.casebook import Casebook
from cost_pipeline.core.day_columns import (
    PURCHASE,
    SIGNAL,
    DayColumns,
    Floats,
    Ints,
    columns_of,
    resized,
    subject_of,
)
from cost_pipeline.core.detection_model import (
    AnomalyEvent,
    Baselines,
    DayEvent,
    DayResult,
    Decision,
    DetectionSettings,
    DetectorState,
    RefusedRun,
)
from cost_pipeline.core.detector_state import Prelude, Subject
from cost_pipeline.core.expected import (
    ANOMALOUS,
    USUAL,
    ExpectedChange,
    apply_changes,
    apply_decisions,
)
from cost_pipeline.core.floors import Novelty, floor_of, judged_by_record, novelty_of
from cost_pipeline.core.job_flows import answered
from cost_pipeline.core.looks import Look, floor_at_once, floor_later, looks, may_end_soon
from cost_pipeline.core.positions import parts_of
from cost_pipeline.core.reasons import stayed_reason
from cost_pipeline.core.remembering import remember
from cost_pipeline.core.replacing import replaced
from cost_pipeline.core.scoring import (
    Sum,
    Verdict,
    judge,
    judge_commitment,
    judge_refused,
    judge_tampering,
    usual_of,
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
    refused: Sequence[RefusedRun] = (),
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
        refused: who had how many calls refused by AWS.
        expected: changes that people announced.
    """
    columns = events if isinstance(events, DayColumns) else columns_of(events)
    detector = _Day(columns, state.copied(), settings, decisions, expected, day, tenant_id)
    detector.judge_all(refused)
    return detector.result(baselines, refused)


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
        columns = answered(columns, state, day)
        self._columns, self._state, self._settings = columns, state, settings
        self._decisions, self._expected, self._day = decisions, expected, day
        self._end = datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC).timestamp()
        for subject in columns.subjects:
            state.first_seen.setdefault(subject.account_id, day.isoformat())
        self._since, self._until = state.judged_until, state.judged_until
        if len(columns.time):
            self._until = max(self._since, min(float(columns.time.max()), self._end))
        state.judged_until = self._until
        self._resized = resized(columns)
        self._memory = Memory(state, settings, day)
        self._parts = parts_of(columns, state.parts, settings, self._end - _DAY)
        apply_decisions(self._parts, decisions)
        apply_changes(self._parts, expected, state.used)
        self._sums = Sums(self._parts, self._memory, settings)
        self._last_part = np.full(len(columns.time), -1, np.int64)
        raising = np.nonzero((self._parts.event >= 0) & (self._parts.amount > 0))[0]
        self._last_part[self._parts.event[raising]] = raising
        self._book = Casebook(columns, self._parts, state.parts, state, settings, tenant_id)

    def judge_all(self, refused: Sequence[RefusedRun]) -> None:
        """Looks at what may be unusual, in order of time, and then at what was left on."""
        runs = sorted(refused, key=lambda one: (one.call.event_time, one.call.id))
        least = np.array([*map(self._least, self._parts.subjects), np.inf])[self._parts.subject]
        span = (self._since, self._until)
        later = looks(self._parts, self._sums, least, self._settings, *span)
        agenda = [(one.at, 0, number) for number, one in enumerate(runs)]
        agenda += [(float(self._columns.time[n]), 1, n) for n in self._suspects(least)]
        agenda += [(one.at, 2, number) for number, one in enumerate(later)]
        for _, kind, number in sorted(agenda):
            if kind == 0:
                self._refused(runs[number])
            elif kind == 1:
                self._event(number)
            else:
                self._look(later[number])
        if len(self._columns.time):
            since = self._end - _DAY
            for found in left_on.forgotten(
                self._parts, self._memory, self._settings, self._until, since
            ):
                self._left_on(found)

    def _event(self, index: int) -> None:
        action = int(self._columns.action[index])
        if action == SIGNAL:
            self._signal(index)
        elif action == PURCHASE:
            self._purchase(index)
        else:
            self._start(index, int(self._last_part[index]))

    def _least(self, subject: Subject) -> float:
        """The least excess that is ever unusual, USD a day."""
        settings = self._settings
        if self._memory.learning(subject.account_id):
            return settings.learning_floor * min(1.0, settings.role_factor)
        least = min(settings.floor_least, settings.floor_loop)
        return least * min(1.0, settings.role_factor)

    def _suspects(self, least: Floats) -> list[int]:
        """Events whose sums may be unusual, and those that no sum speaks of."""
        columns = self._columns
        hot = self._sums.hot(least)
        special = (columns.action == SIGNAL) | (columns.action == PURCHASE)
        last = self._last_part
        unmuted = np.isin(self._parts.flag, (USUAL, ANOMALOUS))
        raising = last >= 0
        special[raising] |= (hot & unmuted)[last[raising]]
        return [int(index) for index in np.nonzero(special)[0]]

    def _start(self, index: int, part: int) -> None:
        subject = self._columns.subjects[int(self._columns.subject[index])]
        at = float(self._columns.time[index])
        novelty, before = self._news(part, subject, at, index in self._resized)
        verdict = self._verdict(index, part, subject, novelty)
        story = self._book.open(subject, at, verdict.scope if verdict else "account")
        if verdict is None:
            if story is not None:
                self._book.join(story, self._own(index), at, self._sums)
            return
        if story is None:
            story = self._book.begin(self._book.trigger(index), subject, verdict.scope)
        elif story.is_only_a_sign:
            story.about = self._book.trigger(index)
        story.verdicts.append(verdict)
        story.preludes = before
        rows = self._sums.members(verdict.scope, part, verdict.usual)
        self._book.join(story, rows, at, self._sums)
        self._with_change(story, index)

    def _with_change(self, story: Story, index: int) -> None:
        """The change that enlarged a stopped machine is part of what its start is told for."""
        change = self._resized.get(index, index)
        if change != index:
            ((cost_event, event_id),) = self._columns.ids([change])
            at = moment(float(self._columns.time[change]))
            story.add(AnomalyEvent(UUID(cost_event), event_id, at))

    def _news(
        self, part: int, subject: Subject, at: float, enlarged: bool
    ) -> tuple[Novelty, list[Prelude]]:
        """What is new about a start, and the calls before it that often come before an attack."""
        before = chains.before(
            self._state.preludes, subject.account_id, subject.who, at, self._settings
        )
        novelty = novelty_of(
            self._memory,
            subject,
            flood=self._sums.flood(part),
            rounds=self._sums.rounds(part),
            steps=self._sums.steps(part),
            prelude=len(before),
            scale=self._sums.is_out_of_scale(part),
            resized=enlarged,
            mirrored=self._sums.is_mirrored(part),
        )
        return novelty, before

    def _verdict(self, index: int, part: int, subject: Subject, novelty: Novelty) -> Verdict | None:
        """The verdict on a start, where nothing excuses it: what it replaces, what others did."""
        sums = self._sums.at(part)
        floor = floor_of(subject, novelty, self._settings, usual_of(sums))
        learning = self._memory.learning(subject.account_id)
        floor = floor_at_once(
            floor,
            subject,
            novelty,
            self._settings,
            one_call=self._sums.is_of_one_call(part),
            learning=learning,
        )
        return self._judged(part, subject, novelty, sums, floor, index)

    def _judged(
        self,
        part: int,
        subject: Subject,
        novelty: Novelty,
        sums: list[Sum],
        floor: float,
        index: int,
        *,
        by_record: bool = True,
    ) -> Verdict | None:
        """The verdict on sums; `index` is the start's in the day, -1 for one of a day before."""
        learning = self._memory.learning(subject.account_id)
        waits = may_end_soon(subject, novelty)
        verdict = judge(
            sums, subject, novelty, self._settings, learning=learning, floor=floor, waits=waits
        )
        if verdict is None:
            return None
        ended = record = 0.0
        if index >= 0:
            ended = replaced(self._columns, self._parts, index, part, self._settings)
        if by_record and judged_by_record(subject, novelty) and self._sums.is_at_once(part):
            record = self._sums.record(subject)
        excused = [replace(one, usual=max(one.usual + ended, record)) for one in sums]
        return judge(
            excused, subject, novelty, self._settings, learning=learning, floor=floor, waits=waits
        )

    def _look(self, look: Look) -> None:
        """Looks again at what may have ended since its start, and has not."""
        part = look.part
        if self._parts.flag[part] != USUAL:
            return
        subject = self._parts.subjects[int(self._parts.subject[part])]
        index = max(int(self._parts.event[part]), -1)
        start = float(self._parts.start[part])
        novelty, before = self._news(part, subject, start, index in self._resized)
        sums = self._sums.at(part, look.age, lasting=look.why == "lasting")
        usually = floor_of(subject, novelty, self._settings, usual_of(sums))
        learning = self._memory.learning(subject.account_id)
        floor = floor_later(usually, subject, novelty, look, self._settings, learning=learning)
        if floor is None:
            return
        early = look.why == "dear"
        verdict = self._judged(part, subject, novelty, sums, floor, index, by_record=early)
        if verdict is None:
            return
        story = self._book.open(subject, look.at)
        if story is None:
            trigger = self._book.start_of(np.array([part]))
            story = self._book.begin(trigger, subject, verdict.scope)
            story.noticed_at = moment(look.at)
        reasons = (*verdict.reasons, stayed_reason(look.age / 3600))
        story.verdicts.append(replace(verdict, reasons=reasons))
        story.preludes = before or story.preludes
        rows = self._sums.members(verdict.scope, part, verdict.usual, look.age)
        self._book.join(story, rows, look.at, self._sums)
        self._with_change(story, index)

    def _own(self, index: int) -> Ints:
        parts = self._parts
        return np.nonzero((parts.event == index) & (parts.flag == USUAL) & (parts.amount > 0))[0]

    def _signal(self, index: int) -> None:
        event = self._book.trigger(index)
        subject = self._columns.subjects[int(self._columns.subject[index])]
        if chains.is_prelude(event.event_name):
            unseen = self._memory.is_new("actor", event.account_id, subject.who)
            unseen = unseen and not self._memory.learning(event.account_id)
            self._state.preludes.append(chains.prelude_of(event, subject.who, unseen=unseen))
        self._alone(event, subject, judge_tampering(event), index)

    def _purchase(self, index: int) -> None:
        event = self._book.trigger(index)
        subject = self._columns.subjects[int(self._columns.subject[index])]
        said = any(
            one.since <= event.event_time < one.until and one.matches(subject)
            for one in self._expected
        )
        if not said:
            self._alone(event, subject, judge_commitment(event, self._settings), index)

    def _refused(self, run: RefusedRun) -> None:
        """Many refused calls of one actor: a warning of their own."""
        if run.count < self._settings.refused_calls:
            return
        if any(one.covers_refusals(run.call) for one in self._decisions):
            return
        subject = subject_of(run.call)
        if subject.made_by != "service":
            unseen = self._memory.is_new("actor", subject.account_id, subject.who)
            self._alone(run.call, subject, judge_refused(run, unseen=unseen))

    def _alone(
        self, event: DayEvent, subject: Subject, verdict: Verdict | None, index: int | None = None
    ) -> None:
        """An event that is an anomaly whatever else there is; `index` if it is the day's."""
        if verdict is None or any(one.covers(event) for one in self._decisions):
            return
        at = event.event_time.timestamp()
        story = self._book.open(subject, at) or self._book.begin(event, subject)
        story.verdicts.append(verdict)
        story.open.last_event = max(story.open.last_event, at)
        story.add(AnomalyEvent(event.id, event.event_id, event.event_time))
        if event.action == "purchase":
            story.purchases.append(event)
        if index is not None:
            self._book.told_events.add(index)

    def _left_on(self, found: left_on.Forgotten) -> None:
        subject = self._parts.subjects[int(self._parts.subject[found.rows[0]])]
        story = self._book.open(subject, found.noticed_at)
        if story is None:
            story = self._book.begin(self._book.start_of(found.rows), subject)
            story.noticed_at = moment(found.noticed_at)
            story.verdicts.append(found.verdict)
        self._book.join(story, found.rows, found.noticed_at, self._sums)

    def result(self, baselines: Baselines, refused: Sequence[RefusedRun]) -> DayResult:
        """Closes the day."""
        book = self._book
        anomalies, grown = book.anomalies(baselines, refused), book.grown()
        remember(
            self._state,
            self._memory,
            self._sums,
            self._columns,
            self._settings,
            (self._since, self._until, self._end),
            book.told_events,
        )
        return DayResult(self._day, anomalies, grown, self._state, book.excluded())
