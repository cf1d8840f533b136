"""An anomaly as it reads: each reason with the time as of which it holds."""

from collections.abc import Sequence
from typing import Any

from cost_pipeline.core.detection_model import Anomaly, DayEvent, RefusedRun
from cost_pipeline_tests.fixtures.detection import detect, event


def _times(found: Anomaly) -> dict[str, str | None]:
    return {reason.signal: reason.as_of and reason.as_of[11:16] for reason in found.reasons}


def _one(*events: DayEvent, refused: Sequence[RefusedRun] = ()) -> Anomaly:
    (found,) = detect(*events, refused=refused).anomalies
    return found


def test_reasons_are_as_of_the_call_that_gave_them_while_the_title_grows() -> None:
    stranger: dict[str, Any] = {"actor": "mallory", "region": "sa-east-1"}
    first = event("one", 3, 98.0, **stranger)
    more = [event(f"n{n}", 4 + n / 60, 9.0, **stranger) for n in range(20)]
    alone, grown = _one(first), _one(first, *more)
    assert set(_times(alone).values()) == {"03:00"}
    times = _times(grown)
    assert times["outstanding"] == times["new_region"] == times["z_score"] == "03:00"
    assert times["flood"] is not None
    assert times["flood"] > "04:00"
    assert grown.title.endswith("USD 278.00/h")


def test_what_a_whole_day_tells_has_no_time() -> None:
    call = event("no", 2, 0.0, actor="mallory", action="signal", event_name="RunInstances")
    started = event("gpu", 3, 98.0, actor="mallory")
    times = _times(_one(started, refused=[RefusedRun(14, call)]))
    assert times["refused_calls"] is None
    assert times["outstanding"] == "03:00"


def test_a_sign_before_the_first_start_is_as_of_its_own_time() -> None:
    blinded = event("stop", 2, 0.0, action="signal", event_name="StopLogging", actor="mallory")
    started = event("gpu", 3, 98.0, actor="mallory")
    times = _times(_one(blinded, started))
    assert (times["tampering"], times["outstanding"]) == ("02:00", "03:00")
