"""Accounts: how each is entered, whether that works, and how far its log files are read."""

import json
import re
import secrets
from typing import Any

import streamlit as st

from cost_pipeline.access import vault
from cost_pipeline.access.vault import AccessKeys
from cost_pipeline.store import accounts, health, onboarding, requests
from ui import login
from ui.components import asking, connecting, session, show, tables

ACCOUNT = re.compile(r"\d{12}")
_ATTEMPTS = 5
ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]{1,512}")


@st.cache_data(ttl=5, show_spinner=False)
def _facts(tenant_id: str) -> dict[str, Any]:
    scope: dict[str, Any] = {"tenant_id": tenant_id}
    with session.rows() as conn:
        return {
            "accounts": accounts.listing(conn, **scope),
            "progress": accounts.progress(conn, **scope),
            "last": {
                row["account_id"]: row["last_event"]
                for row in health.overview(conn, **scope)["accounts"]
            },
            "tests": requests.latest(conn, kind="account", **scope),
            "attempts": [
                (row, onboarding.steps(conn, onboarding_id=row["onboarding_id"], **scope))
                for row in onboarding.latest(conn, limit=_ATTEMPTS, **scope)
            ],
        }


def _way(row: dict[str, Any]) -> str:
    if row["role_arn"]:
        return str(row["role_arn"])
    return "its keys" if row["has_keys"] else "the pipeline's own credentials"


def _tested(test: dict[str, Any] | None) -> str:
    if test is None:
        return "not tested"
    if asking.waits(test):
        return f"asked {show.ago(test['asked_at'])}; the pipeline answers within seconds"
    return f"{'works' if test['ok'] else 'fails'} ({show.ago(test['answered_at'])})"


@st.fragment(run_every="5s")
def _known() -> None:
    facts = _facts(session.tenant())
    set_up = {row["account_id"]: row for row in facts["accounts"]}
    read = {row["account_id"]: row for row in facts["progress"]}
    if not (set_up or read):
        show.empty(
            "No account is known yet.",
            "Accounts appear with the first log file of theirs. To sweep one for idle resources,"
            " say below how it is entered.",
        )
        return
    rows = [
        {
            "account": one,
            "name": set_up.get(one, {}).get("name") or "",
            "entered by": _way(set_up[one]) if one in set_up else "not set up for the sweep",
            "connection": _tested(facts["tests"].get(one)),
            "last event": facts["last"].get(one),
            "files read": read.get(one, {}).get("done") or 0,
            "waiting": read.get(one, {}).get("waiting") or 0,
            "failed": read.get(one, {}).get("failed") or 0,
            "days": read.get(one, {}).get("days") or 0,
            "since": read.get(one, {}).get("first_day"),
        }
        for one in sorted({*set_up, *read})
    ]
    tables.show(rows, times=["last event"], key="accounts", height=360)
    tables.download(rows, "accounts")
    st.subheader("How far files are read")
    for one, row in read.items():
        done, waiting = row["done"] or 0, row["waiting"]
        share = done / (done + waiting) if done + waiting else 1.0
        failed = f", {row['failed']:,} failed" if row["failed"] else ""
        st.progress(
            share,
            f"{one}: {done:,} of {done + waiting:,} files{failed}, {row['days']} days from"
            f" {row['first_day']} to {row['last_day']}",
        )
    for one, test in facts["tests"].items():
        if not asking.waits(test):
            asking.tell(test, f"{one}: {show.plain(test['answer'])}")


@st.fragment(run_every="5s")
def _connect() -> None:
    st.subheader("Connect a trail")
    connecting.ways()
    _attempts()


@st.fragment(run_every="5s")
def _attempts() -> None:
    for row, steps in _facts(session.tenant())["attempts"]:
        connecting.attempt(row, steps)


def _test(known: list[str]) -> None:
    st.subheader("Test a connection")
    if not session.may("operator"):
        st.caption("Operators can test connections.")
        return
    if not known:
        st.caption("Set an account up first.")
        return
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    chosen = left.selectbox("Account", known)
    if right.button("Test", icon=":material/network_check:", width="stretch"):
        new = asking.ask("operator", "account", chosen)
        st.toast("Asked: the pipeline answers within seconds." if new else "It is being tested.")
        st.rerun()
    st.caption(
        "The pipeline calls sts:GetCallerIdentity and ec2:DescribeRegions, which only read. The"
        " app itself calls nobody."
    )


def _external_id() -> str:
    return str(st.session_state.setdefault("external_id", secrets.token_hex(16)))


def _set_up() -> None:
    st.subheader("Set an account up")
    if not session.may("admin"):
        st.caption("Administrators can set accounts up.")
        return
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::PIPELINE-ACCOUNT:role/PIPELINE-ROLE"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": _external_id()}},
            }
        ],
    }
    with st.expander("1. In the account: a role that only reads"):
        st.markdown(
            "Make a role with the policy that `cost-pipeline iam-policy` prints, and this trust:"
        )
        st.code(json.dumps(trust, indent=2), language="json")
    st.markdown("2. Here: say which role it is")
    way = st.segmented_control("Entered by", ("role", "keys"), default="role") or "role"
    with st.form("account", border=True):
        left, right = st.columns(2)
        account = left.text_input("Account id", placeholder="111122223333", max_chars=12)
        name = right.text_input("Name", placeholder="production", max_chars=100)
        if way == "role":
            role = st.text_input("Role", placeholder="arn:aws:iam::111122223333:role/dd0c-cost")
            external = st.text_input("External id", _external_id())
            given: dict[str, Any] = {"role_arn": role.strip(), "external_id": external.strip()}
        else:
            st.caption("A role is better: it leaves nothing to keep, and nothing to steal.")
            key_id = st.text_input("Access key id", autocomplete="off")
            secret = st.text_input("Secret access key", type="password", autocomplete="off")
            given = {"keys": (key_id.strip(), secret.strip())}
        if st.form_submit_button("Save", type="primary"):
            _save(account.strip(), name.strip() or None, given)


def _save(account: str, name: str | None, given: dict[str, Any]) -> None:
    wrong = None
    if not ACCOUNT.fullmatch(account):
        wrong = "An account id has twelve digits."
    elif "role_arn" in given and not ROLE.fullmatch(given["role_arn"]):
        wrong = "A role is written arn:aws:iam::111122223333:role/name."
    elif "keys" in given and not all(given["keys"]):
        wrong = "Keys are an id and a secret."
    if wrong:
        st.error(wrong)
        return
    if "keys" in given:
        given = {"keys": AccessKeys(*given["keys"])}
    who = session.require("admin")
    vault.keep(
        session.database(),
        login.keys(),
        tenant_id=who.tenant_id,
        account_id=account,
        by=who.email,
        name=name,
        **{key: value or None for key, value in given.items()},
    )
    st.cache_data.clear()
    st.session_state.pop("external_id", None)
    st.toast(f"{account} is set up.")
    st.rerun()


st.title("Accounts")
_known()
_connect()
_test([row["account_id"] for row in _facts(session.tenant())["accounts"]])
_set_up()
