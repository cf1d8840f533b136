"""All checks by name, the plan of what to ask AWS for them, and the sweep that judges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from cost_pipeline.aws.api_calls import METRICS, MetricQuery, with_parents
from cost_pipeline.zombies import checks
from cost_pipeline.zombies.judging import USES, judge, queries_of, worth_measuring
from cost_pipeline.zombies.model import (
    Check,
    Failure,
    Finding,
    LeftOut,
    Prices,
    SweepResult,
)
from cost_pipeline.zombies.thresholds import Thresholds
from cost_pipeline.zombies.view import MissingAnswerError, View


def _load() -> dict[str, Check]:
    names = sorted(module.name for module in iter_modules(checks.__path__))
    loaded: list[Check] = [import_module(f"{checks.__name__}.{name}").CHECK for name in names]
    return {check.meta.name: check for check in loaded}


CHECKS: dict[str, Check] = _load()
DEFAULTS = Thresholds()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to ask of one account and region, structure first, for a choice of checks."""

    checks: tuple[Check, ...] = field(default_factory=lambda: tuple(CHECKS.values()))
    thresholds: Thresholds = DEFAULTS

    def waves(self, region: str) -> list[list[str]]:
        """The calls, in waves that need only what earlier waves answered."""
        return with_parents({api for c in self._here(region) for api in c.meta.calls})

    def metric_queries(
        self, answers: Mapping[str, Any], *, account_id: str, region: str, now: datetime
    ) -> list[MetricQuery]:
        """The series of all suspects, each once, with the longest look-back it is needed for."""
        wanted: dict[str, MetricQuery] = {}
        for check in self._here(region):
            if not check.meta.metrics:
                continue
            view = View(answers, account_id, region, now, check.meta, self.thresholds)
            for query in _queries(check, view):
                known = wanted.get(query.key)
                if known is None or known.days < query.days:
                    wanted[query.key] = query
        return list(wanted.values())

    def _here(self, region: str) -> Iterable[Check]:
        return (
            check
            for check in self.checks
            if check.meta.home_region in (None, region)
            and self.thresholds.limit(check.meta, "on") != 0
        )


def calls_that_tell() -> list[str]:
    """The calls of CloudTrail that say since when something is idle, or used."""
    idle = {name for check in CHECKS.values() for name in check.meta.idle_events}
    return sorted(idle | set(USES))


def _queries(check: Check, view: View) -> Iterable[MetricQuery]:
    days = int(view.limit("lookback_days"))
    try:
        for candidate in check.candidates(view):
            if worth_measuring(candidate, view):
                for metric in check.meta.metrics:
                    yield from queries_of(metric, candidate, days)
    except (MissingAnswerError, *MALFORMED):
        return


MALFORMED = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What an answer of an unexpected shape raises: it costs that check, and is told."""


def sweep(
    inventory: Mapping[str, Any],
    metrics: Mapping[str, Any] | None = None,
    *,
    account_id: str,
    region: str,
    now: datetime,
    thresholds: Thresholds = DEFAULTS,
    prices: Prices,
    resources: Iterable[Mapping[str, Any]] = (),
    checks: Sequence[Check] | None = None,
) -> SweepResult:
    """Judge one account and region from what AWS answered, and from nothing else.

    `inventory` maps calls to their items, or to an `ApiError`; `metrics` maps series to
    `[[time, value], …]` and defaults to what `inventory` holds of `GetMetricData`.
    `resources` are what CloudTrail told: resource_id, created_by, created_at, and events, the
    last time and actor of each call by its name.
    """
    known = {str(row["resource_id"]): row for row in resources}
    series = inventory.get(METRICS, {}) if metrics is None else metrics
    result = SweepResult()
    for check in CHECKS.values() if checks is None else checks:
        if check.meta.home_region not in (None, region):
            continue
        view = View(inventory, account_id, region, now, check.meta, thresholds)
        if not view.is_on:
            continue
        try:
            found = _judged(check, view, series, prices, known)
        except MissingAnswerError as error:
            result.failures.append(
                Failure(
                    check.meta.name, account_id, region, error.api, str(error), error.permission
                )
            )
        except MALFORMED as error:
            message = f"an answer of an unexpected shape: {type(error).__name__}: {error}"
            where = (check.meta.name, account_id, region)
            result.failures.append(Failure(*where, check.meta.calls[0], message))
        else:
            result.findings.extend(f for f in found if isinstance(f, Finding))
            result.left_out.extend(f for f in found if isinstance(f, LeftOut))
    return result


def _judged(
    check: Check,
    view: View,
    metrics: Any,
    prices: Prices,
    resources: Mapping[str, Mapping[str, Any]],
) -> list[Finding | LeftOut]:
    candidates = list(check.candidates(view))
    if check.meta.metrics and candidates and not isinstance(metrics, Mapping):
        missing = getattr(metrics, "permission", None)
        raise MissingAnswerError(METRICS, str(metrics), missing)
    judged = (judge(c, view, metrics, prices, resources, check.weigh) for c in candidates)
    return [verdict for verdict in judged if verdict is not None]
