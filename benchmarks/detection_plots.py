"""The plots of docs/detection.md, drawn from real runs: python benchmarks/detection_plots.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from cost_pipeline.core.detection_model import DayEvent, DetectionSettings, DetectorState
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.core.scoring import Novelty, floor_of
from cost_pipeline.core.usual import Memory

IMAGES = Path(__file__).parents[1] / "docs" / "images"
FIRST = date(2026, 1, 5)
KEY = "type|111122223333|ada|ec2_instance"
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" font-family="sans-serif" '
    'font-size="12"><rect width="{w}" height="{h}" fill="white"/>'
)


def floors() -> str:
    """The floor for each kind of maker and thing, by sign."""
    signs = {
        "nothing new": Novelty(),
        "new family": Novelty(family=True),
        "stranger": Novelty(actor=True, stranger=True),
        "new region": Novelty(region=True),
        "flood": Novelty(flood=40),
        "stranger, new region": Novelty(actor=True, stranger=True, region=True),
    }
    rows = []
    for made_by, what in (("hand", "ec2_instance"), ("role", "ec2_instance"), ("role", "nat")):
        subject = Subject("1", "ada", "user", "ada", None, made_by, what, "m5.large", "eu-west-1")
        thing = "machines" if what == "ec2_instance" else "what stays"
        for name, novelty in signs.items():
            value = floor_of(subject, novelty, DetectionSettings())
            rows.append((f"{thing} by {made_by}: {name}", value))
    lines = [_HEAD.format(w=720, h=24 * len(rows) + 20)]
    for number, (name, value) in enumerate(rows):
        y = 24 * number + 24
        lines.append(f'<text x="260" y="{y}" text-anchor="end">{name}</text>')
        lines.append(
            f'<rect x="268" y="{y - 11}" width="{value * 0.65:.0f}" height="14" fill="#4c78a8"/>'
        )
        lines.append(f'<text x="{274 + value * 0.65:.0f}" y="{y}">{value:.0f} USD/day</text>')
    return "\n".join([*lines, "</svg>"])


def impact() -> str:
    """A weekly job and an incident on day 38: the sum, what is usual, and the alert."""
    state, settings = DetectorState(), DetectionSettings()
    sums, usual, alerts = list[float](), list[float](), list[int]()
    for number in range(45):
        day = FIRST + timedelta(days=number)
        rate = 6.0 if number % 7 == 1 else 0.4
        rate = 25.0 if number == 38 else rate
        usual.append(Memory(state, settings, day).usual(KEY))
        result = detect_day(_job(day, rate), {}, state, settings, (), day)
        state = result.state
        sums.append(rate * 24)
        alerts += [number] * bool(result.anomalies)
    lines = [_HEAD.format(w=720, h=260)]
    lines.append(_line(sums, "#4c78a8") + _line([1.5 * one for one in usual], "#f58518"))
    lines += [
        f'<circle cx="{40 + 15 * number}" cy="{_y(sums[number]):.0f}" r="6" fill="none"'
        ' stroke="#e45756" stroke-width="2"/>'
        for number in alerts
    ]
    for text, colour, y in (
        ("impact, USD a day", "#4c78a8", 20),
        ("1.5 × usual peak", "#f58518", 36),
        ("told", "#e45756", 52),
    ):
        lines.append(f'<text x="50" y="{y}" fill="{colour}">{text}</text>')
    lines.append('<text x="600" y="255">day 1 to 45</text>')
    return "\n".join([*lines, "</svg>"])


def _y(value: float) -> float:
    return 235 - value / 3


def _line(values: Sequence[float], colour: str) -> str:
    points = " ".join(f"{40 + 15 * n},{_y(value):.1f}" for n, value in enumerate(values))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _job(day: date, rate: float) -> list[DayEvent]:
    """A machine for three hours."""
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    return [
        DayEvent(
            id=uuid5(UUID(int=1), f"{day} {action}"),
            event_id=f"{day} {action}",
            event_time=when,
            account_id="111122223333",
            region="eu-west-1",
            service="ec2",
            resource_type="ec2_instance",
            resource_class="g5.2xlarge",
            action=action,
            actor="ada",
            actor_kind="user",
            resource_ids=(f"i-{day}",),
            quantity=1.0,
            hourly_cost=cost,
            one_time_cost=0.0,
            event_name="RunInstances",
        )
        for action, when, cost in (("start", at, rate), ("stop", at + timedelta(hours=3), -rate))
    ]


if __name__ == "__main__":
    (IMAGES / "detection-floors.svg").write_text(floors(), encoding="utf-8")
    (IMAGES / "detection-impact.svg").write_text(impact(), encoding="utf-8")
