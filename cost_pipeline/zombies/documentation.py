"""`docs/zombies.md`, generated from the checks themselves."""

from __future__ import annotations

from cost_pipeline.aws.api_calls import permission_of
from cost_pipeline.zombies.model import Check, Threshold
from cost_pipeline.zombies.policy import permissions
from cost_pipeline.zombies.registry import CHECKS

_HEAD = """# Zombies: what is idle, since when, whose, and what it costs

The sweep asks AWS what every account has in every region it has enabled (`inventory[day]`),
archives the answers, and judges them (`zombies[day]`). Because the answers are kept, a day can be
judged again with other thresholds, without asking AWS again. What a call leaves behind is told
when it is made (`leftovers`), minutes later and without asking AWS at all.

## How a resource becomes a finding

1. **Structure.** A check picks suspects from what the API says: a volume in state `available`, a
   database in state `available`. Most resources end here, and cost no metric.
2. **Left alone.** Suspects tagged `dd0c:keep` (the tags are a setting), excluded by id, name,
   check, account, region or tag, or younger than the check's `min_age_days` are left out, with the
   reason. An exclusion may end on a day, and may mark down instead.
3. **Metrics.** What is left is looked up in CloudWatch by the day, 500 series a call, over
   the check's `lookback_days`. A resource is idle when *every* metric of its check is at or under
   its limit. Peaks are compared, not averages: a machine that is busy on a third
   of the days or fewer is left out as one that bursts, with the day and the height of its peak.
   - *No data points* mean never used, for metrics that exist only with use (invocations,
     connections); the finding's confidence goes down one step. Where a running resource always
     sends the metric (CPU, disk operations), no data means that nothing is known: not judged.
4. **Since when.** The time of the call that made it idle (detach, stop, deregister, disassociate,
   or the end of what it belonged to), and who made it, if CloudTrail told us; else what the API
   says; else at least since the start of the look-back, all of which was idle.
5. **Whose.** The creator that CloudTrail named when the resource was made.
6. **How sure.** `high`, `medium`, `low` by check; anything that speaks against it (a route to a
   standby gateway, a replica, a commitment) makes it `low` and is told as a reason. `review` is no
   waste yet but worth a look (a database with little work, functions that fail, machines without
   a reservation): it is listed, and left out of every sum and of the digest.
7. **How much.** List price × 730 hours. Sums count a resource once, at the dearest of what several
   checks say of it: a database that is idle and in extended support is one. A price that is not
   known is shown as unknown, never as zero. What no region changes and no price book lists is
   priced as the check says.

A call that fails costs the checks that need it, and nothing else: they are listed with the
permission to grant. A service that a region does not have is not asked. In panic no further call
is made, and what the day had before stays.

## The life of a finding

*New* since the sweep before, *standing*, or *gone*, and then why: ended by whom and when, in use
again, deleted by nobody knows whom. What a check could not judge is *unseen* and what an exclusion
or a keep tag covers is *left out*: neither is gone, and neither counts as saved. Money is saved by
what ended or is no more, not by what is used again. *Ignored* until a date stays listed, and out of
the sums.

## What a call leaves behind

- `TerminateInstances`: volumes (`AttachVolume`, or `RunInstances` with `deleteOnTermination` false)
  and addresses (`AssociateAddress` with the instance or its interface).
- `DeleteDBInstance`, `DeleteDBCluster`: the last snapshot, and manual ones (`CreateDBSnapshot`).
- `DeregisterImage`: snapshots, unless it deletes them too (`RegisterImage`, `CreateImage`).
- `DeregisterTargets`, or the end of the last target: the load balancer (`RegisterTargets`,
  `CreateListener`, `CreateRule`).

What was detached, moved or deleted before is not left. A row says who left what, and what it costs
a month; it is shown with the zombies and in the digest, and told once, in one message for each
call, from 5 USD a month on (`alert_from`). A load balancer has twenty minutes for its next target.
What CloudTrail cannot say is not guessed: a launch template's volumes, or targets that were there
before the trail began.

## Thresholds

Every limit below can be changed by check and name; a limit of 0 is a limit of 0. Where sources
differ, the check says whose rule it follows and why. Each tenant has its own; who changed what is
in the audit log:

```sh
cost-pipeline zombies set snapshot_old.min_age_days=180 instance_idle.max_cpu=2 alert_from=20
cost-pipeline zombies keep-tags dd0c:keep legal-hold env=prod
cost-pipeline zombies exclude --resource 'vol-0a1b2c*' --until 2027-01-31 --reason "moves in May"
cost-pipeline zombies exclude --check nat_gateway_idle --account 111122223333 --mark-down
cost-pipeline zombies limits
cost-pipeline zombies judge 2026-11-20 --try instance_idle.max_cpu=10   # shows, keeps nothing
cost-pipeline zombies judge 2026-11-20                                  # with what holds now
```

Other thresholds apply to days already archived as well: so does rerunning `zombies` in Dagster. A
longer look-back needs metrics that were read for it, and holds from the next sweep. Three checks
are off, because most of what they find is meant to be so or because they read more of CloudWatch:
`zombies set instance_off_hours.on=1` switches one on. In the app, Settings → Idle resources does
the same.

## What it costs and needs

All calls are free except metrics, 0.01 USD for a thousand series, and S3's, 0.005 USD for a
thousand. `python benchmarks/sweep.py` shows 29 000 resources in four regions on a local endpoint:
13 s of CPU on a crowded machine, 292 calls, 20 000 series (the minimum), 0.20 USD; one region
needs 255 MB at the most, four one after another 305 MB.

## Side by side with cloud-custodian

`python benchmarks/against_custodian.py` lets cloud-custodian and our sweep look at the same
account (moto, idle and used resources of fourteen kinds). With the limits of age set to nothing on
both sides, they report the same resources: with cloud-custodian 0.9.53, 1,330 findings of both and
none of one alone. Ours differ on purpose where custodian's filters cannot see what we ask for:

- a NAT gateway that passes less than 1 MB a day is idle, and one in a route table is marked down;
- members of an Auto Scaling group are judged as a group, a stopped instance only if it has volumes;
- snapshots made by AWS Backup, or behind an image, are left to what manages them;
- an instance without any CPU data is not judged, rather than called idle;
- what is tagged `dd0c:keep` is left out.

## Left to others

Every criterion of Trusted Advisor, Compute Optimizer, thrifty and cloud-custodian that names
something idle, orphaned, forgotten or failing is a check here. What is left to others is
right-sizing and modernising: smaller types than the next one, newer generations, gp3 instead of
gp2, Graviton. How well commitments are used is known to Cost Explorer alone, in the account that
pays, at 0.01 USD a call. Directories and seats (QuickSight, Grafana) are left out too: AWS has no
call and no metric that says when somebody last signed in.

## Permissions

All of them read; `cost-pipeline iam-policy` prints the policy.


"""


def markdown() -> str:
    """The whole page."""
    allowed = "\n".join(f"- `{action}`" for action in permissions())
    sections = "\n".join(_section(check) for check in CHECKS.values())
    return f"{_HEAD}{allowed}\n\n## The {len(CHECKS)} checks\n\n{_table()}\n{sections}"


def _table() -> str:
    rows = ["| Check | What | Confidence | Waste a month |", "|---|---|---|---|"]
    for check in CHECKS.values():
        meta = check.meta
        anchor = f"[`{meta.name}`](#{meta.name})"
        rows.append(f"| {anchor} | {meta.title} | {meta.confidence} | {meta.waste} |")
    return "\n".join(rows) + "\n"


def _section(check: Check) -> str:
    meta = check.meta
    lines = [f"### {meta.name}", "", f"{meta.title}. Source: {meta.source}.", ""]
    lines += [f"- `{name}`: {_limit(limit)}" for name, limit in meta.thresholds.items()]
    lines += [f"- asks {', '.join(f'`{permission_of(api)}`' for api in meta.calls)}"]
    for metric in meta.metrics:
        limit = f" ≤ `{metric.at_most}`" if metric.at_most else ""
        hourly = ", by the hour" if metric.hourly else ""
        lines.append(f"- reads `{metric.namespace} {metric.name}` ({metric.stat}{hourly}){limit}")
    if meta.home_region:
        lines.append(f"- global: asked in {meta.home_region} only")
    lines += ["", "```sh", meta.cli, "```", f"Terraform: {meta.terraform}.", ""]
    return "\n".join(lines)


def _limit(limit: Threshold) -> str:
    why = f" ({limit.why})" if limit.why else ""
    return f"{limit.value:g} {limit.unit}{why}"
