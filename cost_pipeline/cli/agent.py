"""`cost-pipeline agent`: log files from a customer's network, over gRPC with mutual TLS."""

from __future__ import annotations

import logging
import signal
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.markup import escape

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.settings import Settings

agent = typer.Typer(
    no_args_is_help=True,
    help="Forward log files from another network: certificates, the receiver, and the agent.\n\n"
    "1. here: cost-pipeline agent init --host receiver.example.com --agent office\n\n"
    "2. here: cost-pipeline agent receive\n\n"
    "3. copy agents/office/ there, then: cost-pipeline agent run --to receiver.example.com:8443 "
    "--certificates office --source s3://their-trail",
)
app.add_typer(agent, name="agent")

Folder = Annotated[
    Path | None,
    typer.Option(help="Folder of the certificates. Default: agent/ under COST_PIPELINE_HOME."),
]


@agent.command()
def init(
    host: Annotated[
        list[str] | None,
        typer.Option(help="Name or address that agents reach the receiver by; repeatable."),
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option("--agent", help="An agent to certify; repeatable.")
    ] = None,
    tenant: Annotated[
        str, typer.Option(envvar="TENANT_ID", help="Whose log files these agents send.")
    ] = "default",
    folder: Folder = None,
    days: Annotated[int, typer.Option(min=1, help="How long certificates last.")] = 730,
) -> None:
    """Make the local authority, the receiver's certificate, and one for each agent.

    The authority is made once and kept; run it again for another agent, or to renew. Keep
    ca.key secret: who has it can certify agents. An agent's tenant is in its certificate.

    \b
    cost-pipeline agent init --host receiver.example.com --agent office
    cost-pipeline agent init --agent factory --tenant acme
    """
    from cost_pipeline.agent.certificates import agent_certificate, authority, server_certificate

    with plain_errors():
        root = folder or _folder()
        ca = authority(root)
        if host or not (root / "server.pem").exists():
            names = list(dict.fromkeys([*(host or []), "localhost", "127.0.0.1"]))
            server_certificate(ca, names, days=days).write(root, "server")
            out.print(f"Receiver: {root / 'server.pem'} for {', '.join(names)}.")
        for one in name or []:
            if not one.isidentifier() and not one.replace("-", "").isalnum():
                raise ValueError(f"'{one}' is no name for a folder: use letters, digits and -.")
            theirs = root / "agents" / one
            agent_certificate(ca, one, tenant, days=days).write(theirs, "agent")
            (theirs / "ca.pem").write_bytes((root / "ca.pem").read_bytes())
            out.print(f"Agent {one} of tenant {tenant}: copy {theirs} to where it runs.")


@agent.command()
def revoke(
    name: Annotated[str, typer.Argument(help="The agent, as it was named by `agent init`.")],
    tenant: Annotated[
        str, typer.Option(envvar="TENANT_ID", help="Whose log files it sends.")
    ] = "default",
    folder: Folder = None,
) -> None:
    """Let an agent in no longer: every certificate that it was given until now.

    The receiver follows with the next call, without a restart. What the agent has delivered
    stays. `agent init` gives it a new certificate, if it is to come back.

    \b
    cost-pipeline agent revoke office
    """
    from datetime import UTC, datetime

    from cost_pipeline.agent.revocation import Revocations

    with plain_errors():
        root = folder or _folder()
        if not (root / "ca.pem").exists():
            raise ValueError(f"There is no authority in {root}: agent init makes it.")
        Revocations(root).revoke(name, tenant, datetime.now(UTC))
    out.print(f"Certificates of agent {name} of tenant {tenant} are let in no longer.")


@agent.command()
def receive(
    listen: Annotated[str, typer.Option(help="Address and port to listen on.")] = "0.0.0.0:8443",
    folder: Folder = None,
) -> None:
    """Take log files from agents into the archive, until Ctrl-C.

    Only agents with a certificate of this authority are let in. A file is acknowledged once it
    is on disk (ARCHIVE_URL, or archive/ under COST_PIPELINE_HOME) and registered; the pipeline
    reads it from there like any trail.

    \b
    cost-pipeline agent receive --listen 0.0.0.0:8443
    """
    from cost_pipeline.agent.certificates import Files
    from cost_pipeline.agent.receiver import Receiver, serve
    from cost_pipeline.agent.revocation import Revocations
    from cost_pipeline.intake.archiving import Archiving
    from cost_pipeline.store import governance
    from cost_pipeline.store.database import Database

    settings = Settings()
    with plain_errors(), database_url(settings) as url, Database(url) as db:
        db.migrate()
        root = folder or _folder()
        files = Files.read(root, "server")

        def panicking(tenant_id: str) -> bool:
            with db.transaction(tenant_id) as conn:
                return governance.panicking(conn, tenant_id=tenant_id)

        stop = _stopped_by_signal()
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
        receiver = Receiver(Archiving(db, settings), panicking, Revocations(root).holds)
        server, port = serve(receiver, listen, files)
        out.print(f"Receiving on port {port} into {settings.archive}. Ctrl-C stops.")
        stop.wait()
        server.stop(grace=10).wait()


@agent.command()
def run(
    to: Annotated[str, typer.Option(help="The receiver, as host:port.")],
    source: Annotated[
        list[str],
        typer.Option(
            help="A folder, s3://bucket/prefix, sqs://host/account/queue, or "
            "lookup://account/region,region; repeatable."
        ),
    ],
    certificates: Annotated[
        Path, typer.Option(help="The folder that `agent init` made: agent.key, agent.pem, ca.pem.")
    ],
    state: Annotated[
        Path | None,
        typer.Option(help="Folder of spool and memory. Default: forward/ in COST_PIPELINE_HOME."),
    ] = None,
    spool_mb: Annotated[
        int, typer.Option(min=1, help="How much may wait here while the receiver is away.")
    ] = 2048,
    days: Annotated[int, typer.Option(min=1, help="How many days back files are looked for.")] = 3,
    seconds: Annotated[float, typer.Option(min=1, help="How often the sources are read.")] = 30,
    role_arn: Annotated[str | None, typer.Option(help="A role to take for reading.")] = None,
    external_id: Annotated[str | None, typer.Option(help="The role's external id.")] = None,
    region: Annotated[str | None, typer.Option(help="The bucket's or queue's region.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="Another endpoint than AWS's.")] = None,
    once: Annotated[bool, typer.Option(help="Read and send what is there, then end.")] = False,
) -> None:
    """Forward log files to the receiver, until Ctrl-C. Needs no database.

    While the receiver is away, files wait in the spool; when that is full, they wait where they
    are. Nothing is lost by a crash, and nothing arrives twice. With --once, exit code 0 only if
    everything was delivered.

    \b
    cost-pipeline agent run --to receiver.example.com:8443 --certificates office --source /logs
    cost-pipeline agent run --to 10.0.0.5:8443 --certificates office --source s3://trail --days 30
    """
    from cost_pipeline.agent import running
    from cost_pipeline.agent.certificates import Files
    from cost_pipeline.agent.sender import Sender
    from cost_pipeline.agent.sources import open_source
    from cost_pipeline.agent.spool import Spool
    from cost_pipeline.agent.state import State
    from cost_pipeline.aws.sessions import Access

    with plain_errors():
        home = state or Settings().home.expanduser().absolute() / "forward"
        access = Access(role_arn=role_arn, external_id=external_id, region=region)
        memory, look_back = State(home / "state.sqlite"), timedelta(days=days)
        sources = [
            open_source(url, memory, access=access, endpoint_url=endpoint_url, look_back=look_back)
            for url in source
        ]
        sender = Sender(to, Files.read(certificates, "agent"))
        spool = Spool(home / "spool", spool_mb << 20)
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
        if once:
            problems = running.once(sources, spool, sender)
            for problem in problems:
                err.print(f"[red]failed[/] {escape(problem)}", highlight=False, soft_wrap=True)
            out.print(f"{sender.delivered:,} files delivered, {spool.waiting_bytes:,} bytes wait.")
            raise typer.Exit(1 if problems else 0)
        stop = _stopped_by_signal()
        running.forever(
            sources, spool, sender, stop, seconds=seconds, told=lambda s: err.print(s, markup=False)
        )


def _folder() -> Path:
    return Settings().home.expanduser().absolute() / "agent"


def _stopped_by_signal() -> Event:
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop
