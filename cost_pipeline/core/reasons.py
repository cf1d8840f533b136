"""The sentences that say why: every number that led to a verdict, as data and in words."""

from __future__ import annotations

from collections.abc import Mapping

from cost_pipeline.core.detection_model import Baseline, DayEvent, DetectionSettings
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.floors import Novelty
from cost_pipeline.core.model import Reason
from cost_pipeline.core.statistics import z_score
from cost_pipeline.core.wording import spelled

_LEAST_CALLS = 5
_LEAST_Z = 3.0


def impact_reason(subject: Subject, scope: str, impact: float, usual: float) -> Reason:
    """How much runs, and what is usual, in USD a day."""
    usually = f"usually at most USD {usual:,.0f}" if usual >= 0.5 else "usually nothing"
    return Reason(
        "outstanding",
        f"{_who_has_what(subject, scope)} worth USD {impact:,.0f} a day running, {usually}.",
        value=round(impact, 4),
        usual=round(usual, 4),
        unit="USD/day",
        weight=1.0,
    )


def _who_has_what(subject: Subject, scope: str) -> str:
    what = spelled(subject.resource_type)
    if scope == "account":
        return "Everything started in this account within three days is now"
    if scope == "role" and subject.role:
        return f"Everybody in {subject.role.rpartition('/')[2]} together now have {what}"
    if scope == "class" and subject.resource_class:
        what = f"{subject.resource_class} {what}"
    return f"{subject.who} now has {what}"


def novelty_reasons(subject: Subject, novelty: Novelty) -> list[Reason]:
    """What is new about it."""
    what, who = spelled(subject.resource_type), subject.who
    where = "anywhere" if novelty.stranger else "in this account"
    said = [
        (novelty.actor, "new_actor", f"{who} has not spent {where} before."),
        (novelty.resource_type, "new_resource_type", f"This account has not run {what} before."),
        (novelty.first_time, "first_time", f"{who} has not run {what} before."),
        (novelty.region, "new_region", f"This account has not spent in {subject.region} before."),
        (
            novelty.family,
            "new_class",
            f"This account has not run {subject.resource_class} or its family before.",
        ),
        (
            novelty.flood > 0,
            "flood",
            f"{who} started {novelty.flood} of them within hours, far more than ever.",
        ),
        (
            novelty.rounds > 0,
            "rounds",
            f"{novelty.rounds} starts, one after the other, still run: more than ever.",
        ),
    ]
    return [Reason(signal, sentence, weight=0.5) for holds, signal, sentence in said if holds]


def stayed_reason(hours: float) -> Reason:
    """That something was given time to end, and did not."""
    sentence = f"It still ran {hours:g} hours after its start."
    return Reason("stayed", sentence, value=round(hours, 2), unit="hours", weight=0.4)


def price_reason(
    event: DayEvent,
    baselines: Mapping[tuple[str, str], Baseline],
    settings: DetectionSettings,
) -> Reason | None:
    """The reason that a single call is far dearer than earlier ones: it explains, never decides."""
    baseline = baselines.get((event.account_id, event.resource_type), Baseline())
    cost = event.hourly_cost or 0.0
    if baseline.moments.count < _LEAST_CALLS or cost <= 0:
        return None
    z = z_score(
        cost,
        baseline.moments,
        floor=settings.deviation_floor,
        relative_floor=settings.relative_deviation_floor,
    )
    if z < _LEAST_Z:
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
