"""Fetches the offer files of AWS's Price List, whole and resumably, to disk.

The public site needs no credentials: an index by region for each offer, and files of megabytes
(most services) to gigabytes (EC2). A download that broke off goes on where it stopped.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import Request, urlopen

from cost_pipeline.aws.errors import AWS_FAILURES, AwsError, Fault, code_of, fault_of

PUBLIC_SITE = "https://pricing.us-east-1.amazonaws.com"
_CHUNK = 1 << 20
_MOST_INDEX_BYTES = 64 << 20
Note = Callable[[int, int], None]
"""Told bytes done and bytes in all."""


@dataclass(frozen=True, slots=True)
class OfferFile:
    """Where the current offer of a region is."""

    code: str
    region: str
    version: str
    url: str


@dataclass(frozen=True, slots=True)
class PriceListSite:
    """The Price List at an address: AWS's own, or a mirror's.

    `seconds` is how long a connection may say nothing.
    """

    base_url: str = PUBLIC_SITE
    seconds: float = 30.0

    def offers(self, code: str) -> dict[str, OfferFile]:
        """The current offer files of a service by region.

        Raises:
            AwsError: the site does not answer, or with something else than an index.
        """
        url = urljoin(self.base_url, f"/offers/v1.0/aws/{code}/current/region_index.json")
        content = _read_index(url, self.seconds)
        try:
            regions = json.loads(content)["regions"]
            return {
                name: self._file(code, name, entry["currentVersionUrl"])
                for name, entry in regions.items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise AwsError(f"{url} is no index of regions: {error!r}", "invalid") from error

    def _file(self, code: str, region: str, path: str) -> OfferFile:
        url = urljoin(self.base_url, path)
        if urlsplit(url).netloc != urlsplit(self.base_url).netloc:
            raise ValueError(f"{path} leads away from {self.base_url}")
        parts = urlsplit(url).path.split("/")
        return OfferFile(code, region, parts[-3] if len(parts) > 3 else "current", url)

    def download(
        self, offer: OfferFile, folder: Path, note: Note = lambda done, total: None
    ) -> Path:
        """Puts the offer file into `folder`, going on with what is there of this version.

        Raises:
            AwsError: the site does not answer, or breaks off; what came is kept for next time.
        """
        suffix = Path(urlsplit(offer.url).path).suffix or ".json"
        name = f"{offer.code}-{offer.region}-{offer.version}{suffix}"
        whole, part = folder / name, folder / f"{name}.part"
        if whole.exists():
            return whole
        folder.mkdir(parents=True, exist_ok=True)
        prefix = f"{offer.code}-{offer.region}-"
        for other in folder.glob(f"{prefix}*"):
            is_of_region = other.name.removeprefix(prefix)[0].isdigit()  # not of us-west-2-lax-1
            if is_of_region and not other.name.startswith(name):
                other.unlink()
        self._fetch(offer.url, part, note)
        return part.replace(whole)

    def _fetch(self, url: str, part: Path, note: Note) -> None:
        done = part.stat().st_size if part.exists() else 0
        headers = {"Accept-Encoding": "identity"}
        if done:
            headers["Range"] = f"bytes={done}-"
        try:
            answer = _opened(url, headers, self.seconds)
        except AwsError as error:
            if error.code != "416":
                raise
            part.unlink()  # it is as long as the file, or longer: it cannot be trusted
            done, answer = 0, _opened(url, {"Accept-Encoding": "identity"}, self.seconds)
        with answer:
            resumed = answer.status == 206
            done = done if resumed else 0
            total = done + int(answer.headers.get("Content-Length") or 0)
            with part.open("ab" if resumed else "wb") as file:
                done = _copy(url, answer, file, done, total, note)
        if total and done != total:
            raise AwsError(f"{url} broke off after {done:,} of {total:,} bytes", "unreachable")


def _read_index(url: str, seconds: float) -> bytes:
    with _opened(url, {}, seconds) as answer:
        try:
            return answer.read(_MOST_INDEX_BYTES)
        except (OSError, HTTPException) as error:
            raise AwsError(f"{url} broke off: {error}", "unreachable") from error


def _copy(
    url: str, answer: HTTPResponse, file: IO[bytes], done: int, total: int, note: Note
) -> int:
    free = shutil.disk_usage(Path(file.name).parent).free
    if total - done > free:
        raise AwsError(f"{url} has {total:,} bytes, the disk has {free:,} left", "other")
    try:
        while chunk := answer.read(_CHUNK):
            file.write(chunk)
            done += len(chunk)
            note(done, total)
    except (OSError, HTTPException) as error:
        raise AwsError(f"{url} broke off after {done:,} bytes: {error}", "unreachable") from error
    return done


def _opened(url: str, headers: dict[str, str], seconds: float) -> HTTPResponse:
    if urlsplit(url).scheme not in ("https", "http"):
        raise AwsError(f"{url}: prices are fetched over https (or http) only", "invalid")
    request = Request(url, headers=headers)  # noqa: S310 - the scheme was looked at
    try:
        opened: HTTPResponse = urlopen(request, timeout=seconds)  # noqa: S310
    except HTTPError as error:
        fault: Fault = "gone" if error.code == 404 else "unreachable"
        error.close()
        raise AwsError(
            f"{url} answers {error.code} {error.reason}", fault, str(error.code)
        ) from None
    except (URLError, OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise AwsError(f"{url} cannot be reached: {reason}", "unreachable") from error
    return opened


@dataclass(frozen=True, slots=True)
class PriceListApi:
    """The same files by the `pricing` API, where only AWS's API can be reached.

    Needs `pricing:ListPriceLists` and `pricing:GetPriceListFileUrl`.
    """

    client: Any
    site: PriceListSite

    def offers(self, code: str) -> dict[str, OfferFile]:
        """The current offer files of a service by region.

        Raises:
            AwsError: the API refuses, or does not answer.
        """
        try:
            pages = self.client.get_paginator("list_price_lists").paginate(
                ServiceCode=code, EffectiveDate=datetime.now(UTC), CurrencyCode="USD"
            )
            return {
                one["RegionCode"]: self._file(code, one)
                for page in pages
                for one in page["PriceLists"]
            }
        except AWS_FAILURES as error:
            raise AwsError(
                f"AWS's pricing API does not list {code}: {error}. Allow pricing:ListPriceLists "
                "and pricing:GetPriceListFileUrl.",
                fault_of(error),
                code_of(error),
            ) from error

    def _file(self, code: str, one: dict[str, str]) -> OfferFile:
        arn = one["PriceListArn"]  # arn:aws:pricing:::price-list/aws/AmazonEC2/USD/2025…/eu-west-1
        return OfferFile(code, one["RegionCode"], arn.split("/")[-2], arn)

    def download(
        self, offer: OfferFile, folder: Path, note: Note = lambda done, total: None
    ) -> Path:
        """Asks for the file's address, and puts the file into `folder`.

        Raises:
            AwsError: the API refuses, or the download breaks off.
        """
        try:
            answer = self.client.get_price_list_file_url(PriceListArn=offer.url, FileFormat="json")
        except AWS_FAILURES as error:
            raise AwsError(
                f"AWS's pricing API does not give {offer.url}: {error}",
                fault_of(error),
                code_of(error),
            ) from error
        found = OfferFile(offer.code, offer.region, offer.version, answer["Url"])
        return self.site.download(found, folder, note)
