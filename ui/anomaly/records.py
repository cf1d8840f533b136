"""What CloudTrail wrote about each call: what is kept of it here, and the whole record."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cost_pipeline.core.plain_text import visible
from ui.components import asking, bounds, session, show

Row = dict[str, Any]
_HIGHLIGHTED = 60_000
"""Characters up to which a browser colours a record without a pause."""


def tab(row: Row, events: list[Row], files: list[Row]) -> None:
    """One call at a time: its fields as they are kept, its record, and where it lies."""
    if events:
        _call(events)
    else:
        show.empty("No call of it is kept.", "Its day was read again, or is past the retention.")
    if files:
        with st.expander("Files that hold these calls"):
            for one in files:
                st.code(f"{one['url'].rstrip('/')}/{one['key']}", language=None, wrap_lines=True)
    with st.expander("The anomaly as it is kept"):
        st.json({k: _text(v) for k, v in row.items() if k != "feedback"}, expanded=1)


def _call(events: list[Row]) -> None:
    calls = list({event["event_id"]: event for event in reversed(events)}.values())[::-1]
    call = calls[0]
    if len(calls) > 1:
        call = st.selectbox("Call", calls, format_func=_named)
    if allowed := bounds.of_call(call):
        st.markdown(allowed)
    subject = str(call["id"])
    _record(call["event_id"], subject)
    with st.expander("What is kept of it here"):
        st.json({k: _text(v) for k, v in call.items()}, expanded=1)


def _named(call: Row) -> str:
    return visible(
        f"{show.when(call['event_time'])} · {call['event_name']} · {call['region']}"
        f" · {call['event_id']}"
    )


def _record(name: str, subject: str) -> None:
    """The record, or how to come by it; looks for the answer while there is none."""
    if not session.may("operator"):
        st.caption(
            "Operators can read CloudTrail's whole record. It may hold more than concerns cost:"
            " addresses, and whatever somebody passed as a parameter."
        )
        return
    asked = asking.latest("record", subject)
    if asking.waits(asked):
        st.info("The pipeline fetches the record, within seconds.")
        st.fragment(_awaited, run_every="2s")(subject, [asked])
    else:
        st.fragment(_answered)(name, subject, asked)


def _awaited(subject: str, known: list[asking.Asked | None]) -> None:
    """Draws the page again once there is an answer; what is `known` is not looked up again."""
    asked = known.pop() if known else asking.latest("record", subject)
    if not asking.waits(asked):
        st.rerun()


def _answered(name: str, subject: str, asked: asking.Asked | None) -> None:
    if asked is not None and asked["ok"]:
        _whole(name, asked)
        return
    if asked is not None:
        asking.tell(asked)
    label = "Show the raw record" if asked is None else "Try again"
    if st.button(label, icon=":material/data_object:", key=f"record {subject}"):
        asking.ask("operator", "record", subject)
        st.rerun()
    st.caption(
        "The pipeline reads it from the log file: one S3 GET for a trail in a bucket. The app"
        " itself calls nobody. That you asked is written in the audit log."
    )


def _whole(name: str, asked: asking.Asked) -> None:
    text = asked["answer"]
    st.caption(f"As CloudTrail wrote it, fetched {show.ago(asked['answered_at'])}.")
    st.download_button(
        "Download the record",
        text,
        file_name=f"{''.join(c for c in name if c.isalnum() or c == '-')[:60]}.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    language = "json" if len(text) <= _HIGHLIGHTED else None
    st.code(text, language=language, wrap_lines=True, height=520)


def _text(value: object) -> object:
    return value if isinstance(value, dict | list | int | None) else str(value)
