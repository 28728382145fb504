"""The resources after SAM's transform: references, tables, functions and CORS."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from pynamodb.attributes import TTLAttribute
from pynamodb.models import Model

from gatehouse_dev.template import load
from tests.support.transformed import (
    TEMPLATE,
    cycle,
    of_type,
    references,
    source,
    transform,
    transformed,
    untransformed,
)

TABLE, FUNCTION = "AWS::DynamoDB::Table", "AWS::Lambda::Function"
ALARM = "AWS::CloudWatch::Alarm"


def test_the_deployed_template_has_no_yaml_aliases() -> None:
    """CloudFormation does not support them. SAM CLI, which builds and deploys, expands them."""
    from samcli.yamlhelper import yaml_dump, yaml_parse  # noqa: PLC0415 -- it is slow

    text = yaml_dump(yaml_parse(TEMPLATE.read_text(encoding="utf-8")))

    assert not any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader))


def test_resources_have_no_dependency_cycle() -> None:
    assert cycle(transform(source())) == []


def test_a_dependency_cycle_is_detected() -> None:
    """A variable that refers to the API, whose routes refer to the function: lint does not detect this cycle."""
    template = source()
    ok = template["Resources"]["Ok"]["Properties"]
    ok["Environment"] = {"Variables": {"URL": {"Fn::Sub": "https://${Api}.example.com"}}}

    assert set(cycle(transform(template))) == {"Api", "ApiRole", "Ok"}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ({"Ref": "A"}, ["A"]),
        ({"Fn::GetAtt": ["A", "Arn"]}, ["A"]),
        ({"Fn::GetAtt": "A.Arn"}, ["A"]),
        ({"Fn::Sub": "x/${A}/${B.Arn}/${!C}"}, ["A", "B"]),
        ({"Fn::Sub": ["${A}/${b}", {"b": {"Ref": "B"}}]}, ["A", "b", "B"]),
        ({"DependsOn": ["A", "B"], "Properties": [{"x": {"Ref": "C"}}]}, ["A", "B", "C"]),
        ({"DependsOn": "A"}, ["A"]),
    ],
)
def test_every_kind_of_reference_is_found(expression: Any, names: list[str]) -> None:
    assert list(references(expression)) == names


def test_sam_changes_only_its_own_resource_types() -> None:
    """So tests can take their parameters from the template without waiting for SAM, which only resolves aliases."""
    before = {kind: of_type(untransformed(), kind) for kind in (TABLE, ALARM)}
    after = {kind: of_type(transformed(), kind) for kind in (TABLE, ALARM)}

    assert sorted(of_type(untransformed(), "AWS::Serverless::Function")) == sorted(of_type(transformed(), FUNCTION))
    assert {kind: sorted(found) for kind, found in before.items()} == {
        kind: sorted(found) for kind, found in after.items()
    }
    changed = {name for kind in before for name in before[kind] if before[kind][name] != after[kind][name]}
    assert changed == {"CreateTaskNewVersion", "SignInNewVersion"}  # tests/template/test_deployments.py


@pytest.mark.parametrize("table", sorted(of_type(untransformed(), TABLE)))
def test_tables_are_on_demand_and_retained(table: str) -> None:
    resource = transformed()[table]

    assert resource["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
    assert resource["DeletionPolicy"].startswith("Retain")
    assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.fixture
def rows(running_cloud: object) -> list[type[Model]]:
    """Return all row classes of the layer."""
    assert running_cloud
    from gatehouse import accounts, sessions, tasks, throttle, tokens  # noqa: F401, PLC0415 -- reads the environment
    from gatehouse.dynamodb import Row  # noqa: PLC0415 -- as above

    return [row for row in _subclasses(Row) if row.__module__.startswith("gatehouse.")]


def _subclasses(kind: type[Model]) -> Iterator[type[Model]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def test_rows_and_tables_have_the_same_ttl_attribute(rows: list[type[Model]]) -> None:
    in_code = {(row.Meta.table_name, name) for row in rows for name in _ttl(row)}
    in_template = {
        (name, table["TimeToLiveSpecification"]["AttributeName"])
        for name, table in of_type(transformed(), TABLE).items()
        if table.get("TimeToLiveSpecification", {}).get("Enabled")
    }

    assert in_code == in_template


def _ttl(row: type[Model]) -> list[str]:
    return [attribute.attr_name for attribute in row.get_attributes().values() if isinstance(attribute, TTLAttribute)]


def test_rows_and_tables_have_the_same_keys(rows: list[type[Model]]) -> None:
    tables = of_type(transformed(), TABLE)
    for row in rows:
        attributes = row.get_attributes().values()
        keys = [a.attr_name for a in attributes if a.is_hash_key] + [a.attr_name for a in attributes if a.is_range_key]
        assert keys == [key["AttributeName"] for key in tables[row.Meta.table_name]["KeySchema"]], row


@pytest.mark.parametrize("name", sorted(of_type(untransformed(), "AWS::Serverless::Function")))
def test_functions_have_the_same_runtime_settings(name: str) -> None:
    function = of_type(transformed(), FUNCTION)[name]

    assert (function["Runtime"], function["Handler"]) == ("python3.13", "gatehouse.bootstrap.handler")
    assert [layer["Ref"].rstrip("0123456789abcdef") for layer in function["Layers"]] == ["VendorLayer", "CommonLayer"]
    assert function["LoggingConfig"] == {
        "LogGroup": {"Ref": "Logs"},
        "LogFormat": "JSON",
        "SystemLogLevel": "WARN",
        "ApplicationLogLevel": "DEBUG",  # Lambda drops lower levels, and treats metrics as INFO
    }


def test_allowed_origins_are_a_list() -> None:
    """A plain Ref to a comma-separated parameter would be a single origin."""
    assert _cors()["allowOrigins"]["Fn::Split"][0] == ","


def test_the_api_has_all_cors_settings() -> None:
    """SAM drops all other settings when only the origins are an intrinsic function. It accepts a whole `!If`."""
    methods = {method.upper() for path in _body()["paths"].values() for method in path}

    assert methods <= set(_cors()["allowMethods"])
    assert _cors()["allowCredentials"] is True
    assert _cors()["allowHeaders"]["Fn::Split"][0] == ","
    assert {"set-auth-token", "x-correlation-id"} <= set(_cors()["exposeHeaders"])


def _body() -> Mapping[str, Any]:
    (api,) = of_type(transformed(), "AWS::ApiGatewayV2::Api").values()
    body: Mapping[str, Any] = api["Body"]
    return body


@pytest.mark.parametrize(
    ("given", "further"),
    [({}, ["traceparent", "tracestate", "baggage", "sentry-trace"]), ({"CorsHeaders": "x-tenant"}, ["x-tenant"])],
    ids=["default", "setting"],
)
def test_frontends_on_other_hosts_may_send_these_headers(given: dict[str, str], further: list[str]) -> None:
    cors = load(TEMPLATE, {"CorsOrigins": "https://app.example.com", "MailFrom": "a@example.com", **given}).cors
    own = ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-correlation-id"]

    assert cors
    assert list(cors.allow_headers) == own + further


def _cors() -> Mapping[str, Any]:
    cors: Mapping[str, Any] = _body()["x-amazon-apigateway-cors"]
    return cors
