"""Links in messages by which whoever gets one can decide about an anomaly without a login.

A link says one thing about one anomaly of one tenant, for seven days, and whom it was sent to.
It proves that somebody could read that message, and nothing else: no page opens with it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal, get_args
from uuid import UUID

import jwt

from cost_pipeline.access.keyring import Keyring

Answer = Literal["mine", "expected", "not-mine"]
LABELS: dict[Answer, str] = {"mine": "Mine", "expected": "Expected", "not-mine": "Not mine"}
LIFETIME = timedelta(days=7)
PATH = "/decide/"
_ALGORITHM, _PURPOSE, _AUDIENCE = "HS256", "alert link", "decide"
_MOST_CHARACTERS = 2048
_MOST_SENT_TO = 200


class LinkError(ValueError):
    """A link is not accepted; the message is for whoever opened it."""


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: `channel` and `sent_to` are whom it was given to."""

    tenant_id: str
    anomaly_id: UUID
    answer: Answer
    channel: str
    sent_to: str
    expires_at: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """By what a link that was used is known again, however it was encoded."""
        said = [self.tenant_id, str(self.anomaly_id), self.answer, self.channel, self.sent_to]
        return sha256(json.dumps([*said, str(self.expires_at)]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AlertLinks:
    """Makes the links of a tenant's messages."""

    ring: Keyring = field(repr=False)
    dashboard_url: str
    tenant_id: str

    def __call__(
        self, anomaly_id: UUID, *, channel: str, sent_to: str, issued_at: datetime
    ) -> dict[str, str]:
        """Label → address; the same whenever the same message is made."""
        base = self.dashboard_url.rstrip("/") + PATH
        return {
            label: base
            + sign(
                self.ring,
                Link(self.tenant_id, anomaly_id, answer, channel, sent_to[:_MOST_SENT_TO]),
                issued_at=issued_at,
            )
            for answer, label in LABELS.items()
        }


def sign(ring: Keyring, link: Link, *, issued_at: datetime) -> str:
    """A link as it stands in its address."""
    key = ring.newest
    claims = {
        "aud": _AUDIENCE,
        "ten": link.tenant_id,
        "ano": str(link.anomaly_id),
        "ans": link.answer,
        "cha": link.channel,
        "to": link.sent_to,
        "exp": int((issued_at + LIFETIME).timestamp()),
    }
    return jwt.encode(
        claims, key.derived(_PURPOSE), algorithm=_ALGORITHM, headers={"kid": key.key_id}
    )


def read(ring: Keyring, token: str, *, now: datetime) -> Link:
    """What a link says.

    Raises:
        LinkError: it is not one of ours, was changed, or is too old.
    """
    broken = LinkError("This link is not whole. Open it again from the message.")
    if len(token) > _MOST_CHARACTERS:
        raise broken
    try:
        header = jwt.get_unverified_header(token)
        key = ring.find(str(header.get("kid")))
        if key is None:
            raise broken
        claims = jwt.decode(
            token,
            key.derived(_PURPOSE),
            algorithms=[_ALGORITHM],
            audience=_AUDIENCE,
            options={"require": ["exp", "aud"], "verify_exp": False},
        )
        expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        link = Link(
            *(claims["ten"], UUID(claims["ano"]), claims["ans"], claims["cha"], claims["to"]),
            expires_at,
        )
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError):
        raise broken from None
    if link.answer not in get_args(Answer):
        raise broken
    if expires_at <= now:
        raise LinkError("This link is more than seven days old. Open the anomaly in the app.")
    return link
