"""Names of created resources: the results of Ref and GetAtt in the local cloud."""

from gatehouse_dev.template_file import Node, Properties, TemplateError

ACCOUNT = "123456789012"
REGION = "us-east-1"
STREAM_LABEL = "local"

PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "gatehouse-local",
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/gatehouse-local/local",
    "AWS::NotificationARNs": [],
}

ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{place}:table/{name}",
    "AWS::SecretsManager::Secret": "secretsmanager:{place}:secret:{name}",
    "AWS::Serverless::Function": "lambda:{place}:function:{name}",
    "AWS::Lambda::Function": "lambda:{place}:function:{name}",
    "AWS::Serverless::LayerVersion": "lambda:{place}:layer:{name}:1",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::IAM::ManagedPolicy": "iam::{account}:policy/{name}",
    "AWS::Logs::LogGroup": "logs:{place}:log-group:{name}:*",
    "AWS::SNS::Topic": "sns:{place}:{name}",
    "AWS::SQS::Queue": "sqs:{place}:{name}",
    "AWS::KMS::Key": "kms:{place}:key/{name}",
    "AWS::Events::Rule": "events:{place}:rule/{name}",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::CloudWatch::Alarm": "cloudwatch:{place}:alarm:{name}",
}
REFERRED_BY_ARN = {
    "AWS::SecretsManager::Secret",
    "AWS::Serverless::LayerVersion",
    "AWS::IAM::ManagedPolicy",
    "AWS::SNS::Topic",
}
NAME_PROPERTIES = ("TableName", "FunctionName", "RoleName", "ManagedPolicyName", "LogGroupName", "TopicName", "Name")
APIS = ("AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api")


def physical_name(logical: str, resource: Properties) -> str:
    """Return the name in the template, else the logical id."""
    properties = resource.get("Properties") or {}
    names = [properties[key] for key in NAME_PROPERTIES if isinstance(properties.get(key), str)]
    return names[0] if names else logical


def reference(logical: str, resource: Properties) -> str:
    """Return the result of Ref."""
    kind = resource["Type"]
    if kind in APIS:
        return "local"
    if kind == "AWS::SES::EmailIdentity":
        return str(resource["Properties"]["EmailIdentity"])
    if kind == "AWS::SQS::Queue":
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{physical_name(logical, resource)}"
    return arn(logical, resource) if kind in REFERRED_BY_ARN else physical_name(logical, resource)


def attribute(logical: str, resource: Properties, name: str) -> Node:
    """Return the result of GetAtt."""
    if name in ("Arn", "TopicArn", "PolicyArn"):
        return arn(logical, resource)
    if name == "QueueName" and resource["Type"] == "AWS::SQS::Queue":
        return physical_name(logical, resource)
    if name == "StreamArn" and resource["Type"] == "AWS::DynamoDB::Table":
        return f"{arn(logical, resource)}/stream/{STREAM_LABEL}"
    if name == "ApiEndpoint" and resource["Type"] in APIS:
        return f"https://local.execute-api.{REGION}.amazonaws.com"
    if name in ("Version", "Version.Version") and resource["Type"] == "AWS::Serverless::Function":
        return "1"
    if name in ("Id", "Name", "RoleId", "DefaultDestinationTopic", "RegionalDomainName", "RegionalHostedZoneId"):
        return f"{logical}.{name}"
    message = f"{logical}.{name} is not supported by the local cloud"
    raise TemplateError(message)


def arn(logical: str, resource: Properties) -> str:
    """Return the ARN of a resource in the local account."""
    pattern = ARNS.get(resource["Type"])
    if pattern is None:
        message = f"{logical}.Arn is not supported by the local cloud: it has no {resource['Type']}"
        raise TemplateError(message)
    name = physical_name(logical, resource)
    return "arn:aws:" + pattern.format(place=f"{REGION}:{ACCOUNT}", account=ACCOUNT, name=name)
