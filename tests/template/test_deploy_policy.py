"""docs/deploy-policy: the IAM permissions for deploying, updating and deleting a stage.

CloudFormation acts with the permissions of whoever deploys. The schemas of the resource types say which actions it
calls, and the IAM reference which resources an action can be narrowed to; cfn-lint has both.
"""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

import pytest
from samcli.lib.bootstrap.bootstrap import _get_stack_template

from tests.support.layout import ROOT
from tests.support.transformed import of_type, transformed

FOLDER = ROOT / "docs" / "deploy-policy"
POLICIES = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
STATEMENTS = [statement for policy in POLICIES.values() for statement in policy["Statement"]]
MAXIMUM = 6_144  # characters of a managed policy, without white space
EVERYTHING = {
    "Tracing": "Active",
    "DeploymentPreference": "Canary10Percent5Minutes",
    "SnapStart": "on",
    "AlarmEmail": "ops@example.com",
    "DomainName": "api.example.com",
    "HostedZoneId": "Z1",
    "HashingConcurrency": "10",
    "MailConcurrency": "10",
}

# What handlers call for a property that neither the template nor SAM's own bucket has.
UNUSED = {
    "AWS::CertificateManager::Certificate": {
        "CertificateAuthorityArn": "acm-pca:*",
        "CertificateTransparencyLoggingPreference": "acm:UpdateCertificateOptions",
    },
    "AWS::ApiGatewayV2::Api": {"BodyS3Location": "s3:*"},
    "AWS::ApiGatewayV2::DomainName": {
        "MutualTlsAuthentication": "s3:* apigateway:AddCertificateToDomain apigateway:RemoveCertificateFromDomain"
    },
    "AWS::CodeDeploy::DeploymentGroup": {"OnPremisesInstanceTagFilters": "codedeploy:RegisterOnPremisesInstance"},
    "AWS::DynamoDB::Table": {
        "ContributorInsightsSpecification": "dynamodb:UpdateContributorInsights",
        "ImportSourceSpecification": "dynamodb:ImportTable dynamodb:DescribeImport s3:* logs:*",
        "KinesisStreamSpecification": "dynamodb:*ableKinesis* dynamodb:UpdateKinesis* kinesis:*",
        "KMSMasterKeyId": "kms:*",
        "Replicas": "dynamodb:*Item dynamodb:Scan dynamodb:Query dynamodb:*TableReplica iam:CreateServiceLinkedRole",
        "ResourcePolicy": "dynamodb:PutResourcePolicy dynamodb:DeleteResourcePolicy",
    },
    "AWS::IAM::Role": {
        "Description": "iam:UpdateRoleDescription",
        "MaxSessionDuration": "iam:UpdateRole",
        "PermissionsBoundary": "iam:*PermissionsBoundary",
    },
    "AWS::Lambda::Alias": {"ProvisionedConcurrencyConfig": "lambda:PutProvisioned* lambda:DeleteProvisioned*"},
    "AWS::Lambda::EventSourceMapping": {"KmsKeyArn": "kms:*"},
    "AWS::Lambda::Function": {
        "CapacityProviderConfig": "lambda:PassCapacityProvider",
        "CodeSigningConfigArn": "lambda:GetCodeSigningConfig lambda:*utFunctionCode* lambda:DeleteFunctionCode*",
        "FileSystemConfigs": "elasticfilesystem:* s3files:*",
        "FunctionScalingConfig": "lambda:PutFunctionScalingConfig",
        "KmsKeyArn": "kms:*",
        "RecursiveLoop": "lambda:PutFunctionRecursionConfig",
        "RuntimeManagementConfig": "lambda:PutRuntimeManagementConfig lambda:AssociateRuntimeAlias",
        "S3ObjectVersion": "s3:GetObjectVersion",
        "VpcConfig": "ec2:*",
    },
    "AWS::Lambda::LayerVersion": {"S3ObjectVersion": "s3:GetObjectVersion"},
    "AWS::Lambda::Version": {
        "FunctionScalingConfig": "lambda:PutFunctionScalingConfig",
        "ProvisionedConcurrencyConfig": "lambda:PutProvisioned*",
        "RuntimePolicy": "lambda:PutRuntimeManagementConfig",
    },
    "AWS::Logs::LogGroup": {
        "BearerTokenAuthenticationEnabled": "logs:PutBearerTokenAuthentication",
        "DataProtectionPolicy": "logs:PutDataProtectionPolicy s3:* firehose:*",
        "DeletionProtectionEnabled": "logs:PutLogGroupDeletionProtection",
        "FieldIndexPolicies": "logs:PutIndexPolicy logs:DeleteIndexPolicy",
        "KmsKeyId": "logs:*ssociateKmsKey",
        "ResourcePolicyDocument": "logs:PutResourcePolicy logs:DeleteResourcePolicy",
    },
    "AWS::S3::Bucket": {
        "AbacStatus": "s3:PutBucketAbac",
        "AccelerateConfiguration": "s3:PutAccelerateConfiguration",
        "AccessControl": "s3:PutObjectAcl",
        "AnalyticsConfigurations": "s3:PutAnalyticsConfiguration",
        "CorsConfiguration": "s3:PutBucketCORS",
        "IntelligentTieringConfigurations": "s3:PutIntelligentTieringConfiguration",
        "InventoryConfigurations": "s3:PutInventoryConfiguration",
        "LifecycleConfiguration": "s3:PutLifecycleConfiguration",
        "LoggingConfiguration": "s3:PutBucketLogging",
        "MetadataTableConfiguration": "s3:CreateBucketMetadataTableConfiguration s3tables:*",
        "MetricsConfigurations": "s3:PutMetricsConfiguration",
        "NotificationConfiguration": "s3:PutBucketNotification",
        "ObjectLockConfiguration": "s3:Put*ObjectLockConfiguration",
        "OwnershipControls": "s3:PutBucketOwnershipControls",
        "ReplicationConfiguration": "s3:Put*Replication* iam:PassRole",
        "WebsiteConfiguration": "s3:PutBucketWebsite",
    },
    "AWS::SES::ConfigurationSet": {
        "ArchivingOptions": "ses:PutConfigurationSetArchivingOptions",
        "SendingOptions": "ses:PutConfigurationSetSendingOptions",
        "TrackingOptions": "ses:PutConfigurationSetTrackingOptions",
        "VdmOptions": "ses:PutConfigurationSetVdmOptions",
    },
    "AWS::SES::EmailIdentity": {
        "ConfigurationSetAttributes": "ses:PutEmailIdentityConfigurationSetAttributes",
        "DkimAttributes": "ses:PutEmailIdentityDkimAttributes",
        "DkimSigningAttributes": "ses:PutEmailIdentityDkimSigningAttributes",
        "FeedbackAttributes": "ses:PutEmailIdentityFeedbackAttributes",
        "MailFromAttributes": "ses:PutEmailIdentityMailFromAttributes",
    },
    "AWS::SNS::Subscription": {"SubscriptionRoleArn": "iam:*"},
    "AWS::SNS::Topic": {"DataProtectionPolicy": "sns:PutDataProtectionPolicy", "DeliveryStatusLogging": "iam:*"},
    "AWS::SecretsManager::Secret": {"ReplicaRegions": "secretsmanager:Re*Region*"},
    "AWS::SecretsManager::RotationSchedule": {"ExternalSecretRotationRoleArn": "iam:PassRole"},
    "AWS::Events::Rule": {"RoleArn": "iam:PassRole"},
    "AWS::SES::ConfigurationSetEventDestination": {"KinesisFirehoseDestination": "iam:PassRole"},
}
# What the schemas do not say.
ALSO = {
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html
    "AWS::ApiGatewayV2::Stage": "logs:CreateLogDelivery logs:UpdateLogDelivery logs:DeleteLogDelivery "
    "logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:DescribeResourcePolicies",
    # It is given ApiRole; the first API of an account creates API Gateway's own role.
    "AWS::ApiGatewayV2::Api": "iam:PassRole iam:CreateServiceLinkedRole",
    # SAM CLI: `sam deploy`, which uploads in parts, `sam delete`, and `aws cloudformation cancel-update-stack`.
    "SAM": "cloudformation:CreateChangeSet cloudformation:DescribeChangeSet cloudformation:ExecuteChangeSet "
    "cloudformation:DescribeStacks cloudformation:DescribeStackEvents cloudformation:GetTemplateSummary "
    "cloudformation:GetTemplate cloudformation:DeleteStack cloudformation:CancelUpdateStack "
    "s3:PutObject s3:GetObject s3:DeleteObject s3:ListBucket s3:AbortMultipartUpload",
}
_STACK, _PLACE = "gatehouse-dev", "eu-central-1:123456789012"
# A name of each kind of resource, as CloudFormation makes it.
NAMES = {
    "acm": {"certificate": f"arn:aws:acm:{_PLACE}:certificate/0f"},
    "apigateway": {
        "apis": "arn:aws:apigateway:eu-central-1::/apis",
        "api": "arn:aws:apigateway:eu-central-1::/apis/a1",
        "stage": "arn:aws:apigateway:eu-central-1::/apis/a1/stages/$default",
        "domainnames": "arn:aws:apigateway:eu-central-1::/domainnames",
        "domainname": "arn:aws:apigateway:eu-central-1::/domainnames/api.example.com",
        "apimapping": "arn:aws:apigateway:eu-central-1::/domainnames/api.example.com/apimappings/m1",
        "tags": "arn:aws:apigateway:eu-central-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-central-1%3A%3A%2Fapis%2Fa1",
    },
    "cloudformation": {"stack": f"arn:aws:cloudformation:{_PLACE}:stack/{_STACK}/0f"},
    "cloudwatch": {
        "alarm": f"arn:aws:cloudwatch:{_PLACE}:alarm:{_STACK}-ApiErrors-1A",
        "dashboard": "arn:aws:cloudwatch::123456789012:dashboard/BusinessDashboard-1A",
    },
    "codedeploy": {
        "application": f"arn:aws:codedeploy:{_PLACE}:application:{_STACK}-ServerlessDeploymentApplication-1A",
        "deploymentgroup": f"arn:aws:codedeploy:{_PLACE}:deploymentgroup:{_STACK}-ServerlessDeploymentApplication-1A/"
        f"{_STACK}-SignInDeploymentGroup-1A",
        "deploymentconfig": f"arn:aws:codedeploy:{_PLACE}:deploymentconfig:CodeDeployDefault.LambdaAllAtOnce",
    },
    "dynamodb": {"table": f"arn:aws:dynamodb:{_PLACE}:table/{_STACK}-UsersTable-1A"},
    "events": {"rule-on-default-event-bus": f"arn:aws:events:{_PLACE}:rule/{_STACK}-RemindOften-1A"},
    "iam": {"role": f"arn:aws:iam::123456789012:role/{_STACK}-SignInRole-1A"},
    "lambda": {
        "eventsourcemapping": f"arn:aws:lambda:{_PLACE}:event-source-mapping:0f",
        "function": f"arn:aws:lambda:{_PLACE}:function:{_STACK}-RotateSecret-1A",
        "function alias": f"arn:aws:lambda:{_PLACE}:function:{_STACK}-SignIn-1A:live",
        "function version": f"arn:aws:lambda:{_PLACE}:function:{_STACK}-SignIn-1A:1",
        "layer": f"arn:aws:lambda:{_PLACE}:layer:{_STACK}-vendor",
        "layerversion": f"arn:aws:lambda:{_PLACE}:layer:{_STACK}-common:1",
    },
    "logs": {"log-group": f"arn:aws:logs:{_PLACE}:log-group:{_STACK}-AccessLogs-1A"},
    "route53": {"hostedzone": "arn:aws:route53:::hostedzone/Z1", "change": "arn:aws:route53:::change/C1"},
    "s3": {
        "bucket": "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1a",
        "object": "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1a/0f.template",
    },
    "secretsmanager": {"secret": f"arn:aws:secretsmanager:{_PLACE}:secret:Secret-1A-aBcDeF"},
    "ses": {
        "configuration-set": f"arn:aws:ses:{_PLACE}:configuration-set/MailConfiguration-1A",
        "identity": f"arn:aws:ses:{_PLACE}:identity/example.com",
    },
    "sns": {"topic": f"arn:aws:sns:{_PLACE}:{_STACK}-Alarms-1A"},
    "sqs": {"queue": f"arn:aws:sqs:{_PLACE}:{_STACK}-MailFeedback-1A"},
}
# API Gateway's own role, and two actions that the reference lacks.
NAMED_OTHERWISE = {
    "iam:CreateServiceLinkedRole": "arn:aws:iam::123456789012:role/aws-service-role/ops.apigateway.amazonaws.com/Role",
    "apigateway:TagResource": NAMES["apigateway"]["stage"],
    "apigateway:UntagResource": NAMES["apigateway"]["stage"],
}


def schema(kind: str) -> Mapping[str, Any]:
    """Return the schema of a resource type."""
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # noqa: PLC0415 -- it is slow

    found: Mapping[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return found


@cache
def reference() -> Mapping[str, Mapping[str, Any]]:
    """Return the IAM reference: the actions of each service, with the resource types that they can be narrowed to."""
    text = resources.files("cfnlint.data.AdditionalSpecs").joinpath("Policies.json").read_text(encoding="utf-8")
    parsed: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return parsed


@cache
def deployed() -> Mapping[str, list[Mapping[str, Any]]]:
    """Return all resources of a stage with everything turned on, and of SAM's bucket, by type."""
    bucket = json.loads(_get_stack_template())["Resources"].values()
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for resource in (*transformed(**EVERYTHING).values(), *transformed().values(), *bucket):
        kinds.setdefault(resource["Type"], []).append(resource)
    return kinds


def handled(kind: str) -> dict[str, str]:
    """Return what the handlers of a resource type call, by its name in lower case. SAM's bucket is never changed."""
    kept = all(resource.get("DeletionPolicy") == "Retain" for resource in deployed()[kind])
    once = kind.startswith("AWS::S3::")
    used = {"create", "read"} | (set() if once else {"update"}) | (set() if once or kept else {"delete"})
    handlers, tagging = schema(kind)["handlers"], schema(kind).get("tagging", {})
    actions = [action for name in used & handlers.keys() for action in handlers[name]["permissions"]]
    return {action.lower(): action for action in actions + ([] if once else tagging.get("permissions", []))}


def needed() -> dict[str, str]:
    """Return all actions that deploying needs, by their name in lower case."""
    found: dict[str, str] = {}
    for kind in deployed():
        unused = " ".join(UNUSED.get(kind, {}).values()).lower().split()
        found |= {low: name for low, name in handled(kind).items() if not any(fnmatchcase(low, one) for one in unused)}
    return found | {action.lower(): action for action in " ".join(ALSO.values()).split()}


def listed(value: str | list[str]) -> list[str]:
    """Return a value of a policy that may be a list."""
    return value if isinstance(value, list) else [value]


def granted() -> set[str]:
    """Return all actions that the policies list."""
    return {action for statement in STATEMENTS for action in listed(statement["Action"])}


def allows(action: str, resource: str) -> bool:
    """Whether a statement allows an action on a resource."""
    return any(
        any(fnmatchcase(action.lower(), one.lower()) for one in listed(statement["Action"]))
        and any(fnmatchcase(resource, one) for one in listed(statement["Resource"]))
        for statement in STATEMENTS
    )


def names(action: str) -> dict[str, str]:
    """Return the resources that an action is called with; none if it cannot be narrowed to them."""
    if action in NAMED_OTHERWISE:
        return {"": NAMED_OTHERWISE[action]}
    service, _, name = action.lower().partition(":")
    kinds = reference()[service]["Actions"].get(name, {}).get("Resources", [])
    return {kind: NAMES[service][kind] for kind in map(str.lower, kinds) if kind in NAMES[service]}


def keys(node: Any) -> Iterator[str]:
    """Yield all keys of a resource's properties."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys(value)


def test_every_call_of_cloudformation_and_sam_is_allowed_on_the_names_that_it_uses() -> None:
    missing = [
        f"{action} on {resource}"
        for action in needed().values()
        for resource in (names(action).values() or ["anything"])
        if not allows(action, resource)
    ]

    assert missing == []


def test_nothing_is_allowed_that_deploying_does_not_need() -> None:
    wanted = needed()

    assert [action for action in granted() if "*" not in action and action.lower() not in wanted] == []
    wild = [action for action in granted() if "*" in action]
    assert wild == ["s3:Get*"]  # of SAM's bucket, whose contents are public to who deploys anyway
    assert all("aws-sam-cli-managed-default-*" in one for one in resources_of("s3:Get*"))


def resources_of(action: str) -> list[str]:
    """Return the resources of all statements with an action."""
    return [one for entry in STATEMENTS if action in listed(entry["Action"]) for one in listed(entry["Resource"])]


def test_every_action_is_narrowed_to_resources_where_iam_can_do_that() -> None:
    wide = {action for action in granted() if "*" in resources_of(action)}

    assert {action for action in wide if names(action)} == set()
    assert all("*" not in resources_of(action) for action in granted() - wide)


def test_another_stack_is_out_of_reach() -> None:
    """Where names begin with the stack's. Reading alarms is allowed for all, because they are described together."""
    reached = [
        f"{action} on {resource}"
        for action in granted() - {"cloudwatch:DescribeAlarms"}
        for resource in names(action).values()
        if _STACK in resource and allows(action, resource.replace(_STACK, "other-dev"))
    ]

    assert reached == []


@pytest.mark.parametrize("kind", UNUSED)
def test_what_is_left_out_is_for_properties_that_no_resource_has(kind: str) -> None:
    """A property that is added to the template needs its permissions; an action that AWS drops needs no line here."""
    used = {key for resource in deployed()[kind] for key in keys(resource.get("Properties"))}

    assert used & UNUSED[kind].keys() == set()
    calls = handled(kind)
    for pattern in " ".join(UNUSED[kind].values()).lower().split():
        assert any(fnmatchcase(action, pattern) for action in calls), pattern


def test_only_the_managed_policies_of_the_template_can_be_attached_and_only_its_services_get_roles() -> None:
    roles = of_type(transformed(**EVERYTHING), "AWS::IAM::Role").values()
    arns = {str(arn) for role in roles for arn in role.get("ManagedPolicyArns", [])}
    attached = {arn.partition(":policy/")[2].rstrip("'}") for arn in arns}
    trusted = {
        service
        for role in roles
        for statement in role["AssumeRolePolicyDocument"]["Statement"]
        for service in listed(statement["Principal"]["Service"])
    }
    (attach,) = (entry for entry in STATEMENTS if "iam:AttachRolePolicy" in listed(entry["Action"]))
    (passing,) = (entry for entry in STATEMENTS if "iam:PassRole" in listed(entry["Action"]))

    assert {arn.partition(":policy/")[2] for arn in attach["Condition"]["ArnEquals"]["iam:PolicyARN"]} == attached
    assert set(passing["Condition"]["StringEquals"]["iam:PassedToService"]) == trusted


@pytest.mark.parametrize("name", POLICIES)
def test_a_document_fits_into_a_managed_policy(name: str) -> None:
    assert len(json.dumps(POLICIES[name], separators=(",", ":")).replace(" ", "")) <= MAXIMUM
    assert all(entry["Effect"] == "Allow" and entry["Sid"] for entry in POLICIES[name]["Statement"])


def test_the_page_about_deploying_names_the_documents_and_the_regions_without_a_resource_type() -> None:
    from cfnlint.helpers import REGIONS  # noqa: PLC0415 -- cfn-lint is slow
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER  # noqa: PLC0415 -- the same

    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    prerequisites = page.partition("## 1. ")[2].partition("\n## ")[0]
    lacking = {one for one in REGIONS if deployed().keys() - set(PROVIDER_SCHEMA_MANAGER.get_resource_types(one))}

    assert set(re.findall(r"`((?:[a-z]+-){2}\d)`", prerequisites)) == lacking
    assert [f"{name}.json" for name in re.findall(r"for name in (.*);", prerequisites)[0].split()] == sorted(
        POLICIES, reverse=True
    )
