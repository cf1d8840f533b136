"""What a Terraform plan and an Infracost breakdown announce."""

import pytest

from cost_pipeline.core.plans import PlanError, Planned, planned


def _change(kind: str, actions: list[str], **after: object) -> dict[str, object]:
    return {"address": f"{kind}.x", "type": kind, "change": {"actions": actions, "after": after}}


def test_a_terraform_plan_announces_what_it_creates_and_changes() -> None:
    plan = {
        "format_version": "1.2",
        "resource_changes": [
            _change("aws_instance", ["create"], instance_type="p4d.24xlarge"),
            _change("aws_instance", ["delete", "create"], instance_type="p4d.24xlarge"),
            _change("aws_instance", ["delete"], instance_type="m5.large"),
            _change("aws_instance", ["no-op"], instance_type="m5.large"),
            _change("aws_db_instance", ["update"], instance_class="db.r5.4xlarge"),
            _change("aws_iam_role", ["create"], name="r"),
            {"type": "aws_instance"},
        ],
    }
    assert planned(plan) == [
        Planned("ec2_instance", "p4d.24xlarge", 2, None),
        Planned("rds_instance", "db.r5.4xlarge", 1, None),
    ]


def test_infracost_says_what_it_costs_too() -> None:
    document = {
        "version": "0.2",
        "projects": [
            {
                "breakdown": {
                    "resources": [
                        {"name": "module.web.aws_instance.web[0]", "monthlyCost": "73"},
                        {"name": "x", "resourceType": "aws_instance", "monthlyCost": "146"},
                        {"name": "aws_nat_gateway.n", "monthlyCost": None},
                    ]
                }
            }
        ],
    }
    assert planned(document) == [Planned("ec2_instance", None, 2, 0.3)]


@pytest.mark.parametrize("other", [{}, [], "x", None, {"projects": 3}])
def test_anything_else_is_refused_with_what_would_do(other: object) -> None:
    with pytest.raises(PlanError, match="terraform show -json"):
        planned(other)
