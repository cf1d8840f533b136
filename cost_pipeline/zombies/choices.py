"""What an operator wrote in the settings → `Thresholds`, with every slip named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cost_pipeline.zombies.model import Thresholds
from cost_pipeline.zombies.registry import CHECKS, DEFAULTS


class BadChoiceError(ValueError):
    """A setting that means nothing; the message says which and what would."""


def thresholds_of(settings: Mapping[str, Any]) -> Thresholds:
    """Read `{"limits": {check: {name: number}}, "keep_tags": [...], "exclusions": [...]}`.

    >>> chosen = thresholds_of({"limits": {"instance_idle": {"max_cpu": 2}}})
    >>> chosen.limits["instance_idle"]["max_cpu"], chosen.keep_tags
    (2.0, ('dd0c:keep',))
    """
    unknown = set(settings) - {"limits", "keep_tags", "exclusions"}
    if unknown:
        raise BadChoiceError(
            f"{sorted(unknown)[0]!r} is no setting: limits, keep_tags or exclusions."
        )
    limits = settings.get("limits", {})
    if not isinstance(limits, Mapping):
        raise BadChoiceError("limits must map checks to their limits.")
    return Thresholds(
        limits={check: _limits(check, chosen) for check, chosen in limits.items()},
        keep_tags=_texts(settings, "keep_tags", DEFAULTS.keep_tags),
        exclusions=_texts(settings, "exclusions", DEFAULTS.exclusions),
    )


def _limits(check: str, chosen: Any) -> dict[str, float]:
    if check not in CHECKS:
        raise BadChoiceError(f"There is no check {check!r}; docs/zombies.md lists them.")
    known = CHECKS[check].meta.thresholds
    if not isinstance(chosen, Mapping):
        raise BadChoiceError(f"The limits of {check} must map names to numbers.")
    for name, value in chosen.items():
        if name not in known:
            raise BadChoiceError(f"{check} has no limit {name!r}: {', '.join(known) or 'none'}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise BadChoiceError(f"{name} of {check} must be a number of {known[name].unit}.")
    return {name: float(value) for name, value in chosen.items()}


def _texts(settings: Mapping[str, Any], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = settings.get(name, default)
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise BadChoiceError(f"{name} must be a list of texts.")
    return tuple(value)
