"""What people do with channels: add one, change one, try one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlsplit

from cost_pipeline.notify.channel import DeliveryError
from cost_pipeline.notify.channels import KINDS, ChannelError, Vault, checked, routes
from cost_pipeline.notify.message import Message
from cost_pipeline.settings import Settings
from cost_pipeline.store import channels, governance
from cost_pipeline.store.channels import Rules
from cost_pipeline.store.database import Database

NAME = r"[a-z0-9][a-z0-9_-]{0,39}"
_SEVERITIES = ("low", "medium", "high", "critical")
_LEADS_TO = ("host", "port", "starttls", "url")
"""Fields that say where, and how well guarded, a channel's secrets travel."""


def add(
    database: Database,
    vault: Vault,
    *,
    tenant_id: str,
    name: str,
    kind: str,
    fields: Mapping[str, str],
    rules: Rules,
    by: str,
    settings: Settings,
) -> dict[str, str]:
    """Adds a channel, or changes the one of that name; nothing is sent.

    A secret that is not given again stays as it was, but must be where the channel leads elsewhere
    now: nobody who cannot read a secret can have it sent to themselves. Returns the secrets that
    were made here, such as a webhook's for signing: to be shown once, they cannot be read again.

    Raises:
        ChannelError: a field, the name or a rule is not right.
        ValueError: what is stored cannot be decrypted.
    """
    if not re.fullmatch(NAME, name):
        raise ChannelError("a channel's name has small letters, digits, - and _: ops-slack")
    _check(rules)
    said = {key: value for key, value in fields.items() if value.strip()}
    with database.transaction(tenant_id) as conn:
        before = channels.sealed(conn, tenant_id=tenant_id, name=name)
    given = (_kept(vault, before[0], kind, said) if before else {}) | said
    whole = checked(kind, name, given, settings)
    secrets, config = _parted(kind, whole)
    with database.transaction(tenant_id) as conn:
        channels.put(
            conn,
            tenant_id=tenant_id,
            name=name,
            kind=kind,
            config=config,
            secrets_cipher=vault.seal(name, secrets) if secrets else None,
            rules=rules,
            by=by,
        )
    return {key: value for key, value in secrets.items() if key not in given}


def _kept(
    vault: Vault, before: Mapping[str, Any], kind: str, said: Mapping[str, str]
) -> dict[str, str]:
    """The secrets of a channel that are not said anew.

    Raises:
        ChannelError: it leads elsewhere now, where they would be sent to somebody else.
    """
    if before["kind"] != kind or not before["secrets_cipher"]:
        return {}
    secrets = vault.open(before["name"], before["secrets_cipher"])
    kept = {name: value for name, value in secrets.items() if name not in said}
    places = [name for name in _LEADS_TO if name not in secrets]
    if kept and any(said.get(name) != before["config"].get(name) for name in places):
        raise ChannelError(f"it leads elsewhere now: give its {', '.join(kept)} again")
    return kept


def _parted(kind: str, whole: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """What is secret, and what may be shown: of a secret address its host at most."""
    secret = {one.name for one in KINDS[kind].fields if one.secret}
    secrets = {key: value for key, value in whole.items() if key in secret}
    config = {key: value for key, value in whole.items() if key not in secret}
    if "url" in secrets:
        where = urlsplit(secrets["url"])
        config["where"] = f"{where.scheme}://{where.hostname if kind != 'apprise' else '…'}"
    return secrets, config


def _check(rules: Rules) -> None:
    wrong = sorted(set(rules.wants) - set(channels.WANTS))
    if wrong or not rules.wants:
        raise ChannelError(f"a channel is told {', '.join(channels.WANTS)}, one of them at least")
    if rules.min_severity not in _SEVERITIES:
        raise ChannelError(f"a severity is one of {', '.join(_SEVERITIES)}")
    if (rules.quiet_from is None) != (rules.quiet_until is None):
        raise ChannelError("quiet hours have a start and an end: 22:00-07:00")
    if rules.quiet_from is not None and rules.quiet_from == rules.quiet_until:
        raise ChannelError("quiet hours that start when they end would last all day")
    if rules.hourly_limit is not None and rules.hourly_limit < 1:
        raise ChannelError("a limit is at least one message an hour")


def try_out(
    database: Database,
    vault: Vault,
    *,
    tenant_id: str,
    name: str,
    by: str,
    settings: Settings,
) -> None:
    """Sends a message through a channel, the tenant's or the environment's, past all its rules.

    Raises:
        LookupError: there is no such channel.
        DeliveryError: it did not take the message, or panic is on.
        ValueError: its secrets cannot be opened.
    """
    with database.transaction(tenant_id) as conn:
        if governance.panicking(conn, tenant_id=tenant_id):
            raise DeliveryError("panic is on: nothing goes out")
        rows = channels.sealed(conn, tenant_id=tenant_id, name=name)
    known = {route.channel.name: route.channel for route in routes(rows, vault, settings)}
    if name not in known:
        raise LookupError(f"there is no channel '{name}': cost-pipeline channel list")
    text = f"This is a test of the channel {name}, asked for by {by}. It works."
    message = Message(
        subject=f"dd0c/cost: a test of {name}",
        text=text,
        html=f"<p>{escape(text)}</p>",
        dedup_key=f"test/{tenant_id}/{name}",
        kind="test",
        headline=f"A test of {name}",
        lines=(text,),
    )
    said = "it was taken"
    try:
        known[name].send(message)
    except DeliveryError as error:
        said = str(error)
        raise
    finally:
        with database.transaction(tenant_id) as conn:
            governance.audit(
                conn,
                tenant_id=tenant_id,
                who=by,
                action=f"tested channel {name}",
                details={"answer": said},
            )
