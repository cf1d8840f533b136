"""How long a sweep of 20 000 resources in four regions takes: `python benchmarks/sweep.py`.

A process of its own plays AWS (moto, filled without HTTP); what is measured is this process:
CPU seconds, wall seconds, memory at its highest, and how many series were asked for against
how many are needed. Needs the development dependencies.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import time
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-southeast-1")
ACCOUNT = "123456789012"
VOLUMES, INSTANCES, ADDRESSES, SNAPSHOTS = 3_000, 1_000, 500, 500
SERIES_OF_AN_INSTANCE = 5  # CPU, network in and out; its volume's reads and writes
LIMIT_CPU_SECONDS = 60.0


def play_aws(ready: Connection) -> None:
    """Serve four filled regions until the process is ended."""
    logging.getLogger("werkzeug").disabled = True
    silent = os.open(os.devnull, os.O_WRONLY)  # what moto lacks, it tells at length
    os.dup2(silent, 1)
    os.dup2(silent, 2)
    from moto.backends import get_backend
    from moto.server import ThreadedMotoServer

    for region in REGIONS:
        ec2 = get_backend("ec2")[ACCOUNT][region]
        image = next(iter(ec2.amis))
        for _ in range(VOLUMES):
            volume = ec2.create_volume(size=10, zone_name=f"{region}a", volume_type="gp3")
        for _ in range(SNAPSHOTS):
            ec2.create_snapshot(volume.id, "copy")
        for _ in range(ADDRESSES):
            ec2.allocate_address("vpc")
        ec2.run_instances(
            image, INSTANCES, "", [], instance_type="m5.large", ebs_optimized=False,
            is_instance_type_default=False,
        )  # fmt: skip
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    ready.send(server.get_host_and_port()[1])
    time.sleep(3600)


def sweep_all(endpoint_url: str) -> None:
    """Sweep every region, judge it, and print what it took."""
    import boto3

    from cost_pipeline.aws.api_calls import METRICS
    from cost_pipeline.aws.inventory import Usage, clients_of, collect
    from cost_pipeline.prices.book import PriceBook
    from cost_pipeline.zombies.registry import Plan, sweep

    later = datetime.now(UTC) + timedelta(days=200)
    usage, found, resources = Usage(), 0, 0
    wall, cpu = time.perf_counter(), time.process_time()
    session = boto3.Session()
    for region in REGIONS:
        clients = clients_of(session, region, endpoint_url=endpoint_url)
        answers = dict(collect(clients, ACCOUNT, region, plan=Plan(), now=later, usage=usage))
        result = sweep(
            answers, account_id=ACCOUNT, region=region, now=later, prices=PriceBook.packaged()
        )
        found += len(result.findings)
        resources += sum(len(a) for api, a in answers.items() if api in _COUNTED)
        failed = sorted({failure.api for failure in result.failures})
        series = answers[METRICS]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{region}: {len(result.findings)} idle, {len(series)} series, {memory} MB at most")
        print(f"  not judged: {', '.join(failed) or 'nothing'}")
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{resources} resources, {found} idle, {usage.calls.total()} calls, {usage.usd} USD")
    print(f"{usage.metrics} series of at least {SERIES_OF_AN_INSTANCE * INSTANCES * len(REGIONS)}")
    print(f"{cpu:.1f} s of CPU, {wall:.1f} s of wall")
    assert cpu <= LIMIT_CPU_SECONDS


_COUNTED = (
    "ec2:DescribeVolumes",
    "ec2:DescribeInstances",
    "ec2:DescribeAddresses",
    "ec2:DescribeSnapshots",
)


def main() -> None:
    """Start the other side, sweep it, and end it."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    here, there = multiprocessing.Pipe()
    aws = multiprocessing.get_context("spawn").Process(target=play_aws, args=(there,), daemon=True)
    aws.start()
    try:
        sweep_all(f"http://127.0.0.1:{here.recv()}")
    finally:
        aws.terminate()


if __name__ == "__main__":
    main()
