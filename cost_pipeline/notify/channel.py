"""What every channel is: somewhere that messages go, and what it says when it takes none."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlsplit

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.message import Message

TIMEOUT_SECONDS = 10.0
_LEAST_SECRET = 4


class DeliveryError(Exception):
    """A channel did not take a message; `retry_after` is in seconds where it said so."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Channel(Protocol):
    """Somewhere that messages go."""

    @property
    def name(self) -> str:
        """The name that the outbox knows it by."""

    def send(self, message: Message) -> None:
        """Delivers a message; raises `DeliveryError` when it was not accepted."""


@dataclass(frozen=True)
class Console:
    """Prints the subject: what runs in a terminal or under systemd shows up in its log."""

    name: str = "console"

    def send(self, message: Message) -> None:
        """Writes one line to standard output."""
        sys.stdout.write(f"ALERT {one_line(message.subject)}\n")
        sys.stdout.flush()


def scrubbed(text: str, secrets: Iterable[str | None]) -> str:
    """What a server said, as one line without secrets, should it have repeated one.

    >>> scrubbed("550 no such key: s3cr3t", ["s3cr3t"])
    '550 no such key: ***'
    """
    said = one_line(text)
    parts = {part for secret in secrets if secret for part in _parts(secret)}
    for part in sorted(parts, key=len, reverse=True):
        said = said.replace(part, "***")
    return unicodedata.normalize("NFC", said)[:300]


def _parts(secret: str) -> set[str]:
    """A secret, and of an address what is secret of it: its path, its query, its login."""
    where = urlsplit(secret) if "://" in secret else None
    parts = {secret, quote(secret)}
    if where is not None:
        parts |= {where.path, where.query, where.password or "", where.username or ""}
        parts |= set(where.path.split("/"))
    return {part for part in parts if len(part) >= _LEAST_SECRET}
