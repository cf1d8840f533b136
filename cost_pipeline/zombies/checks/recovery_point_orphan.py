"""Backups kept for ever, of things that are no more."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.bills import gb_month
from cost_pipeline.zombies.model import Candidate, Check, CheckMeta, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="recovery_point_orphan",
    title="Backup kept for ever, its source gone",
    service="backup",
    resource_type="recovery_point",
    calls=(
        "backup:ListBackupVaults",
        "backup:ListRecoveryPointsByBackupVault",
        "ec2:DescribeInstances",
        "ec2:DescribeVolumes",
        "rds:DescribeDBInstances",
    ),
    thresholds={
        "min_age_days": Threshold(
            30, "days", "a last copy kept on purpose is often wanted for a month"
        ),
    },
    waste="GB × 0.05 USD (0.095 for databases): at most, because backups share blocks",
    cli=(
        "aws backup delete-recovery-point --backup-vault-name {name} "
        "--recovery-point-arn {id} --region {region}"
    ),
    terraform="give the aws_backup_plan's rule a lifecycle with delete_after",
    confidence="medium",
    source="our own: no other tool looks",
    idle_events=("DeleteVolume", "TerminateInstances", "DeleteDBInstance"),
)
_USD_GB_MONTH = {"EBS": "0.05", "EC2": "0.05", "RDS": "0.095"}


def candidates(view: View) -> Iterator[Candidate]:
    """Completed backups without an end, whose volume, instance or database does not exist."""
    existing = set(_existing(view))
    for point in view.items("backup:ListRecoveryPointsByBackupVault"):
        usd, source = _USD_GB_MONTH.get(point.get("ResourceType", "")), point.get("ResourceArn", "")
        ends = point.get("CalculatedLifecycle", {}).get("DeleteAt")
        if usd is None or ends or point.get("Status") != "COMPLETED" or source in existing:
            continue
        yield Candidate(
            resource_id=point["RecoveryPointArn"],
            name=point["BackupVaultName"],
            bills=(gb_month("recovery_point", point.get("BackupSizeInBytes"), usd),),
            created_at=when(point.get("CreationDate")),
            related=(source, source.rpartition("/")[2]),
            facts={"source": source, "vault": point["BackupVaultName"]},
        )


def _existing(view: View) -> Iterator[str]:
    for volume in view.items("ec2:DescribeVolumes"):
        yield view.arn("ec2", f"volume/{volume['VolumeId']}")
    for instance in view.items("ec2:DescribeInstances"):
        if instance.get("State", {}).get("Name") != "terminated":
            yield view.arn("ec2", f"instance/{instance['InstanceId']}")
    for database in view.items("rds:DescribeDBInstances"):
        yield database["DBInstanceArn"]


CHECK = Check(META, candidates)
