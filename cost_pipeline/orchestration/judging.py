"""A day's archived answers judged: findings, what was left out, what could not be judged."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from cost_pipeline.store import inventory, sweeps, zombie_choices, zombie_life, zombies
from cost_pipeline.store.database import Database
from cost_pipeline.store.resource_history import known_resources

if TYPE_CHECKING:
    from cost_pipeline.zombies.model import Failure, Finding, LeftOut, Prices
    from cost_pipeline.zombies.thresholds import Thresholds


@dataclass(slots=True)
class Judged:
    """What judging a day came to."""

    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    places: int = 0


def thresholds_of_tenant(database: Database, tenant_id: str) -> Thresholds:
    """What the tenant chose; the defaults where it chose nothing.

    Raises:
        BadChoiceError: a setting means nothing; the message says which.
    """
    from cost_pipeline.zombies.choices import thresholds_of

    with database.transaction(tenant_id) as conn:
        return thresholds_of(zombie_choices.current(conn, tenant_id=tenant_id))


def judge_day(
    database: Database,
    tenant_id: str,
    day: date,
    thresholds: Thresholds | None = None,
    *,
    keep: bool = True,
) -> Judged:
    """Judges a day's archived answers, and puts its findings in place of those it had.

    Under the tenant's thresholds, or others. What is gone on the sweep after it follows.
    Without `keep` nothing is written: that only tries other thresholds.
    """
    from cost_pipeline.orchestration.pricing import PriceShelf

    judged, book = Judged(), PriceShelf.open(database).book(tenant_id, day)
    if thresholds is None:
        thresholds = thresholds_of_tenant(database, tenant_id)
    with database.transaction(tenant_id) as conn:
        for place in inventory.places(conn, tenant_id=tenant_id, day=day):
            judged.places += 1
            _judge_place(conn, tenant_id, day, place, book, thresholds, judged)
        if judged.places and keep:
            zombies.replace_day(conn, tenant_id=tenant_id, day=day, findings=judged.findings)
            sweeps.replace_day(
                conn,
                tenant_id=tenant_id,
                day=day,
                failures=judged.failures,
                left_out=judged.left_out,
            )
            _settle(conn, tenant_id, day)
            following = zombie_life.next_sweep(conn, tenant_id=tenant_id, day=day)
            if following:
                _settle(conn, tenant_id, following)
    return judged


def _settle(conn: Any, tenant_id: str, day: date) -> None:
    """Finds out what became of each finding of the sweep before that the day does not have."""
    rows = zombie_life.vanished(conn, tenant_id=tenant_id, day=day)
    place, answers = None, {}
    for row in rows:
        if row["state"] is not None:
            continue
        where = {"account_id": row["account_id"], "region": row["region"]}
        if where != place:
            place = where
            loaded = inventory.load(conn, tenant_id=tenant_id, day=day, **where)
            answers = {one.api: json.dumps(one.items) for one in loaded}
        row["state"] = "present" if _is_there(row, answers) else "absent"
    zombie_life.settle(conn, tenant_id=tenant_id, day=day, vanished=rows)


def _is_there(row: dict[str, Any], answers: dict[str, str]) -> bool:
    """Whether AWS still knows it: by its id, or by the name at the end of its ARN."""
    from cost_pipeline.zombies.registry import CHECKS

    check, name = CHECKS.get(row["check_name"]), row["resource_id"]
    short = name.rpartition("/")[2].rpartition(":")[2]
    texts = [answers.get(api, "") for api in (check.meta.calls if check else answers)]
    return any(f'"{word}"' in text for word in (name, short) for text in texts)


def _judge_place(
    conn: Any,
    tenant_id: str,
    day: date,
    place: dict[str, Any],
    prices: Prices,
    thresholds: Thresholds,
    judged: Judged,
) -> None:
    from cost_pipeline.aws.api_calls import archived_error
    from cost_pipeline.zombies.registry import calls_that_tell, sweep

    where = {"account_id": place["account_id"], "region": place["region"]}
    answers = inventory.load(conn, tenant_id=tenant_id, day=day, **where)
    result = sweep(
        {a.api: archived_error(a.api, a.error) if a.error else a.items for a in answers},
        now=place["fetched_at"],
        prices=prices,
        thresholds=thresholds,
        resources=known_resources(conn, tenant_id=tenant_id, calls=calls_that_tell(), **where),
        **where,
    )
    judged.findings.extend(result.findings)
    judged.failures.extend(result.failures)
    judged.left_out.extend(result.left_out)
