"""A webhook of anybody's own, signed so that it knows who posted, and when."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.channel import TIMEOUT_SECONDS
from cost_pipeline.notify.message import Message
from cost_pipeline.notify.posting import post

TIMESTAMP_HEADER = "X-Dd0c-Timestamp"
SIGNATURE_HEADER = "X-Dd0c-Signature"


@dataclass(frozen=True)
class Webhook:
    """Posts JSON with the seconds since 1970 and an HMAC-SHA256 over them and the body."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    name: str = "webhook"
    timeout_seconds: float = TIMEOUT_SECONDS
    clock: Callable[[], float] = field(default=time.time, repr=False)

    def send(self, message: Message) -> None:
        """Posts the message; `Idempotency-Key` repeats when it is delivered again."""
        body = json.dumps(webhook_payload(message), default=str).encode()
        stamp = str(int(self.clock()))
        headers = {
            TIMESTAMP_HEADER: stamp,
            SIGNATURE_HEADER: f"v1={signature(self.secret, stamp, body)}",
            "Idempotency-Key": message.dedup_key,
        }
        post(self.url, body, headers=headers, timeout_seconds=self.timeout_seconds)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The hex HMAC-SHA256 of `timestamp.body` under the secret.

    >>> signature("secret", "1700000000", b"{}")[:16]
    'b8569b78799ff9e3'
    """
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def webhook_payload(message: Message) -> dict[str, Any]:
    """The message as data: version, kind, id, severity, subject, text, facts and links."""
    return {
        "version": 1,
        "id": message.dedup_key,
        "kind": message.kind,
        "severity": message.severity,
        "subject": one_line(message.subject),
        "text": message.text,
        "facts": message.facts,
        "links": message.buttons,
    }
