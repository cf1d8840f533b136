"""What goes wrong in accounts of the fourth kind: each costs from some 50 USD upwards."""

from __future__ import annotations

from cost_pipeline.simulate.mishaps.scene import Mishap
from cost_pipeline.simulate.outside import machines, oversized, thefts

USUAL: tuple[Mishap, ...] = (
    thefts.mining_key,
    thefts.strange_role,
    machines.giant_left_on,
    machines.small_left_on,
    machines.endless_scaling,
    machines.retry_loop,
    oversized.oversized_database,
    oversized.forgotten_endpoints,
    machines.slow_drip,
    machines.many_hands,
    oversized.oversized_warehouse,
    oversized.oversized_search,
    machines.hundredfold_nodes,
    machines.copied_snapshots,
    oversized.provisioned_table,
    oversized.commitment,
    oversized.model_throughput,
    machines.enormous_resize,
)
RARER: tuple[Mishap, ...] = (
    thefts.mining_key,
    thefts.taken_role_models,
    machines.giant_left_on,
    machines.small_left_on,
    machines.spot_flood,
    oversized.flooded_service,
    oversized.grown_database,
    oversized.training_marathon,
    oversized.huge_notebook,
    oversized.huge_flow,
    oversized.huge_cache,
    machines.robot_never_ends,
)
LASTING: dict[Mishap, float] = {
    machines.small_left_on: 6.0,
    machines.slow_drip: 3.5,
    machines.retry_loop: 3.0,
    oversized.forgotten_endpoints: 3.0,
    machines.copied_snapshots: 3.0,
}
"""Days that a mishap needs before the window ends, so that it is what its name says."""
