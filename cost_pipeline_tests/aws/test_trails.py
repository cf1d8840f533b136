import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cost_pipeline.aws.trails import TrailError, TrailSource, open_trail

DAY = date(2026, 11, 10)
ACCOUNTS = ("111111111111", "222222222222")
ORGANISATION = "o-abcdefghij"
CONTENT = gzip.compress(b'{"Records": []}')
Put = Callable[[str, bytes], None]


@pytest.fixture(params=["folder", "s3"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[Put, Callable[[str], TrailSource]]:
    """A way to put files and one to open a trail under a prefix, for both kinds of source."""
    if request.param == "folder":

        def put_file(key: str, content: bytes) -> None:
            (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / key).write_bytes(content)

        return put_file, lambda prefix: open_trail(f"folder://{tmp_path}/{prefix}")
    s3 = request.getfixturevalue("s3")
    url = request.getfixturevalue("moto_url")
    s3.create_bucket(Bucket="logs")

    def put_object(key: str, content: bytes) -> None:
        s3.put_object(Bucket="logs", Key=key, Body=content)

    return put_object, lambda prefix: open_trail(f"s3://logs/{prefix}", endpoint_url=url)


def log_key(
    account: str = ACCOUNTS[0],
    region: str = "us-east-1",
    day: date = DAY,
    *,
    name: str = "",
    kind: str = "CloudTrail",
    root: str = "AWSLogs/",
) -> str:
    name = name or f"{account}_CloudTrail_{region}_{day:%Y%m%d}T0005Z_abc.json.gz"
    return f"{root}{account}/{kind}/{region}/{day:%Y/%m/%d}/{name}"


@pytest.mark.parametrize(
    ("root", "opened"),
    [
        ("AWSLogs/", ""),
        ("AWSLogs/", "AWSLogs"),
        ("team/audit/AWSLogs/", ""),
        ("team/audit/AWSLogs/", "team/audit/"),
        (f"AWSLogs/{ORGANISATION}/", ""),
        (f"x/AWSLogs/{ORGANISATION}/", f"x/AWSLogs/{ORGANISATION}"),
    ],
)
def test_a_day_is_found_in_every_layout(place: Any, root: str, opened: str) -> None:
    put, open_at = place
    keys = [log_key(a, r, root=root) for a in ACCOUNTS for r in ("eu-west-1", "us-east-1")]
    for key in [*keys, log_key(day=date(2026, 11, 9), root=root)]:
        put(key, CONTENT)
    found = list(open_at(opened).list_day(DAY))
    assert len(found) == len(keys)
    assert all(key.endswith(info.key) for key, info in zip(keys, found, strict=True))
    assert {(i.account_id, i.region) for i in found} == {
        (a, r) for a in ACCOUNTS for r in ("eu-west-1", "us-east-1")
    }
    assert {(i.day, i.size) for i in found} == {(DAY, len(CONTENT))}
    assert all(i.etag and i.last_modified.tzinfo for i in found)


@pytest.mark.parametrize("below", [ACCOUNTS[0], f"{ACCOUNTS[0]}/CloudTrail/us-east-1/2026/11"])
def test_an_address_below_the_account_narrows_what_is_read(place: Any, below: str) -> None:
    put, open_at = place
    put(log_key(), CONTENT)
    put(log_key(ACCOUNTS[1]), CONTENT)
    trail = open_at(f"AWSLogs/{below}")
    assert [info.key for info in trail.list_day(DAY)] == [log_key()]
    assert trail.read(log_key()) == CONTENT


def test_only_finished_log_files_of_management_events_count(place: Any) -> None:
    put, open_at = place
    put(log_key(name="plain.json"), b"{}")
    for kind in ("CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-NetworkActivity"):
        put(log_key(kind=kind), CONTENT)
    for name in ("half.json.gz.part", ".half.json.gz.tmp", "readme.txt"):
        put(log_key(name=name), CONTENT)
    put("AWSLogs/notes/hello.json", b"{}")
    put(log_key(region="NotARegion"), CONTENT)
    assert [info.key for info in open_at("").list_day(DAY)] == [log_key(name="plain.json")]


def test_days_are_named_without_listing_files(place: Any) -> None:
    put, open_at = place
    days = [date(2025, 12, 31), date(2026, 10, 1), DAY]
    for number, day in enumerate(days):
        put(log_key(ACCOUNTS[number % 2], day=day), CONTENT)
    put(log_key().replace("/11/10/", "/13/45/"), CONTENT)
    trail = open_at("")
    assert trail.days() == days
    assert trail.days(since=date(2026, 10, 1)) == days[1:]


def test_a_look_back_reads_whole_days(place: Any) -> None:
    put, open_at = place
    days = [date(2026, 11, n) for n in (7, 8, 9, 10, 11)]
    for day in days:
        put(log_key(day=day), CONTENT)
    found = open_at("").list_recent(datetime(2026, 11, 10, 23, 50, tzinfo=UTC))
    assert [info.day for info in found] == days[1:]


def test_a_listing_may_start_after_a_moment(place: Any) -> None:
    put, open_at = place
    early, late = (
        log_key(name=log_key().rpartition("/")[2].replace("T0005", t)) for t in ("T0400", "T1800")
    )
    put(early, CONTENT)
    put(late, CONTENT)
    trail = open_at("")
    (only,) = trail.places()
    moment = datetime(2026, 11, 10, 12, tzinfo=UTC)
    found = trail.list_day(DAY, start_after={only: only.key_at(moment)})
    assert [info.key for info in found] == [late]


def test_discovery_is_remembered_until_refreshed(place: Any) -> None:
    put, open_at = place
    trail = open_at("")
    assert trail.places() == []
    put(log_key(), CONTENT)
    assert len(trail.places()) == 1
    put(log_key(ACCOUNTS[1]), CONTENT)
    assert len(trail.places()) == 1
    assert len(trail.places(refresh=True)) == 2


def test_a_file_that_went_away_is_named(place: Any) -> None:
    put, open_at = place
    put(log_key(), CONTENT)
    with pytest.raises(TrailError, match="no longer there") as caught:
        open_at("").read(log_key(ACCOUNTS[1]))
    assert caught.value.fault == "gone"


@pytest.mark.parametrize(
    "key", ["../secret.json", "/etc/hostname", "AWSLogs/../../secret.json", "a\0b"]
)
def test_a_key_cannot_lead_out_of_the_folder(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.json").write_text("{}")
    (tmp_path / "trail").mkdir()
    with pytest.raises(TrailError) as caught:
        open_trail(str(tmp_path / "trail")).read(key)
    assert caught.value.fault == "invalid"


def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    link = tmp_path / "trail" / log_key()
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    trail = open_trail(str(tmp_path / "trail"))
    assert list(trail.list_day(DAY)) == []
    with pytest.raises(TrailError, match="not followed"):
        trail.read(log_key())


def test_a_folder_that_is_a_link_cannot_lead_out(tmp_path: Path) -> None:
    outside = tmp_path / "outside" / Path(log_key()).name
    outside.parent.mkdir()
    outside.write_text("{}")
    link = (tmp_path / "trail" / log_key()).parent
    link.parent.mkdir(parents=True)
    link.symlink_to(outside.parent)
    with pytest.raises(TrailError, match="outside"):
        open_trail(str(tmp_path / "trail")).read(log_key())


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(TrailError, match="There is no folder"):
        list(open_trail(str(tmp_path / "nowhere")).list_day(DAY))


@pytest.mark.parametrize(
    ("url", "words"), [("s3://", "names no bucket"), ("gs://x/y", "neither s3")]
)
def test_an_address_that_means_nothing_is_refused(url: str, words: str) -> None:
    with pytest.raises(TrailError, match=words):
        open_trail(url)
