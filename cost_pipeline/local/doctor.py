"""What only this machine can tell: disk, ports, versions, secrets, Dagster, clocks."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from cost_pipeline.core.wording import counted
from cost_pipeline.local import background, pg_tools
from cost_pipeline.local.postgres import PostgresError
from cost_pipeline.store.doctor import MOST_DRIFT_SECONDS, Finding, Level

if TYPE_CHECKING:
    from dagster import DagsterInstance

AWS_CLOCK = "https://sts.amazonaws.com"
LEAST_FREE_BYTES = 2_000_000_000
_EXPIRES_SOON = timedelta(days=30)
_PORTS = {"app": 8501, "Dagster": 3000, "API": 8700}
_SECRETS = ("secret_key", "first_login", "postgres/password")
_WAIT_SECONDS = 5.0
_TOGETHER = (("dagster", "dagster-webserver"), ("dagster-postgres", "dagster-aws"))
"""Packages that only work in the same version."""


def examine_machine(home: Path, *, postgres: int | None = None) -> list[Finding]:
    """Looks at disk, ports, versions, secrets and certificates.

    Args:
        home: the home folder.
        postgres: the major version of the server, where it is known.
    """
    return [
        *_disk(home),
        *_ports(home),
        *_versions(postgres),
        *_secrets(home),
        *_certificates(home),
    ]


def _disk(home: Path) -> Iterator[Finding]:
    there = next((p for p in (home, *home.parents) if p.exists()), Path("/"))
    free = shutil.disk_usage(there).free
    level: Level = "ok" if free > LEAST_FREE_BYTES else "error"
    mend = "" if level == "ok" else "Make room, `cost-pipeline retention`, or move the home folder."
    yield Finding(level, "disk", f"{free / 1e9:,.1f} GB free at {there}", mend)


def _ports(home: Path) -> Iterator[Finding]:
    if "COST_PIPELINE_IMAGE" in os.environ:
        return  # each process has a network of its own there, and health checks ask
    runs = background.owner(home) is not None
    for name, port in _PORTS.items():
        taken = _listens(port)
        if runs and not taken:
            mend = f"It may have moved to the next port: see {background.log_of(home)}."
            yield Finding("warning", f"port {port}", f"{name} does not answer on it", mend)
        elif taken and not runs:
            mend = "Nothing to do: the next free port is taken, and named at the start."
            yield Finding("warning", f"port {port}", f"of {name} is taken by another", mend)
        else:
            yield Finding("ok", f"port {port}", f"{name} answers" if runs else "is free")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _versions(postgres: int | None) -> Iterator[Finding]:
    product = version(_PRODUCT)
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok", "versions", f"dd0c/cost {product}, Python {python}, {_of('dagster')}")
    for pair in _TOGETHER:
        if len({version(name) for name in pair}) > 1:
            text = ", ".join(map(_of, pair))
            mend = "Install what requirements.lock says: make setup"
            yield Finding("error", "versions", f"do not fit together: {text}", mend)
    if postgres is None:
        return
    try:
        path, major = pg_tools.tool("pg_dump", postgres)
        yield Finding("ok", "pg_dump", f"{major} at {path}")
    except PostgresError as error:
        yield Finding("warning", "pg_dump", "there is none that suits the server", str(error))


_PRODUCT = "cost-pipeline"


def _of(package: str) -> str:
    return f"{package} {version(package)}"


def _secrets(home: Path) -> Iterator[Finding]:
    found = [home / name for name in _SECRETS]
    found += sorted((home / "agent").rglob("*.key")) if (home / "agent").exists() else []
    there = [path for path in found if path.exists()]
    exposed = [path for path in there if path.stat().st_mode & 0o077]
    for path in exposed:
        mode = f"{path.stat().st_mode & 0o777:o}"
        text = f"{path} is readable by others ({mode})"
        yield Finding("error", "secrets", text, f"chmod 600 {path}")
    if there and not exposed:
        files = counted(len(there), "file")
        yield Finding("ok", "secrets", f"{files}, readable by the owner alone")


def _certificates(home: Path) -> Iterator[Finding]:
    """Those of the receiver and of agents."""
    for path in sorted((home / "agent").rglob("*.pem")) if (home / "agent").exists() else []:
        with suppress(ValueError):
            ends = x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
            left = ends - datetime.now(UTC)
            if left < _EXPIRES_SOON:
                level: Level = "error" if left < timedelta(0) else "warning"
                mend = "cost-pipeline agent init makes a new one; copy it to where it is used."
                yield Finding(level, "certificate", f"{path} ends on {ends:%Y-%m-%d}", mend)


def examine_aws_clock(url: str = AWS_CLOCK) -> list[Finding]:
    """Compares this machine's clock with AWS's, by the Date of any answer."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - https, or the user's own
    try:
        with urllib.request.urlopen(request, timeout=_WAIT_SECONDS) as answer:  # noqa: S310
            date = answer.headers.get("Date")
    except urllib.error.HTTPError as refused:
        date = refused.headers.get("Date")
    except (OSError, ValueError) as error:
        mend = "Needed only where AWS is called from here: check the network or the proxy."
        return [Finding("warning", "AWS", f"does not answer at {url}: {error}", mend)]
    if not date:
        return []
    drift = (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds()
    if abs(drift) > MOST_DRIFT_SECONDS:
        mend = "Set the clock by NTP: AWS refuses calls that are minutes off."
        return [Finding("error", "clock", f"differs from AWS's by {drift:.0f} s", mend)]
    return [Finding("ok", "clock", "agrees with AWS's")]


def examine_dagster(home: Path, environment: Mapping[str, str]) -> list[Finding]:
    """Looks at Dagster's daemon, sensors and schedules, where it ever ran.

    Args:
        home: the home folder, below which Dagster's own lies unless DAGSTER_HOME says otherwise.
        environment: DAGSTER_PG_URL, beside what is set.
    """
    folder = Path(os.environ.get("DAGSTER_HOME") or home / "dagster")
    if not (folder / "dagster.yaml").exists():
        mend = "cost-pipeline up starts it; `run` and `onboard` do without."
        return [Finding("warning", "Dagster", "has never run here", mend)]
    told = "DAGSTER_PG_URL" in environment or "DAGSTER_PG_URL" in os.environ
    if not told and "DAGSTER_PG_URL" in (folder / "dagster.yaml").read_text():
        mend = "cost-pipeline up makes its database; `run` and `onboard` do without."
        return [Finding("warning", "Dagster", "has never run on this Postgres", mend)]
    os.environ.update({**environment, "DAGSTER_HOME": str(folder)})
    from dagster import DagsterInstance

    try:
        with DagsterInstance.get() as instance:
            return [*_daemons(instance), *_instigators(instance)]
    except Exception as error:  # whatever it is, the rest of the examination goes on
        mend = "Check DAGSTER_PG_URL, and that its database is there."
        return [Finding("error", "Dagster", f"its storage does not answer: {error}"[:300], mend)]


def _daemons(instance: DagsterInstance) -> Iterator[Finding]:
    statuses = instance.get_daemon_statuses()
    ill = sorted(
        name for name, status in statuses.items() if status.required and not status.healthy
    )
    if ill:
        mend = "Start it: cost-pipeline up, or see logs/dagster-daemon.log."
        yield Finding("error", "daemon", f"no heartbeat of {', '.join(ill)}", mend)
    else:
        yield Finding("ok", "daemon", "its heart beats")


def _instigators(instance: DagsterInstance) -> Iterator[Finding]:
    from dagster._core.scheduler.instigation import InstigatorStatus, TickStatus

    stopped, failing, going = [], [], 0
    for state in instance.all_instigator_state():
        name = state.origin.instigator_name
        if state.status == InstigatorStatus.STOPPED:
            stopped.append(name)
            continue
        going += 1
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        if ticks and ticks[0].status == TickStatus.FAILURE:
            failing.append((name, ticks[0].error.message if ticks[0].error else "no reason given"))
    for name in stopped:
        mend = "Switch it on in Dagster, under Automation."
        yield Finding("error", f"Dagster {name}", "is switched off", mend)
    for name, why in failing:
        mend = "Look at its ticks in Dagster; it is tried again."
        yield Finding("error", f"Dagster {name}", f"failed: {why.strip()[:200]}", mend)
    if going and not failing:
        yield Finding("ok", "Dagster", f"{going} sensors and schedules go")
