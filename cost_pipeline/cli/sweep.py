"""`cost-pipeline sweep` and `iam-policy`: what is idle, and what must be allowed to find it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.notify.money import usd
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance
from cost_pipeline.store.database import Database

if TYPE_CHECKING:
    from cost_pipeline.zombies.model import Failure, Finding


@app.command()
def sweep(
    account: Annotated[
        list[str] | None,
        typer.Option(
            "--account",
            "--accounts",
            help="id or id=role-arn; several with commas, or again. Default: those that are swept"
            " every morning.",
        ),
    ] = None,
    regions: Annotated[str, typer.Option(help="With commas. Default: those enabled.")] = "",
    endpoint_url: Annotated[
        str | None, typer.Option(help="Another address of AWS's APIs, as moto's server.")
    ] = None,
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose accounts.")] = "default",
) -> None:
    """Ask AWS what there is, today, and list what is idle. Only reads.

    Exit code 1 if an account, a region or a call could not be asked.

    \b
    cost-pipeline sweep --regions eu-west-1,us-east-1
    cost-pipeline sweep --account 111122223333=arn:aws:iam::111122223333:role/dd0c-cost
    cost-pipeline sweep --account 123456789012 --endpoint-url http://127.0.0.1:5000
    """
    from cost_pipeline.orchestration.committing import remember_reservations
    from cost_pipeline.orchestration.judging import judge_day
    from cost_pipeline.orchestration.sweeping import collect_day, parse_targets, targets_of

    settings, today = Settings(), datetime.now(UTC).date()
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            if governance.panicking(conn, tenant_id=tenant):
                raise ValueError("panic is on: no outbound calls. cost-pipeline panic off")
        targets = parse_targets(",".join(account)) if account else targets_of(db, tenant, settings)
        if not targets:
            raise ValueError(
                f"tenant {tenant} has no account with a role or keys to enter it by: "
                f"cost-pipeline account set ID --role-arn … --tenant {tenant}"
            )
        with err.status("Asking AWS") as status:
            collected = collect_day(
                db,
                tenant,
                today,
                targets,
                endpoint_url=endpoint_url or settings.endpoint_url,
                region=settings.aws_region,
                regions=[name for name in regions.split(",") if name] or None,
                note=lambda done, total, text: status.update(f"Asked {text} ({done} of {total})"),
            )
            remember_reservations(db, tenant, today)
            status.update("Judging what AWS said")
            judged = judge_day(db, tenant, today)
    show_findings(judged.findings)
    show_failures(judged.failures)
    for error in collected.errors:
        err.print(f"[red]failed[/] {escape(error)}", highlight=False, soft_wrap=True)
    err.print(
        f"{idle_in_words(judged.findings)}; {len(judged.left_out):,} left out."
        f" Asked {collected.places} regions: {collected.calls:,} calls, {collected.metrics:,}"
        f" metric series, {usd(collected.usd)}.",
        highlight=False,
    )
    raise typer.Exit(1 if collected.failures else 0)


def idle_in_words(findings: Sequence[Finding]) -> str:
    """How many resources are idle, what they cost, and how many findings are to be reviewed."""
    from cost_pipeline.core.waste import REVIEW
    from cost_pipeline.zombies import sums

    reviews = sum(finding.confidence == REVIEW for finding in findings)
    more = f", {reviews:,} to review" if reviews else ""
    return f"{sums.resources(findings):,} idle, {usd(sums.monthly(findings))} a month{more}"


def show_findings(findings: Iterable[Finding]) -> None:
    """A table of what is idle, the dearest first."""
    table = Table("idle", "what", "where", "since", "creator", "a month", "sure")
    for finding in sorted(findings, key=lambda found: -(found.monthly_cost or 0)):
        table.add_row(
            escape(finding.title),
            escape(finding.resource_id),
            f"{finding.account_id} {finding.region}",
            f"{finding.idle_since:%Y-%m-%d}" if finding.idle_since else "",
            escape(finding.creator or "unknown"),
            usd(finding.monthly_cost),
            finding.confidence,
        )
    out.print(table if table.row_count else "Nothing known to be idle.")


def show_failures(failures: Iterable[Failure]) -> None:
    """A table of the checks that could not be judged: each cause once, and what to grant."""
    causes = Counter((f.check_name, f.permission or "", f.message) for f in failures)
    if not causes:
        return
    table = Table("not judged", "permission to grant", "places", "why")
    for (check, permission, message), places in sorted(causes.items()):
        table.add_row(check, permission, str(places), escape(message))
    err.print(table)


@app.command("iam-policy")
def iam_policy(
    bucket: Annotated[
        str | None, typer.Option(help="Also allow reading the trail in this bucket.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="The trail's prefix in it.")] = "",
    kms_key: Annotated[
        str | None, typer.Option(help="ARN of the key that its files are encrypted with.")
    ] = None,
    queue: Annotated[str | None, typer.Option(help="ARN of the queue of S3's notices.")] = None,
    terraform: Annotated[
        bool, typer.Option("--terraform", help="As the template that deploy/aws reads.")
    ] = False,
) -> None:
    """Print the least IAM policy that dd0c/cost needs: it only reads.

    \b
    cost-pipeline iam-policy --bucket my-trail-bucket > policy.json
    cost-pipeline iam-policy --terraform > deploy/aws/policy.json.tftpl
    """
    from cost_pipeline.zombies.policy import iam_policy as policy
    from cost_pipeline.zombies.policy import terraform_template

    if terraform:
        typer.echo(terraform_template(), nl=False)
        return
    document = policy(bucket=bucket, prefix=prefix, kms_key=kms_key, queue=queue)
    typer.echo(json.dumps(document, indent=2))
