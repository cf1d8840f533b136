"""What runs the product on Kubernetes fits Dagster's chart and our image, without a cluster."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from cost_pipeline.definitions import defs

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
VALUES = (FOLDER / "values.yaml").read_text()


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    return dict(yaml.safe_load(VALUES))


@pytest.fixture(scope="module")
def app() -> dict[str, Any]:
    """The pod of the app and the API."""
    parts = yaml.safe_load_all((FOLDER / "app.yaml").read_text())
    deployment = next(part for part in parts if part["kind"] == "Deployment")
    return dict(deployment["spec"]["template"]["spec"])


def test_the_chart_leaves_our_secret_alone(values: dict[str, Any]) -> None:
    assert values["global"]["postgresqlSecretName"] == "dd0c-cost"
    assert values["generatePostgresqlPasswordSecret"] is False


def test_the_secret_that_is_made_first_has_what_pods_read() -> None:
    made = set(re.findall(r"--from-literal=([\w-]+)=", VALUES))
    assert {"postgresql-password", "DATABASE_URL", "DAGSTER_PG_URL", "ARCHIVE_URL"} <= made
    assert "COST_PIPELINE_SECRET_KEY" in made


def test_each_run_is_a_job_that_has_the_settings_of_its_code(values: dict[str, Any]) -> None:
    assert values["runLauncher"]["type"] == "K8sRunLauncher"
    (code,) = values["dagster-user-deployments"]["deployments"]
    assert code["includeConfigInLaunchedRuns"] == {"enabled": True}
    assert code["envSecrets"] == [{"name": "dd0c-cost"}]
    assert code["dagsterApiGrpcArgs"][-1] == "cost_pipeline.definitions"


def test_runs_have_no_more_rights_than_the_code_that_they_are_of(values: dict[str, Any]) -> None:
    launcher = values["runLauncher"]["config"]["k8sRunLauncher"]
    (code,) = values["dagster-user-deployments"]["deployments"]
    assert launcher["securityContext"] == code["securityContext"]
    pod = launcher["runK8sConfig"]["podSpecConfig"]
    assert pod["securityContext"] == code["podSecurityContext"]
    assert pod["securityContext"]["runAsNonRoot"] is True


def test_what_sensors_did_is_kept_as_long_as_elsewhere(values: dict[str, Any]) -> None:
    ours = yaml.safe_load((FOLDER.parents[1] / "dagster.yaml").read_text())["retention"]
    kept = values["retention"]
    assert kept["enabled"] is True
    for kind in ("sensor", "schedule"):
        assert kept[kind]["purgeAfterDays"] == ours[kind]["purge_after_days"]


def test_assets_ask_for_what_they_need() -> None:
    asked = {
        node.key.to_user_string(): json.loads(tag)["container_config"]["resources"]
        for node in defs.resolve_asset_graph().asset_nodes
        if (tag := defs.resolve_assets_def(node.key).op.tags.get("dagster-k8s/config"))
    }
    assert asked["cost_events"]["requests"] == {"cpu": "2", "memory": "2Gi"}
    assert set(asked) == {"cost_events", "anomalies", "inventory"}
    assert all("memory" in resources["limits"] for resources in asked.values())


def test_tables_are_migrated_before_the_app_and_the_api_start(app: dict[str, Any]) -> None:
    assert [one["args"] for one in app["initContainers"]] == [["cost-pipeline", "migrate"]]
    assert [one["name"] for one in app["containers"]] == ["app", "api"]


def test_the_app_and_the_api_have_an_identity_to_which_a_role_can_be_given(
    app: dict[str, Any], values: dict[str, Any]
) -> None:
    parts = list(yaml.safe_load_all((FOLDER / "app.yaml").read_text()))
    made = [one["metadata"]["name"] for one in parts if one["kind"] == "ServiceAccount"]
    assert made == [app["serviceAccountName"]]
    assert made != [values["global"]["serviceAccountName"]], "which may start and end pods"


def test_containers_have_no_more_rights_than_they_need(app: dict[str, Any]) -> None:
    assert app["securityContext"]["runAsNonRoot"] is True
    for one in app["initContainers"] + app["containers"]:
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in one["resources"]["limits"]
