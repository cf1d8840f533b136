"""Explore: cost events by account, region, service, type, actor, call and day.

Links: `?day=` and `?actor=`, `?account_id=`, `?region=`, `?resource_type=` narrow it.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from cost_pipeline.store import exploring
from cost_pipeline.store.exploring import DIMENSIONS, Columns, Dimension
from ui.components import bounds, charts, links, session, show, tables

NARROWED: tuple[Dimension, ...] = ("account_id", "region", "resource_type", "actor")
COLUMNS: tuple[Columns, ...] = ("day", *DIMENSIONS)
MEASURES = {
    "USD / h added": "added",
    "USD / h removed": "removed",
    "USD once": "one_time",
    "calls": "events",
}
MOST = 5_000
MOST_EVENTS = 500
MOST_EXPORTED = 20_000

Where = dict[Dimension, list[str]]
Frozen = tuple[tuple[Dimension, tuple[str, ...]], ...]


def _label(name: str) -> str:
    return {"event_name": "call"}.get(name, name.removesuffix("_id").replace("_", " "))


@st.cache_data(ttl=60, max_entries=200, show_spinner=False)
def _choices(tenant_id: str, since: date, until: date) -> dict[str, list[str]]:
    with session.rows() as conn:
        return exploring.choices(conn, tenant_id=tenant_id, since=since, until=until)


@st.cache_data(ttl=60, max_entries=200, show_spinner="Adding up …")
def _pivot(
    tenant_id: str, rows: Dimension, columns: Columns, since: date, until: date, where: Frozen
) -> list[dict[str, Any]]:
    with session.rows() as conn:
        return exploring.pivot(
            conn,
            tenant_id=tenant_id,
            rows=rows,
            columns=columns,
            since=since,
            until=until,
            where=dict(where),
            limit=MOST,
        )


@st.cache_data(ttl=60, max_entries=50, show_spinner=False)
def _events(
    tenant_id: str, since: date, until: date, where: Frozen, limit: int
) -> list[dict[str, Any]]:
    with session.rows() as conn:
        return exploring.events(
            conn, tenant_id=tenant_id, since=since, until=until, where=dict(where), limit=limit
        )


def _span() -> tuple[date, date]:
    today = datetime.now(UTC).date()
    day = links.day()
    first = (day, day) if day else (today - timedelta(days=13), today)
    span = st.date_input("Days", first, max_value=max(today, first[1]))
    if not isinstance(span, tuple) or len(span) != 2:
        st.info("Choose the last day too.")
        st.stop()
    return span


def _where(since: date, until: date) -> Where:
    known = _choices(session.tenant(), since, until)
    where: Where = {}
    with st.expander("Only …", expanded=any(name in st.query_params for name in NARROWED)):
        for column, name in zip(st.columns(len(NARROWED)), NARROWED, strict=True):
            values = column.multiselect(
                _label(name).capitalize(),
                known.get(name, []),
                default=links.given(name, known.get(name, [])),
            )
            if values:
                where[name] = values
    return where


def _frozen(where: Where) -> Frozen:
    return tuple((name, tuple(values)) for name, values in where.items())


def _chart(table: pd.DataFrame, columns: Columns, measure: str, title: str) -> None:
    if columns == "day":
        chart = charts.stacked_days(table.rename(columns={"col": "day"}), measure, title)
        st.altair_chart(chart, width="stretch")
        return
    sums = table.groupby("name", as_index=False)[measure].sum().nlargest(12, measure)
    rows = sums.rename(columns={measure: "value"}).to_dict("records")
    st.altair_chart(charts.named_bars(rows, "value", title), width="stretch")


def _wide(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    wide = table.pivot_table(index="name", columns="col", values=measure, aggfunc="sum")
    if len(wide.columns) > 40:
        wide = wide[list(wide.sum().abs().nlargest(40).index)].sort_index(axis=1)
    totals = table.groupby("name")[measure].sum()
    wide.insert(0, "total", totals)
    return wide.sort_values("total", key=lambda column: column.abs(), ascending=False)


def _table(wide: pd.DataFrame, rows: Dimension, measure: str) -> str | None:
    """The pivot; the name whose row was chosen."""
    money = st.column_config.NumberColumn(format="localized" if measure == "events" else "dollar")
    named = wide.reset_index().rename(columns={"name": _label(rows)})
    event = st.dataframe(
        named,
        hide_index=True,
        width="stretch",
        height=min(38 + 35 * len(named), 440),
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        key=f"pivot {rows} {measure} {pd.util.hash_pandas_object(wide.index).sum()}",
        column_config=dict.fromkeys((str(name) for name in wide.columns), money),
    )
    chosen = event["selection"]["rows"]
    return str(wide.index[chosen[0]]) if chosen and chosen[0] < len(wide) else None


def _drill(where: Where, since: date, until: date) -> None:
    found = _events(session.tenant(), since, until, _frozen(where), MOST_EVENTS)
    more = f", the newest {MOST_EVENTS}" if len(found) == MOST_EVENTS else ""
    st.caption(f"{len(found):,} calls{more}")
    tables.show(
        bounds.table(found),
        usd=["hourly_cost", bounds.USD, "one_time_cost"],
        times=["event_time"],
        wide=["price"],
        short=[bounds.WORDS],
        key="calls",
        height=400,
    )
    if st.toggle(f"Prepare up to {MOST_EXPORTED:,} calls for download"):
        rows = _events(session.tenant(), since, until, _frozen(where), MOST_EXPORTED)
        tables.download(rows, "calls", label=f"Download {len(rows):,} calls as CSV")


st.title("Explore")
left, middle, right, last = st.columns([2, 2, 2, 3])
with left:
    by: Dimension = st.selectbox(
        "Group by", DIMENSIONS, index=DIMENSIONS.index("actor"), format_func=_label
    )
with middle:
    across: Columns = st.selectbox(
        "Across", [name for name in COLUMNS if name != by], format_func=_label
    )
with right:
    title = st.selectbox("Show", list(MEASURES))
with last:
    begin, end = _span()
narrowed = _where(begin, end)
found = _pivot(session.tenant(), by, across, begin, end, _frozen(narrowed))
if not found:
    show.empty("No cost event in these days.", "Choose other days, or remove a condition.")
    st.stop()
shown = tables.frame(found)
_chart(shown, across, MEASURES[title], title)
if len(found) == MOST:
    st.caption(f"The {MOST:,} largest pairs are added up; narrow it to see all.")
name = _table(_wide(shown, MEASURES[title]), by, MEASURES[title])
tables.download(found, "explore")
st.subheader("Calls" if name is None else f"Calls of {show.plain(name)}")
if name is None:
    st.caption("Choose a row above to see the calls behind it.")
else:
    _drill({**narrowed, by: [name]}, begin, end)
