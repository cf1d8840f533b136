"""Things that cost money while they live: how each is started and ended, as calls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cost_pipeline.simulate.records import Call, Who, run_instances, terminate_instances

Body = tuple[str, str, dict[str, Any] | None, dict[str, Any] | None]
"""(service, call, request, response)."""


@dataclass(frozen=True, slots=True)
class Life:
    """`count` things of a kind, started at `at` by `who`; ended after `hours`, or never."""

    kind: str
    at: datetime
    hours: float | None
    account: str
    region: str
    who: Who
    size: str
    count: int
    key: str

    @property
    def ids(self) -> list[str]:
        """The things' ids: the same for the same life."""
        return [_hex(f"{self.account}{self.region}{self.key}{n}") for n in range(self.count)]

    def calls(self) -> Iterator[Call]:
        """The calls that start it and, if it ends, end it."""
        start, end = KINDS[self.kind]
        yield from self._calls(self.at, start(self), "start")
        if self.hours is not None:
            yield from self._calls(self.at + timedelta(hours=self.hours), end(self), "end")

    def _calls(self, at: datetime, bodies: list[Body], phase: str) -> Iterator[Call]:
        for number, (source, name, request, response) in enumerate(bodies):
            yield Call(
                at + timedelta(seconds=number),
                self.account,
                self.region,
                self.who,
                source,
                name,
                request,
                response,
                f"{self.key} {phase} {number}",
            )


def _hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:17]


def _instances(life: Life) -> list[Body]:
    request, response = run_instances([f"i-{one}" for one in life.ids], life.size)
    return [("ec2", "RunInstances", request, response)]


def _instances_end(life: Life) -> list[Body]:
    request, response = terminate_instances([f"i-{one}" for one in life.ids])
    return [("ec2", "TerminateInstances", request, response)]


def _volumes(life: Life) -> list[Body]:
    return [
        (
            "ec2",
            "CreateVolume",
            {"size": life.size, "volumeType": "gp3", "zone": f"{life.region}a"},
            {"volumeId": f"vol-{one}", "size": life.size, "volumeType": "gp3"},
        )
        for one in life.ids
    ]


def _volumes_end(life: Life) -> list[Body]:
    return [
        ("ec2", "DeleteVolume", {"volumeId": f"vol-{one}"}, {"_return": True}) for one in life.ids
    ]


def _snapshots(life: Life) -> list[Body]:
    return [
        (
            "ec2",
            "CreateSnapshot",
            {"volumeId": f"vol-{one}"},
            {"snapshotId": f"snap-{one}", "volumeId": f"vol-{one}", "volumeSize": life.size},
        )
        for one in life.ids
    ]


def _snapshots_end(life: Life) -> list[Body]:
    return [
        ("ec2", "DeleteSnapshot", {"snapshotId": f"snap-{one}"}, {"_return": True})
        for one in life.ids
    ]


def _nat_gateways(life: Life) -> list[Body]:
    bodies: list[Body] = []
    for one in life.ids:
        bodies.append(
            ("ec2", "AllocateAddress", {"domain": "vpc"}, {"allocationId": f"eipalloc-{one}"})
        )
        bodies.append(
            (
                "ec2",
                "CreateNatGateway",
                {"CreateNatGatewayRequest": {"ConnectivityType": "public"}},
                {
                    "CreateNatGatewayResponse": {
                        "natGateway": {"natGatewayId": f"nat-{one}", "state": "pending"}
                    }
                },
            )
        )
    return bodies


def _nat_gateways_end(life: Life) -> list[Body]:
    return [
        ("ec2", "DeleteNatGateway", {"DeleteNatGatewayRequest": {"NatGatewayId": f"nat-{one}"}}, {})
        for one in life.ids
    ]


def _databases(life: Life) -> list[Body]:
    multi = life.size.endswith(" multi-az")
    size = life.size.removesuffix(" multi-az")
    return [
        (
            "rds",
            "CreateDBInstance",
            {
                "dBInstanceIdentifier": f"db-{one}",
                "dBInstanceClass": size,
                "engine": "postgres",
                "allocatedStorage": 100,
                "multiAZ": multi,
                "storageType": "gp3",
            },
            {
                "dBInstanceIdentifier": f"db-{one}",
                "dBInstanceArn": f"arn:aws:rds:{life.region}:{life.account}:db:db-{one}",
                "dBInstanceClass": size,
                "engine": "postgres",
                "allocatedStorage": 100,
                "multiAZ": multi,
                "storageType": "gp3",
            },
        )
        for one in life.ids
    ]


def _databases_end(life: Life) -> list[Body]:
    return [
        (
            "rds",
            "DeleteDBInstance",
            {"dBInstanceIdentifier": f"db-{one}", "skipFinalSnapshot": True},
            {
                "dBInstanceIdentifier": f"db-{one}",
                "dBInstanceArn": f"arn:aws:rds:{life.region}:{life.account}:db:db-{one}",
            },
        )
        for one in life.ids
    ]


def _endpoints(life: Life) -> list[Body]:
    name = f"model-{life.ids[0][:6]}"
    variants = [
        {
            "variantName": "all",
            "modelName": name,
            "instanceType": life.size,
            "initialInstanceCount": life.count,
        }
    ]
    arn = f"arn:aws:sagemaker:{life.region}:{life.account}:endpoint"
    return [
        (
            "sagemaker",
            "CreateEndpointConfig",
            {"endpointConfigName": name, "productionVariants": variants},
            {"endpointConfigArn": f"{arn}-config/{name}"},
        ),
        (
            "sagemaker",
            "CreateEndpoint",
            {"endpointName": name, "endpointConfigName": name},
            {"endpointArn": f"{arn}/{name}"},
        ),
    ]


def _endpoints_end(life: Life) -> list[Body]:
    return [("sagemaker", "DeleteEndpoint", {"endpointName": f"model-{life.ids[0][:6]}"}, None)]


def _warehouses(life: Life) -> list[Body]:
    name = f"warehouse-{life.ids[0][:6]}"
    request = {
        "clusterIdentifier": name,
        "nodeType": life.size,
        "numberOfNodes": life.count,
        "clusterType": "multi-node",
    }
    return [("redshift", "CreateCluster", request, dict(request))]


def _warehouses_end(life: Life) -> list[Body]:
    name = f"warehouse-{life.ids[0][:6]}"
    return [("redshift", "DeleteCluster", {"clusterIdentifier": name}, None)]


def _savings_plans(life: Life) -> list[Body]:
    return [
        (
            "savingsplans",
            "CreateSavingsPlan",
            {
                "savingsPlanOfferingId": life.ids[0],
                "commitment": life.size,
                "upfrontPaymentAmount": str(float(life.size) * 8760),
            },
            {"savingsPlanId": f"sp-{life.ids[0]}"},
        )
    ]


def _stopped_trail(life: Life) -> list[Body]:
    arn = f"arn:aws:cloudtrail:{life.region}:{life.account}:trail/main"
    return [("cloudtrail", "StopLogging", {"name": arn}, None)]


def _nothing(_: Life) -> list[Body]:
    return []


KINDS: dict[str, tuple[Callable[[Life], list[Body]], Callable[[Life], list[Body]]]] = {
    "instances": (_instances, _instances_end),
    "volumes": (_volumes, _volumes_end),
    "snapshots": (_snapshots, _snapshots_end),
    "nat_gateways": (_nat_gateways, _nat_gateways_end),
    "databases": (_databases, _databases_end),
    "endpoints": (_endpoints, _endpoints_end),
    "warehouses": (_warehouses, _warehouses_end),
    "savings_plan": (_savings_plans, _nothing),
    "stopped_trail": (_stopped_trail, _nothing),
}
