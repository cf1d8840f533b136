"""Thresholds: typed, bounded, explained."""

from pathlib import Path

import pytest

from cost_pipeline.core.detection_settings import DetectionSettings, SettingsError, described

DOCUMENT = Path(__file__).parents[2] / "docs" / "detection.md"


def test_changed_reads_numbers_in_any_form() -> None:
    changed = DetectionSettings().changed({"ratio": "2.5", "flood": 20, "half_life_days": 30})
    assert (changed.ratio, changed.flood, changed.half_life_days) == (2.5, 20, 30.0)
    assert changed.version != DetectionSettings().version


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ratios", 2, "there is no setting 'ratios'"),
        ("ratio", "much", "is a number"),
        ("ratio", 0.5, "between 1 and 100"),
        ("ratio", "nan", "between"),
        ("flood", 2.5, "whole number"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(name: str, value: object, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        DetectionSettings().changed({name: value})


def test_the_document_states_every_setting_with_its_default_and_unit() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for one in described():
        assert f"| `{one['name']}` | {one['default']:g} | {one['unit']} |" in text, one["name"]
