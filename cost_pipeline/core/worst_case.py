"""What a worst case is called wherever one is told: in a cost event's data, in rows, in messages.

What `BOUND` says is a `calls.Bound`.
"""

HOURLY_COST = "worst_case_hourly_cost"
QUANTITY = "worst_case_quantity"
BOUND = "worst_case_is"
OF_CALL = (HOURLY_COST, QUANTITY, BOUND)
"""What a call allows at most: USD an hour, how many, and what that is."""

CALL = "worst_case_by"
COUNT = "worst_case_count"
OF_ANOMALY = (*OF_CALL, CALL, COUNT)
"""The costliest of an anomaly's: also the call that allows it, and of how many it is that."""
