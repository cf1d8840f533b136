"""What an operator chose: limits by check and name, tags that keep, what is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

from cost_pipeline.zombies.model import Candidate, CheckMeta

KEEP_TAG = "dd0c:keep"
LEFT_BEHIND = "left_behind"
"""What exclusions call the things that a call left behind, beside the names of the checks."""
ALERT_FROM_USD = 5.0


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What is left alone, or marked down: all that is said must hold; `*` and `?` match.

    `tag` is a name, or name=value; `until` the first day on which it no longer holds.
    """

    resource: str = "*"
    check: str = "*"
    account: str = "*"
    region: str = "*"
    tag: str | None = None
    until: date | None = None
    reason: str = ""
    mark_down: bool = False

    def covers(self, names: tuple[str, ...], where: Place, tags: Mapping[str, str]) -> bool:
        """Whether something of any of these names, tagged so, is meant."""
        return (
            (self.until is None or where.on < self.until)
            and any(fnmatchcase(name, self.resource) for name in names)
            and fnmatchcase(where.check, self.check)
            and fnmatchcase(where.account_id, self.account)
            and fnmatchcase(where.region, self.region)
            and (self.tag is None or _tagged(self.tag, tags))
        )

    def said(self) -> str:
        """The exclusion as words.

        >>> Exclusion(resource="vol-1", account="1*", until=date(2026, 12, 1), reason="move").said()
        'vol-1, account 1*, until 2026-12-01: move'
        """
        parts = [
            self.resource if self.resource != "*" else "",
            f"check {self.check}" if self.check != "*" else "",
            f"account {self.account}" if self.account != "*" else "",
            f"region {self.region}" if self.region != "*" else "",
            f"tag {self.tag}" if self.tag else "",
            f"until {self.until}" if self.until else "",
        ]
        words = ", ".join(part for part in parts if part) or "everything"
        return f"{words}: {self.reason}" if self.reason else words


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when something is judged, and by which check."""

    check: str
    account_id: str
    region: str
    on: date


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What an operator changed. A limit of zero is a limit of zero."""

    limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    keep_tags: tuple[str, ...] = (KEEP_TAG,)
    exclusions: tuple[Exclusion, ...] = ()
    alert_from: float = ALERT_FROM_USD

    def limit(self, meta: CheckMeta, name: str) -> float | None:
        """The limit in force, or None where the check has none of that name."""
        changed = self.limits.get(meta.name, {}).get(name)
        if changed is not None:
            return changed
        default = meta.thresholds.get(name)
        return default.value if default else None

    def excludes(self, candidate: Candidate, where: Place) -> str | None:
        """Why a candidate is left alone whatever its state."""
        for tag in self.keep_tags:
            if _tagged(tag, candidate.tags):
                return f"tagged {tag}"
        found = self._covering(candidate, where, mark_down=False)
        return f"excluded by {found.said()}" if found else None

    def doubts(self, candidate: Candidate, where: Place) -> str | None:
        """Why a finding about a candidate is marked down."""
        found = self._covering(candidate, where, mark_down=True)
        return f"Marked down by {found.said()}." if found else None

    def excludes_leftover(
        self, resource_id: str, *, account_id: str, region: str, on: date
    ) -> str | None:
        """Why nobody is told of something that a call left behind."""
        where = Place(LEFT_BEHIND, account_id, region, on)
        for one in self.exclusions:
            if not one.mark_down and one.covers((resource_id,), where, {}):
                return f"excluded by {one.said()}"
        return None

    def _covering(self, candidate: Candidate, where: Place, *, mark_down: bool) -> Exclusion | None:
        names = (candidate.resource_id, candidate.name)
        covering = (
            one
            for one in self.exclusions
            if one.mark_down == mark_down and one.covers(names, where, candidate.tags)
        )
        return next(covering, None)


def _tagged(wanted: str, tags: Mapping[str, str]) -> bool:
    name, _, value = wanted.partition("=")
    if name not in tags:
        return False
    return tags[name] == value if value else tags[name].lower() not in ("false", "no", "0")
