"""Where each tenant is told: channels with their routing, quiet hours and limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb

from cost_pipeline.store import governance

Want = Literal["alerts", "daily", "weekly"]
WANTS: tuple[Want, ...] = ("alerts", "daily", "weekly")
_SHOWN = (
    "name, kind, config, wants, min_severity, accounts, types, quiet_from, quiet_until,"
    " critical_breaks_quiet, hourly_limit, updated_by, updated_at"
)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a channel is told, and when.

    Attributes:
        wants: alerts, daily or weekly digests.
        min_severity: the least severity.
        accounts: patterns of account ids (`1111*`), of which one must fit; empty: all.
        types: patterns of services or resource types (`ec2`, `rds_*`); empty: all.
        quiet_from: start of the quiet hours in the tenant's zone.
        quiet_until: their end; before `quiet_from` where they cross midnight.
        critical_breaks_quiet: whether what is critical is told all the same.
        hourly_limit: messages an hour; what is more is told in one. None: no limit.
    """

    wants: tuple[str, ...] = ("alerts",)
    min_severity: str = "medium"
    accounts: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    quiet_from: time | None = None
    quiet_until: time | None = None
    critical_breaks_quiet: bool = True
    hourly_limit: int | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Rules:
        """The rules of a row of `channels`."""
        return cls(
            wants=tuple(row["wants"]),
            min_severity=row["min_severity"],
            accounts=tuple(row["accounts"]),
            types=tuple(row["types"]),
            quiet_from=row["quiet_from"],
            quiet_until=row["quiet_until"],
            critical_breaks_quiet=row["critical_breaks_quiet"],
            hourly_limit=row["hourly_limit"],
        )

    def said(self) -> str:
        """The rules in a line.

        >>> Rules(types=("ec2",), quiet_from=time(22), quiet_until=time(7), hourly_limit=30).said()
        'alerts from medium on; only ec2; quiet but critical 22:00-07:00; 30 an hour'
        """
        said = [f"{', '.join(self.wants)} from {self.min_severity} on"]
        only = ", ".join([*self.accounts, *self.types])
        said += [f"only {only}"] if only else []
        if self.quiet_from is not None:
            but = " but critical" if self.critical_breaks_quiet else ""
            said.append(f"quiet{but} {self.quiet_from:%H:%M}-{self.quiet_until:%H:%M}")
        said += [f"{self.hourly_limit} an hour"] if self.hourly_limit else []
        return "; ".join(said)

    def quiet_end(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours that it is in now end; None outside of them.

        >>> night = Rules(quiet_from=time(22), quiet_until=time(7))
        >>> berlin = ZoneInfo("Europe/Berlin")
        >>> night.quiet_end(datetime.fromisoformat("2026-03-10T22:30+00:00"), berlin).isoformat()
        '2026-03-11T07:00:00+01:00'
        >>> night.quiet_end(datetime.fromisoformat("2026-03-10T12:00+00:00"), berlin)
        """
        if self.quiet_from is None or self.quiet_until is None:
            return None
        local = now.astimezone(zone)
        for back in (1, 0):
            start = datetime.combine(local.date() - timedelta(days=back), self.quiet_from, zone)
            ahead = self.quiet_until <= self.quiet_from
            end_day = start.date() + timedelta(days=int(ahead))
            end = datetime.combine(end_day, self.quiet_until, zone)
            if start <= local < end:
                return end
        return None


def put(
    conn: psycopg.Connection[Any],
    *,
    tenant_id: str,
    name: str,
    kind: str,
    config: Mapping[str, Any],
    secrets_cipher: str | None,
    rules: Rules,
    by: str,
) -> None:
    """Adds a channel, or replaces the one of that name."""
    conn.execute(
        "INSERT INTO channels (tenant_id, name, kind, config, secrets_cipher, wants,"
        " min_severity, accounts, types, quiet_from, quiet_until, critical_breaks_quiet,"
        " hourly_limit, updated_by) VALUES (%(tenant_id)s, %(name)s, %(kind)s, %(config)s,"
        " %(secrets_cipher)s, %(wants)s, %(min_severity)s, %(accounts)s, %(types)s,"
        " %(quiet_from)s, %(quiet_until)s, %(critical_breaks_quiet)s, %(hourly_limit)s, %(by)s)"
        " ON CONFLICT (tenant_id, name) DO UPDATE SET kind = excluded.kind,"
        " config = excluded.config, secrets_cipher = excluded.secrets_cipher,"
        " wants = excluded.wants, min_severity = excluded.min_severity,"
        " accounts = excluded.accounts, types = excluded.types,"
        " quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,"
        " critical_breaks_quiet = excluded.critical_breaks_quiet,"
        " hourly_limit = excluded.hourly_limit, updated_by = excluded.updated_by,"
        " updated_at = now()",
        {
            "tenant_id": tenant_id,
            "name": name,
            "kind": kind,
            "config": Jsonb(dict(config)),
            "secrets_cipher": secrets_cipher,
            "wants": list(rules.wants),
            "min_severity": rules.min_severity,
            "accounts": list(rules.accounts),
            "types": list(rules.types),
            "quiet_from": rules.quiet_from,
            "quiet_until": rules.quiet_until,
            "critical_breaks_quiet": rules.critical_breaks_quiet,
            "hourly_limit": rules.hourly_limit,
            "by": by,
        },
    )
    governance.audit(
        conn,
        tenant_id=tenant_id,
        who=by,
        action=f"set channel {name}",
        details={"kind": kind, "wants": list(rules.wants), "min_severity": rules.min_severity},
    )


def remove(conn: psycopg.Connection[Any], *, tenant_id: str, name: str, by: str) -> None:
    """Removes a channel; what waits for it is not sent any more.

    Raises:
        LookupError: there is none of that name.
    """
    gone = conn.execute(
        "DELETE FROM channels WHERE tenant_id = %s AND name = %s", [tenant_id, name]
    ).rowcount
    if not gone:
        raise LookupError(f"there is no channel '{name}': cost-pipeline channel list")
    governance.audit(conn, tenant_id=tenant_id, who=by, action=f"removed channel {name}")


def listing(conn: psycopg.Connection[Any], *, tenant_id: str) -> list[dict[str, Any]]:
    """The tenant's channels as people may see them: nothing secret."""
    return conn.execute(
        f"SELECT {_SHOWN} FROM channels WHERE tenant_id = %s ORDER BY name", [tenant_id]
    ).fetchall()


def sealed(
    conn: psycopg.Connection[Any], *, tenant_id: str, name: str | None = None
) -> list[dict[str, Any]]:
    """The same with `secrets_cipher`, for whoever may open it; one of them where named."""
    return conn.execute(
        f"SELECT {_SHOWN}, secrets_cipher FROM channels WHERE tenant_id = %s"
        " AND (%s::text IS NULL OR name = %s) ORDER BY name",
        [tenant_id, name, name],
    ).fetchall()


def with_secrets(conn: psycopg.Connection[Any]) -> Sequence[dict[str, Any]]:
    """Every tenant's channels that keep secrets, locked; for the owner, to encrypt them anew."""
    return conn.execute(
        "SELECT tenant_id, name, secrets_cipher FROM channels WHERE secrets_cipher IS NOT NULL"
        " ORDER BY tenant_id, name FOR UPDATE"
    ).fetchall()


def replace_cipher(
    conn: psycopg.Connection[Any], *, tenant_id: str, name: str, secrets_cipher: str
) -> None:
    """Puts secrets that were encrypted anew in place of what there was."""
    conn.execute(
        "UPDATE channels SET secrets_cipher = %s WHERE tenant_id = %s AND name = %s",
        [secrets_cipher, tenant_id, name],
    )


def zone_of(conn: psycopg.Connection[Any], *, tenant_id: str) -> ZoneInfo:
    """The tenant's time zone."""
    row = conn.execute("SELECT time_zone FROM tenants WHERE tenant_id = %s", [tenant_id]).fetchone()
    return ZoneInfo(row["time_zone"] if row else "UTC")
