"""The scorer on cases made by hand: each figure can be checked in the head."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cost_pipeline.simulate.labels import Label, LabelledResource
from cost_pipeline.simulate.scorer import Score, table

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def label(*ids: str, start: float = 0, hourly: float = 10.0, **more: Any) -> Label:
    """An incident whose one resource runs for ten hours."""
    resource = LabelledResource("i-1", hourly, 0.0, hours(start), hours(start + 10))
    known = {"kind": "drip", "account_id": "1", "actor": "eve", "counts": True} | more
    return Label(
        start=hours(start),
        trigger_event_id=ids[0],
        event_ids=list(ids),
        resources=[resource],
        **known,
    )


def row(*ids: str, at: float = 0, trigger: str | None = None) -> dict[str, Any]:
    """An anomaly as `cost-pipeline export anomalies --format jsonl` writes it."""
    return {
        "id": f"anomaly {ids}",
        "account_id": "1",
        "actor": "eve",
        "resource_type": "ec2_instance",
        "hourly_cost": 10.0,
        "trigger_event_id": trigger or ids[0],
        "trigger_event_time": hours(at).isoformat(),
        "event_ids": list(ids),
    }


def scored(labels: list[Label], rows: list[dict[str, Any]], weeks: float = 1.0) -> Score:
    score = Score()
    score.add(labels, rows, weeks)
    return score


def test_the_trigger_alone_tells_an_incident() -> None:
    score = scored([label("a", "b")], [row("a", "x1", "x2", "x3", "x4", "x5")])
    assert (score.recall, score.precision) == (1.0, 1.0)


@pytest.mark.parametrize(("strangers", "found"), [(4, 1), (5, 0)])
def test_a_fifth_of_the_ids_tells_it_and_less_does_not(strangers: int, found: int) -> None:
    anomaly = row("b", *(f"x{n}" for n in range(strangers)))
    score = scored([label("a", "b")], [anomaly])
    assert score.found == found
    assert score.false == 1 - found


def test_a_trigger_that_is_not_among_the_ids_counts_with_them() -> None:
    assert scored([label("a")], [row("x", trigger="a")]).found == 1


def test_what_tells_nothing_is_false() -> None:
    score = scored([label("a")], [row("a"), row("x"), row("y")], weeks=4.0)
    assert score.precision == pytest.approx(1 / 3)
    assert score.false_per_account_week == 0.5
    assert len(score.wrong) == 2


def test_the_first_alert_sets_the_delay_and_what_is_lost() -> None:
    score = scored([label("a", "b", "c")], [row("c", at=3), row("b", at=2)])
    assert score.alerts_per_incident == 2.0
    assert score.delays == [120.0]
    assert (score.lost, score.running_cost) == (20.0, 100.0)
    assert score.lost_share == pytest.approx(0.2)


def test_a_warning_before_the_first_cost_loses_nothing() -> None:
    score = scored([label("a", "refused")], [row("refused", at=-1)])
    assert score.delays == [0.0]
    assert score.lost == 0.0


def test_a_missed_incident_loses_everything() -> None:
    cheap, dear = label("a"), label("b", hourly=90.0, kind="leak")
    score = scored([cheap, dear], [row("a")])
    assert score.recall == 0.5
    assert score.cost_share == pytest.approx(0.1)
    assert score.lost_share == pytest.approx(0.9)
    assert "leak" in score.missed[0]
    assert score.by_kind == {"drip": [1, 1], "leak": [0, 1]}


def test_money_paid_once_counts_as_cost_and_is_never_running() -> None:
    once = LabelledResource("sp-1", 0.0, 500.0, NOON, NOON)
    plan = Label("savings_plan", "1", "eve", True, NOON, "a", ["a"], [once])
    score = scored([plan], [row("a")])
    assert (score.cost, score.running_cost, score.lost_share) == (500.0, 0.0, 0.0)


def test_an_alert_about_what_does_not_count_is_neither_right_nor_false() -> None:
    score = scored([label("a"), label("t", counts=False)], [row("a"), row("t")])
    assert (score.incidents, score.right, score.false, score.anomalies) == (1, 1, 0, 2)
    assert scored([label("t", counts=False)], []).recall == 1.0


def test_a_delayed_bill_adds_to_the_delay() -> None:
    score = Score()
    score.add([label("a")], [row("a")], 1.0, delay_minutes=60)
    assert (score.median_delay, score.lost_share) == (60.0, pytest.approx(0.1))


def test_companies_are_pooled_not_averaged() -> None:
    score = scored([label("a"), label("b"), label("c")], [row("a"), row("b"), row("c")])
    score.add([label("a")], [], 1.0, name="1001")
    assert score.recall == 0.75
    assert score.account_weeks == 2.0
    assert score.missed[0].startswith("1001 ")


def test_what_stands_out_only_later_is_counted_beside_its_trigger() -> None:
    score = scored([label("a")], [row("a") | {"noticed_at": hours(4).isoformat()}])
    assert (score.p90_delay, score.p90_told) == (0.0, 240.0)
    assert (score.lost_share, score.unread_share) == (0.0, 0.4)


def test_the_table_names_what_must_be_reached() -> None:
    score = scored([label("a")], [row("a")])
    lines = table({"ours": score}, "hard").splitlines()
    assert lines[0] == "|  | target | ours |"
    assert lines[2] == "| incidents found | >= 0.97 | 1.000 |"
    assert len(lines) == 12
