"""Lambda provisioned concurrency that no call uses."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, number, when

META = CheckMeta(
    name="lambda_concurrency_idle",
    title="Unused provisioned concurrency",
    service="lambda",
    resource_type="lambda_provisioned_concurrency",
    calls=("lambda:ListFunctions", "lambda:ListProvisionedConcurrencyConfigs"),
    thresholds={
        "min_idle_days": Threshold(7, "days"),
        "lookback_days": Threshold(14, "days"),
        "max_invocations": Threshold(0, "invocations in all"),
    },
    waste="concurrency × memory in GB × 0.015 USD an hour",
    cli=(
        "aws lambda delete-provisioned-concurrency-config --function-name {name} "
        "--qualifier ALIAS --region {region}"
    ),
    terraform="remove the aws_lambda_provisioned_concurrency_config",
    confidence="high",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/Lambda", "ProvisionedConcurrencyInvocations", "Sum", "max_invocations"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Every configuration of every function, priced by the function's memory."""
    memory = {f["FunctionName"]: number(f["MemorySize"]) for f in view.items(META.calls[0])}
    for config in view.items("lambda:ListProvisionedConcurrencyConfigs"):
        function = config["_of"]["FunctionName"]
        alias = config["FunctionArn"].rpartition(":")[2]
        count = number(config.get("AllocatedProvisionedConcurrentExecutions"))
        units = count * memory.get(function, Decimal(128)) / 128
        yield Candidate(
            resource_id=f"provisioned-concurrency/{view.region}/{view.account_id}/{function}:{alias}",
            name=function,
            bills=(Bills("lambda_provisioned_concurrency", quantity=units),),
            idle_since=when(config.get("LastModified")),
            dimensions={"FunctionName": function, "Resource": f"{function}:{alias}"},
            facts={"alias": alias, "concurrency": str(count)},
        )


CHECK = Check(META, candidates)
