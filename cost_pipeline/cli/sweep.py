"""`cost-pipeline sweep` and `iam-policy`: what is idle, and what must be allowed to find it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.notify.message import usd
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance
from cost_pipeline.store.database import Database


@app.command()
def sweep(
    accounts: Annotated[
        str | None,
        typer.Option(help="id or id=role-arn, with commas. Default: SWEEP_ACCOUNTS, or your own."),
    ] = None,
    regions: Annotated[str, typer.Option(help="With commas. Default: those in use.")] = "",
    tenant: Annotated[str, typer.Option(help="Whose accounts.")] = "default",
) -> None:
    """Ask AWS what there is, today, and list what is idle. Only reads.

    Exit code 1 if an account or region could not be asked.

    \b
    cost-pipeline sweep --regions eu-west-1,us-east-1
    cost-pipeline sweep --accounts 111122223333=arn:aws:iam::111122223333:role/dd0c-cost
    """
    from cost_pipeline.orchestration.sweeping import collect_day, judge_day, parse_targets

    settings, today = Settings(), datetime.now(UTC).date()
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            if governance.panicking(conn, tenant_id=tenant):
                raise ValueError("panic is on: no outbound calls. cost-pipeline panic off")
        with err.status("Asking AWS") as status:
            collected = collect_day(
                db,
                tenant,
                today,
                parse_targets(settings.sweep_accounts if accounts is None else accounts),
                endpoint_url=settings.endpoint_url,
                region=settings.aws_region,
                regions=[name for name in regions.split(",") if name] or None,
                note=lambda done, total, text: status.update(f"Asking {text} ({done} of {total})"),
            )
        judged = judge_day(db, tenant, today)
    table = Table("idle", "what", "where", "since", "creator", "a month")
    for finding in sorted(judged.findings, key=lambda found: -(found.monthly_cost or 0)):
        table.add_row(
            finding.title,
            finding.resource_id,
            f"{finding.account_id} {finding.region}",
            f"{finding.idle_since:%Y-%m-%d}" if finding.idle_since else "",
            finding.creator or "unknown",
            usd(finding.monthly_cost),
        )
    out.print(table if judged.findings else "Nothing known to be idle.")
    for failure in judged.failures:
        err.print(f"[yellow]not judged[/] {failure.check_name}: {failure.message}", soft_wrap=True)
    for error in collected.errors:
        err.print(f"[red]failed[/] {error}", highlight=False, soft_wrap=True)
    raise typer.Exit(1 if collected.errors else 0)


@app.command("iam-policy")
def iam_policy(
    bucket: Annotated[
        str | None, typer.Option(help="Also allow reading the trail in this bucket.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="The trail's prefix in it.")] = "",
) -> None:
    """Print the least IAM policy that dd0c/cost needs: it only reads.

    \b
    cost-pipeline iam-policy --bucket my-trail-bucket > policy.json
    """
    from cost_pipeline.zombies.policy import iam_policy as policy

    typer.echo(json.dumps(policy(bucket=bucket, prefix=prefix), indent=2))
