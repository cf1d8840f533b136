"""What each actor has running: starts add, ends take away, and a usual peak fades slowly.

Impact is USD a day: what was started in the last 72 hours and still runs, times 24 hours, plus
what was paid once in the last 24 hours. So thirty small machines weigh as much as a big one,
and a job that cleans up after itself weighs nothing once it is gone.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice

from cost_pipeline.core.detection_model import (
    DayEvent,
    DetectionSettings,
    DetectorState,
    Holding,
    Position,
    PositionKey,
)
from cost_pipeline.core.statistics import decayed

_SECONDS_PER_HOUR = 3600.0
_SECONDS_PER_DAY = 86_400.0


class Positions:
    """The positions of all actors as a day's events change them one by one."""

    def __init__(self, state: DetectorState, settings: DetectionSettings, day: date) -> None:
        self._positions = state.positions
        self._settings = settings
        self._day = day
        self._owners = {
            resource: key
            for key, position in state.positions.items()
            for resource in position.running
        }
        self._day_peaks: dict[PositionKey, float] = {}

    def apply(self, event: DayEvent) -> PositionKey | None:
        """Takes an event in; returns the position it raised, None where it raised none."""
        cost = event.hourly_cost or 0.0
        if event.action == "stop" or cost < 0:
            self._lower(event, cost)
            return None
        if cost <= 0 and event.one_time_cost <= 0:
            return None
        key = (event.account_id, event.actor, event.resource_type)
        position = self._positions.setdefault(key, Position())
        self._expire(position, event.event_time.timestamp())
        if cost > 0:
            self._raise(key, position, event, cost)
        if event.one_time_cost > 0:
            position.one_offs.append((event.event_time.timestamp(), event.one_time_cost))
        return key

    def impact(self, key: PositionKey, at: float, *, usual_only: bool = False) -> float:
        """USD a day that the position weighs at a moment, without flagged parts if asked."""
        position = self._positions[key]
        running = sum(
            holding.hourly_cost
            for holding in position.running.values()
            if not (usual_only and holding.flagged)
        )
        paid = sum(usd for since, usd in position.one_offs if at - since < _SECONDS_PER_DAY)
        return running * 24 + (0.0 if usual_only and self._has_flagged(position) else paid)

    def count(self, key: PositionKey) -> int:
        """How many resources of a position run and were not told of."""
        return sum(not holding.flagged for holding in self._positions[key].running.values())

    def usual_peak(self, key: PositionKey) -> float:
        """The faded highest usual impact, USD a day, as of the day before."""
        position = self._positions.get(key)
        if position is None or not position.peak_day:
            return 0.0
        age = (self._day - date.fromisoformat(position.peak_day)).days
        return decayed(position.peak, age, half_life_days=self._settings.half_life_days)

    def peers_peak(self, key: PositionKey) -> float:
        """The median usual peak of the others who run this type in this account."""
        peaks = sorted(
            self.usual_peak(other)
            for other, position in self._positions.items()
            if other[0] == key[0] and other[2] == key[2] and other != key and position.peak > 0
        )
        return peaks[len(peaks) // 2] if peaks else 0.0

    def holdings(self, key: PositionKey) -> list[Holding]:
        """What runs in a position, oldest first."""
        return sorted(self._positions[key].running.values(), key=lambda h: (h.since, h.event_id))

    def flag(self, key: PositionKey) -> None:
        """Marks all that runs in a position as anomalous: it never becomes usual."""
        for holding in self._positions[key].running.values():
            holding.flagged = True
        self._positions[key].recent.clear()
        self._day_peaks.pop(key, None)

    def note_expected(self, key: PositionKey, at: float) -> None:
        """Makes the present impact usual at once: somebody said that it is."""
        impact = self.impact(key, at)
        if impact > self.usual_peak(key):
            position = self._positions[key]
            position.peak, position.peak_day = impact, self._day.isoformat()

    def note_usual(self, key: PositionKey, at: float) -> None:
        """Remembers the day's highest usual impact of a position."""
        impact = self.impact(key, at, usual_only=True)
        if impact > self._day_peaks.get(key, 0.0):
            self._day_peaks[key] = impact

    def close_day(self, end: float) -> None:
        """Makes the day's peaks part of what is usual, and forgets what has faded."""
        for key, impact in self._day_peaks.items():
            self._positions[key].recent.append((self._day.isoformat(), impact))
        for key in list(self._positions):
            position = self._positions[key]
            self._expire(position, end)
            self._mature(key, position)
            alive = position.running or position.one_offs or position.recent
            if not alive and self.usual_peak(key) < 0.01:
                del self._positions[key]

    def _mature(self, key: PositionKey, position: Position) -> None:
        """Peaks become usual after some days, so that a slow drip is not its own excuse."""
        horizon = (self._day - timedelta(days=self._settings.maturing_days)).isoformat()
        for day, impact in position.recent:
            if day <= horizon and impact >= self.usual_peak(key):
                position.peak, position.peak_day = impact, day
        position.recent = [one for one in position.recent if one[0] > horizon]

    @staticmethod
    def _has_flagged(position: Position) -> bool:
        return any(holding.flagged for holding in position.running.values())

    def _raise(self, key: PositionKey, position: Position, event: DayEvent, cost: float) -> None:
        names = event.resource_ids or (f"event {event.event_id}",)
        for name in names:
            held = position.running.pop(name, None)
            total = cost / len(names) + (held.hourly_cost if held else 0.0)
            position.running[name] = Holding(
                total,
                event.event_time.timestamp(),
                str(event.id),
                event.event_id,
                event.region,
            )
            self._owners[name] = key

    def _lower(self, event: DayEvent, cost: float) -> None:
        share = cost / max(len(event.resource_ids), 1)
        for name in event.resource_ids:
            owner = self._owners.get(name)
            if owner is None:
                continue
            running = self._positions[owner].running
            holding = running[name]
            holding.hourly_cost += share
            if event.action == "stop" or holding.hourly_cost <= 1e-9:
                del running[name]
                del self._owners[name]

    def _expire(self, position: Position, at: float) -> None:
        horizon = at - self._settings.window_hours * _SECONDS_PER_HOUR
        while position.running:
            name = next(islice(position.running, 1))
            if position.running[name].since >= horizon:
                break
            del position.running[name]
            self._owners.pop(name, None)
        position.one_offs = [
            (since, usd) for since, usd in position.one_offs if at - since < _SECONDS_PER_DAY
        ]
