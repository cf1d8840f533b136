"""The picture of a digest: what was added an hour, day by day."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, timedelta

from PIL import Image, ImageDraw, ImageFont

_WIDTH, _HEIGHT = 1104, 330  # twice the size that it is shown in, for fine screens
_TOP, _FOOT = 56, 54
_PAPER, _INK, _SOFT, _BAR, _NOW = "#ffffff", "#1c2430", "#667085", "#b2ccff", "#175cd3"
WIDTH, HEIGHT = _WIDTH // 2, _HEIGHT // 2


def chart(added: Mapping[date, float], *, since: date, until: date, marked_from: date) -> bytes:
    """Bars from `since` to `until`, those from `marked_from` on in a stronger colour, as PNG.

    The same numbers give the same bytes.
    """
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    most = max([float(added.get(day, 0)) for day in days] + [0.0])
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=32)
    draw.text((0, 2), f"Added an hour, most: ${most:,.2f}", fill=_SOFT, font=font)
    floor, step = _HEIGHT - _FOOT, _WIDTH / len(days)
    for number, day in enumerate(days):
        size = 0 if most == 0 else (floor - _TOP) * float(added.get(day, 0)) / most
        left = number * step + step * 0.14
        box = (round(left), round(floor - max(size, 2)), round(left + step * 0.72), floor)
        draw.rectangle(box, fill=_NOW if day >= marked_from else _BAR)
    draw.line((0, floor, _WIDTH, floor), fill=_SOFT, width=2)
    draw.text((0, floor + 10), f"{since:%d %b}", fill=_INK, font=font)
    end = f"{until:%d %b}"
    draw.text((_WIDTH - draw.textlength(end, font=font), floor + 10), end, fill=_INK, font=font)
    kept = io.BytesIO()
    picture.quantize(32).save(kept, "PNG", optimize=True)
    return kept.getvalue()
