from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError

from cost_pipeline.aws.sessions import Access, call_settings, open_session


def test_keys_are_used_as_given() -> None:
    session = open_session(Access(access_key_id="AKIA1", secret_access_key="s", region="eu-west-1"))
    assert session.get_credentials().access_key == "AKIA1"
    assert session.region_name == "eu-west-1"


def test_a_role_is_assumed_on_the_first_call_with_its_external_id(
    moto_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    class Listening(boto3.Session):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.events.register(
                "provide-client-params.sts.AssumeRole", lambda params, **_: asked.append(params)
            )

    monkeypatch.setattr("cost_pipeline.aws.sessions.boto3.Session", Listening)
    role = "arn:aws:iam::222222222222:role/cost-reader"
    session = open_session(Access(role_arn=role, external_id="x-1"), sts_endpoint_url=moto_url)
    assert asked == []
    identity = session.client("sts", endpoint_url=moto_url).get_caller_identity()
    assert identity["Arn"].startswith(
        "arn:aws:sts::222222222222:assumed-role/cost-reader/dd0c-cost"
    )


def test_a_role_needs_credentials_to_be_assumed_from(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    session = open_session(Access(role_arn="arn:aws:iam::222222222222:role/cost-reader"))
    with pytest.raises(NoCredentialsError):
        session.client("sts").get_caller_identity()


def test_calls_name_the_product_and_adapt_to_throttling() -> None:
    settings = call_settings()
    assert settings.user_agent_extra == "dd0c-cost"
    assert settings.retries == {"mode": "adaptive", "max_attempts": 6}
