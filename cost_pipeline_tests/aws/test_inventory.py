import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from cost_pipeline.aws.api_calls import CALLS, METRICS, ApiError, MetricQuery
from cost_pipeline.aws.inventory import Usage, clients_of, collect, regions_of
from cost_pipeline.aws.metrics import fetch_series
from cost_pipeline.prices.book import PriceBook
from cost_pipeline.zombies.registry import CHECKS, Plan, sweep
from cost_pipeline.zombies.thresholds import Thresholds

REGION, ACCOUNT = "us-east-1", "123456789012"
TEN = tuple(
    CHECKS[name]
    for name in (
        "ebs_unattached",
        "address_unassociated",
        "nat_gateway_idle",
        "load_balancer_without_targets",
        "instance_stopped",
        "instance_idle",
        "database_idle",
        "snapshot_old",
        "sagemaker_endpoint_idle",
        "dynamodb_idle",
    )
)
Client = Callable[[str], Any]


@pytest.fixture
def client(moto_url: str) -> Client:
    return clients_of(boto3.Session(), REGION, endpoint_url=moto_url)


def make_idle_things(client: Client) -> dict[str, str]:
    ec2, made = client("ec2"), {}
    made["ebs_unattached"] = ec2.create_volume(AvailabilityZone="us-east-1a", Size=50)["VolumeId"]
    made["address_unassociated"] = ec2.allocate_address(Domain="vpc")["AllocationId"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]
    made["nat_gateway_idle"] = gateway["NatGatewayId"]
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ran = ec2.run_instances(ImageId=image, MinCount=2, MaxCount=2, InstanceType="m5.large")
    running, stopped = (instance["InstanceId"] for instance in ran["Instances"])
    ec2.stop_instances(InstanceIds=[stopped])
    made["instance_idle"], made["instance_stopped"] = running, stopped
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"][:2]]
    balancer = client("elbv2").create_load_balancer(Name="alone", Subnets=subnets)
    made["load_balancer_without_targets"] = balancer["LoadBalancers"][0]["LoadBalancerArn"]
    made["database_idle"] = client("rds").create_db_instance(
        DBInstanceIdentifier="forgotten",
        DBInstanceClass="db.m5.large",
        Engine="postgres",
        AllocatedStorage=100,
    )["DBInstance"]["DBInstanceArn"]
    made["snapshot_old"] = ec2.create_snapshot(VolumeId=made["ebs_unattached"])["SnapshotId"]
    made["sagemaker_endpoint_idle"] = make_endpoint(client("sagemaker"))
    made["dynamodb_idle"] = client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 100, "WriteCapacityUnits": 50},
    )["TableDescription"]["TableArn"]
    return made


def make_endpoint(sagemaker: Any) -> str:
    role = f"arn:aws:iam::{ACCOUNT}:role/sagemaker"
    sagemaker.create_model(ModelName="m", ExecutionRoleArn=role, PrimaryContainer={"Image": "i"})
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName="c", ProductionVariants=[variant | {"InstanceType": "ml.m5.xlarge"}]
    )
    arn: str = sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")["EndpointArn"]
    return arn


def put(client: Client, namespace: str, name: str, value: float, **dimensions: str) -> None:
    days = (datetime.now(UTC) - timedelta(days=n) for n in range(1, 10))
    names = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    client("cloudwatch").put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": name, "Dimensions": names, "Timestamp": day, "Value": value}
            for day in days
        ],
    )


def test_a_refusal_in_any_words_costs_its_call_only(client: Client) -> None:
    words = "Value '{a b}' failed to satisfy constraint: [a-z]{1,64}"
    refusal = {"Error": {"Code": "ValidationException", "Message": words}}

    def refuse(**_: Any) -> None:
        raise ClientError(refusal, "DescribeAddresses")  # type: ignore[arg-type]

    client("ec2").meta.events.register("before-call.ec2.DescribeAddresses", refuse)
    plan = Plan((CHECKS["address_unassociated"],))
    answers = dict(collect(client, ACCOUNT, REGION, plan=plan, now=datetime.now(UTC)))
    refused = answers["ec2:DescribeAddresses"]
    assert isinstance(refused, ApiError)
    assert words in refused.message


def test_ten_idle_things_are_found_priced_and_json(client: Client) -> None:
    made = make_idle_things(client)
    put(client, "AWS/EC2", "CPUUtilization", 1.0, InstanceId=made["instance_idle"])
    later = datetime.now(UTC) + timedelta(days=100)
    plan, usage = Plan(TEN), Usage()
    answers: dict[str, Any] = dict(
        collect(client, ACCOUNT, REGION, plan=plan, now=later, usage=usage)
    )
    assert [str(a) for a in answers.values() if isinstance(a, ApiError)] == []
    cpu = next(key for key in answers[METRICS] if "CPUUtilization" in key)
    answers[METRICS][cpu] = [[(later - timedelta(days=1)).isoformat(), 1.0]]
    archived = json.loads(json.dumps(answers))
    result = sweep(
        archived,
        account_id=ACCOUNT,
        region=REGION,
        now=later,
        prices=PriceBook.packaged(),
        checks=TEN,
    )
    assert result.failures == []
    found = {(f.check_name, f.resource_id) for f in result.findings}
    assert set(made.items()) <= found
    assert all(f.monthly_cost for f in result.findings)
    assert usage.metrics == len(answers[METRICS])
    assert usage.usd == Decimal(usage.metrics) / 100_000
    assert usage.calls["ec2:DescribeInstances"] == 1


def test_what_is_used_is_not_reported(client: Client) -> None:
    made = make_idle_things(client)
    put(client, "AWS/EC2", "CPUUtilization", 60.0, InstanceId=made["instance_idle"])
    put(client, "AWS/RDS", "DatabaseConnections", 3.0, DBInstanceIdentifier="forgotten")
    put(
        client,
        "AWS/NATGateway",
        "BytesOutToDestination",
        9e9,
        NatGatewayId=made["nat_gateway_idle"],
    )
    now = datetime.now(UTC)
    checks = tuple(CHECKS[n] for n in ("instance_idle", "database_idle", "nat_gateway_idle"))
    old = {
        name: {"min_age_days": 0.0}
        for name in ("instance_idle", "database_idle", "nat_gateway_idle")
    }
    thresholds = Thresholds(old)
    plan = Plan(checks, thresholds)
    answers = dict(collect(client, ACCOUNT, REGION, plan=plan, now=now))
    options: dict[str, Any] = {
        "account_id": ACCOUNT,
        "region": REGION,
        "now": now,
        "checks": checks,
    }
    result = sweep(answers, prices=PriceBook.packaged(), thresholds=thresholds, **options)
    assert (result.findings, result.failures) == ([], [])


def test_a_denied_call_becomes_an_error_with_its_permission(client: Client) -> None:
    class Denied:
        def can_paginate(self, _: str) -> bool:
            return False

        def __getattr__(self, operation: str) -> Any:
            def refuse(**_: Any) -> Any:
                raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)

            return refuse

    def clients(service: str) -> Any:
        return Denied() if service in ("elbv2", "dynamodb") else client(service)

    plan = Plan(
        tuple(
            CHECKS[n] for n in ("load_balancer_without_targets", "dynamodb_idle", "ebs_unattached")
        )
    )
    answers = dict(collect(clients, ACCOUNT, REGION, plan=plan, now=datetime.now(UTC)))
    assert str(answers["elbv2:DescribeLoadBalancers"]) == (
        "elbv2:DescribeLoadBalancers: access was denied (AccessDeniedException). "
        "Allow elasticloadbalancing:DescribeLoadBalancers."
    )
    assert "it follows dynamodb:ListTables" in str(answers["dynamodb:DescribeTable"])
    assert answers["ec2:DescribeVolumes"] == []


def test_series_are_read_500_at_a_time_and_page_by_page() -> None:
    asked: list[int] = []

    class Cloudwatch:
        def get_metric_data(self, **request: Any) -> Any:
            queries = request["MetricDataQueries"]
            moment = request["StartTime"] + timedelta(days=1 if "NextToken" in request else 2)
            if "NextToken" not in request:
                asked.append(len(queries))
            results = [
                {"Id": q["Id"], "Timestamps": [moment], "Values": [1.0], "StatusCode": "Complete"}
                for q in queries
            ]
            results[0]["StatusCode"] = "InternalError" if len(queries) == 201 else "Complete"
            more = {} if "NextToken" in request else {"NextToken": "t"}
            return {"MetricDataResults": results, **more}

    queries = [MetricQuery("N", "M", "Sum", (("Id", str(n)),), 14) for n in range(1201)]
    usage = Usage()
    with ThreadPoolExecutor(2) as pool:
        series = fetch_series(
            Cloudwatch(), queries, datetime(2026, 11, 24, 5, tzinfo=UTC), pool, usage.count
        )
    assert sorted(asked) == [201, 500, 500]
    assert (usage.calls[METRICS], usage.metrics) == (3, 1201)
    assert set(series) == {query.key for query in queries} - {queries[1000].key}
    assert series["N/M/Sum/Id=7"] == [
        ["2026-11-11T00:00:00+00:00", 1.0],
        ["2026-11-12T00:00:00+00:00", 1.0],
    ]


@pytest.mark.parametrize("api", sorted(CALLS))
def test_every_call_exists_reads_and_gives_items(api: str) -> None:
    call = CALLS[api]
    model = boto3.client(call.client, region_name=REGION).meta
    assert call.operation in model.method_to_api_mapping
    operation = model.service_model.operation_model(model.method_to_api_mapping[call.operation])
    known = operation.input_shape.members if operation.input_shape else {}
    assert {*call.params, *call.given} <= set(known)
    top = call.items.split("[")[0].split(".")[0]
    assert top == "@" or top in operation.output_shape.members
    assert call.operation.split("_")[0] in ("describe", "list", "get")


def test_regions_are_those_enabled(client: Client) -> None:
    assert "eu-west-1" in regions_of(client)


def test_throughput_is_asked_as_aws_answers_it() -> None:
    bedrock = boto3.client("bedrock", region_name=REGION)
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    arn = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:provisioned-model/abcdefghijkl"
    base = "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku"
    summary = {
        "provisionedModelName": "spare",
        "provisionedModelArn": arn,
        "modelArn": base,
        "desiredModelArn": base,
        "foundationModelArn": base,
        "modelUnits": 2,
        "desiredModelUnits": 2,
        "status": "InService",
        "creationTime": moment,
        "lastModifiedTime": moment,
    }
    check = CHECKS["bedrock_throughput_idle"]
    now = datetime(2026, 11, 24, tzinfo=UTC)
    with Stubber(bedrock) as stub:
        stub.add_response(
            "list_provisioned_model_throughputs", {"provisionedModelSummaries": [summary]}
        )
        cloudwatch = boto3.client("cloudwatch", region_name=REGION)
        with Stubber(cloudwatch) as series:
            empty = {"MetricDataResults": [{"Id": "m0", "Timestamps": [], "Values": []}]}
            series.add_response("get_metric_data", empty)
            clients = {"bedrock": bedrock, "cloudwatch": cloudwatch}.__getitem__
            answers = dict(collect(clients, ACCOUNT, REGION, plan=Plan((check,)), now=now))
    options: dict[str, Any] = {"account_id": ACCOUNT, "region": REGION, "now": now}
    result = sweep(answers, prices=PriceBook.packaged(), checks=[check], **options)
    (finding,) = result.findings
    assert finding.monthly_cost == 2 * 44 * 730
    assert finding.confidence == "medium"


def test_a_service_that_a_region_does_not_have_is_not_asked() -> None:
    clients = clients_of(boto3.Session(), "ap-south-2", endpoint_url="http://127.0.0.1:9")
    plan = Plan((CHECKS["appstream_fleet_idle"], CHECKS["kendra_index_idle"]))
    now = datetime.now(UTC)
    assert dict(collect(clients, ACCOUNT, "ap-south-2", plan=plan, now=now)) == {
        "appstream:DescribeFleets": [],
        "kendra:ListIndices": [],
        METRICS: {},
    }
