"""Prices refreshed from AWS's Price List: fetched, read, verified, and only then taken in."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cost_pipeline.aws.errors import AwsError
from cost_pipeline.orchestration.pricing import quotes
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.prices.offers import offer_maps
from cost_pipeline.prices.price_list import Offer, OfferError, parse_csv, parse_json
from cost_pipeline.prices.snapshot import attributes_of
from cost_pipeline.prices.verify import problems
from cost_pipeline.store import governance, prices
from cost_pipeline.store.database import Database
from cost_pipeline.store.locks import lock_prices

if TYPE_CHECKING:
    from cost_pipeline.aws.price_list import OfferFile

HOME_REGION = "us-east-1"
Note = Callable[[int, int, str], None]


class Site(Protocol):
    """Where offer files come from."""

    def offers(self, code: str) -> dict[str, OfferFile]:
        """The current offer files of a service by region."""

    def download(self, offer: OfferFile, folder: Path, note: Callable[[int, int], None]) -> Path:
        """Puts the offer file into `folder`."""


@dataclass(slots=True)
class Refreshed:
    """What a refresh came to."""

    loaded: int = 0
    current: int = 0
    prices: int = 0
    changed: int = 0
    queued_days: int = 0
    left: int = 0
    troubles: list[str] = field(default_factory=list)


class PanicError(ValueError):
    """Outbound calls are stopped."""


def refresh(
    database: Database,
    site: Site,
    folder: Path,
    *,
    offers: Sequence[str] = (),
    regions: Sequence[str] = (),
    note: Note = lambda done, total, text: None,
    go_on: Callable[[], bool] = lambda: True,
) -> Refreshed:
    """Takes in the current offers of services and regions; those taken in before are passed by.

    An offer that cannot be fetched or is refused is told in `troubles`, and leaves the prices
    that are there. Broken off, the next call goes on after the last offer that was taken in.

    Args:
        database: where prices are kept.
        site: where offers come from.
        folder: for the files, which are removed once they are taken in.
        offers: offer codes; all that are read, if none is given.
        regions: in which order; those with events and us-east-1, if none is given.
        note: told how far it is, and with what; what it raises ends the refresh.
        go_on: asked before each offer; if not, what is `left` waits for another call.

    Raises:
        AwsError: the site cannot be reached at all.
        PanicError: a tenant has stopped outbound calls.
    """
    wanted = [(code, region) for region in regions or _regions(database) for code in _codes(offers)]
    result, indexes = Refreshed(), dict[str, dict[str, Any]]()
    for number, (code, region) in enumerate(wanted):
        if not go_on():
            result.left = len(wanted) - number
            note(number, number, f"{result.left:,} of {len(wanted):,} price lists follow")
            return result
        _not_in_panic(database)
        note(number, len(wanted), f"{code} {region}")
        if code not in indexes:
            indexes[code] = _index(site, code, result, first=not indexes)
        offer = indexes[code].get(region)
        if offer is not None:
            place = _Place(database, folder, number, len(wanted), note)
            place.take(site, offer, result)
    note(len(wanted), len(wanted), f"{result.changed:,} prices changed")
    return result


def _codes(offers: Sequence[str]) -> list[str]:
    unknown = sorted(set(offers) - offer_maps().keys())
    if unknown:
        known = ", ".join(sorted(offer_maps()))
        raise ValueError(f"{', '.join(unknown)}: no offer that is read. These are: {known}")
    return list(offers) or list(offer_maps())


def _regions(database: Database) -> list[str]:
    with database.admin() as conn:
        return list(dict.fromkeys([HOME_REGION, *prices.regions_in_use(conn)]))


def _not_in_panic(database: Database) -> None:
    for tenant in database.tenants():
        with database.transaction(tenant["tenant_id"]) as conn:
            if governance.panicking(conn, tenant_id=tenant["tenant_id"]):
                raise PanicError(
                    f"No prices are fetched while tenant {tenant['tenant_id']} is in panic; "
                    "cost-pipeline panic off lets calls go out again."
                )


def _index(site: Site, code: str, result: Refreshed, *, first: bool) -> dict[str, Any]:
    """The offers of a service; a site that does not answer the first time is not asked again."""
    try:
        return site.offers(code)
    except AwsError as error:
        if first and error.fault == "unreachable":
            raise
        result.troubles.append(f"{code}: {error}")
        return {}


@dataclass(frozen=True, slots=True)
class _Place:
    """One offer on its way in."""

    database: Database
    folder: Path
    number: int
    total: int
    note: Note

    def take(self, site: Site, offer: OfferFile, result: Refreshed) -> None:
        """Downloads, reads, verifies and takes in an offer, unless it was taken in before."""
        with self.database.admin() as conn:
            last = prices.last_loaded(conn, offer=offer.code, region=offer.region)
        if last is not None and last["version"] == offer.version:
            result.current += 1
            return
        started, size = datetime.now(UTC), 0
        try:
            file = site.download(offer, self.folder, self._downloading(offer))
            size = file.stat().st_size
            read = read_offer(file, offer.code, offer.region)
            trouble = self._doubts(read, last)
            if not trouble:
                self._merge(read, offer, result, started=started, size=size)
            file.unlink()
        except (AwsError, OfferError) as error:
            state = "refused" if isinstance(error, OfferError) else "failed"
            if state == "refused":
                file.unlink()
            trouble = str(error)
        else:
            state = "refused"
        if trouble:
            result.troubles.append(f"{offer.code} {offer.region} {state}: {trouble}")
            self._record(offer, state=state, reason=trouble, started_at=started, bytes=size)

    def _downloading(self, offer: OfferFile) -> Callable[[int, int], None]:
        def told(done: int, total: int) -> None:
            share = done / total if total else 0
            text = f"{offer.code} {offer.region} {done >> 20:,} of {total >> 20:,} MB"
            self.note(self.number, self.total, f"{text} ({share:.0%})")

        return told

    def _doubts(self, read: Offer, last: dict[str, Any] | None) -> str:
        """Why the offer must not be taken in; empty where it may."""
        with self.database.admin() as conn:
            at_hand = {
                table: _current(conn, table, read.region)
                for table in {price.place.table for price in read.prices}
            }
        if last is not None and read.published and read.published < last["published"]:
            return f"it was published on {read.published}, before the last one"

        def known(table: str, key: str, variant: str) -> Decimal | None:
            return at_hand[table].get((key, variant))

        found = problems(read, last_count=last["prices"] if last else None, known=known)
        return "; ".join(found)

    def _merge(
        self, read: Offer, offer: OfferFile, result: Refreshed, *, started: datetime, size: int
    ) -> None:
        with self.database.admin() as conn:
            lock_prices(conn, change=True)
            merged = prices.merge(conn, rows=_rows(read))
            if merged.changed:
                result.queued_days += _queue(conn, offer.region, merged.since)
            prices.record(
                conn,
                offer=offer.code,
                region=offer.region,
                version=offer.version,
                published=read.published,
                state="loaded",
                prices=len(read.prices),
                changed=merged.changed,
                bytes=size,
                since=merged.since,
                started_at=started,
            )
        result.loaded += 1
        result.prices += len(read.prices)
        result.changed += merged.changed

    def _record(self, offer: OfferFile, **what: Any) -> None:
        with self.database.admin() as conn:
            prices.record(
                conn, offer=offer.code, region=offer.region, version=offer.version, **what
            )


def read_offer(file: Path, code: str, region: str) -> Offer:
    """What an offer file holds, by its suffix in CSV or JSON.

    Raises:
        OfferError: it is not what it should be.
    """
    if file.suffix == ".csv":
        with file.open(encoding="utf-8", newline="") as lines:
            return parse_csv(lines, code, region)
    return parse_json(lambda: io.BufferedReader(file.open("rb", buffering=0)), code, region)


def _queue(conn: Any, region: str, since: date | None) -> int:
    """Days to price again: estimates of every region lean on the prices of us-east-1."""
    only = None if region == HOME_REGION else region
    return prices.queue_days(conn, since=since, region=only)


def _rows(read: Offer) -> list[dict[str, Any]]:
    services = PriceBook.packaged().snapshot.tables
    return [
        {
            "service": services.get(price.place.table, price.place.table),
            "region": read.region,
            "resource_type": price.place.table,
            "attributes": attributes_of(price.place.key, price.place.variant),
            "valid_from": price.effective,
            "usd": price.usd,
            "unit": price.place.unit,
            "source": prices.FROM_AWS,
            "as_of": read.published,
            "basis": "list",
        }
        for price in read.prices
    ]


def _current(conn: Any, table: str, region: str) -> dict[tuple[str, str], Decimal]:
    """Listed prices of a table in a region: the packaged ones, under those of the last refresh."""
    shelf = PriceBook.packaged().snapshot.shelves.get((table, region), {})
    known = {
        (key, variant): fact.usd
        for variant, facts in shelf.items()
        for key, fact in facts.items()
        if fact.exact
    }
    newest = sorted(quotes(conn, table, region), key=lambda quoted: quoted.valid_from)
    return known | {(quoted.key, quoted.variant): quoted.usd for quoted in newest}
