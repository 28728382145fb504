"""The values of a template's parameters: given, default, or from the environment."""

import re
from collections.abc import Mapping
from pathlib import Path

from gatehouse_dev import fake_provider
from gatehouse_dev.template_file import DEFAULT_PATH, Node, Properties, TemplateError, parse_template

CLIENTS = {
    "GoogleClientSecretName": "GATEHOUSE_GOOGLE_CLIENT_SECRET",
    "OidcClientSecretName": "GATEHOUSE_OIDC_CLIENT_SECRET",
}
WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def resolve(declared: Mapping[str, Properties], given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every parameter; TemplateError names all invalid ones."""
    problems = [f"parameter {name} is not in the template" for name in sorted(given.keys() - declared.keys())]
    values: dict[str, str] = {}
    for name, rules in declared.items():
        try:
            values[name] = _checked(name, rules, given.get(name))
        except TemplateError as error:
            problems.append(str(error))
    if problems:
        raise TemplateError("; ".join(problems))
    return values


def reference_value(rules: Properties, value: str) -> Node:
    """Return the value of `Ref`: a list for list types, else text."""
    if rules.get("Type") == "CommaDelimitedList" or str(rules.get("Type")).startswith("List<"):
        return [part.strip() for part in value.split(",")]
    return value


def variable_name(name: str) -> str:
    """Return the environment variable of a parameter: MailFrom is GATEHOUSE_MAIL_FROM."""
    return f"GATEHOUSE_{WORD_START.sub('_', name).upper()}"


def local_parameters(environ: Mapping[str, str], port: int, path: Path = DEFAULT_PATH) -> dict[str, str]:
    """Return the parameters of a local run: from GATEHOUSE_ variables, else generated for this port."""
    declared = parse_template(path).get("Parameters") or {}
    defaults = {
        "BaseUrl": f"http://localhost:{port}",
        "MailFrom": "no-reply@gatehouse.test",
        "CorsOrigins": "http://localhost:5173",
        "TrustedOrigins": f"http://127.0.0.1:{port},exp://",  # Expo Go
        "RateLimits": "off",
        "MailRate": "1000",
        "Transport": "botocore",  # moto intercepts botocore in this process
        **({} if variable_name("GoogleClientId") in environ else fake_provider.parameters(port)),
        **{name: f"gatehouse/{name}" for name, value in CLIENTS.items() if value in environ},
    }
    local = {name: value for name, value in defaults.items() if name in declared}
    return local | {name: environ[variable_name(name)] for name in declared if variable_name(name) in environ}


def client_secrets(environ: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """Return the providers' client secrets from the environment, by the names under which functions read them."""
    return {values[name]: environ[value] for name, value in CLIENTS.items() if value in environ and values.get(name)}


def _checked(name: str, rules: Properties, given: str | None) -> str:
    if given is None and rules.get("Default") is None:
        message = f"parameter {name} has no default, so it must be given{_allowed(rules)}"
        raise TemplateError(message)
    value = _text(rules["Default"]) if given is None else given
    if problem := _violation(rules, value):
        message = f"parameter {name} is {value!r}, which {problem}{_allowed(rules)}"
        raise TemplateError(message)
    return value


def _violation(rules: Properties, value: str) -> str | None:
    allowed = rules.get("AllowedValues")
    if allowed is not None and value not in map(_text, allowed):
        return "is not an allowed value"
    if rules.get("Type") == "Number":
        return _number_violation(rules, value)
    pattern = rules.get("AllowedPattern")
    if pattern is not None and not re.fullmatch(pattern, value, re.ASCII):
        return str(rules.get("ConstraintDescription") or f"must match {pattern}")
    if not int(rules.get("MinLength", 0)) <= len(value) <= int(rules.get("MaxLength", len(value))):
        return "is too short or too long"
    return None


def _number_violation(rules: Properties, value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "is not a number"
    if not float(rules.get("MinValue", number)) <= number <= float(rules.get("MaxValue", number)):
        return f"is not between {rules.get('MinValue', '-')} and {rules.get('MaxValue', '-')}"
    return None


def _allowed(rules: Properties) -> str:
    allowed = rules.get("AllowedValues")
    return f" (one of {', '.join(map(_text, allowed))})" if allowed else ""


def _text(value: Node) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
