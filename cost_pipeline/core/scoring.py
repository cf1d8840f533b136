"""How unusual an event leaves things, in dollars a day: verdicts, with their reasons.

The more is new about an event, the fewer dollars it takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cost_pipeline.core.chains import refused_reason
from cost_pipeline.core.detection_model import DayEvent, DetectionSettings, RefusedRun
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.floors import Novelty, floor_of
from cost_pipeline.core.model import Reason, Severity
from cost_pipeline.core.reasons import impact_reason, novelty_reasons

_DAYS_PER_MONTH = 730 / 24
_CRITICAL_COMMITMENT = 10_000
_TAMPERING = {
    "StopLogging": "stopped a trail's logging",
    "DeleteTrail": "deleted a trail",
    "PutEventSelectors": "changed which events a trail records",
    "DeleteEventDataStore": "deleted a CloudTrail Lake data store",
    "StopEventDataStoreIngestion": "stopped a CloudTrail Lake data store",
}
_SEVERITY_BY_DAILY_COST: tuple[tuple[float, Severity], ...] = (
    (2000.0, "critical"),
    (500.0, "high"),
    (100.0, "medium"),
    (0.0, "low"),
)
_RANKS: tuple[Severity, ...] = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Sum:
    """An impact of a scope and what is usual for it, USD a day."""

    scope: str
    impact: float
    usual: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an event is anomalous: its score, its severity before grouping, and its reasons."""

    score: float
    impact: float
    severity: Severity
    reasons: tuple[Reason, ...]
    scope: str = "type"
    usual: float = 0.0


def judge(
    sums: Iterable[Sum],
    subject: Subject,
    novelty: Novelty,
    settings: DetectionSettings,
    *,
    learning: bool,
    floor: float | None = None,
    waits: bool = False,
) -> Verdict | None:
    """The verdict on what an event leaves running; None where no sum of it is unusual.

    Args:
        sums: the impacts of its scopes.
        subject: what the event is about.
        novelty: what is new about it.
        settings: the thresholds.
        learning: the account is too young for anything to be usual.
        floor: takes the place of the floor that follows from the novelty, USD a day.
        waits: it may well end soon: the account's sum then takes no less than its own.
    """
    judged = list(sums)
    base = floor
    if base is None:
        base = floor_of(subject, novelty, settings, usual_of(judged))
    of_account = _of_account(settings, learning)
    if waits:
        of_account = max(of_account, base)
    if learning:
        base = max(base, settings.learning_floor)
    floors = {"role": base * settings.role_factor, "account": of_account}
    unusual = [
        (_score(one, floor), one)
        for one in judged
        if _is_unusual(one, floor := floors.get(one.scope, base), settings)
    ]
    if not unusual:
        return None
    score, worst = max(_of_somebody(unusual) or unusual, key=lambda found: found[0])
    reasons = (
        impact_reason(subject, worst.scope, worst.impact, worst.usual),
        *novelty_reasons(subject, novelty),
    )
    level = severity(worst.impact, 0 if learning else novelty.points)
    return Verdict(round(score, 4), worst.impact, level, reasons, worst.scope, worst.usual)


def _of_somebody(unusual: list[tuple[float, Sum]]) -> list[tuple[float, Sum]]:
    """Without the account's sum: where an actor or a role explains it, they are told by name."""
    return [found for found in unusual if found[1].scope != "account"]


def usual_of(sums: Iterable[Sum]) -> float:
    """What the actor usually has running of the type, USD a day."""
    return max((one.usual for one in sums if one.scope == "type"), default=0.0)


def _of_account(settings: DetectionSettings, learning: bool) -> float:
    return max(settings.floor_account, settings.learning_floor if learning else 0.0)


def _score(one: Sum, floor: float) -> float:
    return (one.impact - one.usual) / max(one.usual, floor, 0.01)


def _is_unusual(one: Sum, floor: float, settings: DetectionSettings) -> bool:
    return (
        one.impact - one.usual >= floor
        and one.impact >= settings.ratio * one.usual
        and one.impact * _DAYS_PER_MONTH >= settings.min_monthly_cost
    )


def judge_commitment(event: DayEvent, settings: DetectionSettings) -> Verdict | None:
    """The verdict on a purchase that binds for a term: always at least `high`."""
    if event.action != "purchase":
        return None
    a_month = event.one_time_cost + max(event.hourly_cost or 0.0, 0.0) * 730
    cost = max(event.committed_cost or 0.0, a_month)
    if 0 < cost < settings.commitment_floor:
        return None
    known = f"USD {cost:,.0f}" if cost > 0 else "an amount that the call does not say"
    reason = Reason(
        "commitment",
        f"{event.actor} committed the account to {known} with {event.event_name}.",
        value=cost,
        usual=0.0,
        unit="USD",
        weight=1.0,
    )
    return Verdict(10.0, cost, "critical" if cost >= _CRITICAL_COMMITMENT else "high", (reason,))


def judge_tampering(event: DayEvent) -> Verdict | None:
    """The verdict on calls that blind this very pipeline: always `critical`."""
    what = _TAMPERING.get(event.event_name)
    if what is None:
        return None
    sentence = f"{event.actor} {what}: what happens after it may not be seen."
    return Verdict(10.0, 0.0, "critical", (Reason("tampering", sentence, weight=1.0),))


def judge_refused(run: RefusedRun, *, unseen: bool) -> Verdict:
    """The verdict on many refused calls: a warning, a grave one where nobody knows the actor."""
    reason = refused_reason(run.call.actor, run.count)
    return Verdict(float(run.count), 0.0, "high" if unseen else "medium", (reason,))


def severity(daily_cost: float, points: int = 0) -> Severity:
    """How severe: by USD a day, one step more where two things or more are new.

    >>> severity(700.0), severity(700.0, points=2)
    ('high', 'critical')
    """
    level = next(name for least, name in _SEVERITY_BY_DAILY_COST if daily_cost >= least)
    return raised(level) if points >= 2 else level


def raised(level: Severity) -> Severity:
    """The next higher severity."""
    return _RANKS[min(_RANKS.index(level) + 1, len(_RANKS) - 1)]


def most_severe(severities: Iterable[Severity]) -> Severity:
    """The highest of some severities."""
    return max(severities, key=_RANKS.index)
