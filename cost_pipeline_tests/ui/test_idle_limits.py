"""What counts as idle, in the settings: tried, kept, taken back, and written down."""

from typing import Any

from cost_pipeline.store import governance, requests, zombie_choices
from cost_pipeline.store.database import Database
from cost_pipeline_tests.ui.driving import press

TENANT: dict[str, Any] = {"tenant_id": "default"}


def _chosen(database: Database) -> dict[str, Any]:
    with database.transaction("default") as conn:
        return zombie_choices.current(conn, **TENANT)


def test_limits_are_tried_kept_and_given_back(
    page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url, "admin")
    shown = page("settings", section="idle resources")
    shown.selectbox[0].select("instance_idle").run()
    shown.number_input(key="limit instance_idle max_cpu").set_value(2.0).run()
    press(shown, "Try on the latest sweep")
    with database.transaction("default") as conn:
        assert list(requests.latest(conn, kind="limits", **TENANT)) == ["instance_idle.max_cpu=2"]
    assert _chosen(database) == {}
    press(shown, "Keep these")
    assert _chosen(database) == {"limits": {"instance_idle": {"max_cpu": 2.0}}}
    press(shown, "Back to the defaults")
    assert _chosen(database) == {"limits": {}}
    with database.transaction("default") as conn:
        said = [line["action"] for line in governance.recent(conn, **TENANT)]
    assert said == ["set zombies", "set zombies", "asked limits"]


def test_tags_and_the_least_that_is_told_are_kept(
    page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url, "admin")
    shown = page("settings", section="idle resources")
    tags = next(box for box in shown.text_input if "tags" in box.label)
    assert tags.value == "dd0c:keep"
    tags.set_value("dd0c:keep, env=prod")
    next(box for box in shown.number_input if "leaves behind" in box.label).set_value(20.0)
    press(shown, "Keep both")
    assert _chosen(database) == {"keep_tags": ["dd0c:keep", "env=prod"], "alert_from": 20.0}


def test_exceptions_are_made_and_taken_back(
    page: Any, use_database: Any, database: Database
) -> None:
    use_database(database.url, "admin")
    shown = page("settings", section="idle resources")
    boxes = {box.label: box for box in shown.text_input}
    boxes["Resource"].set_value("vol-0a1*")
    boxes["Reason"].set_value("moves")
    press(shown, "Leave it alone")
    assert not shown.exception
    assert _chosen(database) == {"exclusions": [{"resource": "vol-0a1*", "reason": "moves"}]}
    press(shown, "Take back")
    assert _chosen(database) == {"exclusions": []}
    boxes = {box.label: box for box in shown.text_input}
    boxes["Check"].set_value("no_such_check")
    press(shown, "Leave it alone")
    assert "no check" in shown.error[0].value


def test_a_viewer_only_looks(page: Any, use_database: Any, database: Database) -> None:
    use_database(database.url, "viewer")
    shown = page("settings", section="idle resources")
    assert not shown.exception
    assert [one.label for one in shown.button if not one.disabled] == []
