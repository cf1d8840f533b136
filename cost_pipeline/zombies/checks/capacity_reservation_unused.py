"""Capacity reservations that no instance runs in: they bill as if it did."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.core.calls import Attribute
from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, number, tags_of, when

META = CheckMeta(
    name="capacity_reservation_unused",
    title="Unused capacity reservation",
    service="ec2",
    resource_type="ec2_capacity_reservation",
    calls=("ec2:DescribeCapacityReservations",),
    thresholds={
        "min_age_days": Threshold(1, "days"),
    },
    waste="free instances × price of the type × 730 hours",
    cli="aws ec2 cancel-capacity-reservation --capacity-reservation-id {id} --region {region}",
    terraform="remove the aws_ec2_capacity_reservation",
    confidence="high",
    source="our own: no other tool looks",
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active reservations of this account that are wholly free."""
    for reservation in view.items("ec2:DescribeCapacityReservations"):
        total = number(reservation.get("TotalInstanceCount"))
        free = number(reservation.get("AvailableInstanceCount"))
        owner = reservation.get("OwnerId", view.account_id)
        if reservation.get("State") != "active" or free != total or owner != view.account_id:
            continue
        if not total or reservation.get("ReservationType") == "capacity-block":
            continue
        attributes: dict[str, Attribute] = {
            "class": reservation["InstanceType"],
            "os": str(reservation.get("InstancePlatform", "Linux/UNIX")).lower(),
        }
        yield Candidate(
            resource_id=reservation["CapacityReservationId"],
            bills=(Bills("ec2_capacity_reservation", attributes, free),),
            created_at=when(reservation.get("CreateDate")),
            tags=tags_of(reservation),
            facts={"type": reservation["InstanceType"], "free": str(free)},
        )


CHECK = Check(META, candidates)
