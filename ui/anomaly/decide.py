"""What people decide about anomalies, one or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple, get_args
from uuid import UUID

import streamlit as st

from cost_pipeline.store import feedback
from ui.components import session, show

MUTING = ("expected", "snoozed")


class Choice(NamedTuple):
    """A button: what it says, what it decides, what that means, and its icon."""

    label: str
    decision: feedback.Kind
    meaning: str
    icon: str


_ALL: tuple[tuple[str, str, str, str], ...] = (
    ("Acknowledge", "acknowledged", "Somebody looks at it.", ":material/visibility:"),
    ("Mine", "mine", "I did this, and I meant to.", ":material/person_check:"),
    (
        "Expected",
        "expected",
        "Right and proper: the same is quiet until the date, and becomes usual.",
        ":material/check_circle:",
    ),
    ("Snooze", "snoozed", "The same is quiet until the date.", ":material/snooze:"),
    ("Resolve", "resolved", "It is dealt with.", ":material/task_alt:"),
    ("Reopen", "reopened", "It is open again, and no longer quiet.", ":material/undo:"),
    ("Comment", "comment", "Only says something.", ":material/chat:"),
)


def choices(states: set[str]) -> list[Choice]:
    """The buttons that make sense for anomalies in these states."""
    known = get_args(feedback.Kind)
    return [
        Choice(*one)  # type: ignore[arg-type]
        for one in _ALL
        if one[1] in known and (one[1] != "reopened" or states - {"open"}) and one[1] not in states
    ]


def controls(ids: Sequence[UUID], states: set[str], *, key: str) -> None:
    """Comment, date and buttons that decide about anomalies; only a note for who may not."""
    if not session.may("operator"):
        st.caption("Operators can decide about anomalies; you can look.")
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    comment = left.text_input(
        "Comment", placeholder="Why? Others will read it.", key=f"{key} words"
    )
    tomorrow = datetime.now(session.zone()).date() + timedelta(days=1)
    until = right.date_input(
        "Quiet until",
        tomorrow + timedelta(days=29),
        min_value=tomorrow,
        key=f"{key} until",
        help="For “Expected” and “Snooze”.",
    )
    with st.container(horizontal=True):
        for one in choices(states):
            if st.button(
                one.label,
                help=one.meaning,
                icon=one.icon,
                key=f"{key} {one.decision}",
                disabled=one.decision == "comment" and not comment.strip(),
            ):
                _save(ids, one.decision, comment.strip(), until)


def _save(ids: Sequence[UUID], decision: feedback.Kind, comment: str, until: Any) -> None:
    with session.acting("operator") as conn:
        changed = feedback.decide_all(
            conn,
            tenant_id=session.tenant(),
            anomaly_ids=ids,
            decision=decision,
            by=session.current().email,
            until=_midnight(until) if decision in MUTING else None,
            comment=comment or None,
        )
    many = "It is" if changed == 1 else f"{changed} are"
    st.toast("Said." if decision == "comment" else f"{many} now {decision}.")
    st.rerun()


def _midnight(day: date) -> datetime:
    """When a day begins where the viewer is."""
    return datetime.combine(day, time(), session.zone()).astimezone(UTC)


def history(said: Sequence[dict[str, Any]]) -> None:
    """Everything that was decided, the newest first."""
    for one in said:
        note = f": {one['comment']}" if one["comment"] else ""
        end = f" until {show.when(one['until'])}" if one["until"] else ""
        line = (
            f"{show.when(one['decided_at'])} · {one['decided_by']} · {one['decision']}{end}{note}"
        )
        st.caption(show.plain(line))
