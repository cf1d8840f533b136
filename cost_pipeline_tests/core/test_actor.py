import pytest

from cost_pipeline.core.actor import actor_of

SESSION = "arn:aws:sts::111122223333:assumed-role"


def assumed(role: str, session: str) -> dict[str, object]:
    issuer = {"arn": f"arn:aws:iam::111122223333:role/{role}", "userName": role}
    return {
        "type": "AssumedRole",
        "arn": f"{SESSION}/{role}/{session}",
        "sessionContext": {"sessionIssuer": issuer},
    }


def test_a_role_is_named_by_its_issuer_and_keeps_its_session() -> None:
    actor = actor_of(assumed("deploy", "build-17"))
    assert (actor.name, actor.kind, actor.session) == ("deploy", "role", "build-17")


def test_a_person_behind_identity_center_is_named_by_the_session() -> None:
    actor = actor_of(assumed("AWSReservedSSO_Admin_1a2b", "ada@example.com"))
    assert (actor.name, actor.kind) == ("ada@example.com", "sso")


def test_a_person_signed_in_to_a_plain_role_is_named_by_the_address() -> None:
    actor = actor_of(assumed("okta-admin", "ada@example.com"))
    role = "arn:aws:iam::111122223333:role/okta-admin"
    assert (actor.name, actor.kind, actor.principal) == ("ada@example.com", "federated", role)


def test_a_role_without_its_issuer_is_read_from_the_session_arn() -> None:
    actor = actor_of({"type": "AssumedRole", "arn": f"{SESSION}/deploy/build-17"})
    assert (actor.name, actor.principal) == ("deploy", f"{SESSION}/deploy")


def test_an_aws_service_is_named_by_invoked_by() -> None:
    actor = actor_of({"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"})
    assert (actor.name, actor.kind) == ("autoscaling.amazonaws.com", "service")


@pytest.mark.parametrize("identity", [None, "admin", [], {}, {"type": "AssumedRole", "arn": 7}])
def test_a_broken_identity_is_unknown_and_never_an_error(identity: object) -> None:
    assert actor_of(identity).name == "unknown"
