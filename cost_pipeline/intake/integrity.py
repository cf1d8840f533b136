"""A trail against its digests: every digest of a range, and every file that one names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from cost_pipeline.aws.errors import AWS_FAILURES, code_of, fault_of
from cost_pipeline.aws.sessions import Access, call_settings, open_session
from cost_pipeline.aws.trail_layout import days_between
from cost_pipeline.aws.trails import TrailError
from cost_pipeline.core.integrity import (
    Digest,
    DigestedFile,
    Finding,
    PublicKey,
    examine_chain,
    examine_file,
    local_key,
)
from cost_pipeline.core.splitting import UnreadableFileError
from cost_pipeline.intake.unexpected import unexpected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cost_pipeline.aws.trails import TrailSource

_READERS = 8
_LATE = timedelta(hours=2)
_NAME = re.compile(r"(?P<chain>.+)_\d{8}T\d{6}Z\.json\.gz")


@dataclass(slots=True)
class Report:
    """What was examined, and what was found."""

    digests: int = 0
    files: int = 0
    chains: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether there were digests, and nothing is wrong."""
        return self.digests > 0 and not self.findings


class KeysClient(Protocol):
    """The one call of a boto3 CloudTrail client that this takes."""

    def list_public_keys(self, **request: Any) -> Mapping[str, Any]:
        """The keys that were in use in a time."""


def aws_keys(client: KeysClient, since: datetime, until: datetime) -> list[PublicKey]:
    """The keys that CloudTrail signed with; needs cloudtrail:ListPublicKeys.

    Raises:
        TrailError: AWS refuses.
    """
    request: dict[str, Any] = {"StartTime": since, "EndTime": until}
    keys: list[PublicKey] = []
    while True:
        try:
            answer = client.list_public_keys(**request)
        except AWS_FAILURES as error:
            raise TrailError(
                f"ListPublicKeys failed ({code_of(error)}): {error}. Allow "
                "cloudtrail:ListPublicKeys, or give the keys with --public-key.",
                fault_of(error),
                code_of(error),
            ) from error
        found = answer.get("PublicKeyList", ())
        keys += [PublicKey.from_der(one["Value"], one["Fingerprint"]) for one in found]
        if not answer.get("NextToken"):
            return keys
        request["NextToken"] = answer["NextToken"]


def keys_client(access: Access, region: str, endpoint_url: str | None) -> KeysClient:
    """A client of one region: each has keys of its own."""
    client: KeysClient = open_session(access).client(
        "cloudtrail", region_name=region, endpoint_url=endpoint_url, config=call_settings()
    )
    return client


def verify(
    source: TrailSource,
    since: date,
    until: date,
    keys_of: Callable[[str], Sequence[PublicKey]],
    *,
    now: datetime,
    progress: Callable[[str], None] = lambda sentence: None,
) -> Report:
    """Examines the digests of every day from `since` to `until`, and the files that they name.

    `keys_of` says which keys CloudTrail signed with in a region.

    Raises:
        TrailError: the trail cannot be read.
    """
    report = Report()
    prefixes = source.digest_prefixes()
    with ThreadPoolExecutor(_READERS, "verify") as pool:
        for region, prefix in prefixes:
            chains = _chains(source, prefix, since, until)
            all_read: list[list[Digest]] = []
            for chain, listed in sorted(chains.items()):
                progress(f"{chain.rpartition('/')[2]}: {len(listed)} digests")
                digests = list(_read(source, listed, pool, report))
                report.chains += 1
                report.digests += len(listed)
                report.findings += examine_chain(digests, keys_of(region))
                report.findings += _ends_early(digests, until, now)
                report.findings += _files(source, digests, pool, report)
                altered = {one.key for one in report.findings if one.kind == "altered digest"}
                all_read.append([one for one in digests if one.key not in altered])
            report.findings += unexpected(source, prefix, since, until, all_read)
    return report


def _chains(source: TrailSource, prefix: str, since: date, until: date) -> dict[str, list[str]]:
    """The keys of digests by trail, in the order of their time."""
    chains: dict[str, list[str]] = defaultdict(list)
    for day in days_between(since, until):
        for key in source.keys(f"{prefix}{day:%Y/%m/%d}/"):
            named = _NAME.fullmatch(key.rpartition("/")[2])
            if named:
                chains[named["chain"]].append(key)
    return {
        chain: sorted(keys, key=lambda k: k.rpartition("_")[2]) for chain, keys in chains.items()
    }


def _read(
    source: TrailSource, keys: Sequence[str], pool: ThreadPoolExecutor, report: Report
) -> Iterator[Digest]:
    for key, (content, signature) in zip(keys, pool.map(source.read_signed, keys), strict=True):
        try:
            yield Digest.read(key, content, signature)
        except UnreadableFileError as error:
            report.findings.append(Finding("altered digest", key, f"It is {error}."))


def _ends_early(digests: Sequence[Digest], until: date, now: datetime) -> Iterator[Finding]:
    """A chain that does not reach the end of the range: digests come every hour, files or not."""
    if not digests:
        return
    last = digests[-1]
    midnight = datetime(until.year, until.month, until.day, tzinfo=UTC) + timedelta(days=1)
    if last.body.digest_end_time < min(midnight, now) - _LATE:
        end = f"{last.body.digest_end_time:%Y-%m-%d %H:%M} UTC"
        yield Finding("missing digest", last.key, f"There is none after it, since {end}.")


def _files(
    source: TrailSource, digests: Sequence[Digest], pool: ThreadPoolExecutor, report: Report
) -> Iterator[Finding]:
    named = [(file, local_key(file.s3_object, d.key)) for d in digests for file in d.body.log_files]
    report.files += len(named)

    def examine(one: tuple[DigestedFile, str]) -> Finding | None:
        file, key = one
        try:
            content: bytes | None = source.read(key)
        except TrailError as error:
            if error.fault != "gone":
                raise
            content = None
        return examine_file(file, key, content)

    yield from _found(pool.map(examine, named))


def _found(findings: Iterable[Finding | None]) -> Iterator[Finding]:
    return (finding for finding in findings if finding is not None)
