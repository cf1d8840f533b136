"""Thresholds of detection: changed only after seeing what they would have raised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import streamlit as st

from cost_pipeline.core.detection_settings import DetectionSettings, SettingsError, described
from cost_pipeline.store import backtests, thresholds
from cost_pipeline.store.backtests import Outcome
from ui import login
from ui.components import charts, session, show, tables
from ui.settings.threshold_words import FIRST, MORE

DAYS = 30


def section() -> None:
    """A number for each threshold, what they would have raised, and a button that keeps them."""
    now = _current()
    st.markdown(
        "What holds for this tenant, from the next run on. The defaults need no tuning: try"
        f" others on the last {DAYS} days before you keep them."
    )
    wanted = _inputs(now)
    changes = {name: value for name, value in wanted.items() if value != getattr(now, name)}
    try:
        changed = now.changed(changes)
    except SettingsError as error:
        st.error(show.plain(str(error)))
        return
    with st.container(horizontal=True):
        tried = st.button(
            f"Preview the last {DAYS} days",
            type="primary",
            icon=":material/preview:",
        )
        if session.may("admin") and st.button("Keep these", disabled=not changes):
            _keep(changes)
        if session.may("admin") and st.button("Back to the defaults", disabled=not _own()):
            _keep(dict.fromkeys(_own()))
    if not session.may("admin"):
        st.caption("Administrators can keep them; you can try.")
    if changes:
        titles = FIRST | {name: title for group in MORE.values() for name, title in group.items()}
        told = "; ".join(
            f"{titles.get(name, name)} {getattr(now, name):,.10g} → {value:,.10g}"
            for name, value in changes.items()
        )
        st.caption(f"Changed, not kept yet: {show.plain(told)}")
    if tried:
        _preview(changed)


def _defaults() -> DetectionSettings:
    return DetectionSettings(min_monthly_cost=login.settings().min_monthly_cost)


def _current() -> DetectionSettings:
    with session.rows() as conn:
        return thresholds.load(conn, tenant_id=session.tenant(), defaults=_defaults())


def _own() -> dict[str, float]:
    with session.rows() as conn:
        return thresholds.overrides(conn, tenant_id=session.tenant())


def _inputs(now: DetectionSettings) -> dict[str, float | int]:
    known = {one["name"]: one for one in described()}
    wanted = _grid(FIRST, known, now)
    with st.expander(f"{len(known) - len(FIRST)} more"):
        worded = {*FIRST, *(name for titles in MORE.values() for name in titles)}
        others = {name: name.replace("_", " ").capitalize() for name in known if name not in worded}
        for subject, titles in (*MORE.items(), ("Others", others)):
            if titles:
                st.markdown(f"**{subject}**")
                wanted |= _grid(titles, known, now)
    return wanted


def _grid(
    titles: Mapping[str, str], known: Mapping[str, Any], now: DetectionSettings
) -> dict[str, float | int]:
    """The numbers three in a row, in an order that a phone keeps."""
    wanted: dict[str, float | int] = {}
    columns: list[Any] = []
    for name, title in titles.items():
        columns = columns or list(st.columns(3, vertical_alignment="bottom"))
        wanted[name] = _number(columns.pop(0), title, known[name], getattr(now, name))
    return wanted


def _number(column: Any, title: str, one: dict[str, Any], value: float) -> float | int:
    whole = isinstance(one["default"], int)
    kind = int if whole else float
    given: float | int = column.number_input(
        f"{title} ({one['unit']})",
        min_value=kind(one["least"]),
        max_value=kind(one["most"]),
        value=kind(value),
        step=1 if whole else (0.05 if one["default"] < 5 else 10.0),
        help=f"{one['why'].rstrip('.')}. In {one['unit']}, by default {one['default']:g}; from"
        f" {one['least']:g} to {one['most']:g}. Elsewhere it is called `{one['name']}`.",
        key=f"threshold {one['name']}",
    )
    return given


def _keep(changes: dict[str, Any]) -> None:
    with session.acting("admin") as conn:
        thresholds.change(
            conn, tenant_id=session.tenant(), changes=changes, by=session.current().email
        )
    for name in changes:
        st.session_state.pop(f"threshold {name}", None)
    st.toast("Kept: they hold from the next run on.")
    st.rerun()


def _preview(changed: DetectionSettings) -> None:
    with st.spinner("Scoring the last days again …"):
        bar = st.progress(0.0)

        def note(done: int, total: int) -> None:
            bar.progress(done / total, f"{done} of {total} days")

        with session.trying() as conn:
            until = backtests.newest_day(conn, tenant_id=session.tenant())
            if until is None:
                st.info("No day has been scored yet, so there is nothing to try them on.")
                return
            since = until - timedelta(days=DAYS - 1)
            found = backtests.backtest(
                conn,
                tenant_id=session.tenant(),
                settings=changed,
                since=since,
                until=until,
                progress=note,
            )
        bar.empty()
    columns = st.columns(4)
    counts = Counter(one.severity for one in found if one.then)
    was = Counter(one.severity for one in found if one.now)
    for column, severity in zip(columns, charts.SEVERITIES, strict=True):
        change = counts[severity] - was[severity]
        column.metric(
            severity.capitalize(),
            counts[severity],
            f"{change:+}" if change else "as now",
            delta_color="inverse" if change else "off",
            delta_arrow="auto" if change else "off",
            border=True,
            height="stretch",
        )
    days = Counter((one.trigger_event_time.date(), one.severity) for one in found if one.then)
    if days:
        rows = [{"day": d, "severity": s, "anomalies": n} for (d, s), n in sorted(days.items())]
        st.altair_chart(charts.by_severity(rows, (since, until)), width="stretch")
    _list("Raised too", [one for one in found if one.then and not one.now], "raised-too")
    _list("Not raised any more", [one for one in found if one.now and not one.then], "not-raised")
    if all(one.now == one.then for one in found):
        st.info(f"The same {len(found)} anomalies as were raised.")


def _list(title: str, raised: list[Outcome], name: str) -> None:
    if not raised:
        return
    st.markdown(f"**{title}: {len(raised)}**")
    rows = [
        {
            "when": one.trigger_event_time,
            "severity": one.severity,
            "what": one.title,
            "account": one.account_id,
            "USD / month": one.hourly_cost * 730 + one.one_time_cost,
        }
        for one in raised
    ]
    tables.show(rows, usd=["USD / month"], times=["when"], wide=["what"], key=name, height=300)
    tables.download(rows, name)
