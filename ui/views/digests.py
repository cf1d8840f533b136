"""Digests: what was written and sent, of days and weeks; `?day=` opens one."""

from datetime import UTC
from pathlib import Path
from typing import Any

import streamlit as st

from cost_pipeline.store import digests, requests
from ui.components import asking, links, session, show, tables

FILES = (
    ("digest.html", "HTML", "text/html"),
    ("digest.md", "Markdown", "text/markdown"),
    ("anomalies.csv", "CSV", "text/csv"),
    ("digest.json", "JSON", "application/json"),
)


def _name(row: dict[str, Any]) -> str:
    """A digest's period and last day."""
    return f"{row['period']} {row['day']}"


def _again(row: dict[str, Any], asked: dict[str, Any] | None) -> None:
    if not session.may("operator"):
        return
    label = "Send again" if row["sent_at"] else "Send"
    if st.button(label, icon=":material/forward_to_inbox:", disabled=asking.waits(asked)):
        asking.ask("operator", "digest", _name(row))
        st.toast("Asked: the pipeline sends it within seconds.")
        st.rerun()


@st.fragment(run_every="5s")
def _answered(name: str) -> None:
    asked = asking.latest("digest", name)
    if asked is None:
        return
    if asking.waits(asked):
        st.info(f"{show.plain(asked['asked_by'])} asked {show.ago(asked['asked_at'])} to send it.")
    else:
        asking.tell(asked)


def _files(folder: Path) -> None:
    with st.container(horizontal=True):
        for name, label, mime in FILES:
            file = folder / name
            if file.exists():
                st.download_button(
                    label,
                    file.read_bytes(),
                    f"{folder.name}-{name}",
                    mime,
                    icon=":material/download:",
                    on_click="ignore",
                )


def _show(row: dict[str, Any], asked: dict[str, Any] | None) -> None:
    sent = f"sent {show.when(row['sent_at'])}" if row["sent_at"] else "not sent"
    early = row["written_at"].astimezone(UTC).date() <= row["day"]
    when = show.when(row["written_at"]) + (", before its last day was over" if early else "")
    st.caption(f"Written {when}, {sent}.")
    folder = Path(row["path"])
    _again(row, asked)
    _answered(_name(row))
    page = folder / "digest.html"
    if page.exists():
        _files(folder)
        st.iframe(page, height=760)
    else:
        show.empty(
            "The files of this digest are not here.",
            "Send it again, or materialise `digest` of that day, to write them. Where the app"
            " runs on another machine, give both the same COST_PIPELINE_HOME.",
        )


st.title("Digests")
with session.rows() as conn:
    found = digests.listing(conn, tenant_id=session.tenant())
    resent = requests.latest(conn, tenant_id=session.tenant(), kind="digest")
if not found:
    show.empty("No digest yet.", "One is written each morning at seven in the tenant's time zone.")
else:
    known = {_name(row): row for row in found}
    wanted = f"daily {links.day() or ''}"
    chosen = st.selectbox(
        "Digest", list(known), index=list(known).index(wanted) if wanted in known else 0
    )
    _show(known[chosen], resent.get(chosen))
    st.subheader("All digests")
    tables.show(
        [{"digest": _name(r), "written": r["written_at"], "sent": r["sent_at"]} for r in found],
        times=["written", "sent"],
        height=260,
        key="digests",
    )
    tables.download(found, "digests")
