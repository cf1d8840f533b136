"""Lists as people read, sort and save them: the same columns, formats and CSV on every page."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from cost_pipeline.core.plain_text import spreadsheet_cell
from ui.components import session

Rows = Sequence[Mapping[str, Any]]
_ROW, _HEADER = 35, 38
_WIDE, _MOMENT, _SHORT = 360, 140, 120
"""Pixels: beside five short columns, both are whole on a small laptop."""


def frame(rows: Rows) -> pd.DataFrame:
    """Rows as a table: decimals as numbers, times in the viewer's zone."""
    table = pd.DataFrame([{k: _plain(v) for k, v in row.items()} for row in rows])
    for name in table.columns:
        if isinstance(table[name].dtype, pd.DatetimeTZDtype):
            table[name] = table[name].dt.tz_convert(str(session.zone())).dt.tz_localize(None)
    return table


def show(
    rows: Rows,
    *,
    usd: Sequence[str] = (),
    times: Sequence[str] = (),
    links: Mapping[str, str] | None = None,
    wide: Sequence[str] = (),
    short: Sequence[str] = (),
    height: int = 480,
    key: str | None = None,
    ids: Sequence[str] | None = None,
) -> list[int]:
    """A table that sorts and searches; the numbers of the chosen rows, where one may choose.

    Args:
        rows: what to show, in the order of their keys.
        usd: columns of money.
        times: columns of moments.
        links: columns of addresses, and the text that stands for each.
        wide: columns of long text.
        short: columns of a few words that most rows lack, which would be cut at their width.
        height: the most pixels that it takes; fewer rows take less.
        key: the table's name on its page.
        ids: a name for each row, where rows can be chosen. Where they change, nothing stays
            chosen, so that nobody decides about a row that slid under their choice.
    """
    config = _config(
        rows, usd, times, links or {}, dict.fromkeys(wide, _WIDE) | dict.fromkeys(short, _SHORT)
    )
    shared: dict[str, Any] = {
        "hide_index": True,
        "width": "stretch",
        "height": min(_HEADER + _ROW * max(len(rows), 1), height),
        "column_config": config,
        "placeholder": "–",
    }
    if ids is None:
        st.dataframe(frame(rows), key=key, **shared)
        return []
    named = f"{key} {hashlib.sha256(repr(ids).encode()).hexdigest()[:16]}"
    event = st.dataframe(
        frame(rows), key=named, on_select="rerun", selection_mode="multi-row", **shared
    )
    return [number for number in event["selection"]["rows"] if number < len(rows)]


def _config(
    rows: Rows,
    usd: Sequence[str],
    times: Sequence[str],
    links: Mapping[str, str],
    widths: Mapping[str, int],
) -> dict[str, Any]:
    """How each column is headed and written."""
    config: dict[str, Any] = {}
    for name in rows[0] if rows else ():
        label = name.removesuffix("_id").replace("_", " ")
        if name in links:
            config[name] = st.column_config.LinkColumn("", display_text=links[name], width="small")
        elif name in usd:
            config[name] = st.column_config.NumberColumn(label, format="dollar")
        elif name in times:
            config[name] = st.column_config.DatetimeColumn(
                label, format="YYYY-MM-DD HH:mm", width=_MOMENT
            )
        elif name in widths:
            config[name] = st.column_config.TextColumn(label, width=widths[name])
        else:
            config[name] = st.column_config.Column(label)
    return config


def download(rows: Rows, name: str, *, label: str = "Download CSV") -> None:
    """A button that saves rows as CSV."""
    st.download_button(
        label,
        csv_text(rows),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"csv {name}",
        on_click="ignore",
    )


def csv_text(rows: Rows) -> str:
    r"""Rows as CSV that no spreadsheet takes for formulas.

    >>> csv_text([{"actor": "=cmd()", "usd": -2}])
    "actor,usd\r\n'=cmd(),-2\r\n"
    """
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_cell(name) for name in rows[0]])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, int | float | Decimal):
        return value
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return spreadsheet_cell(text)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return ", ".join(str(one) for one in value)
    return value
