"""How companies of the third kind live: what goes on everywhere, and what in some accounts."""

from __future__ import annotations

from cost_pipeline.simulate.described import product, work
from cost_pipeline.simulate.landscape import Habit

EVERYWHERE: tuple[Habit, ...] = (
    product.standing,
    product.autoscaling,
    product.snapshots,
    product.growth,
    work.hires,
    work.workbenches,
)
SOMEWHERE: tuple[tuple[Habit, float], ...] = (
    (work.jobs, 0.7),
    (work.builders, 0.6),
    (work.shared_role, 0.4),
    (work.weekly_gpu, 0.5),
    (work.load_tests, 0.4),
    (product.drills, 0.35),
    (product.releases, 0.5),
    (work.models, 0.4),
    (work.clusters, 0.35),
    (product.nodes, 0.5),
    (product.bootstrap, 0.3),
)
OPENED_LATE: tuple[Habit, ...] = (
    product.standing,
    product.autoscaling,
    product.snapshots,
    work.workbenches,
)
