"""`cost-pipeline zombies`: thresholds and exclusions of the sweep, and days judged again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from cost_pipeline.cli.main import app, database_url, err, out, plain_errors
from cost_pipeline.cli.sweep import idle_in_words, show_failures, show_findings
from cost_pipeline.settings import Settings
from cost_pipeline.store import zombie_choices
from cost_pipeline.store.database import Database

group = typer.Typer(
    help="What counts as idle: thresholds, exclusions, days judged again.", no_args_is_help=True
)
app.add_typer(group, name="zombies")
Tenant = Annotated[str, typer.Option(envvar="TENANT_ID", help="Whose thresholds.")]
Limits = Annotated[
    list[str] | None, typer.Argument(help="check.limit=number, as instance_idle.max_cpu=2")
]
_BY = "command line"


@group.command("limits")
def limits(tenant: Tenant = "default") -> None:
    """Print what was chosen; `docs/zombies.md` lists every limit with its default.

    \b
    cost-pipeline zombies limits
    """
    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            chosen = zombie_choices.current(conn, tenant_id=tenant)
    typer.echo(json.dumps(chosen, indent=2, sort_keys=True))


@group.command("set")
def set_limits(changes: Limits, tenant: Tenant = "default") -> None:
    """Change limits; a check without a number after = goes back to its default.

    \b
    cost-pipeline zombies set instance_idle.max_cpu=2 snapshot_old.min_age_days=180
    cost-pipeline zombies set instance_idle.max_cpu= alert_from=20
    """
    from cost_pipeline.zombies.choices import with_limits

    _change(tenant, lambda chosen: with_limits(chosen, changes or []))


@group.command("keep-tags")
def keep_tags(
    tags: Annotated[list[str], typer.Argument(help="Names, or name=value.")],
    tenant: Tenant = "default",
) -> None:
    """Leave alone whatever carries one of these tags. Default: dd0c:keep.

    \b
    cost-pipeline zombies keep-tags dd0c:keep legal-hold env=prod
    """
    _change(tenant, lambda chosen: dict(chosen) | {"keep_tags": tags})


@group.command("exclude")
def exclude(
    resource: Annotated[str | None, typer.Option(help="Id or name, with * and ?.")] = None,
    check: Annotated[str | None, typer.Option(help="Only this check; left_behind: alerts.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    region: Annotated[str | None, typer.Option(help="Only this region.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only what has it: name, or name=value.")] = None,
    until: Annotated[str | None, typer.Option(help="The day on which it ends.")] = None,
    reason: Annotated[str | None, typer.Option(help="Shown with what is left out.")] = None,
    mark_down: Annotated[bool, typer.Option(help="List it still, with low confidence.")] = False,
    tenant: Tenant = "default",
) -> None:
    """Leave things alone, until a day; all that is said must hold.

    \b
    cost-pipeline zombies exclude --resource 'vol-0a1*' --reason "moves" --until 2027-01-31
    cost-pipeline zombies exclude --check nat_gateway_idle --account 111122223333 --mark-down
    """
    said = {
        "resource": resource,
        "check": check,
        "account": account,
        "region": region,
        "tag": tag,
        "until": until,
        "reason": reason,
    }
    rule: dict[str, Any] = {name: value for name, value in said.items() if value}
    if mark_down:
        rule["mark_down"] = True

    def add(chosen: Mapping[str, Any]) -> dict[str, Any]:
        if not set(rule) - {"until", "reason", "mark_down"}:
            raise ValueError("Say what to exclude: --resource, --check, --account, --region, --tag")
        return dict(chosen) | {"exclusions": [*chosen.get("exclusions", []), rule]}

    _change(tenant, add)


@group.command("include")
def include(
    number: Annotated[int, typer.Argument(help="Which exclusion, from 1, as `limits` lists them.")],
    tenant: Tenant = "default",
) -> None:
    """Take an exclusion back.

    \b
    cost-pipeline zombies include 1
    """

    def remove(chosen: Mapping[str, Any]) -> dict[str, Any]:
        rules = list(chosen.get("exclusions", []))
        if not 0 < number <= len(rules):
            raise ValueError(f"There is no exclusion {number}: there are {len(rules)}.")
        del rules[number - 1]
        return dict(chosen) | {"exclusions": rules}

    _change(tenant, remove)


@group.command("judge")
def judge(
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day that was swept.")],
    changes: Annotated[
        list[str] | None, typer.Option("--try", help="check.limit=number, for this once.")
    ] = None,
    tenant: Tenant = "default",
) -> None:
    """Judge a past day again from its archived answers; AWS is not asked.

    With --try nothing is kept: it shows what other limits would find.

    \b
    cost-pipeline zombies judge 2026-11-20
    cost-pipeline zombies judge 2026-11-20 --try instance_idle.max_cpu=10
    """
    from cost_pipeline.orchestration.judging import judge_day
    from cost_pipeline.zombies.choices import thresholds_of, with_limits

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            chosen = zombie_choices.current(conn, tenant_id=tenant)
        tried = thresholds_of(with_limits(chosen, changes or []))
        judged = judge_day(db, tenant, day.date(), tried, keep=not changes)
        if not judged.places:
            raise ValueError(f"{day:%Y-%m-%d} was not swept: AWS can only be asked today.")
    show_findings(judged.findings)
    show_failures(judged.failures)
    kept = "tried, not kept" if changes else "kept"
    err.print(f"{idle_in_words(judged.findings)}; {kept}.", highlight=False)


def _change(tenant: str, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> None:
    from cost_pipeline.zombies.choices import thresholds_of

    with plain_errors(), database_url(Settings()) as url, Database(url) as db:
        db.migrate()
        with db.transaction(tenant) as conn:
            changed = change(zombie_choices.current(conn, tenant_id=tenant))
            thresholds_of(changed)
            zombie_choices.put(conn, tenant_id=tenant, choices=changed, by=_BY)
    out.print("It holds from the next sweep on; `zombies judge DAY` applies it to a past one.")
