"""What findings come to: each resource once, and without what is only worth a review."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from cost_pipeline.core.waste import REVIEW, counted_once
from cost_pipeline.zombies.model import Finding


def monthly(findings: Iterable[Finding]) -> Decimal:
    """USD a month."""
    return counted_once((_resource(one), one.monthly_cost) for one in _counted(findings))


def resources(findings: Iterable[Finding]) -> int:
    """How many resources are idle."""
    return len({_resource(one) for one in _counted(findings)})


def _counted(findings: Iterable[Finding]) -> Iterable[Finding]:
    return (one for one in findings if one.confidence != REVIEW)


def _resource(finding: Finding) -> tuple[str, str, str]:
    return finding.account_id, finding.region, finding.resource_id
