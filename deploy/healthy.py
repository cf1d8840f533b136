#!/usr/bin/env python
"""Whether a process of this container is well; exit code 1 where it is not.

    healthy http://127.0.0.1:3000/server_info
    healthy grpc://127.0.0.1:4000/DagsterApi
    healthy tcp://127.0.0.1:8443
    healthy heartbeats://                     of Dagster's daemon, in the database DAGSTER_PG_URL

`dagster api grpc-health-check` and `dagster-daemon liveness-check` ask the same and take a second
or two of CPU each time, which is most of what a quiet container would use.
"""

import json
import os
import socket
import sys
import time
import urllib.request
from urllib.parse import SplitResult, urlsplit

SECONDS = 5.0
DAEMONS = {
    *("ASSET", "BACKFILL", "EVENT_LOG_CONSUMER", "FRESHNESS_DAEMON", "MONITORING"),
    *("QUEUED_RUN_COORDINATOR", "SCHEDULER", "SENSOR"),
}
"""Threads that our dagster.yaml makes the daemon run."""
OLDEST_BEAT = 1830.0
"""Seconds that Dagster lets a thread be silent, which beats every 30 but not while it ticks."""


def main(address: str) -> bool:
    """Whether there is an answer, and a good one."""
    url = urlsplit(address)
    match url.scheme:
        case "http":
            urllib.request.urlopen(address, timeout=SECONDS).close()  # noqa: S310 - our own
        case "tcp":
            socket.create_connection((url.hostname, url.port), SECONDS).close()
        case "grpc":
            return _serving(url)
        case "heartbeats":
            return _beating(os.environ["DAGSTER_PG_URL"], time.time())
        case other:
            raise ValueError(f"{other}:// is not known here")
    return True


def _serving(url: SplitResult) -> bool:
    """What gRPC's health protocol says of the service that the path names."""
    import grpc

    service = url.path.removeprefix("/").encode()
    with grpc.insecure_channel(url.netloc) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        return bool(check(b"\n" + bytes([len(service)]) + service, timeout=SECONDS) == b"\x08\x01")


def _beating(address: str, now: float) -> bool:
    """Whether every thread of the daemon was alive lately."""
    import psycopg2

    scheme, _, place = address.partition("://")
    url = f"{scheme.partition('+')[0]}://{place}"
    connection = psycopg2.connect(url, connect_timeout=int(SECONDS))
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT daemon_type, body FROM daemon_heartbeats")
            beats = {name: json.loads(body)["timestamp"] for name, body in cursor.fetchall()}
    finally:
        connection.close()
    return all(now - beats.get(name, 0.0) <= OLDEST_BEAT for name in DAEMONS)


if __name__ == "__main__":
    try:
        sys.exit(0 if main(sys.argv[1]) else 1)
    except Exception as error:  # whatever it was belongs into the engine's log of checks
        sys.exit(f"{sys.argv[1]}: {error}")
