"""`cost-pipeline settings` and `backtest`: thresholds, and what others would have raised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.settings import Settings
from cost_pipeline.store.database import Database

settings = typer.Typer(no_args_is_help=True, help="The thresholds of detection, by tenant.")
app.add_typer(settings, name="settings")

Tenant = Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose thresholds.")]
Pairs = Annotated[list[str], typer.Argument(metavar="NAME=VALUE...")]


@settings.command("show")
def show(tenant: Tenant = "default") -> None:
    """Show every threshold: its value, unit, default and reason.

    \b
    cost-pipeline settings show
    """
    from cost_pipeline.core.detection_settings import described
    from cost_pipeline.store import thresholds

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            current = thresholds.load(conn, tenant_id=tenant)
    table = Table("threshold", "value", "unit", "default", "why", title=f"Thresholds of {tenant}")
    for one in described():
        value = getattr(current, one["name"])
        mark = "bold" if value != one["default"] else None
        row = (one["name"], f"{value:g}", one["unit"], f"{one['default']:g}", one["why"])
        table.add_row(*row, style=mark)
    out.print(table)


@settings.command("set")
def change(pairs: Pairs, tenant: Tenant = "default") -> None:
    """Set thresholds from now on; an empty value gives the default back.

    Try them first: cost-pipeline backtest --set NAME=VALUE

    \b
    cost-pipeline settings set floor_hand_passing=80 half_life_days=90
    cost-pipeline settings set floor_hand_passing=
    """
    from cost_pipeline.store import thresholds

    with plain_errors():
        changes = {name: value or None for name, value in _parsed(pairs).items()}
        with database_url(Settings()) as url, Database(url) as db:
            db.migrate()
            with db.transaction(tenant) as conn:
                thresholds.change(conn, tenant_id=tenant, changes=changes, by="command line")
    for name, value in changes.items():
        out.print(f"{name} = {value if value is not None else 'default'}", highlight=False)


@app.command()
def backtest(
    changes: Annotated[
        list[str], typer.Option("--set", metavar="NAME=VALUE", help="A threshold to try.")
    ],
    days: Annotated[int, typer.Option(min=1, max=365, help="How many days to look back.")] = 30,
    tenant: Tenant = "default",
) -> None:
    """Show what the last days would have raised under other thresholds, before they apply.

    \b
    cost-pipeline backtest --set ratio=2
    cost-pipeline backtest --set floor_hand_passing=100 --set flood=30 --days 60
    """
    from cost_pipeline.store import thresholds
    from cost_pipeline.store.backtests import backtest as run
    from cost_pipeline.store.backtests import newest_day

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            tried = thresholds.load(conn, tenant_id=tenant).changed(_parsed(changes))
            until = newest_day(conn, tenant_id=tenant) or datetime.now(UTC).date()
            found = run(
                conn,
                tenant_id=tenant,
                settings=tried,
                since=until - timedelta(days=days - 1),
                until=until,
                progress=lambda done, total: err.print(
                    f"\rday {done} of {total}", end="" if done < total else "\n"
                ),
            )
    table = Table("now", "then", "when (UTC)", "severity", "what")
    for one in found:
        marks = ("yes" if one.now else "-", "yes" if one.then else "-")
        table.add_row(
            *marks, f"{one.trigger_event_time:%d %b %H:%M}", one.severity, escape(one.title)
        )
    out.print(table)
    out.print(
        f"{sum(one.now for one in found)} anomalies as it is, "
        f"{sum(one.then for one in found)} under the other thresholds: "
        f"{sum(one.now and not one.then for one in found)} fewer, "
        f"{sum(one.then and not one.now for one in found)} more. Nothing has been changed."
    )


def _parsed(pairs: list[str]) -> dict[str, str]:
    found = dict[str, str]()
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair!r} is not NAME=VALUE, such as ratio=2")
        found[name.strip()] = value.strip()
    return found
