"""Whether an account can be entered: who we are there, and whether it lets itself be described."""

from __future__ import annotations

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cost_pipeline.aws.errors import AwsError, code_of, fault_of
from cost_pipeline.aws.sessions import Access, open_session

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 2},
    connect_timeout=4,
    read_timeout=20,
    user_agent_extra="dd0c-cost",
)


def check(access: Access, account_id: str, *, endpoint_url: str | None = None) -> str:
    """Enters an account with two calls that only read; one sentence of what was found.

    Raises:
        AwsError: it cannot be entered, or is another account than it should be.
    """
    session = open_session(access, sts_endpoint_url=endpoint_url)
    region = session.region_name or "us-east-1"
    options = {"region_name": region, "endpoint_url": endpoint_url, "config": _CONFIG}
    step = "sts:GetCallerIdentity"
    try:
        who = session.client("sts", **options).get_caller_identity()
        if who["Account"] != account_id:
            raise AwsError(
                f"These credentials belong to account {who['Account']} ({who['Arn']}), not to "
                f"{account_id}: give the role or keys of {account_id}.",
                "credentials",
            )
        step = "ec2:DescribeRegions"
        regions = session.client("ec2", **options).describe_regions()["Regions"]
    except (BotoCoreError, ClientError) as error:
        raise AwsError(
            f"{step} failed: {error}. {_mend(access, account_id)}", fault_of(error), code_of(error)
        ) from error
    return f"Entered as {who['Arn']}; {len(regions)} regions are enabled."


def _mend(access: Access, account_id: str) -> str:
    if access.role_arn:
        return (
            f"Check that {access.role_arn} exists, trusts the pipeline's own credentials with the "
            "external id shown here, and carries the policy of `cost-pipeline iam-policy`."
        )
    if access.access_key_id:
        return f"Check that the keys of {account_id} are active and carry the read-only policy."
    return "Give the account a role (better) or keys; the pipeline has no credentials of its own."
