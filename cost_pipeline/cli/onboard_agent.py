"""The recommended way: an agent in the customer's network sends log files."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cost_pipeline.cli.agent import init
from cost_pipeline.cli.main import err, out
from cost_pipeline.store import objects, onboarding

if TYPE_CHECKING:
    from cost_pipeline.settings import Settings
    from cost_pipeline.store.database import Database

_PORT = 8443
_WAIT_SECONDS = 1800.0


def agent_way(
    db: Database, settings: Settings, *, agent: str, host: str | None, tenant: str, wait: bool
) -> str | None:
    """Certifies an agent and says what to run there; returns the archive once it has files.

    None where none has come yet: the same command goes on from there.
    """
    from cost_pipeline.aws.archive import tenant_url

    archive = tenant_url(settings.archive, tenant)
    if _arrived(db, tenant, archive):
        return archive
    root = settings.home.expanduser() / "agent"
    if not (root / "agents" / agent / "agent.pem").exists():
        init(host=[host] if host else None, name=[agent], tenant=tenant, folder=root, days=730)
    with db.transaction(tenant) as conn:
        number = onboarding.begin(
            conn, tenant_id=tenant, way="agent", place=archive, by="command line"
        )
        onboarding.note(conn, tenant_id=tenant, onboarding_id=number, state="waiting")
    to = f"{host or 'THIS-MACHINE'}:{_PORT}"
    out.print(
        "1. here, and leave it running: cost-pipeline agent receive\n"
        f"2. copy {root / 'agents' / agent} to a machine that may read the trail\n"
        f"3. there: cost-pipeline agent run --to {to} --certificates {agent} "
        "--source s3://your-trail\n"
        "4. here: the same command again, which then estimates and reads",
        soft_wrap=True,
        highlight=False,
    )
    if not wait:
        return None
    deadline = time.monotonic() + _WAIT_SECONDS
    with err.status("Waiting for the agent's first file (Ctrl-C: later)"):
        while time.monotonic() < deadline:
            if _arrived(db, tenant, archive):
                return archive
            time.sleep(2)
    return None


def _arrived(db: Database, tenant: str, archive: str) -> bool:
    with db.transaction(tenant) as conn:
        known = objects.trails(conn, tenant_id=tenant)
        return any(trail.url == archive for trail in known)
