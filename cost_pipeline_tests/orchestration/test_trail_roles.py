"""A trail of an account is read as its role, with its external id, or with its stored keys."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from cost_pipeline.access.keyring import keyring
from cost_pipeline.access.vault import AccessKeys, keep
from cost_pipeline.aws.trails import TrailError
from cost_pipeline.orchestration import resources
from cost_pipeline.orchestration.resources import TrailReader
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database

ROLE = "arn:aws:iam::111122223333:role/dd0c-cost"
_ANSWER = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><Credentials><AccessKeyId>THEIRS</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>{:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>"""


class Aws(HTTPServer):
    """STS, and a bucket that notes who lists it and is empty."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.assumed: dict[str, list[str]] = {}
        self.listed_as: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Aws

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.assumed = parse_qs(body)
        self._answer(_ANSWER.format(datetime.now(UTC) + timedelta(hours=1)))

    def do_GET(self) -> None:
        self.server.listed_as.append(self.headers["Authorization"])
        self._answer("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")

    def _answer(self, text: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def aws(settings: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    server = Aws()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "OURS",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_ENDPOINT_URL_STS": server.url,
    }.items():
        monkeypatch.setenv(name, value)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_role_of_the_account_is_taken(database: Database, aws: Aws) -> None:
    with database.transaction("default") as conn:
        account = {"tenant_id": "default", "account_id": "111122223333"}
        objects.keep_role(conn, **account, role_arn=ROLE, external_id="7f3a")
        objects.ensure_trail(conn, url="s3://ours", endpoint_url=aws.url, tenant_id="default")
        objects.ensure_trail(conn, url="s3://theirs", endpoint_url=aws.url, **account)
        ours, theirs = objects.trails(conn, tenant_id="default")
    for trail in (ours, theirs):
        source = TrailReader().open(trail)
        assert source.places() == []
        source.close()
    assert aws.assumed["RoleArn"] == [ROLE]
    assert aws.assumed["ExternalId"] == ["7f3a"]
    assert ["Credential=OURS/" in one for one in aws.listed_as] == [True, False]
    assert "Credential=THEIRS/" in aws.listed_as[1]


def _with_keys(database: Database, aws: Aws) -> objects.Trail:
    account = {"tenant_id": "default", "account_id": "111122223333"}
    ring = keyring(resources.settings())
    keys = AccessKeys("STORED", "s", None)
    keep(database, ring, **account, by="ada", keys=keys)
    with database.transaction("default") as conn:
        objects.ensure_trail(conn, url="s3://theirs", endpoint_url=aws.url, **account)
        (trail,) = objects.trails(conn, tenant_id="default")
    return trail


def test_the_keys_of_the_account_are_used(database: Database, aws: Aws) -> None:
    trail = _with_keys(database, aws)
    source = TrailReader().open(trail)
    assert source.places() == []
    source.close()
    assert "Credential=STORED/" in aws.listed_as[0]
    assert "keys_cipher" not in repr(trail)


def test_keys_that_nobody_can_decrypt_are_told_of(
    database: Database, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    trail = _with_keys(database, aws)
    monkeypatch.setenv("COST_PIPELINE_SECRET_KEY", "another secret that is long enough for this")
    resources.settings.cache_clear()
    with pytest.raises(TrailError, match="cannot be decrypted"):
        TrailReader().open(trail)


def test_a_role_that_may_not_be_taken_is_said_in_words(
    database: Database, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    trail = objects.Trail(1, "s3://theirs", aws.url, role_arn=ROLE)
    source = TrailReader().open(trail)
    with pytest.raises(TrailError, match="does not answer"):
        source.places()
    source.close()
