"""How unusual an event leaves things, in dollars a day, and the sentences that say why.

The more is new about an event (actor, resource type, region, instance family), the fewer
dollars it takes: each level has a floor and a ratio to what is usual. Every number that led to
a verdict is one of its reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cost_pipeline.core.detection_model import (
    Baseline,
    Baselines,
    DayEvent,
    DetectionSettings,
)
from cost_pipeline.core.model import Reason, Severity
from cost_pipeline.core.statistics import z_score

_NOBODY = Baseline()
_DAYS_PER_MONTH = 730 / 24
_TAMPERING = {
    "StopLogging": "stopped a trail's logging",
    "DeleteTrail": "deleted a trail",
    "DeleteEventDataStore": "deleted a CloudTrail Lake data store",
}
_SEVERITY_BY_DAILY_COST: tuple[tuple[float, Severity], ...] = (
    (2000.0, "critical"),
    (500.0, "high"),
    (100.0, "medium"),
    (0.0, "low"),
)
_RANKS: tuple[Severity, ...] = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Novelty:
    """What has not been seen before in the account, over the baseline's window."""

    actor: bool
    resource_type: bool
    region: bool
    family: bool
    flood: int = 0

    @property
    def points(self) -> float:
        """How strange it is: 1 for each of actor, type, region and a flood, ½ for a family."""
        new = self.actor + self.resource_type + self.region + bool(self.flood)
        return new + 0.5 * self.family


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an event is anomalous: its score, its severity before grouping, and its reasons."""

    score: float
    impact: float
    severity: Severity
    reasons: tuple[Reason, ...]


class Surroundings:
    """What each account has seen, over all its resource types: made once for a day."""

    def __init__(self, baselines: Baselines) -> None:
        self._baselines = baselines
        self._actors: dict[str, set[str]] = {}
        self._regions: dict[str, set[str]] = {}
        self._families: dict[tuple[str, str], set[str]] = {}
        for (account, resource_type), baseline in baselines.items():
            self._actors.setdefault(account, set()).update(baseline.actors)
            self._regions.setdefault(account, set()).update(baseline.regions)
            self._families[account, resource_type] = {family(c) for c in baseline.classes}

    def baseline(self, event: DayEvent) -> Baseline:
        """What is usual for the event's account and resource type."""
        return self._baselines.get((event.account_id, event.resource_type), _NOBODY)

    def novelty(self, event: DayEvent, *, flood: int = 0) -> Novelty:
        """What about the event is new to its account.

        `flood` is how many its actor runs of a type that it never ran, where that is many.
        """
        families = self._families.get((event.account_id, event.resource_type), set())
        return Novelty(
            actor=event.actor not in self._actors.get(event.account_id, ()),
            resource_type=(event.account_id, event.resource_type) not in self._baselines,
            region=event.region not in self._regions.get(event.account_id, ()),
            family=event.resource_class is not None
            and family(event.resource_class) not in families,
            flood=flood,
        )


def family(resource_class: str) -> str:
    """The family of an instance class.

    >>> family("p5.48xlarge"), family("db.r6g.large"), family("cache.t4g.micro")
    ('p5', 'db.r6g', 'cache.t4g')
    """
    return resource_class.rpartition(".")[0] or resource_class


def judge(
    event: DayEvent,
    impact: float,
    usual: float,
    novelty: Novelty,
    baseline: Baseline,
    settings: DetectionSettings,
    *,
    learning: bool,
) -> Verdict | None:
    """The verdict on what an event leaves its actor running; None where it is not unusual.

    Args:
        event: the event that raised the impact.
        impact: USD a day that the actor now has outstanding of this type.
        usual: USD a day that is usual for it.
        novelty: what is new about the event.
        baseline: of the event's account and resource type.
        settings: the thresholds.
        learning: the account is too young for anything to be usual.
    """
    floor, ratio = _threshold(0 if learning else novelty.points, settings)
    if learning:
        floor *= settings.learning_factor
    excess = impact - usual
    if excess < floor or impact < ratio * usual:
        return None
    if impact * _DAYS_PER_MONTH < settings.min_monthly_cost:
        return None
    score = excess / max(usual, floor)
    reasons = (_impact_reason(event, impact, usual), *_novelty_reasons(event, novelty))
    unusual_price = _price_reason(event, baseline, settings)
    if unusual_price is not None:
        reasons = (*reasons, unusual_price)
    return Verdict(round(score, 4), impact, severity(impact, novelty.points), reasons)


def judge_commitment(event: DayEvent, settings: DetectionSettings) -> Verdict | None:
    """The verdict on a purchase that binds for a term: always at least `high`."""
    if event.action != "purchase":
        return None
    cost = event.one_time_cost + max(event.hourly_cost or 0.0, 0.0) * 730
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
    return Verdict(10.0, cost, "critical" if cost >= 10_000 else "high", (reason,))


def judge_tampering(event: DayEvent) -> Verdict | None:
    """The verdict on calls that blind this very pipeline: always `critical`."""
    what = _TAMPERING.get(event.event_name)
    if what is None:
        return None
    sentence = f"{event.actor} {what}: what happens after it may not be seen."
    return Verdict(10.0, 0.0, "critical", (Reason("tampering", sentence, weight=1.0),))


def refused_reason(actor: str, refused: int) -> Reason:
    """The reason that many of the actor's calls were refused that day."""
    return Reason(
        "refused_calls",
        f"AWS refused {refused} costly calls of {actor} on the same day.",
        value=float(refused),
        usual=0.0,
        unit="calls",
        weight=0.5,
    )


def severity(daily_cost: float, points: float = 0.0) -> Severity:
    """How severe: by USD a day, one step more where two things or more are new.

    >>> severity(700.0), severity(700.0, points=2.0)
    ('high', 'critical')
    """
    level = next(name for least, name in _SEVERITY_BY_DAILY_COST if daily_cost >= least)
    rank = _RANKS.index(level) + (points >= 2)
    return _RANKS[min(rank, len(_RANKS) - 1)]


def most_severe(severities: Iterable[Severity]) -> Severity:
    """The highest of some severities."""
    return max(severities, key=_RANKS.index)


def _threshold(points: float, settings: DetectionSettings) -> tuple[float, float]:
    if points >= 2:
        return settings.floor_strange, settings.ratio_strange
    if points >= 1:
        return settings.floor_novel, settings.ratio_novel
    return settings.floor_known, settings.ratio_known


def _impact_reason(event: DayEvent, impact: float, usual: float) -> Reason:
    what = event.resource_type.replace("_", " ")
    usually = f"usually at most USD {usual:,.0f}" if usual >= 0.5 else "usually nothing"
    return Reason(
        "outstanding",
        f"{event.actor} now has {what} worth USD {impact:,.0f} a day running, {usually}.",
        value=round(impact, 4),
        usual=round(usual, 4),
        unit="USD/day",
        weight=1.0,
    )


def _novelty_reasons(event: DayEvent, novelty: Novelty) -> list[Reason]:
    what = event.resource_type.replace("_", " ")
    said = [
        (novelty.actor, "new_actor", f"{event.actor} has not spent in this account before."),
        (novelty.resource_type, "new_resource_type", f"This account has not run {what} before."),
        (novelty.region, "new_region", f"This account has not spent in {event.region} before."),
        (
            novelty.family and not novelty.resource_type,
            "new_class",
            f"This account has not run {event.resource_class} or its family before.",
        ),
        (
            novelty.flood > 0,
            "flood",
            f"{event.actor} started {novelty.flood} of them within three days, and none before.",
        ),
    ]
    return [Reason(signal, sentence, weight=0.5) for holds, signal, sentence in said if holds]


def _price_reason(
    event: DayEvent, baseline: Baseline, settings: DetectionSettings
) -> Reason | None:
    cost = event.hourly_cost or 0.0
    if baseline.moments.count < 5 or cost <= 0:
        return None
    z = z_score(
        cost,
        baseline.moments,
        floor=settings.deviation_floor,
        relative_floor=settings.relative_deviation_floor,
    )
    if z < 3:
        return None
    return Reason(
        "z_score",
        f"This call alone adds USD {cost:,.2f} an hour; the mean of {baseline.moments.count} "
        f"earlier ones is USD {baseline.moments.mean:,.2f} (z = {z:.1f}).",
        value=round(cost, 4),
        usual=round(baseline.moments.mean, 4),
        unit="USD/hour",
        weight=0.3,
    )
