"""Reserved instances that are about to end, or have just ended."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="reservation_ending",
    title="Reserved instances at their end",
    service="ec2",
    resource_type="ec2_reserved_instance",
    calls=("ec2:DescribeReservedInstances",),
    thresholds={
        "days_before": Threshold(30, "days", "Trusted Advisor's and thrifty's"),
        "days_after": Threshold(30, "days", "Trusted Advisor's"),
    },
    waste="none yet: what they cover costs its full price from that day on",
    cli="aws ec2 describe-reserved-instances-offerings --instance-type TYPE --region {region}"
    "  # instead of {id}",
    terraform="commitments are bought, not built: none",
    confidence="high",
    source="Trusted Advisor, thrifty: the lease ends within 30 days, or ended in the last 30",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Reservations by their end."""
    for lease in view.items("ec2:DescribeReservedInstances"):
        end = when(lease.get("End"))
        ago = view.days_since(end)
        ending = lease.get("State") == "active" and -ago <= view.limit("days_before")
        ended = lease.get("State") == "retired" and 0 <= ago <= view.limit("days_after")
        if end is not None and (ending or ended):
            yield Candidate(
                resource_id=lease["ReservedInstancesId"],
                bills=(Bills("ec2_reserved_instance", usd_month=Decimal(0)),),
                created_at=when(lease.get("Start")),
                tags=tags_of(lease),
                facts={
                    "type": lease.get("InstanceType"),
                    "instances": str(number(lease.get("InstanceCount"))),
                    "ends": str(end),
                },
            )


CHECK = Check(META, candidates)
