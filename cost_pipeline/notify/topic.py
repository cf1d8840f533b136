"""An SNS topic: the text, with what subscribers may filter by as attributes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cost_pipeline.aws.errors import AwsError
from cost_pipeline.aws.sessions import Access
from cost_pipeline.aws.topics import publish
from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.channel import TIMEOUT_SECONDS, DeliveryError
from cost_pipeline.notify.message import Message

_MOST_SUBJECT = 99
_MOST_BYTES = 250_000  # SNS takes 256 KiB


@dataclass(frozen=True)
class Topic:
    """A topic, reached with the credentials at hand or through a role."""

    topic: str
    role_arn: str | None = None
    external_id: str | None = None
    endpoint_url: str | None = None
    name: str = "sns"
    timeout_seconds: float = TIMEOUT_SECONDS

    def send(self, message: Message) -> None:
        """Publishes the message."""
        facts = message.facts
        try:
            publish(
                self.topic,
                subject=topic_subject(message.subject),
                message=message.text.encode()[:_MOST_BYTES].decode(errors="ignore"),
                attributes={
                    "kind": message.kind,
                    "severity": message.severity,
                    "account": str(facts.get("account_id") or ""),
                    "resource_type": str(facts.get("resource_type") or ""),
                    "id": message.dedup_key,
                },
                dedup_id=hashlib.sha256(message.dedup_key.encode()).hexdigest(),
                access=Access(role_arn=self.role_arn, external_id=self.external_id),
                endpoint_url=self.endpoint_url,
                timeout_seconds=self.timeout_seconds,
            )
        except AwsError as error:
            raise DeliveryError(str(error)) from None


def topic_subject(text: str) -> str:
    """A subject as SNS takes it: ASCII, one line, fewer than 100 characters.

    >>> topic_subject("[high] ada started 3 × p4d")
    '[high] ada started 3 x p4d'
    """
    plain = one_line(text).replace("×", "x").encode("ascii", "replace").decode()
    return plain[:_MOST_SUBJECT] or "dd0c/cost"
