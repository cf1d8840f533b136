#!/usr/bin/env python
"""Whether a process of this container answers; exit code 1 where it does not.

    healthy http://127.0.0.1:3000/server_info
    healthy grpc://127.0.0.1:4000/DagsterApi
    healthy tcp://127.0.0.1:8443

`dagster api grpc-health-check` asks the same and takes a second of CPU each time, which is most
of what a quiet code server would use.
"""

import socket
import sys
import urllib.request
from urllib.parse import SplitResult, urlsplit

SECONDS = 5.0


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


if __name__ == "__main__":
    try:
        sys.exit(0 if main(sys.argv[1]) else 1)
    except Exception as error:  # whatever it was belongs into the engine's log of checks
        sys.exit(f"{sys.argv[1]}: {error}")
