"""The channels: console, mail by SMTP, and Slack's incoming webhook."""

from __future__ import annotations

import hashlib
import logging
import smtplib
import ssl
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any, Protocol

import requests

from cost_pipeline.notify.message import Message, slack_text
from cost_pipeline.settings import Settings

_TIMEOUT_SECONDS = 10.0
# At DEBUG it writes the addresses that are posted to, and a webhook's address is a secret.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


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


@dataclass(frozen=True)
class Mail:
    """Mail by SMTP, encrypted by STARTTLS unless that is switched off."""

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True
    name: str = "email"
    timeout_seconds: float = _TIMEOUT_SECONDS

    def send(self, message: Message) -> None:
        """Sends one mail to all recipients, under a Message-ID that repeats with its key."""
        mail = self._compose(message)
        try:
            with smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds) as server:
                if self.starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password or "")
                server.send_message(mail)
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(f"{self.host}:{self.port}: {error}") from error

    def _compose(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = one_line(message.subject)
        mail["From"] = self.sender
        mail["To"] = ", ".join(self.recipients)
        digest = hashlib.sha256(message.dedup_key.encode()).hexdigest()[:32]
        mail["Message-ID"] = f"<{digest}@dd0c-cost>"
        mail.set_content(message.text)
        mail.add_alternative(message.html, subtype="html")
        for attachment in message.attachments:
            maintype, _, subtype = attachment.mime_type.partition("/")
            mail.add_attachment(
                attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name
            )
        return mail


@dataclass(frozen=True)
class Slack:
    """An incoming webhook that takes Slack's payload: `text` and Block Kit's `blocks`."""

    url: str = field(repr=False)
    name: str = "slack"
    timeout_seconds: float = _TIMEOUT_SECONDS

    def send(self, message: Message) -> None:
        """Posts the message."""
        payload: dict[str, Any] = {"text": slack_text(one_line(message.subject))}
        if message.blocks:
            payload["blocks"] = message.blocks
        try:
            # A redirect would turn the message into a GET; the answer's body is not needed.
            with requests.post(
                self.url,
                json=payload,
                timeout=self.timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as answer:
                status, retry_after = answer.status_code, answer.headers.get("Retry-After")
        except requests.RequestException as error:
            # The address is a secret: the exception's own words would print it.
            raise DeliveryError(f"the webhook is unreachable ({type(error).__name__})") from None
        if status >= 300:
            raise DeliveryError(f"the webhook answered {status}", _seconds(retry_after))


def one_line(text: str) -> str:
    r"""Text without line breaks, which no header and no log line may carry.

    >>> one_line("Ada\r\nBcc: eve@example.com")
    'Ada Bcc: eve@example.com'
    """
    return " ".join(text.split())


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


def channels_from(settings: Settings) -> list[Channel]:
    """The channels that the settings name; the console is always one."""
    channels: list[Channel] = [Console()]
    mail = mail_from(settings)
    if mail is not None:
        channels.append(mail)
    if settings.slack_webhook_url is not None:
        channels.append(Slack(settings.slack_webhook_url.get_secret_value()))
    return channels


def mail_from(settings: Settings) -> Mail | None:
    """Mail, where a server and recipients are set."""
    if settings.smtp_host is None or not settings.recipients:
        return None
    password = settings.smtp_password
    return Mail(
        settings.smtp_host,
        settings.smtp_port,
        settings.mail_from,
        tuple(settings.recipients),
        settings.smtp_user,
        password.get_secret_value() if password else None,
        settings.smtp_starttls,
    )
