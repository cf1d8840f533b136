from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cost_pipeline.aws.sessions import Access
from cost_pipeline.aws.trails import TrailError, open_trail
from cost_pipeline_tests.fixtures.ports import free_port

KEY = "AWSLogs/111111111111/CloudTrail/us-east-1/2026/11/10/a.json.gz"
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def test_a_bucket_that_does_not_exist_says_so(moto_url: str) -> None:
    with pytest.raises(TrailError, match="there is no bucket nowhere here") as caught:
        open_trail("s3://nowhere", endpoint_url=moto_url).places()
    assert caught.value.fault == "no_bucket"


@pytest.mark.parametrize(
    ("code", "fault", "words"),
    [
        ("AccessDenied", "denied", r"Allow s3:ListBucket on arn:aws:s3:::logs"),
        ("ExpiredToken", "credentials", "Sign in again"),
        ("InvalidAccessKeyId", "credentials", "renew the keys"),
        ("SlowDown", "throttled", "slow down"),
        ("Strange", "other", "AWS said"),
    ],
)
def test_what_aws_refuses_is_told_with_its_cure(code: str, fault: str, words: str) -> None:
    client = boto3.client("s3", region_name="us-east-1")
    with Stubber(client) as stub:
        stub.add_client_error("list_objects_v2", code)
        stub.add_client_error("get_object", code)
        trail = open_trail("s3://logs", client=client)
        with pytest.raises(TrailError, match=words) as caught:
            trail.places()
        assert (caught.value.fault, caught.value.code) == (fault, code)
        assert caught.value.passing == (fault == "throttled")
        with pytest.raises(TrailError, match=f"reading s3://logs/{KEY}"):
            trail.read(KEY)


def test_an_endpoint_that_does_not_answer_says_so() -> None:
    client = boto3.client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{free_port()}",
        region_name="us-east-1",
        config=boto3.session.Config(retries={"total_max_attempts": 1}, connect_timeout=1),
    )
    with pytest.raises(TrailError, match="does not answer") as caught:
        open_trail("s3://logs", client=client).places()
    assert caught.value.fault == "unreachable"
    assert caught.value.passing


def test_no_credentials_at_all_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(TrailError, match="credentials"):
        open_trail("s3://logs").places()


def test_long_listings_are_read_page_by_page(s3: Any) -> None:
    s3.create_bucket(Bucket="logs")
    keys = [KEY.replace("/a.json", f"/{n:03}.json") for n in range(25)]
    for key in keys:
        s3.put_object(Bucket="logs", Key=key, Body=b"{}")
    pages: list[int] = []

    class Small:
        def list_objects_v2(self, **request: Any) -> Any:
            pages.append(1)
            return s3.list_objects_v2(MaxKeys=10, **request)

    trail = open_trail("s3://logs", client=Small())
    assert [info.key for info in trail.list_recent(NOON)] == keys
    assert len(pages) >= 3


def test_the_rest_of_the_bucket_is_never_listed(s3: Any) -> None:
    s3.create_bucket(Bucket="logs")
    s3.put_object(Bucket="logs", Key=KEY, Body=b"{}")
    asked: list[tuple[str, str]] = []

    class Watched:
        def list_objects_v2(self, **request: Any) -> Any:
            asked.append((request["Prefix"], request.get("Delimiter", "")))
            return s3.list_objects_v2(**request)

    trail = open_trail("s3://logs", client=Watched())
    assert [info.key for info in trail.list_day(NOON.date())] == [KEY]
    assert [prefix for prefix, delimiter in asked if not delimiter] == [
        KEY.rpartition("/")[0] + "/"
    ]


def test_secret_keys_never_show() -> None:
    assert "hush" not in repr(Access(access_key_id="AKIA", secret_access_key="hush"))


def test_a_bucket_full_of_other_things_is_not_searched_through() -> None:
    class Wide:
        def list_objects_v2(self, **request: Any) -> Any:
            names = [f"{request['Prefix']}{n}/" for n in range(40)]
            return {"CommonPrefixes": [{"Prefix": name} for name in names]}

    with pytest.raises(TrailError, match="add the trail's prefix"):
        open_trail("s3://logs", client=Wide()).places()
