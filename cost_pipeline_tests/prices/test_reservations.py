from decimal import Decimal

import pytest

from cost_pipeline.prices.reservations import reservations


def test_opensearch_s_are_read_too() -> None:
    lease = {
        "ReservedInstanceId": "9f8e",
        "InstanceType": "r6g.large.search",
        "InstanceCount": 4,
        "Duration": 31_536_000,
        "FixedPrice": 0.0,
        "UsagePrice": 0.0,
        "RecurringCharges": [{"RecurringChargeAmount": 0.11, "RecurringChargeFrequency": "Hourly"}],
        "PaymentOption": "NO_UPFRONT",
        "StartTime": "2026-03-01T00:00:00+00:00",
    }
    (found,) = reservations({"opensearch:DescribeReservedInstances": [lease]})
    assert found.reservation_id == "9f8e"
    assert (found.commitment.upfront, found.commitment.hourly) == (0, Decimal("0.44"))
    assert found.commitment.said == (
        "4 × r6g.large.search for 1 year, No Upfront, as AWS lists the reservation"
    )


@pytest.mark.parametrize("state", ["payment-failed", "queued-deleted"])
def test_one_that_was_never_paid_for_commits_to_nothing(state: str) -> None:
    lease = {
        "ReservedInstancesId": "r-1",
        "InstanceType": "m5.large",
        "InstanceCount": 2,
        "Duration": 31_536_000,
        "FixedPrice": 500.0,
        "Start": "2026-03-01T00:00:00Z",
        "State": state,
    }
    assert list(reservations({"ec2:DescribeReservedInstances": [lease]})) == []


def test_one_without_term_or_start_tells_nothing() -> None:
    lease = {"ReservedInstancesId": "r-1", "InstanceType": "m5.large", "State": "queued"}
    assert list(reservations({"ec2:DescribeReservedInstances": [lease]})) == []
