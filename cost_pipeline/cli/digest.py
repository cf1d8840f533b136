"""`cost-pipeline digest`: write the digest of a day or a week, look at it, send it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import digests, governance
from cost_pipeline.store.database import Database
from cost_pipeline.store.digests import Period


@app.command("digest")
def digest(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The UTC day; yesterday.")
    ] = None,
    week: Annotated[
        bool, typer.Option("--week", help="The week that the day is in, from Monday to Sunday.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send", help="Send it to the channels that want it, once.")
    ] = False,
    resend: Annotated[
        bool, typer.Option("--resend", help="Send it even where it has been sent.")
    ] = False,
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose digest.")] = "default",
) -> None:
    """Write the digest of a day or a week as files, and show its text.

    The same day gives the same files, whenever it is written. What wants it is said by
    `cost-pipeline channel add … --wants daily,weekly`; mail by SMTP_HOST and MAIL_TO always does.

    \b
    cost-pipeline digest
    cost-pipeline digest --day 2026-03-09 --send
    cost-pipeline digest --week --day 2026-03-09 --resend
    """
    from cost_pipeline.notify.digest import write_digest
    from cost_pipeline.orchestration.telling import queue_digest, tell

    settings = Settings()
    chosen = day.date() if day else datetime.now(UTC).date() - timedelta(days=1)
    period: Period = "weekly" if week else "daily"
    chosen = digests.week_of(chosen) if week else chosen
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        db.migrate()
        written = write_digest(
            db,
            tenant_id=tenant,
            day=chosen,
            folder=settings.digests,
            dashboard_url=settings.dashboard_url,
            period=period,
        )
        out.print(written.message.text, markup=False, highlight=False)
        out.print(f"Written to {written.folder}", markup=False, soft_wrap=True)
        if send or resend:
            _complain(db, tenant, chosen)
            queued = queue_digest(db, tenant, period, chosen, again=resend)
            report = tell(db, tenant)
            out.print(_outcome(queued, report.sent, report.failed), markup=False)


def _complain(db: Database, tenant: str, day: date) -> None:
    """Raises `ValueError` where nothing may go out."""
    with db.transaction(tenant) as conn:
        if not governance.may_notify(conn, tenant_id=tenant):
            raise ValueError(
                f"The digest of {day} is written and not sent: panic or audit mode is on. "
                "cost-pipeline panic off, or cost-pipeline mode enforce"
            )


def _outcome(queued: int, sent: int, failed: int) -> str:
    if failed:
        return f"{failed} refused it; it is tried again: cost-pipeline status"
    if not queued:
        return "It has been sent, or no channel wants it: --resend, or cost-pipeline channel list"
    return f"Queued for {queued} channels; {sent} messages were taken."
