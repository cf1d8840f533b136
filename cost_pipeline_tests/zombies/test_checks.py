"""Every check against one resource that is idle, used, too young, without data."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import jmespath
import pytest
import yaml

from cost_pipeline.aws.api_calls import CALLS
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.zombies.judging import queries_of
from cost_pipeline.zombies.model import Metric, SweepResult
from cost_pipeline.zombies.registry import CHECKS, Plan, sweep
from cost_pipeline.zombies.thresholds import Thresholds
from cost_pipeline.zombies.view import View

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
ACCOUNT = "111122223333"
CASES: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("cases.yaml").read_text(encoding="utf-8")
)
STRUCTURAL = sorted(name for name, check in CHECKS.items() if not check.meta.metrics)
MEASURED = sorted(name for name, check in CHECKS.items() if check.meta.metrics)
DATED = sorted(
    n for n, case in CASES.items() if "OLD" in str(case["items"]) or "MONTHS" in str(case)
)


def answers(name: str, *, young: bool = False, **changed: Any) -> dict[str, Any]:
    ago = {"OLD": timedelta(days=400), "MONTHS": timedelta(days=60)}
    text = json.dumps({**CASES[name]["items"], **changed})
    epoch = (NOW - (timedelta(minutes=10) if young else ago["OLD"])).timestamp() * 1000
    text = text.replace('"OLD_MS"', str(int(epoch)))
    for mark, age in ago.items():
        moment = NOW - (timedelta(minutes=10) if young else age)
        text = text.replace(f'"{mark}"', f'"{moment.isoformat()}"')
    found: dict[str, Any] = json.loads(text)
    return found


def region_of(name: str) -> str:
    region: str = CASES[name].get("region", "us-east-1")
    return region


Points = list[float] | dict[str, list[float]]


def limits_of(name: str) -> Thresholds:
    return Thresholds(limits={name: CASES[name].get("limits", {})})


def dated(metric: Metric, points: Points) -> list[list[Any]]:
    """The values by the day, or those of each hour on every day."""
    values = points.get(metric.name, []) if isinstance(points, dict) else points
    if not metric.hourly or not values:
        days = [(NOW - timedelta(days=n + 0.5)).isoformat() for n in range(len(values))]
        return [list(pair) for pair in zip(days, values, strict=True)]
    hours = [NOW - timedelta(hours=n) for n in range(24 * 13)]
    return [[hour.isoformat(), values[hour.hour % len(values)]] for hour in hours]


def series(name: str, inventory: dict[str, Any], points: Points) -> dict[str, Any]:
    check = CHECKS[name]
    view = View(inventory, ACCOUNT, region_of(name), NOW, check.meta, limits_of(name))
    return {
        query.key: dated(metric, points)
        for candidate in check.candidates(view)
        for metric in check.meta.metrics
        for query in queries_of(metric, candidate, 1)
    }


def judge(name: str, inventory: dict[str, Any], points: Points) -> SweepResult:
    return sweep(
        inventory,
        series(name, inventory, points),
        account_id=ACCOUNT,
        region=region_of(name),
        now=NOW,
        thresholds=limits_of(name),
        prices=PriceBook.packaged(),
        checks=[CHECKS[name]],
    )


def test_every_check_has_a_case() -> None:
    assert set(CASES) == set(CHECKS)
    assert len(CHECKS) >= 60
    own = [check for check in CHECKS.values() if check.meta.source.startswith("our own")]
    assert len(own) >= 20


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_idle_is_found_and_priced(name: str) -> None:
    result = judge(name, answers(name), CASES[name].get("points", [0.0]))
    assert result.failures == []
    assert [left.reason for left in result.left_out] == []
    (finding,) = result.findings
    if CASES[name].get("cost") == "unknown":
        assert finding.monthly_cost is None
    elif "cost" in CASES[name]:
        assert finding.monthly_cost == Decimal(CASES[name]["cost"])
    else:
        assert finding.monthly_cost
    assert "{" not in finding.remediation.partition("Terraform")[0]
    json.dumps(finding.evidence)


@pytest.mark.parametrize("name", MEASURED)
def test_used_by_its_metrics_is_not(name: str) -> None:
    result = judge(name, answers(name), CASES[name].get("used_points", [1e12]))
    assert (result.findings, result.failures) == ([], [])


@pytest.mark.parametrize("name", STRUCTURAL)
def test_used_by_its_structure_is_not(name: str) -> None:
    result = judge(name, answers(name, **CASES[name]["used"]), [])
    assert (result.findings, result.failures) == ([], [])


@pytest.mark.parametrize("name", DATED)
def test_too_young_is_left_out_with_the_reason(name: str) -> None:
    result = judge(name, answers(name, young=True), CASES[name].get("points", [0.0]))
    assert (result.findings, result.failures) == ([], [])
    assert [r.reason.split()[0] for r in result.left_out] in (["too"], ["idle"], [])


@pytest.mark.parametrize("name", MEASURED)
def test_no_data_is_never_used_or_not_judged(name: str) -> None:
    meta = CHECKS[name].meta
    result = judge(name, answers(name), [])
    if any(metric.missing == "unknown" for metric in meta.metrics):
        assert result.findings == []
        assert "has no" in result.left_out[0].reason
    elif CASES[name].get("no_data") == "used":
        assert result == SweepResult()
    else:
        (finding,) = result.findings
        assert finding.confidence != "high"
        assert "never used" in " ".join(finding.evidence["reasons"])


def test_what_is_off_is_neither_asked_nor_judged() -> None:
    off = [name for name in CHECKS if "on" in CHECKS[name].meta.thresholds]
    assert off
    for name in off:
        check, inventory = CHECKS[name], answers(name)
        place: dict[str, Any] = {"account_id": ACCOUNT, "region": region_of(name), "now": NOW}
        assert Plan((check,)).waves(region_of(name)) == []
        assert Plan((check,)).metric_queries(inventory, **place) == []
        judged = sweep(inventory, {}, prices=PriceBook.packaged(), checks=[check], **place)
        assert judged == SweepResult()


@pytest.mark.parametrize("name", STRUCTURAL)
def test_nothing_there_is_nothing_found(name: str) -> None:
    inventory: dict[str, Any] = {api: [] for api in CASES[name]["items"]}
    assert judge(name, inventory, []) == SweepResult()


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_a_check_says_what_it_is(name: str) -> None:
    meta = CHECKS[name].meta
    assert meta.name == name
    assert all(limit.unit for limit in meta.thresholds.values())
    assert meta.title
    assert meta.waste
    assert meta.source
    assert meta.terraform
    assert ("{id}" in meta.cli) or ("{name}" in meta.cli) or name == "api_cache_unused"
    for metric in meta.metrics:
        assert metric.at_most in meta.thresholds or CHECKS[name].weigh
    assert not meta.metrics or "lookback_days" in meta.thresholds
    assert set(CASES[name]["items"]) <= set(meta.calls) | {CALLS[api].each for api in meta.calls}


def unknown_names(value: Any, shape: Any, path: str) -> list[str]:
    """Names in an example that AWS's own description of the answer does not have."""
    if isinstance(value, dict) and shape.type_name == "structure":
        found = [f"{path}.{name}" for name in value if name not in {*shape.members, "_of"}]
        for name, inner in value.items():
            if name in shape.members:
                found += unknown_names(inner, shape.members[name], f"{path}.{name}")
        return found
    if isinstance(value, list) and shape.type_name == "list":
        return [n for inner in value for n in unknown_names(inner, shape.member, path)]
    if isinstance(value, dict) and shape.type_name == "map":
        return [n for inner in value.values() for n in unknown_names(inner, shape.value, path)]
    return []


@pytest.mark.parametrize("api", sorted({api for case in CASES.values() for api in case["items"]}))
def test_examples_have_the_shape_that_aws_documents(api: str) -> None:
    call = CALLS[api]
    meta = boto3.client(
        call.client, "us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    ).meta
    shape = meta.service_model.operation_model(
        meta.method_to_api_mapping[call.operation]
    ).output_shape
    for name in [] if call.items == "@" else call.items.replace("[]", "").split("."):
        shape = shape.members[name]
        shape = shape.member if shape.type_name == "list" else shape
    items = [item for case in CASES.values() for item in case["items"].get(api, ())]
    assert [n for item in items for n in unknown_names(item, shape, api)] == []
    assert jmespath.compile(call.items)
