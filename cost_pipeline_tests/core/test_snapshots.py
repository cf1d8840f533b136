"""Snapshots are made by scripts, night after night: how a backup begins is told once at most."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cost_pipeline.core.detection_model import DayEvent
from cost_pipeline.core.incidents import detect_day
from cost_pipeline_tests.fixtures.detection import DAY, SETTINGS, USUAL, event, known_account

NIGHTS = 12
LATE = (0.5, 3.5)
"""Hours at which the script begins in turn: some nights are more than a day apart."""


def copies(night: int, region: str, hourly: float, count: int = 12) -> Iterator[DayEvent]:
    """What a role nobody has seen makes in a night."""
    for number in range(count):
        yield event(
            f"{region}{night}-{number}",
            24 * night + LATE[night % 2] + number / 3600,
            hourly,
            actor="backup",
            actor_kind="role",
            region=region,
            resource_type="ebs_snapshot",
            resource_class=None,
        )


def told(hourly: float, *regions: str) -> list[int]:
    """How many anomalies each night raises, of a script that makes as many in each region."""
    state, found = known_account(), []
    for night in range(NIGHTS):
        events = [one for region in regions for one in copies(night, region, hourly)]
        day = DAY + timedelta(days=night)
        result = detect_day(events, USUAL, state, SETTINGS, (), day)
        state = result.state
        found.append(len(result.anomalies))
    return found


@pytest.mark.parametrize("regions", [("eu-west-1",), ("sa-east-1",), ("eu-west-1", "sa-east-1")])
def test_a_script_that_goes_on_night_after_night_is_told_once(regions: tuple[str, ...]) -> None:
    assert sum(told(0.3, *regions)) == 1


def test_the_second_copy_of_a_backup_makes_no_region_suspicious() -> None:
    assert told(0.05, "sa-east-1")[0] == 1
    assert told(0.05, "eu-west-1", "sa-east-1")[0] == 0
