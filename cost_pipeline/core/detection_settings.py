"""The thresholds of detection: each with its unit, its bounds and its reason.

A tenant may set each for itself; `docs/detection.md` is held to this list by a test.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


def _setting(default: float, unit: str, least: float, most: float, why: str) -> Any:
    return field(default=default, metadata={"unit": unit, "least": least, "most": most, "why": why})


class SettingsError(ValueError):
    """A setting that does not exist, or a value that it cannot take; the text says what can."""


@dataclass(frozen=True, slots=True)
class DetectionSettings:
    """When what an actor has running is an anomaly."""

    min_monthly_cost: float = _setting(
        50.0, "USD/month", 0, 1e9, "Nothing that projects to less is called an anomaly."
    )
    floor_hand_passing: float = _setting(
        120.0, "USD/day", 0, 1e9, "Excess by hand, of what comes and goes (machines, jobs)."
    )
    floor_hand_standing: float = _setting(
        160.0, "USD/day", 0, 1e9, "Excess by hand, of what stays (databases, clusters, endpoints)."
    )
    floor_machine_passing: float = _setting(
        600.0, "USD/day", 0, 1e9, "Excess by a role or service, of what comes and goes."
    )
    floor_machine_standing: float = _setting(
        160.0, "USD/day", 0, 1e9, "Excess by a role or service, of what stays."
    )
    floor_resized: float = _setting(
        80.0, "USD/day", 0, 1e9, "Excess by anybody of machines that are changed, not made."
    )
    floor_settled: float = _setting(
        250.0,
        "USD/day",
        0,
        1e9,
        "Least floor of a role or service known for long, of what comes and goes...",
    )
    settled_ratio: float = _setting(
        10.0, "times", 1, 1000, "...whose floor is this many times its usual peak, if lower."
    )
    settled_days: int = _setting(7, "days", 1, 90, "Time after which somebody's habits are known.")
    floor_account: float = _setting(
        1500.0, "USD/day", 0, 1e9, "Excess of all that an account started, of every type."
    )
    floor_least: float = _setting(
        12.0, "USD/day", 0, 1e9, "No sum of signs brings a floor below this."
    )
    factor_stranger_hand: float = _setting(
        0.4, "times", 0, 1, "Floors where no account has seen the person."
    )
    factor_stranger_role: float = _setting(
        0.15, "times", 0, 1, "Floors where no account has seen the role."
    )
    factor_region: float = _setting(
        0.3, "times", 0, 1, "Floors in a region that the account has not spent in."
    )
    factor_kind: float = _setting(
        0.85, "times", 0, 1, "Floors of a type or family that is new to the account or actor."
    )
    factor_scale: float = _setting(
        0.5, "times", 0, 1, "Floors by hand of what stays, new to the account or out of scale."
    )
    scale_ratio: float = _setting(
        10.0, "times", 1, 1000, "Out of scale: so many times what anybody here ever had of it."
    )
    factor_runaway: float = _setting(
        0.15, "times", 0, 1, "floor_machine_passing for a flood of a group known for long."
    )
    runaway_rounds: int = _setting(
        3, "rounds", 1, 1e6, "Rounds of starts within made_hours that such a flood comes in."
    )
    runaway_ratio: float = _setting(
        3.0, "times", 1, 1000, "...or so many times its usual peak, if that is less."
    )
    factor_flood: float = _setting(
        0.2,
        "times",
        0,
        1,
        "Floors of a flood, see `flood`; not of known roles' batches and new groups.",
    )
    factor_stranger_standing: float = _setting(
        0.6, "times", 0, 1, "The same for what stays, by a role."
    )
    factor_bulk: float = _setting(
        0.5, "times", 0, 1, "Floors of a flood of snapshots where the account works: a script's."
    )
    factor_loop: float = _setting(
        0.15, "times", 0, 1, "Floors of a flood of what usually stays: a retry loop."
    )
    factor_prelude: float = _setting(
        0.5, "times", 0, 1, "Floors after a quota raise, a new key, region or model right."
    )
    ratio: float = _setting(
        2.0, "times", 1, 100, "Impact it takes at least, against the usual peak."
    )
    role_factor: float = _setting(
        1.5, "times", 0.1, 100, "Floors of a whole role's sum, against one actor's."
    )
    half_life_days: float = _setting(
        60.0, "days", 1, 1000, "Time in which a usual peak fades to half."
    )
    maturing_days: int = _setting(
        1, "days", 0, 30, "Whole days before a peak counts: a drip must not excuse itself."
    )
    window_hours: float = _setting(
        72.0, "hours", 1, 720, "What was started longer ago is no news any more."
    )
    made_hours: float = _setting(
        6.0, "hours", 0.1, 72, "Time over which started resources are counted (loops, drips)."
    )
    flood: int = _setting(
        15, "resources", 2, 1e6, "Started within made_hours, so many are a flood..."
    )
    flood_loop: int = _setting(
        8, "resources", 2, 1e6, "Of what stays, so many within made_hours are one..."
    )
    flood_ratio: float = _setting(
        3.0, "times", 1, 100, "...if they are this many times the usual peak..."
    )
    flood_dollars: float = _setting(
        2.0, "times", 1, 100, "...and cost this many times the usual dollars."
    )
    flood_huge: int = _setting(
        50, "resources", 2, 1e6, "So many are a flood for known roles and new groups too."
    )
    round_seconds: float = _setting(
        45.0, "seconds", 0, 3600, "Starts less apart than this are one round: a script's."
    )
    drip_rounds: int = _setting(
        5, "rounds", 2, 1e6, "So many rounds of starts that still run are a drip..."
    )
    loop_rounds: int = _setting(
        4, "rounds", 2, 1e6, "...and so many of what stays in made_hours a loop..."
    )
    rounds_ratio: float = _setting(
        2.0, "times", 1, 100, "...if they are this many times the usual peak of such rounds."
    )
    floor_drip: float = _setting(24.0, "USD/day", 0, 1e9, "Excess of a drip by hand or role.")
    floor_loop: float = _setting(4.0, "USD/day", 0, 1e9, "Excess of a loop of what stays.")
    floor_urgent: float = _setting(
        750.0,
        "USD/day",
        0,
        1e9,
        "Excess of what may well end soon that is told at once, where it is new...",
    )
    patience_hours: float = _setting(
        10.0,
        "hours",
        0,
        24,
        "...while less is told if it still runs so long after its start, and more sooner...",
    )
    patience_stranger_hours: float = _setting(
        4.0, "hours", 0, 24, "...or so long, where no account has seen who started it."
    )
    floor_stranger: float = _setting(
        120.0, "USD/day", 0, 1e9, "...and then costs this much, where it is a role..."
    )
    factor_stranger_lasting: float = _setting(
        0.5, "times", 0, 1, "...whose floors are so many times as high after patience_hours."
    )
    lasting_hours: float = _setting(
        24.0, "hours", 1, 72, "What a role started and still runs so long after..."
    )
    factor_lasting: float = _setting(0.4, "times", 0, 1, "...has floors this many times as high...")
    floor_lasting: float = _setting(
        60.0, "USD/day", 0, 1e9, "...or this, where what usually lasts of it is known."
    )
    replacement_hours: float = _setting(
        3.0, "hours", 0, 24, "Time in which the old set ends, where a new one replaces it."
    )
    group_hours: float = _setting(
        24.0, "hours", 0, 168, "An anomaly takes in what its actor adds within this time."
    )
    group_nightly_hours: float = _setting(
        36.0, "hours", 0, 168, "The same for a role's snapshots, which scripts make each night."
    )
    learning_days: int = _setting(
        14, "days", 0, 90, "Age at which an organisation has habits: two weekly cycles."
    )
    joining_days: int = _setting(
        4, "days", 0, 90, "Age at which an account that joins a known organisation is judged."
    )
    learning_floor: float = _setting(2500.0, "USD/day", 0, 1e9, "Excess it takes before that.")
    newness_days: int = _setting(2, "days", 0, 30, "Time for which something first seen stays new.")
    memory_days: int = _setting(
        90, "days", 7, 1000, "Time after which something not seen is new again."
    )
    commitment_floor: float = _setting(100.0, "USD", 0, 1e9, "Commitments of less are let pass.")
    assumed_daily: float = _setting(
        0.4, "USD/day", 0, 1e6, "What a start of unknown price counts for: unknown is not zero."
    )
    left_on_hours: float = _setting(
        40.0, "hours", 1, 168, "Age from which something made by hand may be forgotten..."
    )
    left_on_own_ratio: float = _setting(
        3.0, "times", 1, 100, "...if its maker's usually live so many times shorter..."
    )
    left_on_ratio: float = _setting(
        1.0, "times", 1, 100, "...and others' so many times, of what costs like it or more..."
    )
    left_on_floor: float = _setting(24.0, "USD/day", 0, 1e9, "...and it costs this much.")
    left_on_small_hours: float = _setting(
        64.0, "hours", 1, 168, "Such an age, weekends counted by half, for what costs less..."
    )
    left_on_small_floor: float = _setting(12.0, "USD/day", 0, 1e9, "...but at least this much.")
    left_on_watch_hours: float = _setting(
        168.0, "hours", 24, 720, "Time for which it is watched; then it counts as meant to stay."
    )
    refused_calls: int = _setting(
        10, "calls", 1, 1e6, "Refused costly calls of an actor in a day that are a warning."
    )
    prelude_hours: float = _setting(
        72.0, "hours", 0, 720, "Time for which a quota raise, a new key or region is remembered."
    )
    deviation_floor: float = _setting(
        0.05, "USD/hour", 1e-6, 1e6, "Least deviation of a single call's price, for z."
    )
    relative_deviation_floor: float = _setting(
        0.25, "times the mean", 0, 100, "The same, relative to the mean."
    )

    @property
    def version(self) -> str:
        """A short hash of all values: a state folded under other settings is stale."""
        text = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def changed(self, changes: Mapping[str, object]) -> DetectionSettings:
        """These settings with some values in place of others.

        Raises:
            SettingsError: there is no such setting, or it cannot take the value.

        >>> DetectionSettings().changed({"ratio": "2"}).ratio
        2.0
        """
        known = {one.name: one for one in fields(self)}
        values = asdict(self)
        for name, value in changes.items():
            if name not in known:
                raise SettingsError(f"there is no setting {name!r}; there are {', '.join(known)}")
            values[name] = _valid(name, value, values[name], known[name].metadata)
        return DetectionSettings(**values)


def described() -> list[dict[str, Any]]:
    """Every setting: its name, default, unit, bounds (least, most) and reason."""
    return [
        {"name": one.name, "default": one.default, **one.metadata}
        for one in fields(DetectionSettings)
    ]


def _valid(name: str, value: object, before: object, bounds: Mapping[str, Any]) -> float | int:
    try:
        number = float(str(value))
    except ValueError:
        raise SettingsError(f"{name} is a number ({bounds['unit']}), not {value!r}") from None
    if not bounds["least"] <= number <= bounds["most"]:
        raise SettingsError(
            f"{name} must lie between {bounds['least']:g} and {bounds['most']:g} "
            f"{bounds['unit']}, and {number:g} does not"
        )
    if isinstance(before, int):
        if number != int(number):
            raise SettingsError(f"{name} is a whole number of {bounds['unit']}, not {number:g}")
        return int(number)
    return number
