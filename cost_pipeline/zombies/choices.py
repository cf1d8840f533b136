"""What an operator wrote in the settings → `Thresholds`, with every slip named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from cost_pipeline.zombies.registry import CHECKS, DEFAULTS
from cost_pipeline.zombies.thresholds import LEFT_BEHIND, Exclusion, Thresholds


class BadChoiceError(ValueError):
    """A setting that means nothing; the message says which and what would."""


def thresholds_of(settings: Mapping[str, Any]) -> Thresholds:
    """Read limits by check and name, keep_tags, exclusions and alert_from.

    An exclusion is a resource's id or name, or a mapping of resource, check, account, region,
    tag, until, reason, mark_down; all that it says must hold.

    >>> chosen = thresholds_of({"limits": {"instance_idle": {"max_cpu": 2}}})
    >>> chosen.limits["instance_idle"]["max_cpu"], chosen.keep_tags
    (2.0, ('dd0c:keep',))
    """
    unknown = set(settings) - {"limits", "keep_tags", "exclusions", "alert_from"}
    if unknown:
        raise BadChoiceError(
            f"{sorted(unknown)[0]!r} is no setting: limits, keep_tags, exclusions or alert_from."
        )
    limits = settings.get("limits", {})
    if not isinstance(limits, Mapping):
        raise BadChoiceError("limits must map checks to their limits.")
    return Thresholds(
        limits={check: _limits(check, chosen) for check, chosen in limits.items()},
        keep_tags=_texts(settings, "keep_tags", DEFAULTS.keep_tags),
        exclusions=_exclusions(settings.get("exclusions", ())),
        alert_from=_amount("alert_from", settings.get("alert_from", DEFAULTS.alert_from)),
    )


def with_limits(chosen: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """What was chosen, with `check.limit=number` and `alert_from=number` changed.

    >>> with_limits({}, ["instance_idle.max_cpu=2"])
    {'limits': {'instance_idle': {'max_cpu': 2.0}}}
    >>> with_limits({"limits": {"instance_idle": {"max_cpu": 2.0}}}, ["instance_idle.max_cpu="])
    {'limits': {}}
    """
    changed = dict(chosen)
    limits = {check: dict(named) for check, named in chosen.get("limits", {}).items()}
    for change in changes:
        name, equals, text = change.partition("=")
        check, dot, limit = name.partition(".")
        if not equals or not (dot or name == "alert_from"):
            raise BadChoiceError(
                f"{change!r} is not check.limit=number, as instance_idle.max_cpu=2"
            )
        if name == "alert_from":
            changed["alert_from"] = _number(text)
        elif text:
            limits.setdefault(check, {})[limit] = _number(text)
        else:
            limits.get(check, {}).pop(limit, None)
    return changed | {"limits": {check: named for check, named in limits.items() if named}}


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadChoiceError(f"{text!r} is not a number.") from None


def _exclusions(chosen: Any) -> tuple[Exclusion, ...]:
    if not isinstance(chosen, list | tuple):
        raise BadChoiceError("exclusions must be a list.")
    return tuple(_exclusion(one) for one in chosen)


def _exclusion(chosen: Any) -> Exclusion:
    if isinstance(chosen, str):
        return Exclusion(resource=chosen)
    known = {one.name for one in fields(Exclusion)}
    if not isinstance(chosen, Mapping) or not chosen or not set(chosen) <= known:
        raise BadChoiceError(f"An exclusion is an id, or says {', '.join(sorted(known))}.")
    check = chosen.get("check", "*")
    if not any(fnmatchcase(name, str(check)) for name in (*CHECKS, LEFT_BEHIND)):
        raise BadChoiceError(f"There is no check {check!r}; docs/zombies.md lists them.")
    texts = {n: v for n, v in chosen.items() if n not in ("until", "mark_down") and v is not None}
    if not all(isinstance(value, str) and value for value in texts.values()):
        raise BadChoiceError(f"An exclusion says {', '.join(sorted(texts))} as texts.")
    try:
        until = date.fromisoformat(str(chosen["until"])) if chosen.get("until") else None
    except ValueError:
        raise BadChoiceError(
            f"until must be a day as 2026-12-31, not {chosen['until']!r}."
        ) from None
    return Exclusion(**texts, until=until, mark_down=bool(chosen.get("mark_down", False)))


def _amount(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise BadChoiceError(f"{name} must be a number of USD a month.")
    return float(value)


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
