"""The template is resolved as by CloudFormation and SAM, and errors in it are reported."""

from typing import Any

import pytest

from gatehouse_dev.template import TemplateError, load, local_parameters
from gatehouse_dev.template_file import parse_template
from tests.devtools.conftest import Project

FUNCTION = """
Globals:
  Function: { Handler: handler.handler, Timeout: 10, Layers: [general], Environment: { Variables: { A: "1", B: "2" } } }
Resources:
  Add:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/add
      MemorySize: 256
      Layers: [own]
      Environment: { Variables: { B: "3", C: true } }
"""
ROUTES = """
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      DefinitionBody:
        paths:
          "/notes/{id}":
            post: &Add { x-amazon-apigateway-integration: { uri: !Sub "functions/${Add.Arn}:live/invocations" } }
            get: *Add
          "/files/{path+}": { x-amazon-apigateway-any-method: *Add }
          $default: { x-amazon-apigateway-any-method: *Add }
"""
VALUES = """
Parameters:
  Size: { Type: Number, Default: 5, MinValue: 1, MaxValue: 9 }
  Mode: { Type: String, AllowedValues: [fast, "slow"] , Default: fast }
  Origins: { Type: CommaDelimitedList, Default: "https://a.test, https://b.test" }
Mappings: { Sizes: { fast: { cpu: 8 } } }
Conditions:
  Fast: !Equals [!Ref Mode, fast]
  Slow: !Not [!Condition Fast]
  Both: !And [!Condition Fast, !Condition Slow]
  Either: !Or [!Condition Fast, !Condition Slow]
Resources:
  Table: { Type: AWS::DynamoDB::Table, Properties: { StreamSpecification: { StreamViewType: KEYS_ONLY } } }
  Secret: { Type: AWS::SecretsManager::Secret }
  Gone: { Type: AWS::SNS::Topic, Condition: Both }
  Served: { Type: AWS::Serverless::Function, Properties: { CodeUri: functions/served, Handler: handler.handler } }
  Name: { Type: AWS::ApiGatewayV2::DomainName }
  Kept: { Type: AWS::SNS::Topic, Condition: Either }
  Probe:
    Type: Any::Thing
    Properties:
      Value: %s
"""


def resolved(project: Project, expression: str) -> Any:
    return load(project(VALUES % expression)).resources["Probe"]["Properties"].get("Value", "nothing")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("!Ref Size", "5"),
        ("!Ref Origins", ["https://a.test", "https://b.test"]),
        ("!Ref Table", "Table"),
        ("!Ref Secret", "arn:aws:secretsmanager:us-east-1:123456789012:secret:Secret"),
        ("!Ref AWS::NoValue", "nothing"),
        ("!GetAtt Table.Arn", "arn:aws:dynamodb:us-east-1:123456789012:table/Table"),
        ("!GetAtt Served.Version.Version", "1"),
        ("!GetAtt Name.RegionalHostedZoneId", "Name.RegionalHostedZoneId"),
        ("!Sub '${Table.Arn}/index/*'", "arn:aws:dynamodb:us-east-1:123456789012:table/Table/index/*"),
        ("!Sub ['${Own}-${AWS::Region}-${!Literal}', {Own: !Ref Mode}]", "fast-us-east-1-${Literal}"),
        ("!Join ['+', [a, !Ref Mode]]", "a+fast"),
        ("!Select [1, !Split ['@', 'a@b']]", "b"),
        ("!FindInMap [Sizes, !Ref Mode, cpu]", 8),
        ("!If [Fast, 1, 2]", 1),
        ("!If [Slow, 1, !Ref AWS::NoValue]", "nothing"),
        ("!If [Both, yes-both, !If [Either, one, none]]", "one"),
    ],
)
def test_intrinsic_functions_are_resolved(project: Project, expression: str, value: Any) -> None:
    assert resolved(project, expression) == value


def test_a_resource_whose_condition_is_false_does_not_exist(project: Project) -> None:
    resources = load(project(VALUES % "x")).resources

    assert "Kept" in resources
    assert "Gone" not in resources


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("!Ref Nobody", "resource Probe: !Ref Nobody: there is no such name"),
        ("!GetAtt Table.Colour", "Table.Colour is not supported"),
        ("!If [Never, 1, 2]", "condition Never is not in Conditions"),
        ("!FindInMap [Sizes, slow, cpu]", "Sizes.slow.cpu is not in Mappings"),
        ("!Cidr [a, b]", "Fn::Cidr is not supported"),
        ("!Join [a]", "resource Probe is malformed"),
    ],
)
def test_an_unresolvable_expression_is_reported_with_its_resource(
    project: Project, expression: str, sentence: str
) -> None:
    with pytest.raises(TemplateError, match=sentence):
        resolved(project, expression)


def test_invalid_yaml_is_reported_with_its_line(project: Project) -> None:
    with pytest.raises(TemplateError, match=r"template.yaml is not YAML: .*line 4"):
        load(project("Resources:\n  A: [1,\n  B: {\n"))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"Mode": "lazy"}, r"parameter Mode is 'lazy', which is not an allowed value \(one of fast, slow\)"),
        ({"Size": "many"}, "parameter Size is 'many', which is not a number"),
        ({"Size": "10"}, "is not between 1 and 9"),
        ({"Colour": "red"}, "parameter Colour is not in the template"),
        (
            {"Size": "many", "Mode": "lazy", "Colour": "red"},
            "Colour is not in .*; parameter (Mode is .*Size|Size is .*Mode) is ",
        ),
    ],
)
def test_an_invalid_parameter_is_reported_by_name(project: Project, given: dict[str, str], sentence: str) -> None:
    with pytest.raises(TemplateError, match=sentence):
        load(project(VALUES % "x"), given)


def test_a_parameter_without_default_must_be_given(project: Project) -> None:
    path = project("Parameters: { MailFrom: { Type: String } }\nResources: {}")

    with pytest.raises(TemplateError, match="parameter MailFrom has no default"):
        load(path)
    assert load(path, {"MailFrom": "a@b.test"}).parameters == {"MailFrom": "a@b.test"}


def test_parameters_come_from_the_environment_or_are_local(project: Project) -> None:
    path = project("Parameters: { MailFrom: {}, BaseUrl: {}, TrustedOrigins: {}, LogLevel: {} }\nResources: {}")
    environ = {"GATEHOUSE_LOG_LEVEL": "DEBUG", "GATEHOUSE_TRUSTED_ORIGINS": "app://", "GATEHOUSE_OTHER": "x"}

    assert local_parameters(environ, 4000, path) == {
        "MailFrom": "no-reply@gatehouse.test",
        "BaseUrl": "http://localhost:4000",
        "TrustedOrigins": "app://",
        "LogLevel": "DEBUG",
    }


def test_globals_are_merged_as_sam_merges_them(project: Project) -> None:
    template = load(project(FUNCTION))
    function = template.functions["Add"]

    assert function.environment == {"A": "1", "B": "3", "C": "true"}
    assert (function.timeout, function.memory, function.folder.name) == (10, 256, "add")
    assert template.resources["Add"]["Properties"]["Layers"] == ["general", "own"]


def test_the_routes_have_the_order_of_the_template(project: Project) -> None:
    template = load(project(FUNCTION + ROUTES))

    assert [route.key for route in template.routes] == [
        "POST /notes/{id}",
        "GET /notes/{id}",
        "ANY /files/{path+}",
        "$default",
    ]
    assert template.functions["Add"].routes == template.routes


def test_two_functions_cannot_have_one_route(project: Project) -> None:
    again = ROUTES + ROUTES.partition("paths:\n")[2].replace("&Add", "&Again").replace("*Add", "*Again")

    with pytest.raises(TemplateError, match=r"template.yaml is not YAML: /notes/\{id\} is there twice"):
        load(project(FUNCTION + again))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (("uri: !Sub", "url: !Sub"), "the routes of Api are malformed: KeyError.'uri'"),
        (("functions/${Add.Arn}:live/invocations", "https://example.com"), "POST /notes/.* leads to no function"),
        (("${Add.Arn}", "arn:aws:lambda:us-east-1:123456789012:function:Other"), "leads to Other, which is not in the"),
    ],
)
def test_an_invalid_route_is_reported(project: Project, wrong: tuple[str, str], sentence: str) -> None:
    with pytest.raises(TemplateError, match=sentence):
        load(project(FUNCTION + ROUTES.replace(*wrong)))


def test_yaml_aliases_are_copies(project: Project) -> None:
    paths = parse_template(project(FUNCTION + ROUTES))["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"]
    post, get = paths["/notes/{id}"].values()

    assert post == get
    assert post is not get


def test_different_values_of_a_variable_are_an_error(project: Project) -> None:
    also = """
  Also:
    Type: AWS::Serverless::Function
    Properties: { CodeUri: functions/also, Environment: { Variables: { A: "other" } } }
"""

    with pytest.raises(TemplateError, match="have different values of the variable A"):
        load(project(FUNCTION + also)).environment()


def test_a_stream_event_is_read_with_its_filters(project: Project) -> None:
    template = load(
        project("""
        Resources:
          Notes: { Type: AWS::DynamoDB::Table, Properties: { StreamSpecification: { StreamViewType: NEW_IMAGE } } }
          Send:
            Type: AWS::Serverless::Function
            Properties:
              CodeUri: functions/send
              Handler: handler.handler
              Events:
                Stream:
                  Type: DynamoDB
                  Properties:
                    Stream: !GetAtt Notes.StreamArn
                    BatchSize: 10
                    MaximumRetryAttempts: 8
                    BisectBatchOnFunctionError: true
                    FunctionResponseTypes: [ReportBatchItemFailures]
                    FilterCriteria: { Filters: [{ Pattern: '{"eventName": ["REMOVE"]}' }] }
    """)
    )
    (source,) = template.functions["Send"].streams

    assert (source.table, source.filters, source.batch_size) == ("Notes", ({"eventName": ["REMOVE"]},), 10)
    assert (source.maximum_retry_attempts, source.bisect, source.report_batch_item_failures) == (8, True, True)


def test_the_projects_template_can_be_loaded() -> None:
    template = load(parameters=local_parameters({}, 3000))

    assert template.environment()["GATEHOUSE_BASE_URL"] == "http://localhost:3000"
    assert template.environment()["GATEHOUSE_TRUSTED_ORIGINS"] == "http://127.0.0.1:3000,exp://"
    assert template.cors
    assert template.cors.allow_origins == ("http://localhost:5173",)
    assert template.identities == {"MailIdentity": "gatehouse.test"}
