"""The prices that a run prices with: packaged, under those refreshed and kept in Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cost_pipeline.prices.book import PriceBook
from cost_pipeline.prices.facts import Quoted
from cost_pipeline.prices.snapshot import key_of
from cost_pipeline.prices.terms import Terms
from cost_pipeline.store import price_terms, prices
from cost_pipeline.store.database import Database


def quotes(conn: Any, table: str, region: str) -> Iterator[Quoted]:
    """All that AWS's Price List ever said of a table in a region."""
    for attributes, valid_from, usd, source, as_of in prices.quoted(
        conn, table=table, region=region
    ):
        yield Quoted(*key_of(attributes), valid_from, usd, source, as_of)


_MOST_BOOKS = 8


@dataclass(slots=True)
class PriceShelf:
    """The price books of a run: what was refreshed is read once, a table and region at a time."""

    database: Database
    version: int = 0
    _quotes: dict[tuple[str, str], list[Quoted]] = field(default_factory=dict)
    _refreshed: bool = False
    _terms: dict[str, Terms] = field(default_factory=dict)
    _books: dict[tuple[str, date], PriceBook] = field(default_factory=dict)

    @classmethod
    def open(cls, database: Database) -> PriceShelf:
        """The prices as they are now."""
        shelf = cls(database)
        shelf._look()
        return shelf

    def book(self, tenant_id: str, day: date) -> PriceBook:
        """The prices of a day for a tenant, read anew where they have changed meanwhile."""
        self._look()
        found = self._books.get((tenant_id, day))
        if found is None:
            if len(self._books) >= _MOST_BOOKS:
                self._books.clear()
            found = self._books[tenant_id, day] = self._made(tenant_id, day)
        return found

    def _made(self, tenant_id: str, day: date) -> PriceBook:
        terms = self._terms.get(tenant_id)
        if terms is None:
            with self.database.transaction(tenant_id) as conn:
                terms = self._terms[tenant_id] = price_terms.of_tenant(conn, tenant_id=tenant_id)
        if not self._refreshed and not terms.on(day).rates and not terms.commitments:
            return PriceBook.packaged()
        return PriceBook.of_day(day, self._quoted if self._refreshed else _nothing, terms)

    def _look(self) -> None:
        with self.database.admin() as conn:
            version = prices.version(conn)
            if version != self.version:
                self.version = version
                self._quotes.clear()
                self._terms.clear()
                self._books.clear()
                self._refreshed = prices.has_quotes(conn)

    def _quoted(self, table: str, region: str) -> list[Quoted]:
        found = self._quotes.get((table, region))
        if found is None:
            with self.database.admin() as conn:
                found = self._quotes[table, region] = list(quotes(conn, table, region))
        return found


def _nothing(table: str, region: str) -> list[Quoted]:
    return []
