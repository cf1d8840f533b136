"""Posting to an address that is a secret: limits, no redirects, and errors that keep it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

from cost_pipeline.notify.channel import TIMEOUT_SECONDS, DeliveryError

# At DEBUG it writes the addresses that are posted to, and a webhook's address is a secret.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
_HINTS = {
    400: "it does not take this message",
    401: "it does not know our key",
    403: "it does not let us in: was the webhook revoked?",
    404: "the webhook is not there: was it deleted?",
    410: "the webhook is gone: make a new one",
    413: "the message is too large",
    429: "too many messages",
}


def post(
    url: str,
    body: bytes,
    *,
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> None:
    """Posts JSON; the answer's body is not read, for only its status says whether it was taken.

    Raises:
        DeliveryError: no answer in time, none that can be trusted, or one that says no.
    """
    sent = {"Content-Type": "application/json", "User-Agent": "dd0c-cost"} | dict(headers or {})
    try:
        # A redirect would turn the message into a GET.
        with requests.post(
            url,
            data=body,
            headers=sent,
            timeout=timeout_seconds,
            allow_redirects=False,
            stream=True,
        ) as answer:
            status, retry_after = answer.status_code, answer.headers.get("Retry-After")
    except requests.RequestException as error:
        # The address is a secret: the exception's own words would print it.
        raise DeliveryError(f"the webhook {_why(error)}") from None
    if status >= 300:
        hint = f" ({_HINTS[status]})" if status in _HINTS else ""
        raise DeliveryError(f"the webhook answered {status}{hint}", _seconds(retry_after))


def _why(error: requests.RequestException) -> str:
    said = repr(error)
    if isinstance(error, requests.exceptions.SSLError):
        return "has a certificate that is not trusted, or none"
    if isinstance(error, requests.Timeout):
        return "did not answer in time"
    if "NameResolutionError" in said:
        return "is unreachable: its name is unknown"
    if "Connection refused" in said:
        return "is unreachable: the connection was refused"
    return f"is unreachable ({type(error).__name__})"


def _seconds(header: str | None) -> float | None:
    """What `Retry-After` asks for, within an hour; it may also name a date."""
    if not header:
        return None
    if header.strip().isdecimal():
        seconds = float(header)
    else:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 1.0), 3600.0)
