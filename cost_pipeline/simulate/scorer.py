"""How well anomalies tell what went wrong: the numbers that a detector is held to.

An anomaly is right about an incident when it holds the incident's trigger, or when at least
20 % of its event ids are the incident's. Every other anomaly is false. One that is right only
about what does not count (a refused attack, a stopped trail) is neither.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from cost_pipeline.simulate.labels import Label

SHARE_OF_IDS = 0.2


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row of `cost-pipeline export anomalies`, as the scorer needs it."""

    anomaly_id: str
    account_id: str
    trigger_event_id: str
    trigger_time: datetime
    event_ids: frozenset[str]
    told_at: datetime
    title: str = ""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """From a line of the export; times may be text.

        Raises KeyError for a row without the exported fields; `noticed_at` may be missing.
        """
        at = _moment(row["trigger_event_time"])
        trigger = str(row["trigger_event_id"])
        return cls(
            str(row["id"]),
            str(row["account_id"]),
            trigger,
            at,
            frozenset((*map(str, row["event_ids"]), trigger)),
            _moment(row.get("noticed_at") or at),
            f"{row.get('actor')} {row.get('resource_type')} {row.get('hourly_cost')} USD an hour",
        )

    def tells(self, label: Label, known: frozenset[str]) -> bool:
        """Whether it is right about an incident with these event ids."""
        if label.trigger_event_id in self.event_ids:
            return True
        return len(self.event_ids & known) >= SHARE_OF_IDS * len(self.event_ids)


def _moment(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


@dataclass(slots=True)
class Score:
    """What is counted, and summed over companies.

    Money is USD, delays are minutes from an incident's first cost to the trigger of the first
    anomaly that tells it, in event time (0 where a warning came before). `told` and `unread` are
    the delays and the lost money until it stood out (`noticed_at`), which may be later.
    """

    incidents: int = 0
    found: int = 0
    cost: float = 0.0
    found_cost: float = 0.0
    running_cost: float = 0.0
    lost: float = 0.0
    anomalies: int = 0
    right: int = 0
    false: int = 0
    pairs: int = 0
    account_weeks: float = 0.0
    delays: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    unread: float = 0.0
    by_kind: dict[str, list[int]] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Incidents found, of all that count."""
        return self.found / self.incidents if self.incidents else 1.0

    @property
    def cost_share(self) -> float:
        """Dollars in found incidents, of all incident dollars."""
        return self.found_cost / self.cost if self.cost else 1.0

    @property
    def precision(self) -> float:
        """Anomalies that are right, of those that are right or false."""
        judged = self.right + self.false
        return self.right / judged if judged else 1.0

    @property
    def false_per_account_week(self) -> float:
        """False anomalies for each account and week."""
        return self.false / self.account_weeks if self.account_weeks else 0.0

    @property
    def alerts_per_incident(self) -> float:
        """Anomalies that tell an incident, for each found one."""
        return self.pairs / self.found if self.found else 0.0

    @property
    def median_delay(self) -> float:
        """Minutes, the middle of all found incidents."""
        return statistics.median(self.delays) if self.delays else float("nan")

    @property
    def p90_delay(self) -> float:
        """Minutes, which nine of ten found incidents keep."""
        return _ninth(self.delays)

    @property
    def p90_told(self) -> float:
        """Minutes until it stood out, which nine of ten found incidents keep."""
        return _ninth(self.told)

    @property
    def unread_share(self) -> float:
        """Running dollars before it stood out, of all running dollars; all of a missed incident."""
        return self.unread / self.running_cost if self.running_cost else 0.0

    @property
    def lost_share(self) -> float:
        """Running dollars before detection, of all running dollars; all of a missed incident."""
        return self.lost / self.running_cost if self.running_cost else 0.0

    def add(
        self,
        labels: Sequence[Label],
        rows: Iterable[Mapping[str, Any]],
        account_weeks: float,
        *,
        name: str = "",
        delay_minutes: float = 0.0,
    ) -> None:
        """Counts one company.

        Args:
            labels: what went wrong.
            rows: what was reported, as lines of `cost-pipeline export anomalies`.
            account_weeks: how long how many accounts were watched.
            name: put before each missed incident and false anomaly.
            delay_minutes: how long after its trigger an anomaly is known.
        """
        verdicts = sorted(map(Verdict.of, rows), key=lambda one: (one.trigger_time, one.anomaly_id))
        told: dict[int, list[Verdict]] = {}
        known = [frozenset(label.event_ids) for label in labels]
        for verdict in verdicts:
            hits = [n for n, label in enumerate(labels) if verdict.tells(label, known[n])]
            self._judge(verdict, [n for n in hits if labels[n].counts], bool(hits), name)
            for number in hits:
                told.setdefault(number, []).append(verdict)
        self.account_weeks += account_weeks
        for number, label in enumerate(labels):
            if label.counts:
                self._weigh(label, told.get(number, []), name, delay_minutes)

    def _judge(self, verdict: Verdict, counting: list[int], hit: bool, name: str) -> None:
        self.anomalies += 1
        if counting:
            self.right += 1
            self.pairs += len(counting)
        elif not hit:
            self.false += 1
            when = f"{verdict.trigger_time:%F %R}"
            self.wrong.append(f"{name} {when} {verdict.account_id} {verdict.title}".strip())

    def _weigh(self, label: Label, told: list[Verdict], name: str, delay_minutes: float) -> None:
        counts = self.by_kind.setdefault(label.kind, [0, 0])
        counts[1] += 1
        self.incidents += 1
        self.cost += label.cost
        self.running_cost += label.running_cost
        if not told:
            self.lost += label.running_cost
            self.unread += label.running_cost
            line = f"{name} {label.start:%F %R} {label.account_id} {label.kind}: {label.actor}"
            self.missed.append(f"{line}, {label.cost:.0f} USD".strip())
            return
        counts[0] += 1
        self.found += 1
        self.found_cost += label.cost
        minutes = (told[0].trigger_time - label.start).total_seconds() / 60 + delay_minutes
        self.delays.append(max(0.0, minutes))
        self.lost += label.lost_before(told[0].trigger_time + timedelta(minutes=delay_minutes))
        first = min(one.told_at for one in told) + timedelta(minutes=delay_minutes)
        self.told.append(max(0.0, (first - label.start).total_seconds() / 60))
        self.unread += label.lost_before(first)


def _ninth(values: Sequence[float]) -> float:
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]


TARGETS: dict[str, tuple[str, str, str]] = {
    "incidents found": ("recall", ">= 0.98", ">= 0.97"),
    "share of incident dollars": ("cost_share", ">= 0.995", ">= 0.995"),
    "precision": ("precision", ">= 0.95", ">= 0.92"),
    "false per account and week": ("false_per_account_week", "<= 0.05", "<= 0.08"),
    "alerts per found incident": ("alerts_per_incident", "<= 1.1", "<= 1.1"),
    "minutes to detection, median": ("median_delay", "<= 1", "<= 1"),
    "minutes to detection, p90": ("p90_delay", "<= 45", "<= 45"),
    "running dollars lost": ("lost_share", "<= 0.01", "<= 0.01"),
    "minutes until it stands out, p90": ("p90_told", "", ""),
    "running dollars until it stands out": ("unread_share", "", ""),
}
"""The lines of the table: the figure, and what it must reach for `ordinary` and `hard`."""


def table(scores: Mapping[str, Score], profile: str) -> str:
    """The figures of several detectors beside what they must reach, as Markdown."""
    names = list(scores)
    lines = [
        "| " + " | ".join(["", "target", *names]) + " |",
        "|---" * (len(names) + 2) + "|",
    ]
    for title, (figure, ordinary, hard) in TARGETS.items():
        target = ordinary if profile == "ordinary" else hard
        values = [f"{getattr(scores[name], figure):.3f}" for name in names]
        lines.append("| " + " | ".join([title, target, *values]) + " |")
    return "\n".join(lines)
