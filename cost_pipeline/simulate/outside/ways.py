"""How companies of the fourth kind live: what goes on everywhere, and what in some accounts."""

from __future__ import annotations

from cost_pipeline.simulate.landscape import Habit
from cost_pipeline.simulate.outside import projects, routine

EVERYWHERE: tuple[Habit, ...] = (
    routine.standing,
    routine.services,
    routine.backups,
    routine.pipelines,
    routine.desktops,
    routine.tinkering,
    routine.refusals,
    routine.joiners,
    routine.expansion,
)
SOMEWHERE: tuple[tuple[Habit, float], ...] = (
    (projects.gpu_weekly, 0.45),
    (projects.month_end, 0.45),
    (projects.night_jobs, 0.4),
    (projects.load_tests, 0.4),
    (projects.cluster_nodes, 0.6),
    (projects.releases, 0.5),
    (projects.drills, 0.35),
    (projects.environments, 0.5),
    (projects.restored_copies, 0.4),
    (projects.models, 0.5),
    (projects.spot_batches, 0.4),
    (projects.containers, 0.5),
    (projects.shared_role, 0.6),
)
OPENED_LATE: tuple[Habit, ...] = (
    routine.standing,
    routine.services,
    routine.backups,
    routine.desktops,
)
