"""What usually comes and did not is noticed; what never comes is not missed."""

from datetime import UTC, date, datetime, timedelta

from cost_pipeline.store import delivery
from cost_pipeline_tests.store.conftest import TENANT, Listed, Loader

NOW = datetime(2026, 3, 20, 12, 30, tzinfo=UTC)


def _deliver(loader: Loader, account: str, hours: list[datetime]) -> None:
    loader.register(
        *(
            Listed(
                f"AWSLogs/{account}/{at:%Y/%m/%d}/{account}_CloudTrail_eu-west-1_{at:%Y%m%dT%H%M}Z_a.json.gz",
                at.date(),
                account,
                last_modified=at,
            )
            for at in hours
        )
    )


def _every_hour(days: int, of_day: range = range(24)) -> list[datetime]:
    first = datetime(2026, 3, 20, tzinfo=UTC) - timedelta(days=days)
    hours = [first + timedelta(hours=n) for n in range(days * 24 + 12)]
    return [at + timedelta(minutes=7) for at in hours if at.hour in of_day]


def _missing(loader: Loader) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    with loader.database.transaction(TENANT) as conn:
        hours = delivery.missing_hours(conn, tenant_id=TENANT, now=NOW)
        return hours, delivery.missing_days(conn, tenant_id=TENANT, now=NOW)


def test_hours_without_files_where_there_usually_are(loader: Loader) -> None:
    silent = datetime(2026, 3, 19, 20, tzinfo=UTC)
    kept = [at for at in _every_hour(14) if not silent <= at < silent + timedelta(hours=5)]
    _deliver(loader, "111122223333", kept)
    hours, days = _missing(loader)
    assert hours == [
        {
            "account_id": "111122223333",
            "hours": 5,
            "since": silent,
            "until": silent + timedelta(hours=4),
        }
    ]
    assert days == []


def test_nights_in_which_nobody_works_are_not_missed(loader: Loader) -> None:
    _deliver(loader, "111122223333", _every_hour(14, range(8, 18)))
    assert _missing(loader) == ([], [])


def test_a_day_without_files_is_named(loader: Loader) -> None:
    gone = date(2026, 3, 12)
    _deliver(loader, "111122223333", [at for at in _every_hour(14) if at.date() != gone])
    assert _missing(loader) == ([], [{"account_id": "111122223333", "day": gone}])


def test_an_account_that_is_new_or_rare_is_left_alone(loader: Loader) -> None:
    _deliver(loader, "111122223333", _every_hour(2))
    _deliver(loader, "444455556666", _every_hour(14, range(9, 10))[::4])
    assert _missing(loader) == ([], [])
