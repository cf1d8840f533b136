"""Asking the pipeline for something from a page, and how it answered."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cost_pipeline.store import requests
from cost_pipeline.store.requests import Kind
from cost_pipeline.store.users import Role
from ui.components import session, show

Asked = dict[str, Any]


def ask(role: Role, kind: Kind, subject: str) -> bool:
    """Asks in the name of whoever looks, who needs a role; False while the same waits."""
    with session.acting(role) as conn:
        return requests.ask(
            conn,
            tenant_id=session.tenant(),
            kind=kind,
            subject=subject,
            by=session.current().email,
        )


def latest(kind: Kind, subject: str) -> Asked | None:
    """The newest request about a subject."""
    with session.rows() as conn:
        scope: dict[str, Any] = {"tenant_id": session.tenant(), "kind": kind}
        return requests.latest(conn, subject=subject, **scope).get(subject)


def waits(asked: Asked | None) -> bool:
    """Whether it was asked and is not answered yet."""
    return asked is not None and asked["answered_at"] is None


def tell(asked: Asked, answer: str | None = None) -> None:
    """Shows the answer of a request, good or bad: as it is, or as the page words it."""
    box = st.success if asked["ok"] else st.error
    box(answer or f"{show.plain(asked['answer'])} ({show.ago(asked['answered_at'])})")
