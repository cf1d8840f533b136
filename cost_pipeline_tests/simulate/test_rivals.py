"""The designs to compare with do what is said of them, on a trail made by hand."""

from datetime import UTC, date, datetime, timedelta

from cost_pipeline.simulate.priced import PricedDay, Rates, priced
from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.rivals import daily_spend, seed_design
from cost_pipeline.simulate.shapes import compute, learning
from cost_pipeline.simulate.story import Story

ADA, EVE = Who("ada", "user"), Who("eve", "user")
START = datetime(2026, 3, 2, tzinfo=UTC)
HOME = "us-east-1"


def trail(*, trouble: bool) -> tuple[list[PricedDay], str]:
    """Twenty days on which ada runs two machines by day; on the last, eve starts a huge one."""
    story = Story("trail", "111122223333")
    for day in range(20):
        at = START + timedelta(days=day, hours=9)
        for n, size in enumerate(("m5.large", "m5.xlarge")):
            begun = compute.launch(story, at + timedelta(minutes=n), HOME, ADA, size)
            compute.terminate(story, at + timedelta(hours=8), ADA, begun)
    event_id = ""
    if trouble:
        at = START + timedelta(days=19, hours=10)
        event_id = compute.launch(story, at, HOME, EVE, "p4d.24xlarge")[0].call.event_id
    days = [START.date() + timedelta(days=n) for n in range(20)]
    return [priced(d, [c for c in story.calls if c.at.date() == d]) for d in days], event_id


def test_both_leave_habits_alone_once_they_have_history() -> None:
    days, _ = trail(trouble=False)
    assert daily_spend.detect(days) == []
    later = [row for row in seed_design.detect(days) if row["trigger_event_time"].day > 3]
    assert later == []


def test_the_textbook_design_finds_a_huge_machine_at_once() -> None:
    days, event_id = trail(trouble=True)
    found = seed_design.detect(days)[-1]
    assert found["event_ids"] == [event_id]
    assert found["trigger_event_time"] == START + timedelta(days=19, hours=10)


def test_daily_spend_finds_it_when_the_bill_is_there() -> None:
    days, event_id = trail(trouble=True)
    found = daily_spend.detect(days)
    assert [row["event_ids"] for row in found] == [[event_id]]
    assert found[0]["trigger_event_time"] == START + timedelta(days=21)


def test_rates_remember_what_stops_and_what_a_configuration_defines() -> None:
    story = Story("rates", "111122223333")
    box = compute.launch(story, START, HOME, ADA, "m5.large")
    compute.stop(story, START + timedelta(hours=1), ADA, box)
    compute.start(story, START + timedelta(hours=2), ADA, box)
    learning.endpoint(story, START + timedelta(hours=3), HOME, ADA, "ml.m5.xlarge", 2)
    rates = Rates()
    changes = [rates.change(event) for event in priced(date(2026, 3, 2), story.calls).events]
    assert changes == [0.096, -0.096, 0.096, 0.0, 2 * 0.2304]
