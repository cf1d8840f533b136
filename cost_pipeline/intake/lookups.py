"""Accounts without a trail: LookupEvents → the archive, a slice at a time, from where it stood."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cost_pipeline.aws.lookup_events import REACH, LookupTrail, Position, read_slice
from cost_pipeline.intake.archiving import Archiving
from cost_pipeline.store import lookups

if TYPE_CHECKING:
    from cost_pipeline.store.database import Database

CALLS_A_SLICE = 20
_REGIONS_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What one slice of one region came to."""

    region: str
    calls: int
    records: int
    position: Position

    def __str__(self) -> str:
        return (
            f"{self.region}: {self.calls} LookupEvents calls, {self.records} new events, "
            f"complete until {self.position.complete_until:%Y-%m-%d %H:%M} UTC"
        )


def advance(
    db: Database,
    archiving: Archiving,
    tenant_id: str,
    trail_id: int,
    source: LookupTrail,
    now: datetime,
    *,
    most_calls: int = CALLS_A_SLICE,
) -> list[LookedUp]:
    """Reads one slice of every region, all at once; each region has its own pace.

    What was read is archived and registered before the position moves, so that nothing is lost
    by an end in between; read again, an event is the same event.

    Raises:
        TrailError: a region cannot be asked; the others have moved on.
    """
    with db.transaction(tenant_id) as conn:
        known = lookups.positions(conn, tenant_id=tenant_id, trail_id=trail_id)

    def one(region: str) -> LookedUp:
        position = from_row(known[region]) if region in known else Position(now - REACH)
        pace = source.paces[region]
        found = read_slice(source.client(region), position, now, most_calls=most_calls, pace=pace)
        if found.records:
            archiving.keep(tenant_id, found.log_file())
        with db.transaction(tenant_id) as conn:
            lookups.keep_position(
                conn,
                tenant_id=tenant_id,
                trail_id=trail_id,
                account_id=source.account_id,
                region=region,
                position=to_row(found.position),
            )
        return LookedUp(region, found.calls, len(found.records), found.position)

    with ThreadPoolExecutor(_REGIONS_AT_ONCE, "lookup") as pool:
        return list(pool.map(one, source.regions))


def to_row(position: Position) -> dict[str, Any]:
    """A position as it is stored."""
    return {
        "complete_until": position.complete_until,
        "window_end": position.window_end,
        "open_to": position.open_to,
        "seen": [[event_id, at.isoformat()] for event_id, at in position.seen],
    }


def from_row(row: dict[str, Any]) -> Position:
    """The position that was stored."""
    return Position(
        row["complete_until"], row["window_end"], row["open_to"], tuple(_seen(row["seen"]))
    )


def _seen(pairs: list[list[str]]) -> Iterator[tuple[str, datetime]]:
    for event_id, at in pairs:
        yield event_id, datetime.fromisoformat(at)
