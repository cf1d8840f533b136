"""Thresholds of detection: changed only after seeing what they would have raised."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from cost_pipeline.core.detection_settings import DetectionSettings, SettingsError, described
from cost_pipeline.store import thresholds, what_if
from cost_pipeline.store.what_if import Raised
from ui import login
from ui.components import charts, session, show, tables

FIRST = (
    "min_monthly_cost",
    "floor_hand_passing",
    "floor_hand_standing",
    "floor_machine_passing",
    "floor_machine_standing",
    "ratio",
)
"""What people change most; all others wait behind one more click."""


def section() -> None:
    """A number for each threshold, what they would have raised, and a button that keeps them."""
    now = _current()
    st.markdown(
        "What holds for this tenant, from the next run on. The defaults need no tuning: try"
        f" others on the last {what_if.DAYS} days before you keep them."
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
            f"Preview the last {what_if.DAYS} days",
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
        told = ", ".join(f"{name} {getattr(now, name):g} → {v:g}" for name, v in changes.items())
        st.caption(f"Changed, not kept yet: {show.plain(told)}")
    if tried:
        _preview(now, changed)


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
    wanted = {}
    for column, name in zip([*st.columns(3), *st.columns(3)], FIRST, strict=True):
        wanted[name] = _number(column, known.pop(name), getattr(now, name))
    with st.expander(f"{len(known)} more"):
        columns = st.columns(3)
        for number, one in enumerate(known.values()):
            wanted[one["name"]] = _number(columns[number % 3], one, getattr(now, one["name"]))
    return wanted


def _number(column: Any, one: dict[str, Any], value: float) -> float | int:
    whole = isinstance(one["default"], int)
    kind = int if whole else float
    given: float | int = column.number_input(
        f"{one['name'].replace('_', ' ')} ({one['unit']})",
        min_value=kind(one["least"]),
        max_value=kind(one["most"]),
        value=kind(value),
        step=1 if whole else (0.05 if one["default"] < 5 else 10.0),
        help=f"{one['why']} By default {one['default']:g}.",
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


def _preview(now: DetectionSettings, changed: DetectionSettings) -> None:
    with st.spinner("Scoring the last days again …"):
        bar = st.progress(0.0)

        def note(done: int, total: int) -> None:
            bar.progress(done / total, f"{done} of {total} days")

        with session.trying() as conn:
            found = what_if.raised(
                conn,
                tenant_id=session.tenant(),
                until=datetime.now(UTC).date(),
                thresholds={"now": now, "changed": changed},
                note=note,
            )
        bar.empty()
    before, after = found["now"], found["changed"]
    columns = st.columns(4)
    counts = Counter(str(one.anomaly.severity) for one in after)
    was = Counter(str(one.anomaly.severity) for one in before)
    for column, severity in zip(columns, charts.SEVERITIES, strict=True):
        change = counts[severity] - was[severity]
        column.metric(
            severity.capitalize(),
            counts[severity],
            f"{change:+}" if change else "as now",
            delta_color="off" if not change else "inverse",
            delta_arrow="auto" if change else "off",
            border=True,
        )
    if after:
        days = Counter((one.day, one.anomaly.severity) for one in after)
        rows = [{"day": d, "severity": s, "anomalies": n} for (d, s), n in sorted(days.items())]
        st.altair_chart(charts.by_severity(rows), width="stretch")
    known, new = {one.anomaly.id for one in before}, {one.anomaly.id for one in after}
    _list("Raised too", [one for one in after if one.anomaly.id not in known], "raised-too")
    _list("Not raised any more", [one for one in before if one.anomaly.id not in new], "not-raised")
    if new == known:
        st.info(f"The same {len(new)} anomalies as with what holds now.")


def _list(title: str, raised: list[Raised], name: str) -> None:
    if not raised:
        return
    st.markdown(f"**{title}: {len(raised)}**")
    rows = [
        {
            "day": one.day,
            "severity": one.anomaly.severity,
            "what": one.anomaly.title,
            "account": one.anomaly.account_id,
            "USD / month": one.anomaly.projected_monthly_cost,
        }
        for one in raised
    ]
    tables.show(rows, usd=["USD / month"], wide=["what"], key=name, height=300)
    tables.download(rows, name)
