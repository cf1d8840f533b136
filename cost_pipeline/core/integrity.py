"""CloudTrail's digest files: who signed what, and whether it is all still there.

Every hour CloudTrail writes a digest of the log files it delivered, with the SHA-256 of each,
names the digest before it with its hash and signature, and signs the whole
(CloudTrail User Guide, "Custom implementations of CloudTrail log file integrity validation").
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from cost_pipeline.core.cloudtrail import decompress
from cost_pipeline.core.splitting import UnreadableFileError

_MOST_DIGEST = 256 << 20
_MARKER = "AWSLogs/"

Kind = Literal[
    "missing file",
    "altered file",
    "missing digest",
    "altered digest",
    "unsigned",
    "unexpected file",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    kind: Kind
    key: str
    sentence: str


class DigestedFile(msgspec.Struct, rename="camel", frozen=True):
    """A log file as its digest describes it."""

    s3_bucket: str
    s3_object: str
    hash_value: str
    hash_algorithm: str


_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _Body(msgspec.Struct, rename="camel", frozen=True):
    digest_start_time: _Moment
    digest_end_time: _Moment
    digest_s3_bucket: str
    digest_s3_object: str
    log_files: list[DigestedFile]
    digest_signature_algorithm: str = "SHA256withRSA"
    digest_public_key_fingerprint: str | None = None
    previous_digest_s3_object: str | None = None
    previous_digest_hash_value: str | None = None
    previous_digest_signature: str | None = None


class _EndTime(msgspec.Struct, rename="camel"):
    digest_end_time: str


_body = msgspec.json.Decoder(_Body)
_end_time = msgspec.json.Decoder(_EndTime)


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest file: its key, its content without gzip, and the signature stored beside it."""

    key: str
    text: bytes
    body: _Body
    signature: str | None

    @classmethod
    def read(cls, key: str, content: bytes, signature: str | None) -> Digest:
        """Decodes a digest file; raises `UnreadableFileError` where it is none."""
        text = bytes(decompress(content, max_bytes=_MOST_DIGEST))
        try:
            return cls(key, text, _body.decode(text), signature)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnreadableFileError(f"not a digest file: {error}") from error

    @property
    def sha256(self) -> str:
        """The hash that the next digest names."""
        return hashlib.sha256(self.text).hexdigest()

    @property
    def signed_string(self) -> bytes:
        """What the signature is of, as AWS documents it; the time as the file writes it."""
        body = self.body
        parts = (
            _end_time.decode(self.text).digest_end_time,
            f"{body.digest_s3_bucket}/{body.digest_s3_object}",
            self.sha256,
            body.previous_digest_signature or "null",
        )
        return "\n".join(parts).encode()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that CloudTrail signs with; `fingerprint` as ListPublicKeys says it, if it did."""

    key: RSAPublicKey
    fingerprint: str | None = None

    @classmethod
    def from_der(cls, der: bytes, fingerprint: str) -> PublicKey:
        """A key as ListPublicKeys answers it (PKCS #1, DER); raises `ValueError`."""
        return cls(_rsa(serialization.load_der_public_key(der)), fingerprint)

    @classmethod
    def from_pem(cls, pem: bytes) -> list[PublicKey]:
        """The keys of a PEM file; raises `ValueError` where it holds none."""
        end = b"PUBLIC KEY-----"
        blocks = [b"-----BEGIN" + part for part in pem.split(b"-----BEGIN")[1:]]
        found = [block for block in blocks if end in block]
        if not found:
            raise ValueError(
                "The file of public keys holds no PEM block: -----BEGIN PUBLIC KEY-----"
            )
        return [cls(_rsa(serialization.load_pem_public_key(block))) for block in found]

    def signed(self, digest: Digest, signature: str) -> bool:
        """Whether a signature, in hex, is this key's of a digest."""
        try:
            self.key.verify(
                bytes.fromhex(signature), digest.signed_string, padding.PKCS1v15(), hashes.SHA256()
            )
        except (InvalidSignature, ValueError):
            return False
        return True


def _rsa(key: object) -> RSAPublicKey:
    if not isinstance(key, RSAPublicKey):
        raise ValueError("CloudTrail signs with RSA; this public key is of another kind.")
    return key


def local_key(named: str, seen_as: str) -> str:
    """Where a file that a digest names lies for us: a copied trail has its own prefix.

    >>> local_key("audit/AWSLogs/1/CloudTrail/a.json.gz", "copy/AWSLogs/1/CloudTrail-Digest/d")
    'copy/AWSLogs/1/CloudTrail/a.json.gz'
    """
    _, found, rest = named.partition(_MARKER)
    return f"{seen_as.partition(_MARKER)[0]}{_MARKER}{rest}" if found else named


def examine_chain(digests: Sequence[Digest], keys: Iterable[PublicKey]) -> list[Finding]:
    """What is wrong with one trail's digests of one region, given in the order of their end.

    A digest whose signature was not copied with it is examined by the next one, which repeats
    it and is signed itself.
    """
    known = list(keys)
    findings: list[Finding] = []
    following: list[Digest | None] = [*digests[1:], None]
    for number, (digest, after) in enumerate(zip(digests, following, strict=True)):
        findings += _signature(digest, after, known)
        if number:
            findings += _link(digests[number - 1], digest)
    return findings


def _signature(digest: Digest, after: Digest | None, keys: list[PublicKey]) -> list[Finding]:
    key, signature = digest.key, digest.signature
    named = digest.body.digest_s3_object
    if local_key(named, key) != key:
        text = f"It says that it is {named}: it was renamed, or put in another's place."
        return [Finding("altered digest", key, text)]
    if signature is None and after is not None and _names(after, digest):
        signature = after.body.previous_digest_signature
    if signature is None:
        text = "Its signature is missing: copies keep it only as metadata (x-amz-meta-signature)."
        return [Finding("unsigned", key, text)]
    print_ = digest.body.digest_public_key_fingerprint
    fitting = [one for one in keys if one.fingerprint in (None, print_)]
    if not fitting:
        return [Finding("unsigned", key, f"There is no public key with the fingerprint {print_}.")]
    if not any(one.signed(digest, signature) for one in fitting):
        text = "Its signature does not fit its content: it was altered after CloudTrail signed it."
        return [Finding("altered digest", key, text)]
    return []


def _names(after: Digest, digest: Digest) -> bool:
    named = after.body.previous_digest_s3_object
    return named is not None and local_key(named, after.key) == digest.key


def _link(before: Digest, digest: Digest) -> list[Finding]:
    named = digest.body.previous_digest_s3_object
    if named is None:
        text = (
            "It begins a new chain: logging or validation was off between "
            f"{before.body.digest_end_time:%Y-%m-%d %H:%M} and "
            f"{digest.body.digest_start_time:%Y-%m-%d %H:%M} UTC, or digests were removed."
        )
        return [Finding("missing digest", digest.key, text)]
    if not _names(digest, before):
        text = f"The digest before {digest.key} is not there."
        return [Finding("missing digest", local_key(named, digest.key), text)]
    if digest.body.previous_digest_hash_value != before.sha256:
        text = f"Its content is not what {digest.key} says of it."
        return [Finding("altered digest", before.key, text)]
    return []


def examine_file(named: DigestedFile, key: str, content: bytes | None) -> Finding | None:
    """What is wrong with a log file that a digest names; `content` is None where it is gone."""
    if content is None:
        return Finding("missing file", key, "A digest names it, and it is not there.")
    try:
        found = hashlib.sha256(decompress(content, max_bytes=1 << 30)).hexdigest()
    except UnreadableFileError as error:
        return Finding("altered file", key, f"It cannot be read: {error}.")
    if named.hash_algorithm != "SHA-256" or found != named.hash_value:
        return Finding("altered file", key, "Its content is not what its digest says.")
    return None
