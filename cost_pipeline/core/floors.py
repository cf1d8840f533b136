"""How many USD a day an excess takes: by who made what, and less for each thing that is new."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cost_pipeline.core.detection_settings import DetectionSettings
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.usual import Memory, family

PASSING = frozenset(
    {
        "batch_environment",
        "batch_job",
        "bedrock_customization_job",
        "codebuild_build",
        "datasync_task",
        "ec2_fleet",
        "ec2_instance",
        "emr_cluster",
        "fargate_task",
        "glue_job_run",
        "glue_session",
        "sagemaker_processing_job",
        "sagemaker_training_job",
        "sagemaker_transform_job",
        "sagemaker_tuning_job",
    }
)
"""What machinery starts and ends all day; everything else is made to stay."""
BOUNDED = frozenset(
    {
        "batch_job",
        "bedrock_customization_job",
        "codebuild_build",
        "datasync_task",
        "glue_job_run",
        "sagemaker_processing_job",
        "sagemaker_training_job",
        "sagemaker_transform_job",
        "sagemaker_tuning_job",
    }
)
"""What ends by itself, at a time or an amount that its call sets."""
BULK = frozenset({"ebs_snapshot", "rds_snapshot"})
"""What scripts make by the dozen."""


@dataclass(frozen=True, slots=True)
class Novelty:
    """What has not been seen before in the account.

    `settled`: the actor's habits with the type are known. `scale`: far more than anybody in the
    account ever had of the type. `resized`: what was there is changed, nothing made. `flood` is
    how many were started within hours, where that is many; `rounds` how many rounds of starts
    still run, where that is many; `steps` how many there were within hours; `prelude` how many
    calls that often come before an attack.
    """

    actor: bool = False
    stranger: bool = False
    resource_type: bool = False
    first_time: bool = False
    region: bool = False
    family: bool = False
    settled: bool = False
    scale: bool = False
    resized: bool = False
    flood: int = 0
    rounds: int = 0
    steps: int = 0
    prelude: int = 0

    @property
    def points(self) -> int:
        """How many strong signs there are: two or more raise the severity by a step."""
        return sum(map(bool, (self.stranger, self.region, self.flood)))


def novelty_of(
    memory: Memory,
    subject: Subject,
    *,
    flood: int = 0,
    rounds: int = 0,
    steps: int = 0,
    prelude: int = 0,
    scale: bool = False,
    resized: bool = False,
    mirrored: bool = False,
) -> Novelty:
    """What is new about a subject to its account, beside what is given.

    A backup's second copy (`mirrored`) makes no region suspicious.
    """
    account, what, who = subject.account_id, subject.resource_type, subject.who
    new_actor = memory.is_new("actor", account, who)
    new_type = memory.is_new("type", account, what)
    return Novelty(
        actor=new_actor,
        stranger=new_actor and memory.is_new("anywhere", who),
        resource_type=new_type,
        first_time=not new_actor and memory.is_new("own", account, who, what),
        region=memory.is_new("region", account, subject.region) and not mirrored,
        family=not new_type
        and subject.resource_class is not None
        and memory.is_new("family", account, what, family(subject.resource_class)),
        settled=memory.is_settled("own", account, who, what),
        scale=scale,
        resized=resized,
        flood=flood,
        rounds=rounds,
        steps=steps,
        prelude=prelude,
    )


def floor_of(
    subject: Subject, novelty: Novelty, settings: DetectionSettings, usual: float = 0.0
) -> float:
    """USD a day that an excess takes.

    `usual` is what the actor usually has running of the type, USD a day.
    """
    base = _base(subject, novelty, settings, usual)
    base *= _by_stranger(subject, novelty, settings)
    if novelty.region:
        base *= settings.factor_region
    base *= _by_kind(subject, novelty, settings)
    runs_away = _runs_away(subject, novelty, settings)
    if runs_away:
        most = settings.floor_machine_passing * settings.factor_runaway
        own = max(settings.floor_drip, settings.runaway_ratio * usual)
        base = min(base, most, own)
    else:
        base *= _by_flood(subject, novelty, settings)
    if novelty.prelude:
        base *= settings.factor_prelude
    base = max(base, settings.floor_least)
    return min(base, _by_rounds(subject, novelty, settings, runs_away=runs_away))


def judged_by_record(subject: Subject, novelty: Novelty) -> bool:
    """Whether what others did by hand excuses it: known people, where they work, in no flood.

    What comes and goes is then judged by how long it stays (`left_on`).
    """
    known = not (novelty.stranger or novelty.region or novelty.flood or novelty.resized)
    return known and subject.made_by == "hand" and subject.resource_type in PASSING


def _base(subject: Subject, novelty: Novelty, settings: DetectionSettings, usual: float) -> float:
    # A job flow's machines come by the dozen and end with it, whoever asked for it.
    by_hand = subject.made_by == "hand" and not subject.is_made_by_emr
    passing = subject.resource_type in PASSING
    if subject.resource_type in BOUNDED:
        return settings.floor_machine_passing
    base = {
        (True, True): settings.floor_hand_passing,
        (True, False): settings.floor_hand_standing,
        (False, True): settings.floor_machine_passing,
        (False, False): settings.floor_machine_standing,
    }[by_hand, passing]
    if novelty.resized and passing:
        # Machinery makes and ends machines; who changes one means it to stay.
        return min(base, settings.floor_resized)
    if by_hand or not novelty.settled or usual <= 0:
        return base
    return min(base, max(settings.floor_settled, settings.settled_ratio * usual))


def _by_stranger(subject: Subject, novelty: Novelty, settings: DetectionSettings) -> float:
    if not novelty.stranger:
        return 1.0
    if subject.resource_type in BOUNDED or subject.is_made_by_emr:
        return 1.0
    if subject.made_by == "role" and subject.resource_type not in PASSING:
        return settings.factor_stranger_standing
    # A group that nobody has seen is an ordinary deployment.
    by = {"hand": settings.factor_stranger_hand, "role": settings.factor_stranger_role}
    return by.get(subject.made_by, 1.0)


def _by_kind(subject: Subject, novelty: Novelty, settings: DetectionSettings) -> float:
    stays = subject.resource_type not in PASSING
    if subject.made_by == "hand" and stays and (novelty.resource_type or novelty.scale):
        return settings.factor_scale
    new_family = novelty.family and not novelty.settled
    new = novelty.resource_type or novelty.first_time or new_family
    return settings.factor_kind if new else 1.0


def _by_flood(subject: Subject, novelty: Novelty, settings: DetectionSettings) -> float:
    if not novelty.flood:
        return 1.0
    if subject.resource_type not in PASSING:
        script = subject.resource_type in BULK and not novelty.region
        return settings.factor_bulk if script else settings.factor_loop
    # A known role starts batches, and a new group its first machines: only a huge flood of
    # theirs is one.
    stray = subject.made_by == "hand" or (novelty.stranger and subject.made_by == "role")
    huge = novelty.flood >= settings.flood_huge
    return settings.factor_flood if (stray and not subject.is_made_by_emr) or huge else 1.0


def _runs_away(subject: Subject, novelty: Novelty, settings: DetectionSettings) -> bool:
    # Who widens a group for a campaign does it at once; a broken alarm does it again and again.
    grows = novelty.flood > 0 and novelty.steps >= settings.runaway_rounds
    return grows and novelty.settled and is_group(subject)


def _by_rounds(
    subject: Subject, novelty: Novelty, settings: DetectionSettings, *, runs_away: bool
) -> float:
    if not novelty.rounds:
        return math.inf
    # A cluster's machines come in rounds by themselves: what is asked for again is the cluster.
    by_service = subject.made_by == "service" or subject.is_made_by_emr
    if subject.resource_type in PASSING:
        return settings.floor_drip if runs_away or not by_service else math.inf
    return math.inf if by_service or subject.resource_type in BULK else settings.floor_loop


def is_group(subject: Subject) -> bool:
    """Whether a group of machines answers for it, which a service widens and narrows."""
    # A whole service (`service/batch`) is no group: it starts what jobs ask for.
    if subject.is_made_by_emr:
        return False
    return subject.who != subject.actor and not subject.who.startswith("service/")
