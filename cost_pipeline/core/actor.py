"""CloudTrail's `userIdentity` → who acted, through which role, by which service.

Field reference: AWS CloudTrail User Guide, "CloudTrail userIdentity element".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

ActorKind = Literal["user", "role", "sso", "root", "service", "federated", "unknown"]

_SSO_ROLE_MARK = "AWSReservedSSO_"
_MOST_NAME = 256
"""AWS's own names are shorter; what is longer would fill the page of whoever reads it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is answerable for a call.

    `name` is what people recognise, `principal` the ARN or service behind it,
    `session` the session's name where a role was assumed.
    """

    name: str
    kind: ActorKind
    principal: str | None = None
    session: str | None = None


def actor_of(identity: object) -> Actor:
    """Name the actor behind a record's `userIdentity`, whatever its shape.

    >>> actor_of({"type": "Root", "arn": "arn:aws:iam::111122223333:root"}).kind
    'root'
    >>> actor_of(None).kind
    'unknown'
    """
    if not isinstance(identity, Mapping):
        return Actor("unknown", "unknown")
    actor = _actor_of(identity)
    if len(actor.name) <= _MOST_NAME:
        return actor
    return replace(actor, name=f"{actor.name[: _MOST_NAME - 1]}…")


def _actor_of(identity: Mapping[str, Any]) -> Actor:
    kind = identity.get("type")
    arn = _text(identity.get("arn"))
    if kind == "Root":
        return Actor("root", "root", arn)
    if kind == "AssumedRole":
        return _assumed_role(identity, arn)
    if kind == "IAMUser":
        return Actor(_text(identity.get("userName")) or _last(arn) or "unknown", "user", arn)
    if kind in ("SAMLUser", "WebIdentityUser", "FederatedUser"):
        name = _text(identity.get("userName")) or _last(arn) or _text(identity.get("principalId"))
        return Actor(name or "unknown", "federated", arn)
    if kind == "IdentityCenterUser":
        return _identity_center(identity)
    service = _text(identity.get("invokedBy"))
    if service:
        return Actor(service, "service", service)
    return Actor(_text(identity.get("principalId")) or arn or "unknown", "unknown", arn)


def _assumed_role(identity: Mapping[str, Any], arn: str | None) -> Actor:
    issuer = _mapping(_mapping(identity.get("sessionContext")).get("sessionIssuer"))
    role = _text(issuer.get("arn")) or _role_of_session(arn)
    session = _last(arn)
    if role and _SSO_ROLE_MARK in role and session:
        return Actor(session, "sso", role, session)
    # An identity provider that signs people in to plain roles names sessions by their address.
    if session and "@" in session:
        return Actor(session, "federated", role, session)
    return Actor(_text(issuer.get("userName")) or _last(role) or "unknown", "role", role, session)


def _identity_center(identity: Mapping[str, Any]) -> Actor:
    person = _text(_mapping(identity.get("onBehalfOf")).get("userId"))
    return Actor(person or _text(identity.get("credentialId")) or "unknown", "sso", person)


def _role_of_session(arn: str | None) -> str | None:
    if not arn or ":assumed-role/" not in arn:
        return None
    return arn.rpartition("/")[0]


def _last(arn: str | None) -> str | None:
    return arn.rpartition("/")[2] or None if arn else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
