"""Governance: panic, mode, feature flags and circuit breakers."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

import streamlit as st

from cost_pipeline.store import breakers, flags, governance
from ui.components import session, show, tables


def section() -> None:
    """Every switch, as it is and, for administrators, to throw."""
    scope: dict[str, Any] = {"tenant_id": session.tenant()}
    with session.rows() as conn:
        panic = governance.panicking(conn, **scope)
        mode = governance.get(conn, key=governance.MODE, default="enforce", **scope)
        known_flags = flags.listing(conn, now=datetime.now(UTC), **scope)
        known_breakers = breakers.listing(conn, **scope)
    _panic(panic)
    _mode(mode)
    _breakers(known_breakers)
    _flags(known_flags)


def _throw(key: str, value: object) -> None:
    with session.acting("admin") as conn:
        governance.put(
            conn,
            tenant_id=session.tenant(),
            key=key,
            value=value,
            by=session.current().email,
        )
    st.rerun()


def _panic(on: bool) -> None:
    st.subheader("Panic")
    st.markdown("Stops all outbound calls: AWS and notifications. What is downloaded is processed.")
    if not session.may("admin"):
        st.caption(f"Panic is {'on' if on else 'off'}. Only administrators can change it.")
    elif st.button("Let calls go out again" if on else "Stop all outbound calls", type="primary"):
        _throw(governance.PANIC, not on)


def _mode(mode: Literal["enforce", "audit"]) -> None:
    st.subheader("Mode")
    wanted = st.radio(
        "Mode",
        ("enforce", "audit"),
        index=int(mode == "audit"),
        captions=("Alerts go out.", "Everything is scored and recorded; nothing goes out."),
        disabled=not session.may("admin"),
        label_visibility="collapsed",
    )
    if wanted != mode and session.may("admin"):
        _throw(governance.MODE, wanted)


def _breakers(rows: list[dict[str, Any]]) -> None:
    st.subheader("Circuit breakers")
    if not rows:
        st.caption("None was ever needed: nothing fails again and again, and nothing floods.")
        return
    picked = tables.show(
        rows,
        times=["opened_at", "retry_at", "updated_at"],
        key="breakers",
        height=280,
        ids=[f"{row['kind']} {row['name']} {row['state']}" for row in rows],
    )
    tables.download(rows, "breakers")
    chosen = [rows[number] for number in picked]
    if not chosen or not session.may("admin"):
        return
    for label, opening in (("Close the chosen", False), ("Open them for an hour", True)):
        if st.button(label):
            _set_breakers(chosen, opening=opening)


def _set_breakers(chosen: list[dict[str, Any]], *, opening: bool) -> None:
    with session.acting("admin") as conn:
        for one in chosen:
            scope: dict[str, Any] = {
                "tenant_id": session.tenant(),
                "kind": one["kind"],
                "name": one["name"],
                "by": session.current().email,
            }
            if opening:
                breakers.trip(
                    conn,
                    reason="opened by hand",
                    now=datetime.now(UTC),
                    wait=timedelta(hours=1),
                    **scope,
                )
            else:
                breakers.close(conn, **scope)
    st.rerun()


def _flags(rows: list[dict[str, Any]]) -> None:
    st.subheader("Feature flags")
    if rows:
        tables.show(rows, times=["expires_at", "updated_at"], key="flags", height=240)
        tables.download(rows, "flags")
    else:
        st.caption("No flag is set: every feature is as it comes.")
    if not session.may("admin"):
        return
    with st.expander("Set a flag"), st.form("flag", border=False):
        left, right = st.columns(2)
        name = left.text_input("Flag", max_chars=100)
        owner = right.text_input("Owner", session.current().email)
        today = datetime.now(session.zone()).date()
        until = left.date_input("Ends on", today + timedelta(days=30), min_value=today)
        note = right.text_input("Why", max_chars=500)
        enabled = st.toggle("On", value=True)
        if st.form_submit_button("Set"):
            if name.strip() and owner.strip():
                with session.acting("admin") as conn:
                    flags.put(
                        conn,
                        tenant_id=session.tenant(),
                        name=name.strip(),
                        enabled=enabled,
                        owner=owner.strip(),
                        expires_at=datetime.combine(until, time(), session.zone()),
                        by=session.current().email,
                        note=note,
                    )
                st.rerun()
            st.error("A flag needs a name and an owner.")
    for row in rows:
        if st.button(f"Remove {show.plain(row['name'])}", key=f"remove {row['name']}"):
            with session.acting("admin") as conn:
                flags.remove(
                    conn,
                    tenant_id=session.tenant(),
                    name=row["name"],
                    by=session.current().email,
                )
            st.rerun()
