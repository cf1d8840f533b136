"""`cost-pipeline doctor`: what is wrong, and how to mend it."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import Annotated

import psycopg
import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, out, plain_errors
from cost_pipeline.local import doctor as machine
from cost_pipeline.local import pg_tools
from cost_pipeline.local.backup import databases
from cost_pipeline.settings import Settings
from cost_pipeline.store import doctor as examination
from cost_pipeline.store import governance, objects
from cost_pipeline.store.database import Database, DatabaseUnavailableError
from cost_pipeline.store.doctor import Finding
from cost_pipeline.store.urls import driver_url, plain_url

_MARKS = {"ok": "[green]ok[/]", "warning": "[yellow]warning[/]", "error": "[bold red]error[/]"}


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    tenant: Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose trails.")] = "default",
) -> None:
    """Examine everything that the pipeline needs; each finding comes with its mend.

    Database and tables, clocks, Dagster's sensors and schedules, lag and gaps of each account,
    files, prices, queues, disk, ports, versions, secrets. Exit code 1 if anything is an error.

    \b
    cost-pipeline doctor
    cost-pipeline doctor --json | jq '.[] | select(.level != "ok")'
    """
    settings = Settings()
    with plain_errors():
        findings = [*_of_database(settings, tenant), *_of_machine(settings)]
    if as_json:
        out.print_json(json.dumps([finding.as_dict() for finding in findings]))
    else:
        table = Table("", "what", "finding", "mend")
        for finding in findings:
            shown = map(escape, (finding.subject, finding.text, finding.mend))
            table.add_row(_MARKS[finding.level], *shown)
        out.print(table)
    raise typer.Exit(int(any(finding.level == "error" for finding in findings)))


def _of_database(settings: Settings, tenant: str) -> list[Finding]:
    try:
        with database_url(settings) as url, Database(url) as db:
            with db.admin() as conn:
                findings = examination.examine_schema(conn)
            if any(finding.level == "error" for finding in findings):
                return findings
            with db.transaction(tenant) as conn:
                findings += examination.examine(conn, tenant_id=tenant)
                stopped = governance.panicking(conn, tenant_id=tenant)
                outside = any(one.calls_aws for one in objects.trails(conn, tenant_id=tenant))
            if outside and not stopped:
                findings += machine.examine_aws_clock(settings.endpoint_url or machine.AWS_CLOCK)
            found = databases(url)
            environment = {}
            if "dagster" in found and not os.environ.get("DAGSTER_PG_URL"):
                environment["DAGSTER_PG_URL"] = driver_url(found["dagster"])
            home = settings.home.expanduser().absolute()
            findings += machine.examine_dagster(home, environment)
            return findings
    except DatabaseUnavailableError as error:
        return [Finding("error", "database", str(error), "Start it, or mend DATABASE_URL.")]


def _of_machine(settings: Settings) -> list[Finding]:
    server = None
    if settings.database_url is not None:
        with suppress(psycopg.OperationalError):
            server = pg_tools.server_major(plain_url(settings.database_url.get_secret_value()))
    return machine.examine_machine(settings.home.expanduser().absolute(), postgres=server)
