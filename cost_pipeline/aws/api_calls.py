"""Every read-only call of the sweep, and what of its answer is kept.

Data: it needs no AWS library. `each` calls are made once for every item of their parent.
"""

from __future__ import annotations

from cost_pipeline.aws.api_model import METRICS, ApiCall, ApiError, MetricQuery, archived_error

__all__ = [
    "CALLS",
    "METRICS",
    "ApiCall",
    "ApiError",
    "MetricQuery",
    "archived_error",
    "permission_of",
    "with_parents",
]

_TABLE = (
    ApiCall("ec2:DescribeVolumes", "Volumes"),
    ApiCall("ec2:DescribeInstances", "Reservations[].Instances[]"),
    ApiCall("ec2:DescribeAddresses", "Addresses"),
    ApiCall("ec2:DescribeSnapshots", "Snapshots", params={"OwnerIds": ["self"]}),
    ApiCall("ec2:DescribeImages", "Images", params={"Owners": ["self"]}),
    ApiCall(
        "ec2:DescribeLaunchTemplateVersions",
        "LaunchTemplateVersions",
        params={"Versions": ["$Latest", "$Default"]},
    ),
    ApiCall("ec2:DescribeFastSnapshotRestores", "FastSnapshotRestores"),
    ApiCall("ec2:DescribeNatGateways", "NatGateways"),
    ApiCall("ec2:DescribeRouteTables", "RouteTables"),
    ApiCall("ec2:DescribeVpcEndpoints", "VpcEndpoints"),
    ApiCall("ec2:DescribeTransitGatewayAttachments", "TransitGatewayAttachments"),
    ApiCall("ec2:DescribeVpnConnections", "VpnConnections"),
    ApiCall("ec2:DescribeClientVpnEndpoints", "ClientVpnEndpoints"),
    ApiCall(
        "ec2:DescribeClientVpnTargetNetworks",
        "ClientVpnTargetNetworks",
        each="ec2:DescribeClientVpnEndpoints",
        given={"ClientVpnEndpointId": "ClientVpnEndpointId"},
    ),
    ApiCall("ec2:DescribeNetworkInterfaces", "NetworkInterfaces"),
    ApiCall("ec2:DescribeReservedInstances", "ReservedInstances"),
    ApiCall("ec2:DescribeHosts", "Hosts"),
    ApiCall("ec2:DescribeCapacityReservations", "CapacityReservations"),
    ApiCall("autoscaling:DescribeAutoScalingGroups", "AutoScalingGroups"),
    ApiCall("autoscaling:DescribeLaunchConfigurations", "LaunchConfigurations"),
    ApiCall("elb:DescribeLoadBalancers", "LoadBalancerDescriptions"),
    ApiCall("elbv2:DescribeLoadBalancers", "LoadBalancers"),
    ApiCall("elbv2:DescribeTargetGroups", "TargetGroups"),
    ApiCall(
        "elbv2:DescribeTargetHealth",
        "TargetHealthDescriptions",
        each="elbv2:DescribeTargetGroups",
        given={"TargetGroupArn": "TargetGroupArn"},
        only="LoadBalancerArns",
    ),
    ApiCall("network-firewall:ListFirewalls", "Firewalls"),
    ApiCall(
        "network-firewall:DescribeFirewall",
        "@",
        each="network-firewall:ListFirewalls",
        given={"FirewallArn": "FirewallArn"},
    ),
    ApiCall("directconnect:DescribeConnections", "connections"),
    ApiCall("globalaccelerator:ListAccelerators", "Accelerators"),
    ApiCall("route53:ListHealthChecks", "HealthChecks"),
    ApiCall("route53:ListHostedZones", "HostedZones"),
    ApiCall(
        "route53:ListResourceRecordSets",
        "ResourceRecordSets",
        each="route53:ListHostedZones",
        given={"HostedZoneId": "Id"},
    ),
    ApiCall("route53resolver:ListResolverEndpoints", "ResolverEndpoints"),
    ApiCall(
        "wafv2:ListWebACLs", "WebACLs", params={"Scope": "REGIONAL"}, operation_name="list_web_acls"
    ),
    ApiCall("apigateway:GetRestApis", "items"),
    ApiCall(
        "apigateway:GetStages", "item", each="apigateway:GetRestApis", given={"restApiId": "id"}
    ),
    ApiCall("rds:DescribeDBInstances", "DBInstances"),
    ApiCall("rds:DescribeDBClusters", "DBClusters"),
    ApiCall("rds:DescribeDBSnapshots", "DBSnapshots", params={"SnapshotType": "manual"}),
    ApiCall(
        "rds:DescribeDBClusterSnapshots", "DBClusterSnapshots", params={"SnapshotType": "manual"}
    ),
    ApiCall("rds:DescribeDBProxies", "DBProxies"),
    ApiCall("rds:DescribeReservedDBInstances", "ReservedDBInstances"),
    ApiCall("elasticache:DescribeCacheClusters", "CacheClusters"),
    ApiCall("elasticache:DescribeReservedCacheNodes", "ReservedCacheNodes"),
    ApiCall("memorydb:DescribeClusters", "Clusters", params={"ShowShardDetails": True}),
    ApiCall("redshift:DescribeClusters", "Clusters"),
    ApiCall("redshift:DescribeReservedNodes", "ReservedNodes"),
    ApiCall("redshift:DescribeScheduledActions", "ScheduledActions"),
    ApiCall("dax:DescribeClusters", "Clusters"),
    ApiCall("dynamodb:ListTables", "TableNames"),
    ApiCall(
        "dynamodb:DescribeTable", "Table", each="dynamodb:ListTables", given={"TableName": "@"}
    ),
    ApiCall("opensearch:ListDomainNames", "DomainNames"),
    ApiCall(
        "opensearch:DescribeDomain",
        "DomainStatus",
        each="opensearch:ListDomainNames",
        given={"DomainName": "DomainName"},
    ),
    ApiCall("opensearch:DescribeReservedInstances", "ReservedInstances"),
    ApiCall("opensearchserverless:ListCollections", "collectionSummaries"),
    ApiCall("lambda:ListFunctions", "Functions"),
    ApiCall(
        "lambda:ListProvisionedConcurrencyConfigs",
        "ProvisionedConcurrencyConfigs",
        each="lambda:ListFunctions",
        given={"FunctionName": "FunctionName"},
    ),
    ApiCall("ecs:ListClusters", "clusterArns"),
    ApiCall("ecs:DescribeClusters", "clusters", each="ecs:ListClusters", given={"clusters": "[@]"}),
    ApiCall("ecs:ListServices", "serviceArns", each="ecs:ListClusters", given={"cluster": "@"}),
    ApiCall(
        "ecs:DescribeServices",
        "services",
        each="ecs:ListServices",
        given={"cluster": "_of.cluster", "services": "[value]"},
    ),
    ApiCall(
        "ecs:DescribeTaskDefinition",
        "taskDefinition",
        each="ecs:DescribeServices",
        given={"taskDefinition": "taskDefinition"},
        only="runningCount",
    ),
    ApiCall("eks:ListClusters", "clusters"),
    ApiCall("eks:DescribeCluster", "cluster", each="eks:ListClusters", given={"name": "@"}),
    ApiCall(
        "eks:ListNodegroups", "nodegroups", each="eks:ListClusters", given={"clusterName": "@"}
    ),
    ApiCall(
        "eks:ListFargateProfiles",
        "fargateProfileNames",
        each="eks:ListClusters",
        given={"clusterName": "@"},
    ),
    ApiCall("emr:ListClusters", "Clusters", params={"ClusterStates": ["WAITING"]}),
    ApiCall(
        "emr:ListInstanceGroups",
        "InstanceGroups",
        each="emr:ListClusters",
        given={"ClusterId": "Id"},
    ),
    ApiCall("sagemaker:ListEndpoints", "Endpoints"),
    ApiCall(
        "sagemaker:DescribeEndpoint",
        "@",
        each="sagemaker:ListEndpoints",
        given={"EndpointName": "EndpointName"},
    ),
    ApiCall(
        "sagemaker:DescribeEndpointConfig",
        "@",
        each="sagemaker:DescribeEndpoint",
        given={"EndpointConfigName": "EndpointConfigName"},
    ),
    ApiCall("sagemaker:ListNotebookInstances", "NotebookInstances"),
    ApiCall("sagemaker:ListApps", "Apps"),
    ApiCall(
        "sagemaker:DescribeApp",
        "@",
        each="sagemaker:ListApps",
        given={
            "DomainId": "DomainId",
            "UserProfileName": "UserProfileName",
            "SpaceName": "SpaceName",
            "AppType": "AppType",
            "AppName": "AppName",
        },
        only="Status == 'InService'",
    ),
    ApiCall("bedrock:ListProvisionedModelThroughputs", "provisionedModelSummaries"),
    ApiCall("comprehend:ListEndpoints", "EndpointPropertiesList"),
    ApiCall("rekognition:DescribeProjects", "ProjectDescriptions"),
    ApiCall(
        "rekognition:DescribeProjectVersions",
        "ProjectVersionDescriptions",
        each="rekognition:DescribeProjects",
        given={"ProjectArn": "ProjectArn"},
    ),
    ApiCall("kendra:ListIndices", "IndexConfigurationSummaryItems"),
    ApiCall("workspaces:DescribeWorkspaces", "Workspaces"),
    ApiCall("workspaces:DescribeWorkspacesConnectionStatus", "WorkspacesConnectionStatus"),
    ApiCall("appstream:DescribeFleets", "Fleets"),
    ApiCall("appstream:DescribeImageBuilders", "ImageBuilders"),
    ApiCall("kinesis:ListStreams", "StreamNames"),
    ApiCall(
        "kinesis:DescribeStreamSummary",
        "StreamDescriptionSummary",
        each="kinesis:ListStreams",
        given={"StreamName": "@"},
    ),
    ApiCall("kafka:ListClustersV2", "ClusterInfoList"),
    ApiCall("mq:ListBrokers", "BrokerSummaries"),
    ApiCall("dms:DescribeReplicationInstances", "ReplicationInstances"),
    ApiCall("dms:DescribeReplicationTasks", "ReplicationTasks", params={"WithoutSettings": True}),
    ApiCall("glue:GetDevEndpoints", "DevEndpoints"),
    ApiCall("glue:ListSessions", "Sessions"),
    ApiCall("efs:DescribeFileSystems", "FileSystems"),
    ApiCall("fsx:DescribeFileSystems", "FileSystems"),
    ApiCall("logs:DescribeLogGroups", "logGroups"),
    ApiCall(
        "cloudwatch:DescribeAlarms", "MetricAlarms", params={"StateValue": "INSUFFICIENT_DATA"}
    ),
    ApiCall("cloudtrail:DescribeTrails", "trailList"),
    ApiCall("cloudfront:ListDistributions", "DistributionList.Items"),
    ApiCall("s3:ListBuckets", "Buckets"),
    ApiCall(
        "s3:GetBucketLifecycleConfiguration",
        "Rules",
        each="s3:ListBuckets",
        given={"Bucket": "Name"},
    ),
    ApiCall("s3:GetBucketVersioning", "@", each="s3:ListBuckets", given={"Bucket": "Name"}),
    ApiCall("s3:ListMultipartUploads", "Uploads", each="s3:ListBuckets", given={"Bucket": "Name"}),
    ApiCall("secretsmanager:ListSecrets", "SecretList"),
    ApiCall("kms:ListKeys", "Keys"),
    ApiCall("kms:DescribeKey", "KeyMetadata", each="kms:ListKeys", given={"KeyId": "KeyId"}),
    ApiCall("acm-pca:ListCertificateAuthorities", "CertificateAuthorities"),
    ApiCall("cloudhsmv2:DescribeClusters", "Clusters"),
    ApiCall("transfer:ListServers", "Servers"),
    ApiCall(
        "transfer:DescribeServer",
        "Server",
        each="transfer:ListServers",
        given={"ServerId": "ServerId"},
    ),
    ApiCall("ecr:DescribeRepositories", "repositories"),
    ApiCall(
        "ecr:DescribeImages",
        "imageDetails",
        each="ecr:DescribeRepositories",
        given={"repositoryName": "repositoryName"},
    ),
    ApiCall(
        "ecr:GetLifecyclePolicy",
        "@",
        each="ecr:DescribeRepositories",
        given={"repositoryName": "repositoryName"},
    ),
    ApiCall("mwaa:ListEnvironments", "Environments"),
    ApiCall(
        "mwaa:GetEnvironment", "Environment", each="mwaa:ListEnvironments", given={"Name": "@"}
    ),
    ApiCall("backup:ListBackupVaults", "BackupVaultList"),
    ApiCall(
        "backup:ListRecoveryPointsByBackupVault",
        "RecoveryPoints",
        each="backup:ListBackupVaults",
        given={"BackupVaultName": "BackupVaultName"},
        only="NumberOfRecoveryPoints",
    ),
    ApiCall("lightsail:GetInstances", "instances"),
    ApiCall("lightsail:GetDisks", "disks"),
    ApiCall("lightsail:GetStaticIps", "staticIps"),
)
CALLS: dict[str, ApiCall] = {call.api: call for call in _TABLE}


def permission_of(api: str) -> str:
    """The IAM action that allows a call.

    >>> permission_of("elbv2:DescribeTargetHealth")
    'elasticloadbalancing:DescribeTargetHealth'
    >>> permission_of("ec2:DescribeVolumes")
    'ec2:DescribeVolumes'
    """
    return CALLS[api].permission if api in CALLS else api


def with_parents(apis: set[str]) -> list[list[str]]:
    """The calls in waves: each wave needs answers of earlier waves only.

    >>> with_parents({"dynamodb:DescribeTable"})
    [['dynamodb:ListTables'], ['dynamodb:DescribeTable']]
    """
    depth: dict[str, int] = {}

    def visit(api: str) -> int:
        if api not in depth:
            parent = CALLS[api].each
            depth[api] = visit(parent) + 1 if parent else 0
        return depth[api]

    for api in apis:
        visit(api)
    waves = range(max(depth.values(), default=-1) + 1)
    return [sorted(api for api, wave in depth.items() if wave == number) for number in waves]
