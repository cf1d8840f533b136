"""What an anomaly burns: so far, an hour now, and by the moments that people ask about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

_PLACES = Decimal("0.0001")
_MONDAY, _NINE = 0, 9


@dataclass(frozen=True, slots=True)
class Burn:
    """USD since the anomaly began, USD an hour at the moment, and USD in all by two moments.

    The projections take it that what runs goes on, and nothing is added.
    """

    spent: Decimal
    hourly: Decimal
    by_month_end: Decimal
    monday_at: datetime
    by_monday: Decimal


def burn(spent: Decimal, hourly: Decimal, now: datetime, time_zone: str = "UTC") -> Burn:
    """The meter at a moment; months end and Mondays begin in the tenant's time zone.

    >>> from datetime import UTC
    >>> meter = burn(Decimal(10), Decimal(2), datetime(2026, 3, 29, 9, tzinfo=UTC))
    >>> meter.by_monday, meter.by_month_end
    (Decimal('58.0000'), Decimal('136.0000'))
    """
    month_end, monday = month_end_after(now, time_zone), monday_after(now, time_zone)
    return Burn(
        spent.quantize(_PLACES),
        hourly.quantize(_PLACES),
        _by(month_end, spent, hourly, now),
        monday,
        _by(monday, spent, hourly, now),
    )


def month_end_after(now: datetime, time_zone: str = "UTC") -> datetime:
    """The first moment of the next month."""
    local = now.astimezone(ZoneInfo(time_zone))
    first = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)


def monday_after(now: datetime, time_zone: str = "UTC") -> datetime:
    """The next Monday, 09:00: when people are back."""
    local = now.astimezone(ZoneInfo(time_zone))
    monday = local.replace(hour=_NINE, minute=0, second=0, microsecond=0) + timedelta(
        days=(_MONDAY - local.weekday()) % 7
    )
    return monday if monday > local else monday + timedelta(days=7)


def _by(moment: datetime, spent: Decimal, hourly: Decimal, now: datetime) -> Decimal:
    hours = Decimal(str((moment - now).total_seconds())) / 3600
    return (spent + hourly * hours).quantize(_PLACES)
