"""`cost-pipeline demo` and `cost-pipeline up`: everything on this machine, until Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.panel import Panel

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.cli.run import backfill
from cost_pipeline.local import background, demo_sweep, services
from cost_pipeline.local import demo as made_up
from cost_pipeline.local.first_login import Login, ensure_login
from cost_pipeline.local.home import owning
from cost_pipeline.local.ports import Ports
from cost_pipeline.local.postgres import EmbeddedPostgres
from cost_pipeline.local.processes import Processes, Program, interruptible
from cost_pipeline.settings import Settings
from cost_pipeline.store import objects
from cost_pipeline.store.database import Database

if TYPE_CHECKING:
    from dagster import DagsterInstance

AppPort = Annotated[int, typer.Option(help="Port of the app; the next free one when taken.")]
ApiPort = Annotated[int, typer.Option(help="Port of the HTTP API; the next free when taken.")]
DagsterPort = Annotated[int, typer.Option(help="Port of Dagster; the next free one when taken.")]

_DEMO = {"SWEEP_ENABLED": "false", "PRICE_REFRESH": "false", "TENANT_ID": "default"}
"""The demo calls nobody, and is one tenant's."""


@dataclass(frozen=True, slots=True)
class _Started:
    """What a running system has before its programs start."""

    home: Path
    url: str
    ports: Ports
    processes: Processes
    environment: dict[str, str]
    postgres: EmbeddedPostgres | None

    def tend_postgres(self) -> None:
        """Starts our own Postgres again if it was killed."""
        if self.postgres is not None and self.postgres.revive():
            err.print("[yellow]Postgres had ended; it runs again.[/]")


@app.command()
def demo(
    app_port: AppPort = 8501, dagster_port: DagsterPort = 3000, api_port: ApiPort = 8700
) -> None:
    """Show everything on a made-up organisation: 35 days of CloudTrail, then live.

    Needs neither AWS nor Docker. Ctrl-C stops all of it; the next start goes on from there.
    State lies under COST_PIPELINE_HOME, so two can live side by side.

    \b
    cost-pipeline demo
    COST_PIPELINE_HOME=/tmp/second cost-pipeline demo --app-port 8600
    """
    with (
        plain_errors(),
        _started((app_port, dagster_port, api_port), _DEMO) as started,
    ):
        trail = started.home / "trail"
        with err.status("Writing the organisation's CloudTrail") as status:
            made_up.write(
                trail,
                datetime.now(UTC),
                lambda done, of: status.update(
                    f"Writing the organisation's CloudTrail: {done} of {of} days"
                ),
            )
        since = made_up.unread(trail)
        if since is not None:
            _read_history(started, str(trail), since)
            made_up.mark_read(trail)
        with Database(started.url) as db, err.status("Sweeping for what is idle"):
            db.migrate()
            now = datetime.now(UTC)
            demo_sweep.sweep(db, made_up.organisation_of(trail), now)
            if since is not None:
                settings = Settings()
                demo_sweep.write_digests(db, now, settings.digests, settings.dashboard_url)
        _serve(started, [services.simulator(trail)])


@app.command()
def up(
    trail: Annotated[
        str | None,
        typer.Option(envvar="TRAIL_URL", help="s3://bucket/prefix or a folder holding AWSLogs/."),
    ] = None,
    days: Annotated[
        int, typer.Option(min=0, help="How many days before today to read when the trail is new.")
    ] = 30,
    app_port: AppPort = 8501,
    dagster_port: DagsterPort = 3000,
    api_port: ApiPort = 8700,
    receive: Annotated[
        str | None,
        typer.Option(
            envvar="AGENT_LISTEN",
            help="Take log files from agents too, at this address: 0.0.0.0:8443. Needs the "
            "certificates of `agent init`.",
        ),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Run in the background; `cost-pipeline down` stops it.")
    ] = False,
) -> None:
    """Keep reading a trail, with Dagster and the app, until Ctrl-C.

    A new trail's past is read first, which gives baselines within minutes. Uses DATABASE_URL,
    or an embedded Postgres under COST_PIPELINE_HOME.

    \b
    cost-pipeline up --trail s3://my-trail-bucket
    cost-pipeline up --trail s3://logs/prefix --days 90
    cost-pipeline up            # the trails it knows already
    cost-pipeline up --receive 0.0.0.0:8443   # and what agents send
    cost-pipeline up --detach   # in the background, until `cost-pipeline down`
    """
    from cost_pipeline.aws.trails import whole_address

    # The processes are started elsewhere than here.
    trail = whole_address(trail) if trail is not None else None
    named = os.environ.get("TRAIL_URL")
    environment = {"TRAIL_URL": whole_address(named)} if named else {}
    if detach:
        _in_background(trail, receive, days, app_port, dagster_port, api_port)
        return
    with plain_errors(), _started((app_port, dagster_port, api_port), environment) as started:
        more = [_receiver(started.home, receive)] if receive else []
        if trail is not None and _is_new(started, trail):
            since = datetime.now(UTC).date() - timedelta(days=days)
            _read_history(started, trail, since, None if Settings().price_refresh else ())
        _serve(started, more)


def _receiver(home: Path, listen: str) -> Program:
    if not (home / "agent" / "server.pem").exists():
        raise ValueError(
            "Agents need certificates before they are let in: cost-pipeline agent init "
            "--host <this machine's name> --agent <name>."
        )
    return services.receiver(listen)


def _in_background(trail: str | None, receive: str | None, days: int, *ports: int) -> None:
    given = ["--trail", trail] if trail is not None else []
    given += ["--receive", receive] if receive is not None else []
    options = zip(("--app-port", "--dagster-port", "--api-port"), ports, strict=True)
    arguments = ["up", *given, "--days", str(days), *(str(x) for pair in options for x in pair)]
    home = Settings().home.expanduser().absolute()
    with plain_errors(), err.status(f"Starting in the background; see {background.log_of(home)}"):
        said = background.start(home, arguments)
    out.print(said[said.index("╭") :] if "╭" in said else said, highlight=False, markup=False)


@contextmanager
def _started(wanted: tuple[int, int, int], more: dict[str, str]) -> Iterator[_Started]:
    """Takes the home folder and starts Postgres; Ctrl-C ends the block quietly."""
    settings = Settings()
    home = settings.home.expanduser().absolute()
    settings = settings.model_copy(update={"home": home})
    own = EmbeddedPostgres(settings.postgres) if settings.database_url is None else None
    try:
        with (
            interruptible(),
            owning(home) as token,
            database_url(settings) as url,
            Ports.claimed(*wanted) as ports,
        ):
            environment = services.environment(home, url, ports) | more
            os.environ.update(environment)
            with Processes(home, token, environment, services.ROOT) as processes:
                yield _Started(home, url, ports, processes, environment, own)
    except KeyboardInterrupt:
        err.print("Stopped. The next start goes on from here.")


def _is_new(started: _Started, trail: str) -> bool:
    with Database(started.url) as db:
        db.migrate()
        tenant_id = Settings().tenant_id
        with db.transaction(tenant_id) as conn:
            return all(known.url != trail for known in objects.trails(conn, tenant_id=tenant_id))


def _read_history(
    started: _Started, trail: str, since: date, refresh_prices: Sequence[str] | None = ()
) -> None:
    """Backfills through Dagster, so that the runs show in its UI."""
    settings = Settings()
    try:
        with _instance() as instance:
            summary = backfill(
                started.url,
                trail=trail,
                endpoint_url=settings.endpoint_url,
                region=settings.aws_region,
                since=since,
                tenant=settings.tenant_id,
                instance=instance,
                refresh_prices=refresh_prices,
            )
    except ValueError as nothing_yet:
        with Database(started.url) as db, db.transaction(settings.tenant_id) as conn:
            objects.ensure_trail(
                conn,
                tenant_id=settings.tenant_id,
                url=trail,
                endpoint_url=settings.endpoint_url,
                region=settings.aws_region,
                resumed=True,
            )
        err.print(
            f"[yellow]{escape(str(nothing_yet))}[/] Waiting for the first file.", soft_wrap=True
        )
        return
    err.print(
        f"Read {summary.files:,} files with {summary.records:,} records: "
        f"{summary.cost_events:,} cost events, {summary.anomalies:,} anomalies."
    )
    for failure in summary.failures[:20]:
        err.print(f"[red]failed[/] {escape(failure)}", highlight=False, soft_wrap=True)


def _instance() -> DagsterInstance:
    """Dagster's, without a copy of what steps print: its watchers print their end on Ctrl-C."""
    from dagster import DagsterInstance
    from dagster._core.instance import InstanceRef

    nothing = "dagster._core.storage.noop_compute_log_manager"
    overrides = {"compute_logs": {"module": nothing, "class": "NoOpComputeLogManager"}}
    ref = InstanceRef.from_dir(os.environ["DAGSTER_HOME"], overrides=overrides)
    return DagsterInstance.from_ref(ref)


def _serve(started: _Started, more: Sequence[Program] = ()) -> None:
    with Database(started.url) as db:
        db.migrate()
        whose = Settings().tenant_id
        login = ensure_login(db, tenant_id=whose, file=started.home / "first_login")
    with err.status("Starting Dagster and the app"):
        started.processes.start_all([services.code_server(started.ports)])
        started.processes.start_all(services.programs(started.environment, started.ports))
    started.processes.start_all(list(more))
    for sentence in started.ports.moved:
        err.print(f"[yellow]{sentence}.[/]")
    out.print(_welcome(started, login))
    started.processes.watch(
        lambda sentence: err.print(f"[yellow]{sentence}.[/]"), tend=started.tend_postgres
    )


def _welcome(started: _Started, login: Login | None) -> Panel:
    said = f"{login.email}  {login.password}" if login else "as you made it: cost-pipeline user"
    return Panel(
        f"App       {started.ports.app_url}\nLogin     {said}\n"
        f"Dagster   {started.ports.dagster_url}\nAPI       {started.ports.api_url}\n"
        f"Home      {started.home}\n\n"
        "Ctrl-C stops everything; the next start goes on from there.",
        title=background.RUNNING,
        expand=False,
    )
