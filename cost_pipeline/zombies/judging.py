"""From a suspect to a finding: exclusions, age, metrics, price, creator, confidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from shlex import quote
from typing import Any

from cost_pipeline.aws.api_calls import MetricQuery
from cost_pipeline.core.model import HOURS_PER_MONTH
from cost_pipeline.core.plain_text import one_line
from cost_pipeline.zombies.model import (
    Candidate,
    CheckMeta,
    Confidence,
    Finding,
    LeftOut,
    Metric,
    Prices,
    Series,
    Weigh,
    Weighed,
)
from cost_pipeline.zombies.points import burst, combined, points_of, sentence
from cost_pipeline.zombies.view import View, when

_DOWN: dict[Confidence, Confidence] = {
    "high": "medium",
    "medium": "low",
    "low": "low",
    "review": "review",
}
_CENT = Decimal("0.01")
USES = ("AttachVolume", "AssociateAddress", "StartInstances", "StartDBInstance", "RegisterTargets")
"""Calls that end a time as a zombie."""


@dataclass(slots=True)
class _Case:
    """What is known of a candidate while it is judged."""

    candidate: Candidate
    created_at: datetime | None
    idle_since: datetime | None
    creator: str | None
    reasons: list[str] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    points: int = 0
    weighed: Weighed | None = None


def queries_of(metric: Metric, candidate: Candidate, days: int) -> list[MetricQuery]:
    """The CloudWatch series of one metric that decide about a candidate."""
    return [
        MetricQuery(
            metric.namespace,
            metric.name,
            metric.stat,
            tuple(sorted(where.items())),
            days,
            metric.hourly,
        )
        for where in (candidate.dimensions, *candidate.more_dimensions)
    ]


def worth_measuring(candidate: Candidate, view: View) -> bool:
    """Whether metrics could make a finding of it: not when it is excluded or too young."""
    case = _Case(candidate, candidate.created_at, candidate.idle_since, None)
    excluded = view.thresholds.excludes(candidate, view.place)
    return excluded is None and _too_young(case, view) is None


def judge(
    candidate: Candidate,
    view: View,
    metrics: Mapping[str, Any],
    prices: Prices,
    resources: Mapping[str, Mapping[str, Any]],
    weigh: Weigh | None = None,
) -> Finding | LeftOut | None:
    """Decide about one suspect: a finding, a reason to leave it out, or None if it is used."""
    meta = view.meta
    case = _case(candidate, meta, resources)
    reason = view.thresholds.excludes(candidate, view.place) or _too_young(case, view)
    if reason is None and meta.metrics:
        verdict = _metrics_verdict(case, view, metrics, weigh)
        if verdict is False:
            return None
        reason = verdict if isinstance(verdict, str) else None
    if reason is not None:
        where = (view.account_id, view.region)
        return LeftOut(meta.name, candidate.resource_id, *where, reason)
    return _finding(case, view, prices)


def _case(
    candidate: Candidate, meta: CheckMeta, resources: Mapping[str, Mapping[str, Any]]
) -> _Case:
    names = (candidate.resource_id, *candidate.related)
    rows = [resources[name] for name in names if name in resources]
    told = _told(rows, meta)
    own = resources.get(candidate.resource_id, {})
    case = _Case(
        candidate,
        created_at=candidate.created_at or when(own.get("created_at")),
        idle_since=told[0] if told else candidate.idle_since,
        creator=next((row["created_by"] for row in rows if row.get("created_by")), None),
    )
    if told:
        moment, call, actor = told
        by = f" by {actor}" if actor else ""
        case.reasons.append(f"CloudTrail: {call}{by} on {moment:%Y-%m-%d %H:%M} UTC.")
    return case


def _told(
    rows: list[Mapping[str, Any]], meta: CheckMeta
) -> tuple[datetime, str, str | None] | None:
    """The last call that made it idle, unless one that used it came after: then nobody knows."""
    calls = [
        (moment, name, actor)
        for row in rows
        for name, (at, actor) in row.get("events", {}).items()
        if (moment := when(at)) and name in {*meta.idle_events, *USES}
    ]
    last = max(calls, key=lambda call: (call[0], call[1] in meta.idle_events), default=None)
    return last if last and last[1] in meta.idle_events else None


def _too_young(case: _Case, view: View) -> str | None:
    limit = view.thresholds.limit(view.meta, "min_age_days")
    if limit is not None and case.created_at and view.days_since(case.created_at) < limit:
        return f"too young: made {view.days_since(case.created_at):.1f} days ago, of {limit:g}"
    limit = view.thresholds.limit(view.meta, "min_idle_days")
    since = case.idle_since or case.created_at
    if limit is not None and since and view.days_since(since) < limit:
        return f"idle for {view.days_since(since):.1f} days only, of {limit:g}"
    return None


def _metrics_verdict(
    case: _Case, view: View, metrics: Mapping[str, Any], weigh: Weigh | None
) -> bool | str:
    """Whether all metrics say idle; a sentence where they cannot say."""
    if weigh is not None:
        return _weighed(case, view, metrics, weigh)
    days, bursts = int(view.limit("lookback_days")), ""
    for metric in view.meta.metrics:
        series = _known(metric, case, view, metrics)
        if isinstance(series, str):
            return series
        value, limit = combined(metric, series), view.limit(metric.at_most)
        if value > limit:
            bursting = burst(metric, series, limit)
            if not bursting:
                return False
            bursts = bursts or bursting
            continue
        case.points += len(series)
        case.numbers[metric.name] = {
            "value": value,
            "at_most": limit,
            "days_with_data": len(series),
        }
        case.reasons.append(sentence(metric, value, limit, len(series), days))
    if bursts:
        return bursts
    if case.idle_since is None:
        start = view.now - timedelta(days=days)
        case.idle_since = max(start, case.created_at) if case.created_at else start
        case.reasons.append(f"Idle at least since {case.idle_since:%Y-%m-%d}.")
    return True


def _weighed(case: _Case, view: View, metrics: Mapping[str, Any], weigh: Weigh) -> bool | str:
    """What the check itself makes of all its metrics together."""
    found: dict[str, Series] = {}
    for metric in view.meta.metrics:
        series = _known(metric, case, view, metrics)
        if isinstance(series, str):
            return series
        found[metric.name] = series
        case.points += len(series)
    case.weighed = weigh(case.candidate, found, view)
    if case.weighed is None:
        return False
    case.reasons.append(case.weighed.sentence)
    return True


def _known(metric: Metric, case: _Case, view: View, metrics: Mapping[str, Any]) -> Series | str:
    """The points of a metric within the look-back; a sentence where nothing can be known."""
    days = int(view.limit("lookback_days"))
    start = view.now - timedelta(days=days)
    keys = [query.key for query in queries_of(metric, case.candidate, days)]
    if any(key not in metrics for key in keys):
        return f"CloudWatch did not answer for its {metric.name} that day: not judged"
    series = [(t, v) for key in keys for t, v in points_of(metrics[key]) if t >= start]
    if not series and metric.missing == "unknown":
        return f"CloudWatch has no {metric.name} in {days} days: not judged"
    return series


def _finding(case: _Case, view: View, prices: Prices) -> Finding:
    meta, candidate = view.meta, case.candidate
    confidence = meta.confidence
    if meta.metrics and not case.points:
        confidence = _DOWN[confidence]
    for doubt in (candidate.doubt, view.thresholds.doubts(candidate, view.place)):
        if doubt:
            confidence = "review" if confidence == "review" else "low"
            case.reasons.append(doubt)
    cost, notes = _monthly(candidate, view, prices)
    if case.weighed is not None:
        cost = _of_weight(cost, case.weighed)
    return Finding(
        check_name=meta.name,
        resource_id=candidate.resource_id,
        account_id=view.account_id,
        region=view.region,
        resource_type=meta.resource_type,
        title=f"{meta.title}: {candidate.name or candidate.resource_id}",
        idle_since=case.idle_since,
        evidence={
            "reasons": case.reasons,
            "metrics": case.numbers,
            "facts": dict(candidate.facts),
            "price": notes,
            "created_at": case.created_at.isoformat() if case.created_at else None,
        },
        monthly_cost=cost,
        creator=case.creator,
        confidence=confidence,
        remediation=_remediation(candidate, view),
    )


def _remediation(candidate: Candidate, view: View) -> str:
    """What to copy into a shell, where each name is one word: AWS lets some hold anything."""
    meta = view.meta
    names = {
        "id": one_line(candidate.resource_id),
        "name": one_line(candidate.name or candidate.resource_id),
        "region": view.region,
        "account": view.account_id,
    }
    words = {name: quote(text) for name, text in names.items()}
    return f"{meta.cli.format(**words)}\nTerraform: {meta.terraform.format(**names)}"


def _of_weight(cost: Decimal | None, weighed: Weighed) -> Decimal | None:
    if weighed.usd_month is not None:
        cost = weighed.usd_month
    return None if cost is None else (cost * weighed.share).quantize(_CENT, ROUND_HALF_UP)


def _monthly(candidate: Candidate, view: View, prices: Prices) -> tuple[Decimal | None, list[str]]:
    """USD a month of everything that bills, or None if a part of it has no known price."""
    total: Decimal | None = Decimal(0)
    notes = []
    for bill in candidate.bills:
        usd: Decimal | None
        if bill.usd_month is not None:
            usd, note = bill.usd_month, f"{bill.usd_month} USD a month"
        else:
            price = prices.price(
                bill.service or view.meta.service, view.region, bill.resource_type, bill.attributes
            )
            usd = price.usd * HOURS_PER_MONTH if price.usd is not None else None
            note = price.explanation
        notes.append(f"{bill.quantity:f} × {note}" if bill.quantity != 1 else note)
        total = None if usd is None or total is None else total + usd * bill.quantity
    return (total.quantize(_CENT, ROUND_HALF_UP) if total is not None else None), notes
