"""CloudTrail's digests as a check of `trail_objects`: on request, for it reads every file."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from dagster import (
    AssetCheckExecutionContext,
    AssetCheckResult,
    AssetCheckSeverity,
    Config,
    MetadataValue,
    asset_check,
)
from pydantic import Field

from cost_pipeline.core.integrity import PublicKey
from cost_pipeline.core.plain_text import markdown_cell
from cost_pipeline.intake.integrity import Report, aws_keys, keys_client, verify
from cost_pipeline.orchestration.assets.trail import trail_objects
from cost_pipeline.orchestration.resources import (
    PostgresDatabase,
    TrailReader,
    access_of,
)
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, objects
from cost_pipeline.store.objects import Trail

_MOST_SHOWN = 100


class DigestConfig(Config):  # type: ignore[misc]
    """Which days are verified, and with which keys."""

    verify: bool = Field(
        default_factory=lambda: Settings().verify_digests,
        description="Whether to verify at all; VERIFY_DIGESTS says what happens by default.",
    )
    since: str | None = Field(default=None, description="YYYY-MM-DD; yesterday by default.")
    until: str | None = Field(default=None, description="YYYY-MM-DD; today by default.")
    public_key_file: str | None = Field(
        default=None, description="PEM file of the keys, where AWS cannot be asked."
    )


@asset_check(
    asset=trail_objects,
    name="digests",
    description="Log files are those that CloudTrail signed: none altered, none missing.",
)
def digests(
    context: AssetCheckExecutionContext,
    config: DigestConfig,
    database: PostgresDatabase,
    trails: TrailReader,
) -> AssetCheckResult:
    """Verifies every bucket and folder that has digests, of every tenant."""
    if not config.verify:
        return AssetCheckResult(
            passed=True, description="Not asked for: set verify in its config, or VERIFY_DIGESTS."
        )
    now = datetime.now(UTC)
    since = date.fromisoformat(config.since) if config.since else (now - timedelta(days=1)).date()
    until = date.fromisoformat(config.until) if config.until else now.date()
    total = Report()
    for trail in _known(database):
        _add(total, _verify(trails, trail, since, until, config.public_key_file, now))
    rows = [
        f"| {f.kind} | {markdown_cell(f.key)} | {markdown_cell(f.sentence)} |"
        for f in total.findings[:_MOST_SHOWN]
    ]
    table = "\n".join(["| what | file | why |", "|---|---|---|", *rows])
    return AssetCheckResult(
        passed=not total.findings,
        severity=AssetCheckSeverity.ERROR,
        description=f"{total.digests} digests, {total.files} files, {len(total.findings)} findings "
        f"from {since} to {until}.",
        metadata={
            "digests": total.digests,
            "files": total.files,
            "findings": MetadataValue.md(table),
        },
    )


def _known(database: PostgresDatabase) -> list[Trail]:
    """The trails that may be read now: in panic none that calls AWS."""
    db, found = database.open(), list[Trail]()
    for tenant in db.tenants():
        tenant_id = tenant["tenant_id"]
        with db.transaction(tenant_id) as conn:
            stopped = governance.panicking(conn, tenant_id=tenant_id)
            known = objects.trails(conn, tenant_id=tenant_id)
        found += [trail for trail in known if not (stopped and trail.calls_aws)]
    return found


def _verify(
    trails: TrailReader, trail: Trail, since: date, until: date, pem: str | None, now: datetime
) -> Report:
    @cache
    def keys_of(region: str) -> Sequence[PublicKey]:
        if pem is not None:
            return PublicKey.from_pem(Path(pem).read_bytes())
        client = keys_client(access_of(trail), region, trail.endpoint_url)
        return aws_keys(client, datetime(since.year, since.month, since.day, tzinfo=UTC), now)

    source = trails.open(trail)
    try:
        return verify(source, since, until, keys_of, now=now)
    finally:
        source.close()


def _add(total: Report, more: Report) -> None:
    total.digests += more.digests
    total.files += more.files
    total.chains += more.chains
    total.findings += more.findings
