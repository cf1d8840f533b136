"""Every page, with nothing in the database and with an organisation's weeks."""

from typing import Any

import psycopg
import pytest
import streamlit as st
from psycopg.types.json import Jsonb

from cost_pipeline.aws.permissions import Step
from cost_pipeline.core.detection_settings import described
from cost_pipeline.store import anomalies, feedback, governance, objects, onboarding, thresholds
from cost_pipeline.store.database import Database
from cost_pipeline_tests.api.rows import fill
from ui.components import session
from ui.settings.threshold_words import FIRST, MORE

PAGES = (
    "overview",
    "anomalies",
    "zombies",
    "explore",
    "resources",
    "baselines",
    "digests",
    "health",
    "actors",
    "accounts",
    "settings",
)


@pytest.mark.parametrize("name", PAGES)
def test_an_empty_database_teaches_what_to_do(
    name: str, page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url)
    shown = page(name)
    assert not shown.exception
    assert shown.title[0].value


def test_the_overview_says_why_nothing_is_there(
    page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url)
    assert "**No trail is connected yet.**" in [text.value for text in page("overview").markdown]
    with database.transaction("default") as conn:
        objects.ensure_trail(conn, tenant_id="default", url="/empty")
    st.cache_data.clear()
    assert "**No log file has come yet.**" in [text.value for text in page("overview").markdown]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_a_filled_database(
    name: str, page: Any, use_database: Any, filled_url: str
) -> None:
    use_database(filled_url)
    shown = page(name)
    assert not shown.exception


def test_the_overview_counts_what_is_open(page: Any, use_database: Any, filled_url: str) -> None:
    use_database(filled_url)
    metrics = {metric.label: metric.value for metric in page("overview").metric}
    with Database(filled_url) as db, db.transaction("default") as conn:
        row = conn.execute("SELECT count(*) AS n FROM anomalies").fetchone()
    assert row is not None
    assert int(metrics["Open anomalies"]) == row["n"] > 0


def test_an_anomaly_tells_its_story_and_takes_a_decision(
    page: Any, use_database: Any, filled_url: str
) -> None:
    use_database(filled_url)
    with Database(filled_url) as db, db.transaction("default") as conn:
        row = conn.execute("SELECT id, title FROM anomalies ORDER BY day LIMIT 1").fetchone()
    assert row is not None
    shown = page("anomalies", anomaly=str(row["id"]))
    assert not shown.exception
    assert "Why it is unusual" in [heading.value for heading in shown.subheader]
    next(button for button in shown.button if button.label == "Acknowledge").click().run()
    with Database(filled_url) as db, db.transaction("default") as conn:
        said = feedback.history(conn, tenant_id="default", anomaly_id=row["id"])
    assert [one["decision"] for one in said] == ["acknowledged"]
    assert said[0]["decided_by"] == "ada@example.com"


def test_a_viewer_may_look_and_not_decide(page: Any, use_database: Any, filled_url: str) -> None:
    use_database(filled_url, "viewer")
    with Database(filled_url) as db, db.transaction("default") as conn:
        row = conn.execute("SELECT id FROM anomalies LIMIT 1").fetchone()
    assert row is not None
    shown = page("anomalies", anomaly=str(row["id"]))
    assert not [button for button in shown.button if button.label == "Expected"]


def test_a_role_holds_in_the_transaction_and_not_only_in_the_buttons(
    page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url, "viewer")
    with session.rows() as conn, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        governance.put(conn, tenant_id="default", key="panic", value=True, by="eve")
    for role in ("operator", "admin"):
        with pytest.raises(session.NotAllowedError), session.acting(role):  # type: ignore[arg-type]
            pass
    use_database(database.url, "operator")
    with session.acting("operator") as conn:
        governance.audit(conn, tenant_id="default", who="ada", action="looked")


@pytest.mark.parametrize("section", ["channels", "governance", "users", "tokens", "audit log"])
@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_every_section_of_the_settings(
    section: str, role: str, page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url, role)
    shown = page("settings", section=section)
    assert not shown.exception
    assert bool(shown.button) == (role == "admin" and section != "audit log")


def test_many_anomalies_are_decided_at_once(use_database: Any, filled_url: str) -> None:
    use_database(filled_url)
    with Database(filled_url) as db, db.transaction("default") as conn:
        ids = [row["id"] for row in conn.execute("SELECT id FROM anomalies").fetchall()]
        changed = feedback.decide_all(
            conn, tenant_id="default", anomaly_ids=ids, decision="snoozed", by="ada"
        )
        states = {row["state"] for row in anomalies.listing(conn, tenant_id="default")}
        patterns = conn.execute(
            "SELECT count(*) AS n FROM feedback WHERE pattern ? 'resource_type'"
        )
        said = patterns.fetchone()
        conn.rollback()
    assert changed == len(ids) > 0
    assert states == {"snoozed"}
    assert said == {"n": len(ids)}


def test_a_page_opens_what_its_link_names(page: Any, use_database: Any, filled_url: str) -> None:
    use_database(filled_url)
    with Database(filled_url) as db, db.transaction("default") as conn:
        row = conn.execute("SELECT actor, day FROM anomalies LIMIT 1").fetchone()
        thing = conn.execute("SELECT resource_id FROM resources LIMIT 1").fetchone()
    assert row is not None
    assert thing is not None
    by_actor = page("anomalies", actor=row["actor"], day=str(row["day"]))
    assert [row["actor"]] in [box.value for box in by_actor.multiselect]
    assert not by_actor.exception
    for name, query in (
        ("actors", {"actor": row["actor"]}),
        ("resources", {"resource": thing["resource_id"]}),
        ("zombies", {"zombie": "vol-0"}),
        ("explore", {"day": str(row["day"])}),
        ("digests", {"day": str(row["day"])}),
    ):
        assert not page(name, **query).exception, name


def test_other_thresholds_are_tried_before_they_are_kept(
    page: Any, use_database: Any, filled_url: str
) -> None:
    use_database(filled_url, "admin")
    shown = page("settings", section="thresholds")
    box = next(one for one in shown.number_input if one.key == "threshold min_monthly_cost")
    box.set_value(1_000_000_000.0).run()
    next(one for one in shown.button if one.label.startswith("Preview")).click().run()
    assert not shown.exception
    metrics = {metric.label: metric.value for metric in shown.metric}
    assert metrics["Medium"] == "0"
    assert any("Changed, not kept yet" in text.value for text in shown.caption)
    with Database(filled_url) as db, db.transaction("default") as conn:
        assert thresholds.overrides(conn, tenant_id="default") == {}


def test_no_threshold_is_named_twice_or_named_and_gone() -> None:
    words = [*FIRST, *(name for titles in MORE.values() for name in titles)]
    assert sorted(set(words)) == sorted(words)
    assert set(words) <= {one["name"] for one in described()}


def test_every_threshold_can_be_set(page: Any, use_database: Any, database: Database) -> None:
    use_database(database.url, "admin")
    shown = page("settings", section="thresholds")
    keys = {box.key for box in shown.number_input}
    assert keys == {f"threshold {one['name']}" for one in described()}


def test_the_accounts_page_offers_the_agent_first_and_shows_what_was_tried(
    page: Any, use_database: Any, database: Database
) -> None:
    step = Step("s3:GetObject", "error", "*refused*", "Allow s3:GetObject.")
    scope = {"tenant_id": "default"}
    with database.transaction("default") as conn:
        number = onboarding.begin(conn, way="bucket", place="s3://logs", by="ada", **scope)
        onboarding.keep_steps(conn, onboarding_id=number, steps=[step], **scope)
        onboarding.note(conn, onboarding_id=number, state="blocked", error="missing: it", **scope)
    use_database(database.url)
    shown = page("accounts")
    texts = [text.value for text in shown.markdown]
    (ways,) = [text for text in texts if "recommended" in text]
    assert ways.index("agent") < ways.index("bucket/prefix") < ways.index("role-arn")
    assert any("s3://logs" in text.replace("\\", "") and "missing" in text for text in texts)
    assert any("Allow s3:GetObject" in text.replace("\\", "") for text in texts)
    assert any("\\*refused\\*" in text for text in texts)
    assert [error.value for error in shown.error] == ["missing\\: it"]


def test_zombies_are_narrowed_by_check_and_say_why_they_are_idle(
    page: Any, use_database: Any, database: Database
) -> None:
    fill(database, "default")
    with database.admin() as conn:
        evidence = Jsonb({"reasons": ["No call in 14 days."], "price": ["1 × IPv4 as of 2024"]})
        conn.execute("UPDATE zombies SET evidence = %s", [evidence])
    use_database(database.url)
    boxes = {box.label: box for box in page("zombies").multiselect}
    assert boxes["Check"].options == ["address unassociated"]
    shown = page("zombies", zombie="eip-default-0")
    assert any("No call in 14 days" in text.value for text in shown.markdown)
    assert any("Price\\: 1 × IPv4 as of 2024" in text.value for text in shown.markdown)


def test_an_anomaly_tells_how_far_it_may_grow_and_only_where_it_may(
    page: Any, use_database: Any, database: Database
) -> None:
    bounded, other, _ = fill(database, "default")
    allowed = {"worst_case_quantity": "100", "worst_case_hourly_cost": "310"}
    with database.admin() as conn:
        conn.execute("UPDATE cost_events SET data = %s WHERE event_id = 'e-0'", [Jsonb(allowed)])
    use_database(database.url)
    shown = page("anomalies", anomaly=str(bounded))
    assert not shown.exception
    said = [text.value for text in shown.markdown]
    grows = (
        r"at most **\$310\.00** an hour if i-default-0 grows to the 100 that RunInstances allows"
    )
    assert any(text.startswith("Now ") and grows in text for text in said)
    (calls,) = [one.value for one in shown.dataframe if "event_name" in one.value]
    assert list(calls["worst case / h"]) == [310]
    assert list(calls["of what"]) == ["all 100 allowed"]
    shown = page("anomalies", anomaly=str(other))
    assert not any("at most" in text.value for text in shown.markdown)
    assert not any("worst case / h" in one.value for one in shown.dataframe)
    (listed,) = [one.value for one in page("anomalies").dataframe]
    assert list(listed["worst case / h"].fillna(0)) == [310, 0, 0]
    assert list(listed["of what"].fillna("")) == ["all 100 allowed", "", ""]
    newest = [text.value for text in page("overview").caption if " · 111122223333 · " in text.value]
    told = r"40 times what is usual\. · at worst **\$310\.00** an hour, all 100 allowed"
    assert [told in text for text in newest] == [True, False, False]


def test_a_link_to_nothing_is_explained(page: Any, use_database: Any, database: Database) -> None:
    use_database(database.url)
    shown = page("anomalies", anomaly="00000000-0000-0000-0000-000000000000")
    assert not shown.exception
    assert any("gone" in text.value for text in shown.markdown)


def test_only_an_administrator_may_panic(page: Any, use_database: Any, database: Database) -> None:
    use_database(database.url, "operator")
    assert not page("settings", section="governance").button
    use_database(database.url, "admin")
    page("settings", section="governance").button[0].click().run()
    with database.transaction("default") as conn:
        assert conn.execute("SELECT value FROM governance").fetchone() == {"value": True}


def test_nobody_sees_a_page_without_a_session(
    page: Any, use_database: Any, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_database(database.url)
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {})
    shown = page("overview")
    assert "not logged in" in shown.warning[0].value
    assert not shown.metric
