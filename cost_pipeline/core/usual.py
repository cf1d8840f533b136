"""What is usual: peaks that fade slowly, and who, what and where was seen before."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from cost_pipeline.core.detection_settings import DetectionSettings
from cost_pipeline.core.detector_state import DetectorState, Peak, Subject
from cost_pipeline.core.statistics import decayed

_FADED = 0.01


def family(resource_class: str) -> str:
    """The family of an instance class.

    >>> family("p5.48xlarge"), family("db.r6g.large"), family("cache.t4g.micro")
    ('p5', 'db.r6g', 'cache.t4g')
    """
    return resource_class.rpartition(".")[0] or resource_class


def record_key(subject: Subject) -> str:
    """The name of the most that anybody by hand has running of a type in an account."""
    return f"hand|{subject.account_id}|{subject.resource_type}"


KEPT = "kept|"
"""How the names of single resources begin: there are many, so they are known for two weeks."""


class Memory:
    """What was known when the day began; what the day teaches comes in at its end."""

    def __init__(self, state: DetectorState, settings: DetectionSettings, day: date) -> None:
        self._state = state
        self._settings = settings
        self._day = day
        self._by_kind: dict[tuple[str, str, str], dict[str, float]] | None = None
        self._horizon = (day - timedelta(days=settings.newness_days)).isoformat()

    def usual(self, key: str) -> float:
        """The faded peak of a sum, a count or a life."""
        peak = self._state.peaks.get(key)
        if peak is None or not peak.day:
            return 0.0
        age = (self._day - date.fromisoformat(peak.day)).days
        return decayed(peak.value, age, half_life_days=self._settings.half_life_days)

    def all_usual(self, kind: str, account_id: str, what: str) -> dict[str, float]:
        """Everybody's faded peaks of a kind (type, life...) in an account, by who has them."""
        if self._by_kind is None:
            self._by_kind = {}
            for key in self._state.peaks:
                name, account, *who, last = key.split("|")
                found = self._by_kind.setdefault((name, account, last), {})
                found["|".join(who)] = self.usual(key)
        return self._by_kind.get((kind, account_id, what), {})

    def is_new(self, what: str, *parts: str) -> bool:
        """Whether something was not seen, or only since some days ago."""
        days = self._state.seen.get("|".join((what, *parts)))
        return days is None or days[0] > self._horizon

    def is_settled(self, what: str, *parts: str) -> bool:
        """Whether something was first seen so long ago that its habits are known."""
        days = self._state.seen.get("|".join((what, *parts)))
        return days is not None and self._age(days[0]) >= self._settings.settled_days

    def learning(self, account_id: str) -> bool:
        """Whether the account is too young to have habits, or the whole organisation is."""
        firsts = self._state.first_seen
        if account_id not in firsts:
            return True
        young = self._age(min(firsts.values())) < self._settings.learning_days
        return young or self._age(firsts[account_id]) < self._settings.joining_days

    def _age(self, first: str) -> int:
        return (self._day - date.fromisoformat(first)).days

    def learn_peaks(self, values: dict[str, float]) -> None:
        """Takes in the day's highest values; they count once they have matured."""
        today = self._day.isoformat()
        for key, value in values.items():
            self._state.peaks.setdefault(key, Peak()).recent.append((today, value))
        matured = (self._day - timedelta(days=self._settings.maturing_days)).isoformat()
        for key in list(self._state.peaks):
            peak = self._state.peaks[key]
            for day, value in peak.recent:
                if day <= matured and value >= self.usual(key):
                    peak.value, peak.day = value, day
            peak.recent = [one for one in peak.recent if one[0] > matured]
            if not peak.recent and self.usual(key) < _FADED:
                del self._state.peaks[key]

    def learn_now(self, values: dict[str, float]) -> None:
        """Takes in values that count from the next day on: what is over grows no more."""
        for key, value in values.items():
            if value >= self.usual(key):
                peak = self._state.peaks.setdefault(key, Peak())
                peak.value, peak.day = value, self._day.isoformat()

    def unlearn(self, values: dict[str, float]) -> None:
        """Takes what was told since off the values that have not matured yet."""
        for key, value in values.items():
            peak = self._state.peaks.get(key)
            if peak is not None:
                less = [(day, round(seen - value, 6)) for day, seen in peak.recent]
                peak.recent = [one for one in less if one[1] > 0]

    def is_known(self, name: str) -> bool:
        """Whether something was ever seen."""
        return name in self._state.seen

    def learn_seen(self, subjects: list[Subject], names: Iterable[str] = ()) -> None:
        """Takes in who did what and where, and further names."""
        today = self._day.isoformat()
        for name in {name for subject in subjects for name in _names(subject)}.union(names):
            first, _ = self._state.seen.get(name, (today, today))
            self._state.seen[name] = (first, today)
        oldest = (self._day - timedelta(days=self._settings.memory_days)).isoformat()
        since = (self._day - timedelta(days=self._settings.learning_days)).isoformat()
        seen = self._state.seen.items()
        gone = [n for n, days in seen if days[1] < (since if n.startswith(KEPT) else oldest)]
        for name in gone:
            del self._state.seen[name]


def _names(subject: Subject) -> list[str]:
    account, what = subject.account_id, subject.resource_type
    names = [
        f"actor|{account}|{subject.who}",
        f"anywhere|{subject.who}",
        f"type|{account}|{what}",
        f"region|{account}|{subject.region}",
        f"own|{account}|{subject.who}|{what}",
        f"place|{account}|{subject.who}|{subject.region}",
    ]
    if subject.resource_class:
        names.append(f"family|{account}|{what}|{family(subject.resource_class)}")
    return names
