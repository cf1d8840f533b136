"""Where the catalog looks in a request, against the API's own models in botocore."""

import re
from functools import cache
from typing import Any

import botocore.session
import pytest

from cost_pipeline.catalog.loader import load_catalog
from cost_pipeline.catalog.reader import CompiledCall

# Services whose event source is not the name of their model.
MODELS = {
    "monitoring": ["cloudwatch"],
    "elasticmapreduce": ["emr"],
    "elasticloadbalancing": ["elbv2", "elb"],
    "elasticfilesystem": ["efs"],
    "autoscaling": ["autoscaling", "application-autoscaling"],
    "airflow": ["mwaa"],
    "aoss": ["opensearchserverless"],
    "aps": ["amp"],
    "cloudhsm": ["cloudhsmv2"],
    "es": ["opensearch", "es"],
    "kinesisanalytics": ["kinesisanalyticsv2"],
    "timestream": ["timestream-write"],
    "servicequotas": ["service-quotas"],
    "apigateway": ["apigateway", "apigatewayv2"],
    "sms-voice": ["pinpoint-sms-voice-v2"],
    "amazonmq": ["mq"],
    "bedrock": ["bedrock", "bedrock-agent"],
}
# What CloudTrail writes under another name than the model's, as seen in logs.
RENAMED = {"bucketname", "instancesset", "createstageinput", "updatestageinput"}
# A call beside others in one entry, without the member that they have.
WITHOUT = {"PutUseCaseForModelAccess"}
_ASKED = re.compile(r"requestParameters\.(?:\w+(?:Request|Req)\.)?(\w+)")

SOURCES = sorted({call.source for call in load_catalog().entries})


@cache
def session() -> Any:
    return botocore.session.get_session()


def members(call: CompiledCall) -> set[str]:
    """The names that a request of the call may have, in small letters; empty if not modelled."""
    source = call.source.partition(".")[0]
    known = session().get_available_services()
    found: set[str] = set()
    for name in MODELS.get(source, [source]):
        if name not in known:
            continue
        model = session().get_component("data_loader").load_service_model(name, "service-2")
        for operation, described in model["operations"].items():
            if operation.lower() == call.name.lower() and "input" in described:
                shape = model["shapes"][described["input"]["shape"]]
                for member, more in shape["members"].items():
                    names = (member, more.get("locationName"), more.get("queryName"))
                    found |= {each.lower() for each in names if each}
    return found


@pytest.mark.soak
@pytest.mark.parametrize("source", SOURCES)
def test_requests_have_what_the_catalog_reads_in_them(source: str) -> None:
    wrong = []
    for call in load_catalog().entries:
        if call.source != source or call.name in WITHOUT:
            continue
        known = members(call)
        for path in (call.entry.ids, call.entry.resource_class, call.entry.quantity):
            asked = {name.lower() for name in _ASKED.findall(path or "")}
            if known and asked and not asked & (known | RENAMED):
                wrong.append(f"{call.name}: {path}")
    assert wrong == []
