"""Channels in the settings: added, changed, tested and removed by administrators."""

from typing import Any

from cost_pipeline.store import channels, governance, requests
from cost_pipeline.store.database import Database
from cost_pipeline_tests.ui.driving import press

TENANT: dict[str, Any] = {"tenant_id": "default"}


def _write(shown: Any, **texts: str) -> None:
    for box in shown.text_input:
        name = box.label.lower().replace(" ", "_")
        if name in texts:
            box.set_value(texts[name])


def _kept(database: Database) -> list[dict[str, Any]]:
    with database.transaction("default") as conn:
        return channels.listing(conn, **TENANT)


def test_a_channel_is_added_changed_tested_and_removed(
    page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url, "admin")
    shown = page("settings", section="channels")
    shown.selectbox(key="kind new").select("webhook").run()
    _write(
        shown, name="siem", address="https://siem.example.com/s3cr3t", only_accounts="1111*, 2222*"
    )
    shown.multiselect[0].set_value(["alerts", "weekly"])
    press(shown, "Save")
    assert not shown.exception
    (row,) = _kept(database)
    assert (row["accounts"], row["wants"]) == (["1111*", "2222*"], ["alerts", "weekly"])
    assert len(shown.code[0].value) > 30
    press(shown, "I have it")
    assert not shown.code

    press(shown, "Change")
    assert "s3cr3t" not in str([box.value for box in shown.text_input])
    _write(shown, only_services_or_types="rds_*")
    press(shown, "Save")
    (row,) = _kept(database)
    assert (row["types"], row["config"]) == (["rds_*"], {"where": "https://siem.example.com"})

    next(one for one in shown.button if one.key == "test siem").click().run()
    with database.transaction("default") as conn:
        assert list(requests.latest(conn, kind="channel", **TENANT)) == ["siem"]
    press(shown, "Remove siem")
    assert _kept(database) == []
    with database.transaction("default") as conn:
        said = [line["action"] for line in governance.recent(conn, **TENANT)]
    assert said == ["removed channel siem", "asked channel", "set channel siem", "set channel siem"]


def test_what_makes_no_channel_is_explained(
    page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url, "admin")
    shown = page("settings", section="channels")
    _write(shown, name="ops")
    press(shown, "Save")
    assert "slack needs url" in shown.error[0].value
    assert _kept(database) == []


def test_only_administrators_see_the_form(page: Any, use_database: Any, database: Database) -> None:
    use_database(database.url, "operator")
    shown = page("settings", section="channels")
    assert not shown.button
    assert not shown.text_input
