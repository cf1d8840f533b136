"""Connecting a trail: every permission tried, trails found, the past estimated, then read.

Each step is kept in Postgres as it is made, so that the app shows what the command line does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cost_pipeline.aws import permissions
from cost_pipeline.aws.inventory import clients_of
from cost_pipeline.aws.permissions import Step
from cost_pipeline.aws.sessions import Access, open_session
from cost_pipeline.aws.trail_discovery import FoundTrail, trails
from cost_pipeline.aws.trail_layout import days_between
from cost_pipeline.aws.trails import TrailError, TrailSource, open_trail
from cost_pipeline.orchestration.estimating import Estimate, estimate
from cost_pipeline.orchestration.outbound import OutboundStoppedError, Permit
from cost_pipeline.store import accounts, governance, objects, onboarding
from cost_pipeline.store.database import Database

if TYPE_CHECKING:
    from cost_pipeline.aws.inventory import Clients
    from cost_pipeline.orchestration.progress import Step as Progress
    from cost_pipeline.orchestration.run_range import RunSummary

_FEW_PLACES = 50
Told = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to connect, and how it is entered."""

    place: str | None
    since: date
    until: date
    tenant_id: str = "default"
    role_arn: str | None = None
    external_id: str | None = None
    queue_url: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    by: str = "command line"

    @property
    def way(self) -> onboarding.Way:
        """By role, bucket or folder."""
        if self.role_arn:
            return "role"
        return "bucket" if self.place is None or self.place.startswith("s3://") else "folder"


@dataclass(slots=True)
class Found:
    """What looking around came to: steps in order, and what to read."""

    onboarding_id: int
    place: str | None = None
    account_id: str | None = None
    trails: list[FoundTrail] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)
    regions: list[str] = field(default_factory=list)
    delivering: dict[str, list[str]] = field(default_factory=dict)
    estimate: Estimate | None = None

    @property
    def missing(self) -> list[str]:
        """The permissions without which nothing can be read."""
        return permissions.missing(self.steps)

    def as_dict(self) -> dict[str, Any]:
        """What was found, for JSON."""
        return {
            "account_id": self.account_id,
            "trails": [trail.as_dict() for trail in self.trails],
            "accounts": self.accounts,
            "regions": self.regions,
            "delivering": self.delivering,
        }


def look(db: Database, wish: Wish, *, tell: Told = lambda _: None, sweep: bool = True) -> Found:
    """Tries every permission, finds what there is, and estimates; nothing is read into tables.

    Raises:
        OutboundStoppedError: panic is on.
    """
    place = wish.place or wish.role_arn or "the credentials at hand"
    with db.transaction(wish.tenant_id) as conn:
        number = onboarding.begin(
            conn, tenant_id=wish.tenant_id, way=wish.way, place=place, by=wish.by
        )
    found = Found(number, wish.place)
    looking = _Looking(db, wish, found, tell)
    try:
        looking.look(sweep)
    except (TrailError, OutboundStoppedError) as error:
        looking.note(state="failed", error=str(error))
        raise
    state = "blocked" if found.missing or found.estimate is None else "estimated"
    said = {"error": "missing: " + ", ".join(found.missing)} if found.missing else {}
    looking.note(state=state, found=found.as_dict(), since=wish.since, until=wish.until, **said)
    return found


@dataclass(frozen=True, slots=True)
class _Looking:
    db: Database
    wish: Wish
    found: Found
    tell: Told

    def look(self, sweep: bool) -> None:
        wish = self.wish
        if wish.way == "folder":
            self.measure(encrypted=False)
            return
        Permit(self.db, wish.tenant_id).check()
        access = Access(role_arn=wish.role_arn, external_id=wish.external_id, region=wish.region)
        session = open_session(access, sts_endpoint_url=wish.endpoint_url)
        if wish.role_arn:
            step = permissions.check_role(wish.role_arn, session)
            self.keep([step])
            if step.level != "ok":
                return
        home = wish.region or session.region_name or "us-east-1"
        clients = clients_of(session, home, endpoint_url=wish.endpoint_url)
        step, self.found.account_id = permissions.check_identity(clients)
        self.keep([step])
        if self.found.account_id is None:
            return
        self.discover(clients)
        if sweep:
            self.keep(permissions.check_sweep(clients))
        self.bucket(clients)

    def discover(self, clients: Clients) -> None:
        steps, answers = permissions.check_discovery(clients)
        found = self.found
        found.trails, status = trails(clients, answers.get("cloudtrail:DescribeTrails", ()))
        found.accounts = {
            one["Id"]: one["Name"] for one in answers.get("organizations:ListAccounts", ())
        }
        found.regions = sorted(answers.get("ec2:DescribeRegions", ()))
        self.keep([*steps, *([status] if status else [])])
        if found.place is None and found.trails:
            found.place = found.trails[0].url
        self.note(found=found.as_dict(), **({"place": found.place} if found.place else {}))

    def bucket(self, clients: Clients) -> None:
        """Whether the trail's files can be read, and how many there are."""
        place = self.found.place
        if place is None:
            mend = "Name it: cost-pipeline onboard s3://bucket/prefix, or make a trail first."
            self.keep([Step("a trail", "error", "no trail is known here", mend)])
            return
        parts = urlsplit(place)
        steps = permissions.check_bucket(clients, parts.netloc, unquote(parts.path), None)
        if self.wish.queue_url:
            steps += permissions.check_queue(clients, self.wish.queue_url)
        self.keep(steps)
        if not self.found.missing:
            kms = [step for step in steps if step.permission == "kms:Decrypt"]
            self.measure(encrypted=any(step.level == "ok" for step in kms))

    def measure(self, *, encrypted: bool) -> None:
        """Finds the accounts that deliver, and estimates their past."""
        source, wish = self.open(), self.wish
        try:
            places = source.places()
            for one in places:
                self.found.delivering.setdefault(one.account_id, []).append(one.region)
            days = days_between(wish.since, wish.until)
            if len(places) <= _FEW_PLACES:
                days = [day for day in source.days(since=wish.since) if day <= wish.until]
            if not places or not days:
                mend = "Check the address, and --days: it must hold AWSLogs/<account>/CloudTrail/."
                what = f"no log file since {wish.since}"
                self.keep([Step("log files", "error", what, mend)])
                return
            in_s3 = wish.way != "folder"
            self.found.estimate = estimate(source, days, in_s3=in_s3, encrypted=encrypted)
        finally:
            source.close()
        regions = {region for of in self.found.delivering.values() for region in of}
        what = f"{len(self.found.delivering)} accounts deliver from {len(regions)} regions"
        self.keep([Step("log files", "ok", what)])
        self.note(estimate=self.found.estimate.as_dict(), found=self.found.as_dict())

    def open(self) -> TrailSource:
        wish = self.wish
        access = Access(role_arn=wish.role_arn, external_id=wish.external_id, region=wish.region)
        return open_trail(self.found.place or "", wish.endpoint_url, wish.region, access=access)

    def keep(self, steps: Sequence[Step]) -> None:
        self.found.steps.extend(steps)
        tenant_id, number = self.wish.tenant_id, self.found.onboarding_id
        with self.db.transaction(tenant_id) as conn:
            onboarding.keep_steps(conn, tenant_id=tenant_id, onboarding_id=number, steps=steps)
        for step in steps:
            self.tell(step)

    def note(self, **changes: Any) -> None:
        note(self.db, self.wish.tenant_id, self.found.onboarding_id, **changes)


def note(db: Database, tenant_id: str, number: int, **changes: Any) -> None:
    """Changes what is kept of an attempt."""
    with db.transaction(tenant_id) as conn:
        onboarding.note(conn, tenant_id=tenant_id, onboarding_id=number, **changes)


def register(db: Database, wish: Wish, found: Found) -> str:
    """Registers the trail, and the role it is read by; returns its address."""
    url = found.place or ""
    with db.transaction(wish.tenant_id) as conn:
        role_account = _account_of(wish.role_arn)
        if wish.role_arn and role_account:
            accounts.put(
                conn, tenant_id=wish.tenant_id, account_id=role_account, role_arn=wish.role_arn,
                external_id=wish.external_id, name=found.accounts.get(role_account),
            )  # fmt: skip
        trail = objects.ensure_trail(
            conn, tenant_id=wish.tenant_id, url=url, endpoint_url=wish.endpoint_url,
            region=wish.region, queue_url=wish.queue_url, account_id=role_account, resumed=True,
        )  # fmt: skip
        onboarding.note(
            conn, tenant_id=wish.tenant_id, onboarding_id=found.onboarding_id,
            trail_id=trail.trail_id, state="reading",
        )  # fmt: skip
        governance.audit(
            conn, tenant_id=wish.tenant_id, who=wish.by, action=f"trail {url} connected"
        )
    return url


def _account_of(role_arn: str | None) -> str | None:
    """The account in a role's ARN.

    >>> _account_of("arn:aws:iam::111122223333:role/dd0c-cost")
    '111122223333'
    """
    return role_arn.split(":")[4] if role_arn and role_arn.count(":") >= 5 else None


def finish(db: Database, wish: Wish, found: Found, summary: RunSummary) -> None:
    """Keeps what reading came to."""
    result = {
        name: getattr(summary, name)
        for name in ("files", "records", "cost_events", "unpriced", "quarantined", "anomalies")
    }
    failures = list(summary.failures[:20])
    note(
        db, wish.tenant_id, found.onboarding_id, state="failed" if failures else "done",
        result=result | {"failures": failures}, error=failures[0] if failures else None,
    )  # fmt: skip


class Recorder:
    """Keeps how far a backfill is, once a second at most, for whoever looks from elsewhere."""

    def __init__(self, db: Database, tenant_id: str, onboarding_id: int) -> None:
        self._db = db
        self._tenant_id = tenant_id
        self._number = onboarding_id
        self._steps: dict[str, dict[str, Any]] = {}
        self._written = 0.0

    def __call__(self, step: Progress) -> None:
        """One step further."""
        self._steps[step.asset] = {"done": step.done, "total": step.total, "note": step.note}
        over = step.done >= step.total
        if over or time.monotonic() - self._written >= 1:
            self._written = time.monotonic()
            note(self._db, self._tenant_id, self._number, progress=self._steps)
