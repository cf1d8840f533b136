"""The plots of docs/detection.md, drawn from real runs: python benchmarks/detection_plots.py."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from cost_pipeline.core.detection_model import DayEvent, DetectionSettings, DetectorState
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.floors import Novelty, floor_of
from cost_pipeline.core.incidents import detect_day
from cost_pipeline.core.usual import Memory

IMAGES = Path(__file__).parents[1] / "docs" / "images"
FIRST = date(2026, 1, 5)
KEY = "type|111122223333|ada|ec2_instance"
_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" font-family="sans-serif" '
    'font-size="12"><rect width="{w}" height="{h}" fill="white"/>'
)


_CASES: tuple[tuple[str, str, str, float, Novelty], ...] = (
    ("machines by hand", "hand", "ec2_instance", 0.0, Novelty()),
    ("... by a stranger", "hand", "ec2_instance", 0.0, Novelty(actor=True, stranger=True)),
    ("... in a new region", "hand", "ec2_instance", 0.0, Novelty(region=True)),
    ("... in a flood", "hand", "ec2_instance", 0.0, Novelty(flood=40)),
    ("machines by a role", "role", "ec2_instance", 0.0, Novelty()),
    ("... that usually has 30 a day", "role", "ec2_instance", 30.0, Novelty(settled=True)),
    ("... by a stranger", "role", "ec2_instance", 0.0, Novelty(actor=True, stranger=True)),
    ("... resized", "role", "ec2_instance", 0.0, Novelty(resized=True)),
    ("a flood of a new group", "service", "ec2_instance", 0.0, Novelty(actor=True, flood=80)),
    ("a flood of an old group", "service", "ec2_instance", 99.0, Novelty(settled=True, flood=40)),
    ("what stays, by anybody", "hand", "rds_instance", 0.0, Novelty()),
    ("... by hand, out of scale", "hand", "rds_instance", 0.0, Novelty(scale=True)),
    ("... in a loop", "role", "rds_instance", 0.0, Novelty(flood=20)),
)


def floors() -> str:
    """The floor of each kind of maker and thing, by sign."""
    lines = [_HEAD.format(w=720, h=26 * len(_CASES) + 44)]
    lines.append('<text x="10" y="22" font-weight="bold">Excess that it takes, USD a day</text>')
    for number, (name, made_by, what, usual, novelty) in enumerate(_CASES):
        who = "asg/web" if made_by == "service" else "ada"
        subject = Subject("1", "ada", "user", who, None, made_by, what, "m5.large", "eu-west-1")
        value = floor_of(subject, novelty, DetectionSettings(), usual)
        y = 26 * number + 50
        lines += [
            f'<text x="240" y="{y}" text-anchor="end">{name}</text>',
            f'<rect x="250" y="{y - 12}" width="{value * 0.65:.0f}" height="16" fill="#4c78a8"/>',
            f'<text x="{256 + value * 0.65:.0f}" y="{y}">{value:.0f}</text>',
        ]
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
    lines = [_HEAD.format(w=760, h=320), *_axes()]
    lines.append(_line(sums, "#4c78a8") + _line([2 * one for one in usual], "#f58518"))
    lines += [
        f'<circle cx="{_x(number)}" cy="{_y(sums[number]):.0f}" r="7" fill="none"'
        ' stroke="#e45756" stroke-width="2"/>'
        for number in alerts
    ]
    for text, colour, y in (
        ("impact: what Ada has running", "#4c78a8", 24),
        ("2 × the usual peak", "#f58518", 42),
        ("told", "#e45756", 60),
    ):
        lines.append(f'<text x="70" y="{y}" fill="{colour}" font-weight="bold">{text}</text>')
    return "\n".join([*lines, "</svg>"])


def _axes() -> list[str]:
    lines = []
    for value in range(0, 601, 150):
        y = _y(value)
        lines.append(f'<line x1="60" y1="{y}" x2="740" y2="{y}" stroke="#ddd"/>')
        lines.append(f'<text x="54" y="{y + 4}" text-anchor="end">{value}</text>')
    lines.append('<text x="8" y="165" transform="rotate(-90 14 165)">USD a day</text>')
    lines += [
        f'<text x="{_x(number)}" y="296" text-anchor="middle">day {number + 1}</text>'
        for number in range(0, 45, 7)
    ]
    return lines


def _x(number: int) -> int:
    return 62 + 15 * number


def _y(value: float) -> float:
    return 275 - value * 0.42


def _line(values: Sequence[float], colour: str) -> str:
    points = " ".join(f"{_x(n)},{_y(value):.1f}" for n, value in enumerate(values))
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
