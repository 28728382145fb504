"""DynamoDB over HTTP without botocore's client, where the setting `transport` is `own`: docs/adr/0016 says why."""
