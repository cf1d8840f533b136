"""`cost-pipeline verify`: whether a trail's files are those that CloudTrail wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, err, out, plain_errors
from cost_pipeline.settings import Settings

_DAYS = ["%Y-%m-%d"]
Day = Annotated[datetime, typer.Option(formats=_DAYS, metavar="YYYY-MM-DD")]


@app.command()
def verify(
    trail: Annotated[
        str,
        typer.Option(envvar="TRAIL_URL", help="s3://bucket/prefix or a folder holding AWSLogs/."),
    ],
    since: Day,
    until: Day,
    public_key: Annotated[
        Path | None,
        typer.Option(help="PEM file of the keys, for a trail that AWS cannot be asked about."),
    ] = None,
    role_arn: Annotated[str | None, typer.Option(help="A role to take for reading.")] = None,
    external_id: Annotated[str | None, typer.Option(help="The role's external id.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="Another endpoint than AWS's.")] = None,
) -> None:
    """Verify CloudTrail's own digests: signatures, the chain, and every file that they name.

    Says which log files are missing or altered since CloudTrail delivered them, and which
    digests. Needs log file validation to be on for the trail. Exit code 0 only if all is sound.

    \b
    cost-pipeline verify --trail s3://my-trail --since 2026-11-01 --until 2026-11-07
    cost-pipeline verify --trail ./copy --since 2026-11-01 --until 2026-11-01 --public-key key.pem
    """
    from cost_pipeline.aws.sessions import Access
    from cost_pipeline.aws.trails import open_trail
    from cost_pipeline.core.integrity import PublicKey
    from cost_pipeline.intake import integrity

    settings, now = Settings(), datetime.now(UTC)
    endpoint = endpoint_url or settings.endpoint_url
    access = Access(role_arn=role_arn, external_id=external_id, region=settings.aws_region)

    @cache
    def keys_of(region: str) -> list[PublicKey]:
        if public_key is not None:
            return PublicKey.from_pem(public_key.read_bytes())
        client = integrity.keys_client(access, region, endpoint)
        return integrity.aws_keys(client, since.replace(tzinfo=UTC), now)

    with plain_errors():
        source = open_trail(trail, endpoint, settings.aws_region, access=access)
        with err.status("Reading digests") as status:
            report = integrity.verify(
                source, since.date(), until.date(), keys_of, now=now, progress=status.update
            )
        source.close()
    if not report.digests:
        err.print(
            "[red]No digest[/] lies there for these days: turn on log file validation "
            "(aws cloudtrail update-trail --enable-log-file-validation), or widen the range.",
            soft_wrap=True,
        )
    table = Table("what", "file", "why")
    for finding in report.findings:
        table.add_row(finding.kind, escape(finding.key), escape(finding.sentence))
    if report.findings:
        out.print(table)
    said = "all sound" if report.sound else f"{len(report.findings):,} findings"
    out.print(
        f"{report.chains} chains, {report.digests:,} digests, {report.files:,} files: {said}."
    )
    raise typer.Exit(0 if report.sound else 1)
