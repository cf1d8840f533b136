"""Every kind of channel, what it needs, and the channels of the environment and of a tenant."""

from __future__ import annotations

import secrets as random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from cost_pipeline.aws.topics import region_of
from cost_pipeline.notify import anything
from cost_pipeline.notify.anything import Anything
from cost_pipeline.notify.channel import Channel, Console, DeliveryError
from cost_pipeline.notify.mail import Mail
from cost_pipeline.notify.pagerduty import EVENTS_URL, PagerDuty
from cost_pipeline.notify.slack import Slack
from cost_pipeline.notify.teams import Teams
from cost_pipeline.notify.topic import Topic
from cost_pipeline.notify.webhook import Webhook
from cost_pipeline.settings import Settings
from cost_pipeline.store.channels import Rules

__all__ = [
    "KINDS",
    "Channel",
    "ChannelError",
    "Console",
    "DeliveryError",
    "Field",
    "Kind",
    "Mail",
    "Route",
    "Slack",
    "Vault",
    "built",
    "channels_from",
    "checked",
    "routes",
]
ENVIRONMENT_LIMIT = 60
"""Messages an hour to each channel of the environment."""


class ChannelError(ValueError):
    """What was said of a channel does not make one; the message says what to change."""


class Vault(Protocol):
    """Seals and opens the secrets of a tenant's channels."""

    def seal(self, channel: str, secrets: Mapping[str, str]) -> str:
        """Secrets as they are stored."""

    def open(self, channel: str, sealed: str) -> dict[str, str]:
        """Secrets as they are used."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a kind of channel is told."""

    name: str
    help: str
    secret: bool = False
    required: bool = False
    made: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of channel: what it is called, what it needs, and how it is made of that."""

    title: str
    fields: tuple[Field, ...]
    build: Callable[[str, Mapping[str, str], Settings], Channel]


@dataclass(frozen=True, slots=True)
class Route:
    """A channel with what it is told, and when."""

    channel: Channel
    rules: Rules = field(default_factory=Rules)
    own: bool = False


def _mail(name: str, said: Mapping[str, str], settings: Settings) -> Mail:
    recipients = tuple(one.strip() for one in said["to"].split(",") if one.strip())
    if not recipients or not all("@" in one and one.isprintable() for one in recipients):
        raise ChannelError("`to` takes addresses with commas: ops@example.com,cto@example.com")
    host = said.get("host") or settings.smtp_host
    if not host:
        raise ChannelError("no mail server: give host, or set SMTP_HOST for all channels")
    own = "host" in said
    kept = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    port = said.get("port") or ("587" if own else str(settings.smtp_port))
    if not port.isdecimal():
        raise ChannelError("`port` is a number: 587")
    return Mail(
        host,
        int(port),
        said.get("sender") or settings.mail_from,
        recipients,
        said.get("user") if own else settings.smtp_user,
        said.get("password") if own else kept,
        said.get("starttls", "yes") != "no" if own else settings.smtp_starttls,
        name,
    )


def _url(said: Mapping[str, str], field_name: str = "url") -> str:
    where = urlsplit(said[field_name])
    if where.scheme not in ("https", "http") or not where.hostname:
        raise ChannelError(f"`{field_name}` is an address: https://example.com/hook")
    return said[field_name]


def _topic(name: str, said: Mapping[str, str], settings: Settings) -> Topic:
    region_of(said["topic"])
    return Topic(
        said["topic"],
        said.get("role_arn"),
        said.get("external_id"),
        said.get("endpoint_url") or settings.endpoint_url,
        name,
    )


def _anything(name: str, said: Mapping[str, str], _: Settings) -> Anything:
    return Anything(said["url"], name)


_ADDRESS = Field("url", "The webhook's address.", secret=True, required=True)
KINDS: dict[str, Kind] = {
    "email": Kind(
        "Mail by SMTP",
        (
            Field("to", "Addresses, with commas.", required=True),
            Field("host", "A mail server of its own; else the one of SMTP_HOST."),
            Field("port", "Its port: 587, or 465 for TLS from the start."),
            Field("sender", "Who it comes from; else MAIL_FROM."),
            Field("user", "Login at that server."),
            Field("password", "Password of the login.", secret=True),
            Field("starttls", "no: send unencrypted."),
        ),
        _mail,
    ),
    "slack": Kind("Slack", (_ADDRESS,), lambda name, said, _: Slack(_url(said), name)),
    "teams": Kind("Microsoft Teams", (_ADDRESS,), lambda name, said, _: Teams(_url(said), name)),
    "webhook": Kind(
        "Webhook, signed",
        (
            _ADDRESS,
            Field("secret", "Signs what is posted; made where not given.", secret=True, made=True),
        ),
        lambda name, said, _: Webhook(_url(said), said["secret"], name),
    ),
    "pagerduty": Kind(
        "PagerDuty",
        (
            Field("key", "Integration key of the service.", secret=True, required=True),
            Field("url", "Another address than the events API's, such as the EU's."),
        ),
        lambda name, said, _: PagerDuty(
            said["key"], _url(said) if "url" in said else EVENTS_URL, name
        ),
    ),
    "sns": Kind(
        "SNS topic",
        (
            Field("topic", "ARN of the topic.", required=True),
            Field("role_arn", "The role that may publish; else the credentials at hand."),
            Field("external_id", "What the role's trust policy asks for."),
            Field("endpoint_url", "Another endpoint than AWS's."),
        ),
        _topic,
    ),
    "apprise": Kind(
        "Anything that apprise knows",
        (Field("url", "Address in apprise's way: ntfy://topic.", secret=True, required=True),),
        _anything,
    ),
}


def built(kind: str, name: str, said: Mapping[str, str], settings: Settings) -> Channel:
    """The channel that these fields make.

    Raises:
        ChannelError: there is no such kind, or a field is missing, unknown or wrong.
    """
    known = KINDS.get(kind)
    if known is None:
        raise ChannelError(f"there is no kind '{kind}'; there are {', '.join(KINDS)}")
    names = [one.name for one in known.fields]
    unknown = sorted(set(said) - set(names))
    if unknown:
        raise ChannelError(f"{kind} takes {', '.join(names)}, not {', '.join(unknown)}")
    missing = [one.name for one in known.fields if one.required and not said.get(one.name)]
    if missing:
        raise ChannelError(f"{kind} needs {', '.join(missing)}")
    try:
        return known.build(name, said, settings)
    except ChannelError:
        raise
    except ValueError as error:
        raise ChannelError(str(error)) from None


def checked(kind: str, name: str, said: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The fields, completed by what is made for them, after everything about them was checked.

    Raises:
        ChannelError: they do not make a channel.
    """
    whole = {key: value.strip() for key, value in said.items() if value.strip()}
    for one in KINDS[kind].fields if kind in KINDS else ():
        if one.made and one.name not in whole:
            whole[one.name] = random.token_urlsafe(32)
    built(kind, name, whole, settings)
    if kind == "apprise":
        try:
            anything.check(whole["url"])
        except ValueError as error:
            raise ChannelError(str(error)) from None
    return whole


def routes(
    rows: Sequence[Mapping[str, Any]], vault: Vault | None, settings: Settings
) -> list[Route]:
    """The channels of the environment, and of a tenant's rows; of one name, the tenant's own.

    Raises:
        ValueError: the secrets of one cannot be opened.
    """
    found = {
        channel.name: Route(channel, _rules_of_environment(channel, settings))
        for channel in channels_from(settings)
    }
    for row in rows:
        said = dict(row["config"])
        if row["secrets_cipher"] and vault is not None:
            said |= vault.open(row["name"], row["secrets_cipher"])
        said.pop("where", None)
        channel = built(row["kind"], row["name"], said, settings)
        found[row["name"]] = Route(channel, Rules.of(row), own=True)
    return list(found.values())


def _rules_of_environment(channel: Channel, settings: Settings) -> Rules:
    mail = isinstance(channel, Mail)
    return Rules(
        wants=("alerts", "daily", "weekly") if mail else ("alerts",),
        min_severity=settings.alert_min_severity,
        hourly_limit=None if isinstance(channel, Console) else ENVIRONMENT_LIMIT,
    )


def channels_from(settings: Settings) -> list[Channel]:
    """The channels that the settings name; the console is always one."""
    channels: list[Channel] = [Console()]
    if settings.smtp_host is not None and settings.recipients:
        channels.append(_mail("email", {"to": settings.mail_to}, settings))
    if settings.slack_webhook_url is not None:
        channels.append(Slack(settings.slack_webhook_url.get_secret_value()))
    return channels
