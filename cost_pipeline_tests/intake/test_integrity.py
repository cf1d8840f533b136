"""Digests made with a key of ours, in AWS's documented form: what is altered or gone is found."""

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from cost_pipeline.aws.s3_trail import S3Trail
from cost_pipeline.aws.trails import TrailSource, open_trail
from cost_pipeline.core.integrity import PublicKey
from cost_pipeline.intake.integrity import Report, aws_keys, verify
from cost_pipeline_tests.fixtures.buckets import Bucket

DAY = date(2026, 3, 10)
START = datetime(2026, 3, 10, tzinfo=UTC)
NOW = START + timedelta(hours=24)
HOURS = 24
ACCOUNT, REGION = "111122223333", "eu-west-1"
BASE = f"audit/AWSLogs/{ACCOUNT}"
Files = dict[str, bytes]


@cache
def _key(number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _der(key: rsa.RSAPrivateKey) -> bytes:
    """A public key in the form that ListPublicKeys answers."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.PKCS1
    )


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


def _fingerprint(key: rsa.RSAPrivateKey) -> str:
    return hashlib.md5(_der(key), usedforsecurity=False).hexdigest()


@dataclass
class SignedTrail:
    """A day of log files with a digest every hour, as CloudTrail writes them."""

    files: Files = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)
    digests: list[str] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)

    def write(self) -> None:
        """Writes everything; an hour without calls has a digest of no files."""
        before: dict[str, Any] = {
            "previousDigestS3Bucket": None,
            "previousDigestS3Object": None,
            "previousDigestHashValue": None,
            "previousDigestHashAlgorithm": None,
            "previousDigestSignature": None,
        }
        for hour in range(HOURS):
            end = START + timedelta(hours=hour + 1) - timedelta(seconds=1)
            named = [self._log(hour, number) for number in range(hour % 3)]
            before = self._digest(end, named, before)

    def _log(self, hour: int, number: int) -> dict[str, str]:
        text = json.dumps({"Records": [{"eventID": f"{hour}-{number}"}]}).encode()
        name = f"{ACCOUNT}_CloudTrail_{REGION}_{DAY:%Y%m%d}T{hour:02}00Z_{number}.json.gz"
        key = f"{BASE}/CloudTrail/{REGION}/{DAY:%Y/%m/%d}/{name}"
        self.files[key] = gzip.compress(text)
        self.logs.append(key)
        return {
            "s3Bucket": "logs",
            "s3Object": key,
            "hashValue": hashlib.sha256(text).hexdigest(),
            "hashAlgorithm": "SHA-256",
        }

    def _digest(
        self, end: datetime, named: list[dict[str, str]], before: dict[str, Any]
    ) -> dict[str, Any]:
        name = f"{ACCOUNT}_CloudTrail-Digest_{REGION}_main_{REGION}_{end:%Y%m%dT%H%M%SZ}.json.gz"
        key = f"{BASE}/CloudTrail-Digest/{REGION}/{end:%Y/%m/%d}/{name}"
        body = {
            "awsAccountId": ACCOUNT,
            "digestStartTime": f"{end - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "digestS3Bucket": "logs",
            "digestS3Object": key,
            "digestPublicKeyFingerprint": _fingerprint(_key(0)),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None,
            "oldestEventTime": None,
            **before,
            "logFiles": named,
        }
        text = json.dumps(body).encode()
        digest_hash = hashlib.sha256(text).hexdigest()
        signed = (
            f"{body['digestEndTime']}\nlogs/{key}\n{digest_hash}\n"
            f"{before['previousDigestSignature'] or 'null'}"
        )
        signature = _key(0).sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()
        self.files[key] = gzip.compress(text)
        self.signatures[key] = signature
        self.digests.append(key)
        return {
            "previousDigestS3Bucket": "logs",
            "previousDigestS3Object": key,
            "previousDigestHashValue": digest_hash,
            "previousDigestHashAlgorithm": "SHA-256",
            "previousDigestSignature": signature,
        }

    def bucket(self) -> TrailSource:
        """The trail in a bucket, with the signatures as metadata."""
        bucket = Bucket()
        for key, content in self.files.items():
            metadata = {"signature": self.signatures[key]} if key in self.signatures else {}
            bucket.put(key, content, metadata)
        return S3Trail(bucket, "logs", "audit")

    def folder(self, root: Path) -> TrailSource:
        """A copy of the trail in a folder, which keeps no metadata."""
        for key, content in self.files.items():
            path = root / key.removeprefix("audit/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return open_trail(str(root))


@cache
def _written() -> SignedTrail:
    trail = SignedTrail()
    trail.write()
    return trail


@pytest.fixture
def trail() -> SignedTrail:
    """A fresh copy, to be spoiled."""
    one = _written()
    return SignedTrail(dict(one.files), dict(one.signatures), list(one.digests), list(one.logs))


def _verify(source: TrailSource, *, key: int = 0, until: date = DAY) -> Report:
    keys = PublicKey.from_pem(_pem(_key(key)))
    try:
        return verify(source, DAY, until, lambda _: keys, now=NOW)
    finally:
        source.close()


def _kinds(report: Report) -> list[tuple[str, str]]:
    return [(finding.kind, finding.key) for finding in report.findings]


def test_what_nobody_touched_is_sound(trail: SignedTrail) -> None:
    report = _verify(trail.bucket())
    assert (report.digests, report.files, report.chains) == (HOURS, 24, 1)
    assert report.sound, report.findings


def test_a_copy_without_metadata_is_verified_by_the_chain(
    trail: SignedTrail, tmp_path: Path
) -> None:
    report = _verify(trail.folder(tmp_path))
    assert _kinds(report) == [("unsigned", trail.digests[-1].removeprefix("audit/"))]


def _alter_log(trail: SignedTrail) -> tuple[str, str]:
    trail.files[trail.logs[3]] = gzip.compress(b'{"Records": []}')
    return "altered file", trail.logs[3]


def _break_log(trail: SignedTrail) -> tuple[str, str]:
    trail.files[trail.logs[3]] = trail.files[trail.logs[3]][:-9]
    return "altered file", trail.logs[3]


def _remove_log(trail: SignedTrail) -> tuple[str, str]:
    del trail.files[trail.logs[5]]
    return "missing file", trail.logs[5]


def _remove_digest(trail: SignedTrail) -> tuple[str, str]:
    del trail.files[trail.digests[7]]
    return "missing digest", trail.digests[7]


def _remove_the_last_digests(trail: SignedTrail) -> tuple[str, str]:
    for key in trail.digests[-4:]:
        del trail.files[key]
    return "missing digest", trail.digests[-5]


def _forget_signature(trail: SignedTrail) -> tuple[str, str]:
    del trail.signatures[trail.digests[-1]]
    return "unsigned", trail.digests[-1]


@pytest.mark.parametrize(
    "spoil",
    [
        _alter_log,
        _break_log,
        _remove_log,
        _remove_digest,
        _remove_the_last_digests,
        _forget_signature,
    ],
)
def test_one_thing_that_is_wrong_is_found_and_nothing_else(
    trail: SignedTrail, spoil: Callable[[SignedTrail], tuple[str, str]]
) -> None:
    expected = spoil(trail)
    assert _kinds(_verify(trail.bucket())) == [expected]


def _rewritten(content: bytes) -> bytes:
    body = json.loads(gzip.decompress(content))
    body["logFiles"] = []
    return gzip.compress(json.dumps(body).encode())


def test_a_file_that_no_digest_names_is_found(trail: SignedTrail) -> None:
    slipped_in = trail.logs[0].replace("Z_0.json", "Z_slipped.json")
    trail.files[slipped_in] = gzip.compress(b'{"Records": []}')
    assert _kinds(_verify(trail.bucket())) == [("unexpected file", slipped_in)]


@pytest.mark.parametrize("name", ["forged.json.gz", "111_CloudTrail_x_20269999T9999Z_a.json.gz"])
def test_a_file_that_hides_its_time_is_found(trail: SignedTrail, name: str) -> None:
    forged = f"{trail.logs[0].rpartition('/')[0]}/{name}"
    trail.files[forged] = gzip.compress(b'{"Records": []}')
    assert _kinds(_verify(trail.bucket())) == [("unexpected file", forged)]


def test_what_is_no_log_file_is_no_concern(trail: SignedTrail) -> None:
    trail.files[f"{trail.logs[0].rpartition('/')[0]}/readme.txt"] = b"hello"
    assert _verify(trail.bucket()).sound


def test_a_digest_without_a_time_zone_was_altered(trail: SignedTrail) -> None:
    key = trail.digests[-1]
    text = gzip.decompress(trail.files[key])
    trail.files[key] = gzip.compress(
        text.replace(b'59Z", "digestS3Bucket', b'59", "digestS3Bucket')
    )
    assert ("altered digest", key) in _kinds(_verify(trail.bucket()))


def test_a_file_whose_digest_is_not_there_yet_is_not_held_against_anybody(
    trail: SignedTrail,
) -> None:
    late = trail.logs[-1].replace("Z_0.json", "Z_late.json").replace("Z_1.json", "Z_late.json")
    late = late.replace(f"T{late.split('T')[-1][:2]}00Z", f"T{HOURS - 1:02}00Z")
    trail.files[late] = gzip.compress(b'{"Records": []}')
    assert _verify(trail.bucket()).sound


def test_a_digest_that_was_rewritten_is_found_twice(trail: SignedTrail) -> None:
    key = trail.digests[5]
    trail.files[key] = _rewritten(trail.files[key])
    assert _kinds(_verify(trail.bucket())) == [("altered digest", key)] * 2


def test_a_digest_signed_with_another_key_is_not_believed(trail: SignedTrail) -> None:
    report = _verify(trail.bucket(), key=1)
    assert _kinds(report) == [("altered digest", key) for key in trail.digests]


def test_a_digest_in_another_s_place_is_found(trail: SignedTrail) -> None:
    first, second = trail.digests[3:5]
    trail.files[second] = trail.files[first]
    found = _kinds(_verify(trail.bucket()))
    assert ("altered digest", second) in found


def test_no_digest_at_all_is_not_sound(trail: SignedTrail) -> None:
    report = _verify(trail.bucket(), until=DAY - timedelta(days=1))
    assert (report.digests, report.sound) == (0, False)


def test_keys_are_asked_of_aws_page_by_page_and_told_apart_by_fingerprint(
    trail: SignedTrail,
) -> None:
    class Client:
        def list_public_keys(self, **request: Any) -> dict[str, Any]:
            page = int(request.get("NextToken", "0"))
            key = _key(1 - page)
            answer: dict[str, Any] = {
                "PublicKeyList": [{"Value": _der(key), "Fingerprint": _fingerprint(key)}]
            }
            return answer | ({} if page else {"NextToken": "1"})

    keys = aws_keys(Client(), START, NOW)
    assert [key.fingerprint for key in keys] == [_fingerprint(_key(1)), _fingerprint(_key(0))]
    source = trail.bucket()
    assert verify(source, DAY, DAY, lambda _: keys, now=NOW).sound
    foreign = verify(source, DAY, DAY, lambda _: keys[:1], now=NOW)
    assert {finding.kind for finding in foreign.findings} == {"unsigned"}
    source.close()


def public_pem() -> bytes:
    """The key that the digests are signed with, as PEM."""
    return _pem(_key(0))
