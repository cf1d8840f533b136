"""What a tick of the sensor asks of each trail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cost_pipeline.aws.trails import TrailError
from cost_pipeline.orchestration.listing import Found, Listing
from cost_pipeline.orchestration.resources import TrailReader
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database
from cost_pipeline_tests.fixtures.trail import LogFolder


class _Expired:
    """A trail whose credentials have expired: it cannot know that there are new ones."""

    def places(self, **_: Any) -> None:
        raise TrailError("AWS does not accept the credentials", "credentials", "ExpiredToken")

    def close(self) -> None:
        pass


def test_a_trail_whose_credentials_expired_is_opened_anew(
    database: Database, folder: LogFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []

    def open_trail(_self: TrailReader, trail: object) -> _Expired:
        opened.append(trail)
        return _Expired()

    monkeypatch.setattr(TrailReader, "open", open_trail)
    with database.transaction("default") as conn:
        known = [("default", one) for one in objects.trails(conn, tenant_id="default")]
    told: list[Found] = []
    for _ in range(2):
        listing = Listing(database, TrailReader(), datetime.now(UTC), timedelta(hours=48), 40)
        assert listing.tick(known, told.append) == 0
    assert [found.failed for found in told] == [True, True]
    assert len(opened) == 2
