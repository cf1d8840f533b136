"""How unusual an event leaves things, in dollars a day, and the sentences that say why.

The more is new about an event, the fewer dollars it takes. Every number that led to a verdict
is one of its reasons.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cost_pipeline.core.detection_model import Baseline, DayEvent, DetectionSettings
from cost_pipeline.core.detector_state import Subject
from cost_pipeline.core.model import Reason, Severity
from cost_pipeline.core.statistics import z_score
from cost_pipeline.core.usual import Memory, family

_DAYS_PER_MONTH = 730 / 24
_TAMPERING = {
    "StopLogging": "stopped a trail's logging",
    "DeleteTrail": "deleted a trail",
    "PutEventSelectors": "changed which events a trail records",
    "DeleteEventDataStore": "deleted a CloudTrail Lake data store",
    "StopEventDataStoreIngestion": "stopped a CloudTrail Lake data store",
}
_SEVERITY_BY_DAILY_COST: tuple[tuple[float, Severity], ...] = (
    (2000.0, "critical"),
    (500.0, "high"),
    (100.0, "medium"),
    (0.0, "low"),
)
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
LEFT_ON = PASSING | {"sagemaker_notebook", "sagemaker_studio_app", "glue_dev_endpoint"}
"""What a person switches on for a while, and may forget."""
_RANKS: tuple[Severity, ...] = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Novelty:
    """What has not been seen before in the account.

    `flood` is how many were started within hours, where that is many; `prelude` how many calls
    that often come before an attack; `refused` how many costly calls AWS refused, where many.
    """

    actor: bool = False
    stranger: bool = False
    resource_type: bool = False
    first_time: bool = False
    region: bool = False
    family: bool = False
    settled: bool = False
    scale: bool = False
    flood: int = 0
    prelude: int = 0
    refused: int = 0

    @property
    def points(self) -> int:
        """How many strong signs there are: two or more raise the severity by a step."""
        return sum(map(bool, (self.stranger, self.region, self.flood, self.refused)))


@dataclass(frozen=True, slots=True)
class Sum:
    """An impact of a scope and what is usual for it, USD a day."""

    scope: str
    impact: float
    usual: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why an event is anomalous: its score, its severity before grouping, and its reasons."""

    score: float
    impact: float
    severity: Severity
    reasons: tuple[Reason, ...]
    scope: str = "type"
    usual: float = 0.0


def novelty_of(memory: Memory, subject: Subject, **counts: int) -> Novelty:
    """What is new about a subject to its account, beside the counts given."""
    account, what = subject.account_id, subject.resource_type
    new_actor = memory.is_new("actor", account, subject.who)
    new_type = memory.is_new("type", account, what)
    return Novelty(
        actor=new_actor,
        stranger=new_actor and memory.is_new("anywhere", subject.who),
        resource_type=new_type,
        first_time=not new_actor and memory.is_new("own", account, subject.who, what),
        settled=memory.is_settled("own", account, subject.who, what),
        region=memory.is_new("region", account, subject.region),
        family=not new_type
        and subject.resource_class is not None
        and memory.is_new("family", account, what, family(subject.resource_class)),
        **counts,
    )


def floor_of(
    subject: Subject, novelty: Novelty, settings: DetectionSettings, usual: float = 0.0
) -> float:
    """USD a day that an excess takes: a base by who made what, times a factor for each sign.

    `usual` is what the actor usually has running of the type.
    """
    by_hand, passing = subject.made_by == "hand", subject.resource_type in PASSING
    base = {
        (True, True): settings.floor_hand_passing,
        (True, False): settings.floor_hand_standing,
        (False, True): settings.floor_machine_passing,
        (False, False): settings.floor_machine_standing,
    }[by_hand, passing]
    if not by_hand and novelty.settled and usual > 0:
        base = min(base, max(settings.floor_settled, settings.settled_ratio * usual))
    named_workload = subject.who != subject.actor
    if novelty.stranger and by_hand:
        base *= settings.factor_stranger_hand
    elif _stray_role(subject, novelty):
        base *= settings.factor_stranger_role
    if novelty.region:
        base *= settings.factor_region
    if by_hand and not passing and (novelty.resource_type or novelty.scale):
        base *= settings.factor_type
    elif novelty.resource_type or novelty.first_time or (novelty.family and not novelty.settled):
        base *= settings.factor_kind
    if novelty.flood and not passing:
        base *= settings.factor_loop
    elif novelty.flood and named_workload and novelty.settled:
        base = min(base, settings.floor_machine_passing * settings.factor_runaway)
    elif novelty.flood and (
        by_hand or _stray_role(subject, novelty) or novelty.flood >= settings.flood_huge * settings.flood
    ):
        base *= settings.factor_flood
    if novelty.prelude or novelty.refused:
        base *= settings.factor_prelude
    return max(base, settings.floor_least)


def judged_by_record(subject: Subject, novelty: Novelty) -> bool:
    """Whether what others did by hand excuses it: known people, where they work, in no flood.

    What comes and goes is then judged by how long it stays (`left_on`).
    """
    known = not (novelty.stranger or novelty.region or novelty.flood)
    return known and subject.made_by == "hand" and subject.resource_type in PASSING


def _stray_role(subject: Subject, novelty: Novelty) -> bool:
    return novelty.stranger and subject.made_by == "role"


def judge(
    sums: Iterable[Sum],
    subject: Subject,
    novelty: Novelty,
    settings: DetectionSettings,
    *,
    learning: bool,
) -> Verdict | None:
    """The verdict on what an event leaves running; None where no sum of it is unusual.

    Args:
        sums: the impacts of its scopes.
        subject: what the event is about.
        novelty: what is new about it.
        settings: the thresholds.
        learning: the account is too young for anything to be usual.
    """
    sums = list(sums)
    own = max((one.usual for one in sums if one.scope == "type"), default=0.0)
    base = settings.learning_floor if learning else floor_of(subject, novelty, settings, own)
    worst: tuple[float, Sum] | None = None
    for one in sums:
        floor = base * (settings.role_factor if one.scope == "role" else 1.0)
        excess = one.impact - one.usual
        if excess < floor or one.impact < settings.ratio * one.usual:
            continue
        if one.impact * _DAYS_PER_MONTH < settings.min_monthly_cost:
            continue
        score = excess / max(one.usual, floor, 0.01)
        if worst is None or score > worst[0]:
            worst = (score, one)
    if worst is None:
        return None
    score, one = worst
    reasons = (_impact_reason(subject, one), *_novelty_reasons(subject, novelty))
    level = severity(one.impact, 0 if learning else novelty.points)
    return Verdict(round(score, 4), one.impact, level, reasons, one.scope, one.usual)


def judge_commitment(event: DayEvent, settings: DetectionSettings) -> Verdict | None:
    """The verdict on a purchase that binds for a term: always at least `high`."""
    if event.action != "purchase":
        return None
    cost = event.one_time_cost + max(event.hourly_cost or 0.0, 0.0) * 730
    if 0 < cost < settings.commitment_floor:
        return None
    known = f"USD {cost:,.0f}" if cost > 0 else "an amount that the call does not say"
    reason = Reason(
        "commitment",
        f"{event.actor} committed the account to {known} with {event.event_name}.",
        value=cost,
        usual=0.0,
        unit="USD",
        weight=1.0,
    )
    return Verdict(10.0, cost, "critical" if cost >= 10_000 else "high", (reason,))


def judge_tampering(event: DayEvent) -> Verdict | None:
    """The verdict on calls that blind this very pipeline: always `critical`."""
    what = _TAMPERING.get(event.event_name)
    if what is None:
        return None
    sentence = f"{event.actor} {what}: what happens after it may not be seen."
    return Verdict(10.0, 0.0, "critical", (Reason("tampering", sentence, weight=1.0),))


def severity(daily_cost: float, points: int = 0) -> Severity:
    """How severe: by USD a day, one step more where two things or more are new.

    >>> severity(700.0), severity(700.0, points=2)
    ('high', 'critical')
    """
    level = next(name for least, name in _SEVERITY_BY_DAILY_COST if daily_cost >= least)
    return raised(level) if points >= 2 else level


def raised(level: Severity) -> Severity:
    """The next higher severity."""
    return _RANKS[min(_RANKS.index(level) + 1, len(_RANKS) - 1)]


def most_severe(severities: Iterable[Severity]) -> Severity:
    """The highest of some severities."""
    return max(severities, key=_RANKS.index)


def _impact_reason(subject: Subject, one: Sum) -> Reason:
    what = subject.resource_type.replace("_", " ")
    who = subject.who
    if one.scope == "class" and subject.resource_class:
        what = f"{subject.resource_class} {what}"
    elif one.scope == "role" and subject.role:
        who = f"Everybody in {subject.role.rpartition('/')[2]} together"
    usually = f"usually at most USD {one.usual:,.0f}" if one.usual >= 0.5 else "usually nothing"
    verb = "have" if one.scope == "role" else "has"
    return Reason(
        "outstanding",
        f"{who} now {verb} {what} worth USD {one.impact:,.0f} a day running, {usually}.",
        value=round(one.impact, 4),
        usual=round(one.usual, 4),
        unit="USD/day",
        weight=1.0,
    )


def _novelty_reasons(subject: Subject, novelty: Novelty) -> list[Reason]:
    what, who = subject.resource_type.replace("_", " "), subject.who
    where = "anywhere" if novelty.stranger else "in this account"
    said = [
        (novelty.actor, "new_actor", f"{who} has not spent {where} before."),
        (novelty.resource_type, "new_resource_type", f"This account has not run {what} before."),
        (novelty.first_time, "first_time", f"{who} has not run {what} before."),
        (novelty.region, "new_region", f"This account has not spent in {subject.region} before."),
        (
            novelty.family,
            "new_class",
            f"This account has not run {subject.resource_class} or its family before.",
        ),
        (
            novelty.flood > 0,
            "flood",
            f"{who} started {novelty.flood} of them within hours, far more than ever.",
        ),
    ]
    return [Reason(signal, sentence, weight=0.5) for holds, signal, sentence in said if holds]


def price_reason(
    event: DayEvent,
    baselines: Mapping[tuple[str, str], Baseline],
    settings: DetectionSettings,
) -> Reason | None:
    """The reason that a single call is far dearer than earlier ones: it explains, never decides."""
    baseline = baselines.get((event.account_id, event.resource_type), Baseline())
    cost = event.hourly_cost or 0.0
    if baseline.moments.count < 5 or cost <= 0:
        return None
    z = z_score(
        cost,
        baseline.moments,
        floor=settings.deviation_floor,
        relative_floor=settings.relative_deviation_floor,
    )
    if z < 3:
        return None
    return Reason(
        "z_score",
        f"This call alone adds USD {cost:,.2f} an hour; the mean of {baseline.moments.count} "
        f"earlier ones is USD {baseline.moments.mean:,.2f} (z = {z:.1f}).",
        value=round(cost, 4),
        usual=round(baseline.moments.mean, 4),
        unit="USD/hour",
        weight=0.3,
    )
