"""People whom an identity provider vouches for: its verified claims → user, role and tenant.

Whoever checked the identity token hands its claims over here; this decides who that is for us.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cost_pipeline.access.passwords import hash_password
from cost_pipeline.access.provider import LoginError
from cost_pipeline.access.tokens import Session
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, users
from cost_pipeline.store.database import Database
from cost_pipeline.store.users import Role

_RANKS: tuple[Role, ...] = ("admin", "operator", "viewer")
_REFUSED = "Your account may not use dd0c/cost. Ask its administrator."


def parse_roles(text: str) -> dict[str, Role]:
    """Which value of the role claim stands for which role, as the settings write it.

    >>> parse_roles("cost-admins=admin, sre=operator")
    {'cost-admins': 'admin', 'sre': 'operator'}

    Raises:
        ValueError: something in it is no role.
    """
    roles: dict[str, Role] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        group, _, name = part.rpartition("=")
        role = next((one for one in _RANKS if one == name.strip()), None)
        if role is None or not group:
            raise ValueError(f"OIDC_ROLES: '{part}' is not group=viewer, operator or admin")
        roles[group.strip()] = role
    return roles


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """Maps claims to users as the settings say.

    A user who exists keeps their tenant; one who does not is made on the first login, where a
    group or the default gives a role. Without a role nobody gets in.
    """

    database: Database
    settings: Settings

    def log_in(self, presented: Mapping[str, Any], *, client: str, now: datetime) -> Session:
        """Who has these claims; raises `LoginError` for somebody who has no role here."""
        email = str(presented.get("email") or "").strip().lower()
        verified = presented.get("email_verified") is True or self.settings.oidc_trust_email
        if not email or not verified:
            raise self._refused("unverified", client)
        with self.database.admin() as conn:  # the address is what tells the tenant
            known = users.standing(conn, email=email)
        tenant_id = self._tenant(presented, known, client)
        role = self._role(presented, known)
        if role is None or (known and known["disabled_at"] is not None):
            raise self._refused(email, client)
        epoch = self._keep(tenant_id, email, role, known)
        return Session(email, tenant_id, role, epoch)

    def _tenant(
        self, claims: Mapping[str, Any], known: Mapping[str, Any] | None, client: str
    ) -> str:
        """What the claim says, where one is set; else the user's own, or ours for newcomers."""
        claim = self.settings.oidc_tenant_claim
        own = known["tenant_id"] if known else self.settings.tenant_id
        tenant_id = str(claims.get(claim, "") if claim else own)
        exists = tenant_id in {row["tenant_id"] for row in self.database.tenants()}
        if not exists or (known and known["tenant_id"] != tenant_id):
            raise self._refused("wrong tenant", client)
        return tenant_id

    def _role(self, claims: Mapping[str, Any], known: Mapping[str, Any] | None) -> Role | None:
        """The highest role of the groups; else the user's own; else the default for newcomers."""
        said = claims.get(self.settings.oidc_role_claim) or []
        groups = {said} if isinstance(said, str) else {str(one) for one in said}
        mapped = parse_roles(self.settings.oidc_roles)
        found = {role for group, role in mapped.items() if group in groups}
        if found:
            return min(found, key=_RANKS.index)
        if known and not mapped:
            return next(one for one in _RANKS if one == known["role"])
        return next((one for one in _RANKS if one == self.settings.oidc_default_role), None)

    def _keep(self, tenant_id: str, email: str, role: Role, known: Mapping[str, Any] | None) -> int:
        with self.database.transaction(tenant_id) as conn:
            if known is None:
                unusable = hash_password(secrets.token_urlsafe(32))
                users.put(conn, tenant_id=tenant_id, email=email, password_hash=unusable, role=role)
            elif known["role"] != role:
                users.set_role(conn, email=email, role=role)
            governance.audit(
                conn,
                tenant_id=tenant_id,
                who=email,
                action="logged in",
                details={"by": "identity provider", "role": role, "new": known is None},
            )
        return int(known["session_epoch"]) if known else 0

    def _refused(self, who: str, client: str) -> LoginError:
        tenant_id = self.settings.tenant_id
        with self.database.transaction(tenant_id) as conn:
            governance.audit(
                conn,
                tenant_id=tenant_id,
                who=who,
                action="login refused",
                details={"from": client, "by": "identity provider"},
            )
        return LoginError(_REFUSED)
