"""Private certificate authorities that issue nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cost_pipeline.zombies.model import Bills, Candidate, Check, CheckMeta, Metric, Threshold
from cost_pipeline.zombies.view import View, when

META = CheckMeta(
    name="private_ca_idle",
    title="Private CA without certificates issued",
    service="acm-pca",
    resource_type="private_ca",
    calls=("acm-pca:ListCertificateAuthorities",),
    thresholds={
        "min_age_days": Threshold(30, "days"),
        "lookback_days": Threshold(90, "days"),
        "max_issued": Threshold(0, "certificates issued in all"),
    },
    waste="400 USD a month (short-lived mode 50)",
    cli=(
        "aws acm-pca update-certificate-authority --certificate-authority-arn {id} "
        "--status DISABLED --region {region}  # then delete it"
    ),
    terraform="remove the aws_acmpca_certificate_authority",
    confidence="low",
    source="our own: no other tool looks",
    metrics=(Metric("AWS/ACMPrivateCA", "Success", "Sum", "max_issued"),),
)


def candidates(view: View) -> Iterator[Candidate]:
    """Active or disabled authorities; a root rarely issues and is marked down."""
    for authority in view.items("acm-pca:ListCertificateAuthorities"):
        if authority.get("Status") not in ("ACTIVE", "DISABLED"):
            continue
        arn = authority["Arn"]
        mode = str(authority.get("UsageMode", "GENERAL_PURPOSE")).lower()
        root = authority.get("Type") == "ROOT"
        yield Candidate(
            resource_id=arn,
            bills=(Bills("private_ca", {"class": mode}),),
            created_at=when(authority.get("CreatedAt")),
            dimensions={"Operation": "IssueCertificate", "PrivateCAArn": arn},
            facts={"mode": mode, "type": authority.get("Type")},
            doubt="A root issues only for other authorities." if root else None,
        )


CHECK = Check(META, candidates)
