"""`cost-pipeline trail`: which trails there are, and how each is reached."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store import governance, objects
from cost_pipeline.store.database import Database

trail = typer.Typer(no_args_is_help=True, help="Which trails are read, and through which role.")
app.add_typer(trail, name="trail")
Tenant = Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose trail.")]


@trail.command("add")
def add(
    url: Annotated[
        str,
        typer.Argument(
            help="s3://bucket/prefix, a folder, sqs://host/account/queue, or "
            "lookup://account/region,region"
        ),
    ],
    queue: Annotated[
        str | None, typer.Option(help="Queue of S3's notices about this bucket (https or sqs).")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="Account whose role is taken for reading.")
    ] = None,
    role_arn: Annotated[str | None, typer.Option(help="That role; kept with the account.")] = None,
    external_id: Annotated[str | None, typer.Option(help="The role's external id.")] = None,
    region: Annotated[str | None, typer.Option(help="The bucket's or queue's region.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="Another endpoint than AWS's.")] = None,
    tenant: Tenant = "default",
) -> None:
    """Add a trail, or change how one is reached; the sensor reads it from its next tick on.

    \b
    cost-pipeline trail add s3://logs --queue https://sqs.eu-west-1.amazonaws.com/111122223333/new
    cost-pipeline trail add sqs://sqs.eu-west-1.amazonaws.com/111122223333/new?bucket=logs
    cost-pipeline trail add lookup://111122223333/eu-west-1,us-east-1 --account 111122223333 \\
      --role-arn arn:aws:iam::111122223333:role/dd0c-cost --external-id 7f3a
    """
    from cost_pipeline.aws.trails import whole_address

    settings, url = Settings(), whole_address(url)
    with plain_errors(), database_url(settings) as database, Database(database) as db:
        if role_arn and not account:
            raise ValueError("A role belongs to an account: give --account too.")
        _well_formed(url, queue, region or "us-east-1")
        db.migrate()
        with db.transaction(tenant) as conn:
            if account and role_arn:
                objects.keep_role(
                    conn,
                    tenant_id=tenant,
                    account_id=account,
                    role_arn=role_arn,
                    external_id=external_id,
                )
            objects.ensure_trail(
                conn,
                tenant_id=tenant,
                url=url,
                endpoint_url=endpoint_url or settings.endpoint_url,
                region=region or settings.aws_region,
                queue_url=queue,
                account_id=account,
                resumed=True,
            )
            governance.audit(
                conn, tenant_id=tenant, who="command line", action=f"trail {url} added"
            )
    out.print(f"{url} is read from now on.", markup=False)


def _well_formed(url: str, queue: str | None, region: str) -> None:
    """Raises `TrailError` where an address is not one; calls nobody."""
    from cost_pipeline.aws.queue_trail import open_queue
    from cost_pipeline.aws.trails import open_trail

    open_trail(url, region=region).close()
    for address in (queue, url if url.startswith("sqs://") else None):
        if address is not None:
            open_queue(address, region=region)


@trail.command("list")
def listing(tenant: Tenant = "default") -> None:
    """Show the trails that are read.

    \b
    cost-pipeline trail list --tenant acme
    """
    with plain_errors(), database_url(Settings()) as database, Database(database) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            known = objects.trails(conn, tenant_id=tenant)
    table = Table("trail", "queue", "role", "region")
    for one in known:
        row = (one.url, one.queue_url or "", one.role_arn or "", one.region or "")
        table.add_row(*map(escape, row))
    out.print(table if known else "No trail yet: cost-pipeline trail add s3://my-trail-bucket")


@trail.command("remove")
def remove(url: Annotated[str, typer.Argument()], tenant: Tenant = "default") -> None:
    """Read a trail no longer; what was read of it stays, and `trail add` takes it up again.

    \b
    cost-pipeline trail remove s3://mistyped
    """
    from cost_pipeline.aws.trails import whole_address

    url = whole_address(url)
    with plain_errors(), database_url(Settings()) as database, Database(database) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            if not objects.remove_trail(conn, tenant_id=tenant, url=url):
                raise LookupError(f"No trail {url} is read: cost-pipeline trail list")
            governance.audit(
                conn, tenant_id=tenant, who="command line", action=f"trail {url} removed"
            )
    out.print(f"{url} is read no longer. What was read of it stays.", markup=False)
