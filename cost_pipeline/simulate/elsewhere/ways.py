"""How companies of the other kind live: what goes on everywhere, and what in some accounts."""

from __future__ import annotations

from cost_pipeline.simulate.elsewhere import product, work
from cost_pipeline.simulate.landscape import Habit

EVERYWHERE: tuple[Habit, ...] = (
    product.foundations,
    product.backups,
    product.services,
    work.builds,
    work.desks,
    work.experiments,
    product.growth,
)
SOMEWHERE: tuple[tuple[Habit, float], ...] = (
    (work.batches, 0.7),
    (work.weekly, 0.6),
    (product.releases, 0.5),
    (work.labs, 0.5),
    (product.rehearsals, 0.3),
    (product.new_region, 0.3),
)
OPENED_LATE: tuple[Habit, ...] = (
    product.foundations,
    product.backups,
    product.services,
    work.desks,
)
