"""Mail by SMTP: text, HTML with its pictures inside, and attachments."""

from __future__ import annotations

import base64
import hashlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate

from cost_pipeline.core.plain_text import one_line
from cost_pipeline.notify.channel import TIMEOUT_SECONDS, DeliveryError, scrubbed
from cost_pipeline.notify.message import Attachment, Message

_IMPLICIT_TLS_PORT = 465


@dataclass(frozen=True)
class Mail:
    """Mail by SMTP, encrypted by STARTTLS (by TLS from the start on port 465) unless switched off.

    One mail goes to all recipients. It is accepted where the server takes it for one of them.
    """

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = True
    name: str = "email"
    timeout_seconds: float = TIMEOUT_SECONDS

    def send(self, message: Message) -> None:
        """Sends one mail to all recipients, under a Message-ID that repeats with its key."""
        mail = compose(message, sender=self.sender, recipients=self.recipients)
        try:
            with self._server() as server:
                if self.starttls and self.port != _IMPLICIT_TLS_PORT:
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password or "")
                server.send_message(mail)
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(
                f"{self.host}:{self.port}: {scrubbed(str(error), self._secrets())}"
            ) from None

    def _server(self) -> smtplib.SMTP:
        if self.starttls and self.port == _IMPLICIT_TLS_PORT:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.timeout_seconds, context=context
            )
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds)

    def _secrets(self) -> list[str]:
        """The password, as it is and as it goes over the wire."""
        if not self.password:
            return []
        said = (self.password, f"\0{self.user}\0{self.password}")
        return [self.password, *(base64.b64encode(one.encode()).decode() for one in said)]


def compose(message: Message, *, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    """A message as mail: plain text first, then HTML with its pictures, then the files."""
    mail = EmailMessage()
    mail["Subject"] = one_line(message.subject)
    mail["From"] = one_line(sender)
    mail["To"] = ", ".join(map(one_line, recipients))
    mail["Date"] = formatdate()
    mail["Message-ID"] = message_id(message.dedup_key)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    html = mail.get_payload()[1]  # type: ignore[index]
    for picture in message.pictures:
        maintype, subtype = _types(picture)
        html.add_related(  # type: ignore[union-attr]
            picture.content,
            maintype,
            subtype,
            cid=f"<{picture.name}>",
            filename=picture.name,
            disposition="inline",
        )
    for attachment in message.attachments:
        maintype, subtype = _types(attachment)
        mail.add_attachment(
            attachment.content, maintype=maintype, subtype=subtype, filename=attachment.name
        )
    return mail


def message_id(dedup_key: str) -> str:
    """The Message-ID of a key: the same whenever it is sent."""
    return f"<{hashlib.sha256(dedup_key.encode()).hexdigest()[:32]}@dd0c-cost>"


def _types(attachment: Attachment) -> tuple[str, str]:
    maintype, _, subtype = attachment.mime_type.partition("/")
    return maintype, subtype
