"""The impacts of a day, scope by scope: at every start, with and without what was told."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cost_pipeline.core.day_columns import MICRO, Flags, Floats, Ints
from cost_pipeline.core.detection_settings import DetectionSettings
from cost_pipeline.core.detector_state import SCOPES, Subject
from cost_pipeline.core.expected import ANOMALOUS, EXPECTED, USUAL
from cost_pipeline.core.floors import BULK, PASSING
from cost_pipeline.core.positions import (
    Parts,
    highest_sums,
    made_counts,
    rounds_begun,
    running_sums,
)
from cost_pipeline.core.scoring import Sum
from cost_pipeline.core.usual import Memory, record_key


@dataclass(slots=True)
class _Scope:
    """One scope: each part's sum (micro-USD a day) with and without anomalous parts."""

    name: str
    code: Ints
    names: list[str]
    usual: Floats
    raw: Ints
    clean: dict[float, Ints]
    since: Floats
    told: dict[int, list[Ints]] = field(default_factory=dict)


@dataclass(slots=True)
class _Rounds:
    """How many rounds of starts of a scope still run, and how many usually do."""

    code: Ints
    names: list[str]
    leads: Ints
    alive: Ints
    lately: Ints
    usual: Floats


def dear_ages(settings: DetectionSettings) -> tuple[float, ...]:
    """The hours after a start at which what is dear is looked at: each half of the next."""
    return tuple(settings.patience_hours / 2**half for half in (2, 1))


class Sums:
    """All sums of a day's parts, and what is usual for each."""

    def __init__(self, parts: Parts, memory: Memory, settings: DetectionSettings) -> None:
        self.parts = parts
        self._memory = memory
        self._settings = settings
        judged = (parts.flag == USUAL) | (parts.flag == ANOMALOUS)
        later = (settings.patience_hours, settings.patience_stranger_hours, *dear_ages(settings))
        self._ages = (0.0, *sorted({hours * 3600 for hours in later}))
        self._scopes: dict[str, _Scope] = {}
        for name in SCOPES:
            self._scopes[name] = self._scope(name, judged)
        self._lasting = self._lasting_of(judged)
        self._rounds = {name: self._rounds_of(name, judged) for name in ("type", "role")}
        own = self._scopes["type"]
        self._made = made_counts(parts, own.code, judged, settings.made_hours * 3600)
        self._usual_made = self._usual([_renamed("made", key) for key in own.names])

    def _scope(self, name: str, judged: Flags) -> _Scope:
        code, names = self.parts.codes(name)
        told = self.parts.flag == ANOMALOUS
        if name == "account":
            return self._account(code, names, judged, told)
        raw = running_sums(self.parts, code, judged)
        clean = {
            age: running_sums(self.parts, code, judged & ~told, age=age)
            if told.any() or age
            else raw
            for age in self._ages
        }
        return _Scope(name, code, names, self._usual(names), raw, clean, self.parts.start)

    def _account(self, code: Ints, names: list[str], judged: Flags, told: Flags) -> _Scope:
        """All that an account runs, where what is dear and may end soon counts once it has stayed.

        It is told by name as soon as that takes; until then it is nobody else's.
        """
        waited = self._waited()
        since = self.parts.start + waited * self._settings.patience_hours * 3600
        raw = running_sums(self.parts, code, judged, since=since)
        raw[waited] = 0
        clean = raw
        if told.any():
            clean = running_sums(self.parts, code, judged & ~told, since=since)
            clean[waited] = 0
        return _Scope("account", code, names, self._usual(names), raw, {0.0: clean}, since)

    def _waited(self) -> Flags:
        """Which parts are so dear that they are judged on their own, and may well end soon."""
        own = self._scopes["type"]
        new = self._memory.is_new
        soon = [
            one.made_by != "service"
            and one.resource_type in PASSING
            and not new("region", one.account_id, one.region)
            for one in self.parts.subjects
        ]
        excess = own.raw / MICRO - own.usual[own.code]
        dear: Flags = (own.code >= 0) & (excess >= self._settings.floor_urgent)
        dear &= np.array([*soon, False])[self.parts.subject]
        return dear

    def _usual(self, names: list[str]) -> Floats:
        """What is usual for each name; never empty, so that codes may index it."""
        return np.array([self._memory.usual(key) for key in names] or [0.0])

    def _lasting_of(self, judged: Flags) -> _Scope:
        """What still runs of an actor's type long after a start, and what usually does."""
        scope, age = self._scopes["type"], self._settings.lasting_hours * 3600
        told = self.parts.flag == ANOMALOUS
        sums = running_sums(self.parts, scope.code, judged & ~told, age=age)
        names = [_renamed("lasting", key) for key in scope.names]
        usual = self._usual(names)
        return _Scope(
            "type", scope.code, names, usual, sums, {age: sums}, self.parts.start, scope.told
        )

    def _rounds_of(self, name: str, judged: Flags) -> _Rounds:
        scope = self._scopes[name]
        judged = judged & self._asked()
        leads = rounds_begun(self.parts, scope.code, judged, self._settings.round_seconds)
        alive = running_sums(self.parts, scope.code, judged, amount=leads)
        names = [_renamed(f"{name}rounds", key) for key in scope.names]
        seconds = self._settings.made_hours * 3600
        lately = made_counts(self.parts, scope.code, judged & (leads > 0), seconds)
        return _Rounds(scope.code, names, leads, alive, lately, self._usual(names))

    def _asked(self) -> Flags:
        """Which parts somebody asked for one by one: not what EMR made for a job flow."""
        asked = [not one.is_made_by_emr for one in self.parts.subjects]
        return np.array([*asked, False])[self.parts.subject]

    def hot(self, least: Floats, age: float = 0.0, *, lasting: bool = False) -> Flags:
        """Which parts leave a sum that may be unusual; `least` is the excess that each takes.

        With an `age`, of what still runs so many seconds later.
        """
        hot = np.zeros(len(self.parts.start), bool)
        for scope in self._looked_at(lasting):
            if age in scope.clean:
                hot |= self._exceeds(scope, scope.clean[age] if age else scope.raw, least)
        return hot

    def _looked_at(self, lasting: bool) -> list[_Scope]:
        return [self._lasting] if lasting else list(self._scopes.values())

    def _exceeds(self, scope: _Scope, sums: Ints, least: Floats) -> Flags:
        usual, value = scope.usual[scope.code], sums / MICRO
        ratio = self._settings.ratio
        return (scope.code >= 0) & (value - usual >= least) & (value >= ratio * usual)

    def at(self, part: int, age: float = 0.0, *, lasting: bool = False) -> list[Sum]:
        """The sums right after a part's start, without what was told, with what is usual.

        With an `age`, of what still runs so many seconds later; `lasting` compares it with what
        usually lasts.
        """
        found = []
        for scope in self._looked_at(lasting):
            code = int(scope.code[part])
            if code >= 0 and age in scope.clean:
                value = int(scope.clean[age][part]) - self._told(scope, code, part, age)
                found.append(Sum(scope.name, value / MICRO, float(scope.usual[code])))
        return found

    def _told(self, scope: _Scope, code: int, part: int, age: float) -> int:
        time, told = self.parts.start[part] + age, 0
        for rows in scope.told.get(code, ()):
            alive = rows[(rows <= part) & (self.parts.end[rows] > time)]
            alive = alive[scope.since[alive] <= time]
            told += int(self.parts.amount[alive].sum())
        return told

    def flood(self, part: int) -> int:
        """How many were started within hours, where it is many for their starter; else 0."""
        scope = self._scopes["type"]
        code = int(scope.code[part])
        made, usual = int(self._made[part]), float(self._usual_made[code])
        stays = self.parts.subjects[int(self.parts.subject[part])].resource_type not in PASSING
        least = self._settings.flood_loop if stays else self._settings.flood
        many = made >= least and made >= self._settings.flood_ratio * usual
        dear = scope.raw[part] / MICRO >= self._settings.flood_dollars * scope.usual[code]
        return made if many and dear else 0

    def steps(self, part: int) -> int:
        """How many rounds of starts there were within hours, up to a part's."""
        return int(self._rounds["type"].lately[part])

    def rounds(self, part: int) -> int:
        """How many rounds of starts still run, where that is many for who started them; else 0.

        A round is one call, or several within seconds: a script. Many of them are a drip, of one
        actor or of everybody in a role; of what stays, many within hours are a loop.
        """
        stays = self.parts.subjects[int(self.parts.subject[part])].resource_type not in PASSING
        least = self._settings.loop_rounds if stays else self._settings.drip_rounds
        most = 0
        for one in self._rounds.values():
            code = int(one.code[part])
            if code >= 0:
                alive, usual = int(one.alive[part]), float(one.usual[code])
                alive = min(alive, int(one.lately[part])) if stays else alive
                if alive >= least and alive >= self._settings.rounds_ratio * usual:
                    most = max(most, alive)
        return most

    def is_mirrored(self, part: int) -> bool:
        """Whether snapshots in a new region are the second copy that a backup keeps.

        Within hours, their maker made no more of them in new regions than where the account works.
        """
        parts, code = self.parts, self._scopes["type"].code
        subject = parts.subjects[int(parts.subject[part])]
        if subject.resource_type not in BULK or not self._is_elsewhere(subject):
            return False
        since = parts.start[part] - self._settings.made_hours * 3600
        own = (code == code[part]) & (parts.start > since) & (parts.start <= parts.start[part])
        made = parts.subject[own & (parts.amount > 0)]
        new = [self._is_elsewhere(parts.subjects[int(one)]) for one in made]
        return 2 * sum(new) <= len(new)

    def _is_elsewhere(self, subject: Subject) -> bool:
        return self._memory.is_new("region", subject.account_id, subject.region)

    def is_out_of_scale(self, part: int) -> bool:
        """Whether nobody had it by hand here, or nobody at all anything near so much of it."""
        scope = self._scopes["type"]
        subject = self.parts.subjects[int(self.parts.subject[part])]
        if self.record(subject) <= 0:
            return True
        known = self._memory.all_usual("type", subject.account_id, subject.resource_type)
        most = max(known.values(), default=0.0)
        return bool(scope.raw[part] / MICRO >= self._settings.scale_ratio * most)

    def members(self, scope_name: str, part: int, usual: float, age: float = 0.0) -> Ints:
        """What makes a sum unusual: its newest parts, until the rest is usual.

        With an `age`, of what still runs so many seconds after the part's start.
        """
        scope = self._scopes[scope_name]
        parts, upto = self.parts, np.arange(part + 1)
        alive = (scope.code[upto] == scope.code[part]) & (parts.flag[upto] == USUAL)
        alive &= (parts.end[upto] > parts.start[part] + age) & (parts.amount[upto] > 0)
        alive &= scope.since[upto] <= parts.start[part] + age
        newest = np.nonzero(alive)[0][::-1]
        rest = int(parts.amount[newest].sum()) - np.cumsum(parts.amount[newest])
        enough = int(np.searchsorted(-rest, -usual * MICRO)) + 1
        own = np.nonzero(parts.event[newest] == parts.event[part])[0]
        return newest[: max(enough, int(own.max(initial=-1)) + 1)]

    def is_at_once(self, part: int) -> bool:
        """Whether one call made most of what its actor has running of the type."""
        parts = self.parts
        own = int(parts.amount[parts.event == parts.event[part]].sum())
        return 2 * own >= int(self._scopes["type"].raw[part])

    def is_of_one_call(self, part: int) -> bool:
        """Whether most of what an actor has running of the type was started at one moment."""
        scope, parts, upto = self._scopes["type"], self.parts, np.arange(part + 1)
        alive = (scope.code[upto] == scope.code[part]) & (parts.end[upto] > parts.start[part])
        alive &= np.isin(parts.flag[upto], (USUAL, ANOMALOUS))
        rows = np.nonzero(alive)[0]
        _, moments = np.unique(parts.start[rows], return_inverse=True)
        started = np.bincount(moments, parts.amount[rows])
        return bool(2 * started.max(initial=0.0) >= started.sum())

    def record(self, subject: Subject) -> float:
        """The most that anybody by hand usually has running of a type in the account."""
        return self._memory.usual(record_key(subject))

    def _lasted(self, usual: Flags, since: float, until: float) -> dict[str, float]:
        age, scope = self._settings.lasting_hours * 3600, self._lasting
        due = self.parts.start + age
        index = np.nonzero(usual & (scope.code >= 0) & (due > since) & (due <= until))[0]
        sums = running_sums(self.parts, scope.code, usual, age=age)
        most = np.zeros(len(scope.names), np.int64)
        np.maximum.at(most, scope.code[index], sums[index])
        return _positive(scope.names, most / MICRO)

    def _records(self, scope: _Scope, highest: Floats) -> dict[str, float]:
        """The highest sum of one person, by account and type."""
        codes = {name: code for code, name in enumerate(scope.names)}
        found: dict[str, float] = {}
        for subject in self.parts.subjects:
            code = codes.get(subject.key(scope.name) or "")
            if subject.made_by == "hand" and code is not None and highest[code] > 0:
                key = record_key(subject)
                found[key] = max(found.get(key, 0.0), round(float(highest[code]), 6))
        return found

    def tell(self, rows: Ints) -> None:
        """Marks parts as anomalous, with what lessens them."""
        rows = np.nonzero(np.isin(self.parts.owner, rows) & (self.parts.flag == USUAL))[0]
        self.parts.flag[rows] = ANOMALOUS
        for scope in self._scopes.values():
            for code in np.unique(scope.code[rows]):
                if code >= 0:
                    scope.told.setdefault(int(code), []).append(rows[scope.code[rows] == code])

    def highest(self, rows: Flags) -> dict[str, float]:
        """The highest sums that some parts alone come to, by their names."""
        found: dict[str, float] = {}
        for scope in self._scopes.values() if rows.any() else ():
            highest = highest_sums(self.parts, scope.code, rows, len(scope.names))
            found |= _positive(scope.names, highest / MICRO)
        return found

    def peaks(self, since: float, until: float, meant: Flags) -> dict[str, float]:
        """The day's highest usual values, by the names of sums and counts.

        What lasts is learned once it has lasted, in the span of time that the day told of. What
        was told and yet `meant` teaches the sums of those who have it, and nobody else's.
        """
        parts = self.parts
        usual = (parts.flag == USUAL) | (parts.flag == EXPECTED)
        found: dict[str, float] = {}
        for scope in self._scopes.values():
            highest = highest_sums(parts, scope.code, usual | meant, len(scope.names))
            found |= _positive(scope.names, highest / MICRO)
            if scope.name == "type":
                if meant.any():  # on few days
                    highest = highest_sums(parts, scope.code, usual, len(scope.names))
                found |= self._records(scope, highest / MICRO)
        own = self._scopes["type"]
        made = np.zeros(len(own.names), np.int64)
        index = np.nonzero(usual & (own.code >= 0) & (parts.event >= 0))[0]
        np.maximum.at(made, own.code[index], self._made[index])
        found |= self._lasted(usual, since, until)
        for one in self._rounds.values():
            most = highest_sums(parts, one.code, usual, len(one.names), one.leads)
            found |= _positive(one.names, most)
        return found | _positive([_renamed("made", key) for key in own.names], made)


def _renamed(kind: str, key: str) -> str:
    """The name of something else that is known about what a sum is of."""
    return f"{kind}|{key.partition('|')[2]}"


def _positive(names: list[str], values: Ints | Floats) -> dict[str, float]:
    return {name: round(float(v), 6) for name, v in zip(names, values, strict=True) if v > 0}
