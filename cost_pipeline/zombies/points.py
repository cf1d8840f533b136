"""What the points of a CloudWatch series come to, and how that is said."""

from __future__ import annotations

from typing import Any

from cost_pipeline.zombies.model import Metric, Series
from cost_pipeline.zombies.view import when

MOST_DAYS = 7
"""On how many days a metric must be known before some of them count as bursts."""


def points_of(answer: Any) -> Series:
    """The points of an archived answer, in its order."""
    pairs = ((when(moment), float(value)) for moment, value in answer)
    return [(moment, value) for moment, value in pairs if moment is not None]


def combined(metric: Metric, series: Series) -> float:
    """One number of all points, as the metric says; nothing is zero."""
    values = [value for _, value in series]
    if not values:
        return 0.0
    if metric.combine == "max":
        return max(values)
    return sum(values) / (len(values) if metric.combine == "mean" else 1)


def burst(metric: Metric, series: Series, limit: float) -> str:
    """What says that it works now and then: idle on most days, and busy on some."""
    busy = [(moment, value) for moment, value in series if value > limit]
    if metric.combine != "max" or len(series) < MOST_DAYS or 3 * len(busy) > len(series):
        return ""
    moment, value = max(busy, key=lambda point: point[1])
    return (
        f"bursts: {metric.name} over {limit:g} on {len(busy)} of {len(series)} days,"
        f" {value:g} on {moment:%Y-%m-%d}"
    )


def sentence(metric: Metric, value: float, limit: float, points: int, days: int) -> str:
    """What was measured, beside the limit."""
    if not points:
        return f"{metric.name}: no data points in {days} days, so never used."
    how = {"sum": "in all", "max": "at most", "mean": "on average"}[metric.combine]
    return f"{metric.name}: {value:g} {how} in {days} days; idle up to {limit:g}."
