"""What the detector remembers at the end of a day, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, NamedTuple

SCOPES = ("type", "class", "role", "account")
"""What an impact is summed over: all that one actor runs of a type, or of a class of it; all
that everybody in one role runs of a type; all that the account runs of everything."""


class Subject(NamedTuple):
    """What an event is about, as far as sums and novelty depend on it.

    `who` answers for it: the workload of what a service made, who asked for the job flow of what
    EMR made, else the actor (person or role). `actor_kind` is that of who asked, too.
    `role` is the role that several people share, `made_by` is hand, role or service. `job` is the
    job flow (`emr/j-...`) that it is part of.
    """

    account_id: str
    actor: str
    actor_kind: str
    who: str
    role: str | None
    made_by: str
    resource_type: str
    resource_class: str | None
    region: str
    job: str | None = None

    @property
    def is_made_by_emr(self) -> bool:
        """Whether EMR made it for a job flow: a machine, not the cluster that was asked for."""
        return self.job is not None and self.resource_type != "emr_cluster"

    def is_named(self, name: str | None) -> bool:
        """Whether a name stands for who made it: the actor, the workload or the shared role."""
        role = self.role.rpartition("/")[2] if self.role else None
        return name in (None, self.actor, self.who, role)

    def key(self, scope: str) -> str | None:
        """The name of the sum that this belongs to, None where the scope does not apply."""
        if scope == "account":
            parts: list[str | None] = ["all"]
        elif scope == "class":
            parts = [self.who, self.resource_type, self.resource_class]
        elif scope == "role":
            parts = [self.role, self.resource_type]
        else:
            parts = [self.who, self.resource_type]
        if None in parts:
            return None
        return "|".join([scope, self.account_id, *(str(part) for part in parts)])


class OpenPart(NamedTuple):
    """What one start adds while it lasts: micro-USD a day, or once where `once`.

    `assumed`: its price is not known, the amount stands for it.
    Times are seconds since 1970. `flag`: 0 usual, 1 anomalous, 2 expected, 3 snoozed.
    """

    resource: int
    start: float
    expiry: float
    amount: int
    once: bool
    assumed: bool
    flag: int
    cost_event_id: str
    event_id: str
    subject: Subject


@dataclass(slots=True)
class Peak:
    """The highest usual value, as of a day, and those of days too young to be usual."""

    value: float = 0.0
    day: str = ""
    recent: list[tuple[str, float]] = field(default_factory=list)


@dataclass(slots=True)
class OpenAnomaly:
    """An anomaly that may still grow: of `who`, else of a whole role, else of the account."""

    id: str
    account_id: str
    who: str
    role: str | None
    last_event: float
    hourly_cost: float
    resource_types: list[str]

    @property
    def is_of_everybody(self) -> bool:
        """Whether it is about a whole account, and nobody in it alone."""
        return not self.who and self.role is None

    def is_about(self, subject: Subject) -> bool:
        """Whether what a subject adds belongs to it: its actor's, its role's, its account's."""
        if self.account_id != subject.account_id:
            return False
        if self.who:
            return self.who == subject.who
        return self.role in (None, subject.role)


class Prelude(NamedTuple):
    """A call that often comes before an attack, and whether its actor was new then."""

    at: float
    account_id: str
    who: str
    event_name: str
    region: str
    unseen: bool
    targets: tuple[str, ...]
    cost_event_id: str
    event_id: str


class Caller(NamedTuple):
    """Who asked for a job flow, as in `Subject`; `day` is when last something of it was started."""

    actor_kind: str
    who: str
    role: str | None
    made_by: str
    day: str


@dataclass(slots=True)
class DetectorState:
    """What the detector remembers at the end of a day.

    `seen` holds the first and the last day of each actor, type, region and family of an account;
    `used` what each expected change has explained so far: (resources, USD an hour);
    `callers` who asked for which job flow, by account and job; `judged_until` the moment (seconds
    since 1970) up to which events told what still ran.
    """

    parts: list[OpenPart] = field(default_factory=list)
    peaks: dict[str, Peak] = field(default_factory=dict)
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    open_anomalies: list[OpenAnomaly] = field(default_factory=list)
    preludes: list[Prelude] = field(default_factory=list)
    first_seen: dict[str, str] = field(default_factory=dict)
    used: dict[str, tuple[float, float]] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    judged_until: float = 0.0

    def copied(self) -> DetectorState:
        """A copy that may be changed without changing this one."""
        return DetectorState(
            list(self.parts),
            {k: Peak(p.value, p.day, list(p.recent)) for k, p in self.peaks.items()},
            dict(self.seen),
            [replace(one, resource_types=list(one.resource_types)) for one in self.open_anomalies],
            list(self.preludes),
            dict(self.first_seen),
            dict(self.used),
            dict(self.callers),
            self.judged_until,
        )

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, in a fixed order."""
        subjects = sorted({part.subject for part in self.parts}, key=repr)
        numbers = {subject: number for number, subject in enumerate(subjects)}
        return {
            "subjects": [list(subject) for subject in subjects],
            "parts": [[*part[:-1], numbers[part.subject]] for part in sorted(self.parts, key=_age)],
            "peaks": {
                key: [peak.value, peak.day, [list(one) for one in peak.recent]]
                for key, peak in sorted(self.peaks.items())
            },
            "seen": {key: list(days) for key, days in sorted(self.seen.items())},
            "open": [asdict(one) for one in sorted(self.open_anomalies, key=lambda one: one.id)],
            "preludes": [[*one[:6], list(one.targets), *one[7:]] for one in sorted(self.preludes)],
            "first_seen": dict(sorted(self.first_seen.items())),
            "used": {key: list(used) for key, used in sorted(self.used.items())},
            "callers": {key: list(one) for key, one in sorted(self.callers.items())},
            "judged_until": self.judged_until,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DetectorState:
        """The state that `to_json` wrote; empty where an older version wrote it."""
        if "subjects" not in data:
            return cls(first_seen=dict(data.get("first_seen", {})))
        subjects = [Subject(*one) for one in data["subjects"]]
        return cls(
            parts=[OpenPart._make([*one[:-1], subjects[one[-1]]]) for one in data["parts"]],
            peaks={
                key: Peak(value, day, [(at, seen) for at, seen in recent])
                for key, (value, day, recent) in data["peaks"].items()
            },
            seen={key: (first, last) for key, (first, last) in data["seen"].items()},
            open_anomalies=[OpenAnomaly(**one) for one in data["open"]],
            preludes=[
                Prelude._make([*one[:6], tuple(one[6]), *one[7:]]) for one in data["preludes"]
            ],
            first_seen=dict(data["first_seen"]),
            used={key: (count, usd) for key, (count, usd) in data["used"].items()},
            callers={key: Caller(*one) for key, one in data.get("callers", {}).items()},
            judged_until=data.get("judged_until", 0.0),
        )


def _age(part: OpenPart) -> tuple[float, str, int, int]:
    return (part.start, part.cost_event_id, part.resource, part.amount)
