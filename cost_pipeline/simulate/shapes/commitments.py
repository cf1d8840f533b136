"""Savings plans and reservations: paid at once or by the hour, and not to be undone."""

from __future__ import annotations

from datetime import datetime

from cost_pipeline.simulate.records import Who
from cost_pipeline.simulate.story import Resource, Story

_US = "us-east-1"


def savings_plan(
    story: Story, at: datetime, who: Who, usd_per_hour: float, upfront: float
) -> Resource:
    """CreateSavingsPlan; amounts are text."""
    request = {
        "savingsPlanOfferingId": story.new_id("offer"),
        "commitment": str(usd_per_hour),
        "upfrontPaymentAmount": str(upfront),
    }
    one = story.new_id("sp")
    operation = "savingsplans:CreateSavingsPlan"
    call = story.call(at, _US, who, operation, request, {"savingsPlanId": one})
    return story.begins(call, one, "savingsplans", "", once=upfront, stated=usd_per_hour)


def reserved_instances(
    story: Story, at: datetime, region: str, who: Who, count: int, usd: float
) -> Resource:
    """PurchaseReservedInstancesOffering with a limit, which states the price."""
    one = story.new_id("reserved")
    request = {
        "reservedInstancesOfferingId": story.new_id("offer"),
        "instanceCount": count,
        "limitPrice": {"amount": usd, "currencyCode": "USD"},
    }
    operation = "ec2:PurchaseReservedInstancesOffering"
    answer = {"reservedInstancesId": one}
    call = story.call(at, region, who, operation, request, answer)
    return story.begins(call, one, "ec2", "", once=usd)


def reserved_databases(
    story: Story, at: datetime, region: str, who: Who, count: int, size: str, fixed: float
) -> Resource:
    """PurchaseReservedDBInstancesOffering; the response states the price of one."""
    one = story.new_name("ri")
    arn = f"arn:aws:rds:{region}:{story.account}:ri:{one}"
    request = {"reservedDBInstancesOfferingId": story.new_id("offer"), "dBInstanceCount": count}
    response = {
        "reservedDBInstanceId": one,
        "dBInstanceClass": size,
        "dBInstanceCount": count,
        "duration": 31_536_000,
        "fixedPrice": fixed,
        "usagePrice": 0.0,
        "recurringCharges": [],
    }
    operation = "rds:PurchaseReservedDBInstancesOffering"
    call = story.call(at, region, who, operation, request, response)
    return story.begins(call, arn, "rds", "", once=fixed * count)


def capacity_reservation(
    story: Story, at: datetime, region: str, who: Who, size: str, count: int
) -> Resource:
    """CreateCapacityReservation: bills by the hour whether anything runs in it or not."""
    one = story.new_id("cr")
    request = {"InstanceType": size, "InstanceCount": count, "InstancePlatform": "Linux/UNIX"}
    made = {
        "capacityReservationId": one,
        "instanceType": size,
        "totalInstanceCount": count,
        "state": "active",
    }
    call = story.call(
        at,
        region,
        who,
        "ec2:CreateCapacityReservation",
        {"CreateCapacityReservationRequest": request},
        {"CreateCapacityReservationResponse": {"capacityReservation": made}},
    )
    kind = "ec2_capacity_reservation"
    return story.begins(call, one, "ec2", kind, count=count, class_=size)


def cancel_reservation(story: Story, at: datetime, who: Who, reservation: Resource) -> None:
    """CancelCapacityReservation."""
    body = {"CapacityReservationId": reservation.resource_id}
    request = {"CancelCapacityReservationRequest": body}
    story.call(at, reservation.region, who, "ec2:CancelCapacityReservation", request, None)
    reservation.until = at
