"""What counts as idle: the limits of each check, tags that keep, and what is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from cost_pipeline.store import zombie_choices
from ui.components import asking, session, show, tables

if TYPE_CHECKING:
    from cost_pipeline.zombies.model import CheckMeta

Choices = dict[str, Any]


def section() -> None:
    """Limits to try on the latest sweep and to keep; exceptions to make and to take back."""
    with session.rows() as conn:
        chosen = zombie_choices.current(conn, tenant_id=session.tenant())
    st.markdown(
        "What the morning's sweep takes for idle, from the next one on. Try other limits on the"
        " latest sweep before you keep them: its answers are kept, and AWS is not asked again."
    )
    _limits(chosen)
    _changed(chosen)
    _tags_and_alerts(chosen)
    _exclusions(chosen)


def _limits(chosen: Choices) -> None:
    # Eighty checks take a moment to load, and no other section needs them.
    from cost_pipeline.zombies.choices import with_limits
    from cost_pipeline.zombies.registry import CHECKS

    known = {name: check.meta for name, check in CHECKS.items() if check.meta.thresholds}
    ordered = sorted(known, key=lambda name: known[name].title)
    picked = st.selectbox("Check", ordered, format_func=lambda name: known[name].title)
    meta, own = known[picked], chosen.get("limits", {}).get(picked, {})
    wanted = _inputs(meta, own)
    changes = {name: n for name, n in wanted.items() if n != _now(meta, own, name)}
    subject = " ".join(f"{picked}.{name}={number:g}" for name, number in changes.items())
    with st.container(horizontal=True):
        if st.button(
            "Try on the latest sweep", disabled=not changes or not session.may("operator")
        ):
            _try(subject)
        if session.may("admin"):
            if st.button("Keep these", disabled=not changes):
                _keep(with_limits(chosen, _said(meta, wanted)))
            if st.button("Back to the defaults", disabled=not own):
                _keep(with_limits(chosen, _said(meta, {})))
    if subject:
        _tried(subject)
    st.caption(f"What it costs: {show.plain(meta.waste)}. Source: {show.plain(meta.source)}.")


def _inputs(meta: CheckMeta, own: Mapping[str, float]) -> dict[str, float]:
    wanted = {}
    columns = st.columns(3)
    for number, (name, limit) in enumerate(meta.thresholds.items()):
        why = f" {limit.why[0].upper()}{limit.why[1:]}." if limit.why else ""
        wanted[name] = columns[number % 3].number_input(
            f"{name.removesuffix('_days').replace('_', ' ').capitalize()} ({limit.unit})",
            min_value=0.0,
            value=float(_now(meta, own, name)),
            format="%g",
            help=f"By default {limit.value:,g} {limit.unit}.{why}",
            key=f"limit {meta.name} {name}",
        )
    return wanted


def _now(meta: CheckMeta, own: Mapping[str, float], name: str) -> float:
    return float(own.get(name, meta.thresholds[name].value))


def _said(meta: CheckMeta, wanted: Mapping[str, float]) -> list[str]:
    """A check's limits as they are set; one that is the default is left to it."""
    return [
        f"{meta.name}.{name}={'' if wanted.get(name, limit.value) == limit.value else wanted[name]}"
        for name, limit in meta.thresholds.items()
    ]


def _try(subject: str) -> None:
    asking.ask("operator", "limits", subject)
    st.rerun()


@st.fragment(run_every="3s")
def _tried(subject: str) -> None:
    asked = asking.latest("limits", subject)
    if asked is None:
        st.caption(f"Changed, not kept yet: {show.plain(subject)}")
    elif asking.waits(asked):
        st.info("The pipeline judges the latest sweep again, within seconds.")
    else:
        asking.tell(asked)


def _changed(chosen: Choices) -> None:
    rows = [
        {"check": check, "limit": name, "yours": number}
        for check, named in sorted(chosen.get("limits", {}).items())
        for name, number in named.items()
    ]
    if rows:
        st.markdown("**Changed limits**")
        tables.show(rows, key="limits", height=240)


def _tags_and_alerts(chosen: Choices) -> None:
    from cost_pipeline.zombies.registry import DEFAULTS

    st.subheader("Tags and alerts")
    may = session.may("admin")
    with st.form("tags and alerts", border=False):
        text = st.text_input(
            "Whatever carries one of these tags is left alone: name, or name=value",
            ", ".join(chosen.get("keep_tags", DEFAULTS.keep_tags)),
            disabled=not may,
        )
        least = st.number_input(
            "What a call leaves behind is told from, USD a month",
            min_value=0.0,
            value=float(chosen.get("alert_from", DEFAULTS.alert_from)),
            disabled=not may,
        )
        if st.form_submit_button("Keep both", disabled=not may):
            tags = [tag.strip() for tag in text.split(",") if tag.strip()]
            _keep(chosen | {"keep_tags": tags, "alert_from": least})


def _exclusions(chosen: Choices) -> None:
    st.subheader("Left alone")
    rules: list[Any] = chosen.get("exclusions", [])
    for number, rule in enumerate(rules):
        left, right = st.columns([5, 1], vertical_alignment="center")
        said = {"resource": rule} if isinstance(rule, str) else rule
        left.markdown(show.plain(", ".join(f"{name} {value}" for name, value in said.items())))
        if session.may("admin") and right.button("Take back", key=f"include {number}"):
            _keep(chosen | {"exclusions": rules[:number] + rules[number + 1 :]})
    if not rules:
        st.caption("Nothing is left alone, but what people ignored on the Zombies page.")
    if session.may("admin"):
        _exclude(chosen, rules)


def _exclude(chosen: Choices, rules: list[Any]) -> None:
    with st.expander("Leave something alone"), st.form("exclusion", border=False):
        columns = st.columns(3)
        names = ("resource", "check", "account", "region", "tag", "reason")
        given: Choices = {
            name: columns[number % 3].text_input(name.capitalize(), max_chars=200).strip()
            for number, name in enumerate(names)
        }
        today = datetime.now(session.zone()).date()
        until = columns[0].date_input("Until", None, min_value=today)
        given["until"] = until.isoformat() if isinstance(until, date) else None
        given["mark_down"] = columns[1].checkbox("List it still, with low confidence")
        st.caption("All that is said must hold; * and ? match in resource, check and the like.")
        if not st.form_submit_button("Leave it alone"):
            return
        rule = {name: value for name, value in given.items() if value}
        if not set(rule) - {"until", "reason", "mark_down"}:
            st.error("Say what: a resource, check, account, region or tag.")
            return
        _keep(chosen | {"exclusions": [*rules, rule]})


def _keep(choices: Choices) -> None:
    """Keeps them, once they mean something."""
    from cost_pipeline.zombies.choices import BadChoiceError, thresholds_of

    try:
        thresholds_of(choices)
    except BadChoiceError as error:
        st.error(show.plain(str(error)))
        return
    with session.acting("admin") as conn:
        zombie_choices.put(
            conn, tenant_id=session.tenant(), choices=choices, by=session.current().email
        )
    for key in [key for key in st.session_state if str(key).startswith("limit ")]:
        del st.session_state[key]
    st.toast("Kept: they hold from the next sweep on.")
    st.rerun()
