"""The digests as an asset check: on request, and what it finds is shown."""

from pathlib import Path

import pytest
from dagster import AssetCheckResult, build_asset_check_context

from cost_pipeline.orchestration.integrity_check import DigestConfig, digests
from cost_pipeline.orchestration.resources import PostgresDatabase, TrailReader
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database
from cost_pipeline_tests.intake.test_integrity import DAY, SignedTrail, public_pem, trail

__all__ = ["trail"]


def _check(database: PostgresDatabase, config: DigestConfig) -> AssetCheckResult:
    result = digests(
        build_asset_check_context(), config=config, database=database, trails=TrailReader()
    )
    assert isinstance(result, AssetCheckResult)
    return result


def test_nobody_asked(database_resource: PostgresDatabase) -> None:
    result = _check(database_resource, DigestConfig())
    assert result.passed
    assert "Not asked for" in str(result.description)


@pytest.mark.parametrize("altered", [False, True])
def test_what_was_altered_fails_the_check(
    database_resource: PostgresDatabase,
    database: Database,
    tmp_path: Path,
    trail: SignedTrail,
    altered: bool,
) -> None:
    if altered:
        trail.files[trail.logs[2]] = b"{}"
    del trail.files[trail.digests[-1]]  # a copy has no signature for the last
    trail.folder(tmp_path / "copy").close()
    (tmp_path / "key.pem").write_bytes(public_pem())
    with database.transaction("default") as conn:
        objects.ensure_trail(conn, tenant_id="default", url=str(tmp_path / "copy"))
    config = DigestConfig(
        verify=True,
        since=DAY.isoformat(),
        until=DAY.isoformat(),
        public_key_file=str(tmp_path / "key.pem"),
    )
    result = _check(database_resource, config)
    assert not result.passed
    table = str(result.metadata["findings"].value)
    assert ("altered file" in table) == altered
    assert "unsigned" in table
