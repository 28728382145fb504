"""Evaluate CloudFormation's intrinsic functions from parameters, mappings and conditions."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gatehouse_dev import resource_names
from gatehouse_dev.parameters import reference_value
from gatehouse_dev.template_file import Node, Properties, TemplateError

NO_VALUE = object()
PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")
SAM_MADE = re.compile(r"(?P<of>\w+?)(Role|ApiGatewayDefaultStage|Alias\w+|Version|\.(Alias|Version|Stage|\w+))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolver:
    """A template with values for its parameters."""

    document: Properties
    values: Mapping[str, str]

    def resolve(self, node: Node) -> Node:
        """Evaluate every function below a node; AWS::NoValue is removed."""
        match node:
            case dict() if len(node) == 1 and (function := self._function(next(iter(node)))):
                return function(next(iter(node.values())))
            case dict():
                resolved = {key: self.resolve(value) for key, value in node.items()}
                return {key: value for key, value in resolved.items() if value is not NO_VALUE}
            case list():
                return [value for value in map(self.resolve, node) if value is not NO_VALUE]
        return node

    def holds(self, condition: str) -> bool:
        """Whether a named condition is true."""
        conditions = self.document.get("Conditions") or {}
        if condition not in conditions:
            message = f"condition {condition} is not in Conditions"
            raise TemplateError(message)
        return self._truth(conditions[condition])

    def _function(self, key: str) -> Callable[[Node], Node] | None:
        functions: dict[str, Callable[[Node], Node]] = {
            "Ref": self._ref,
            "Condition": self._condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Split": self._split,
            "Fn::Select": self._select,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::Equals": self._truth_of("Fn::Equals"),
            "Fn::And": self._truth_of("Fn::And"),
            "Fn::Or": self._truth_of("Fn::Or"),
            "Fn::Not": self._truth_of("Fn::Not"),
            "Fn::Base64": lambda text: base64.b64encode(str(self.resolve(text)).encode()).decode(),
        }
        if key.startswith("Fn::") and key not in functions:
            message = f"{key} is not supported by the local cloud"
            raise TemplateError(message)
        return functions.get(key)

    def _ref(self, name: str) -> Node:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in resource_names.PSEUDO:
            return resource_names.PSEUDO[name]
        if name in self.values:
            return reference_value(self.document["Parameters"][name], self.values[name])
        if name in self.document["Resources"]:
            return resource_names.reference(name, self._resource(name))
        if (made := SAM_MADE.fullmatch(name)) and made["of"] in self.document["Resources"]:
            return name
        message = f"!Ref {name}: there is no such name in the template"
        raise TemplateError(message)

    def _get_att(self, argument: Node) -> Node:
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        if len(parts) > 1 and isinstance(parts[0], str) and parts[0] in self.document["Resources"]:
            return resource_names.attribute(parts[0], self._resource(parts[0]), ".".join(map(str, parts[1:])))
        if len(parts) > 1 and (made := SAM_MADE.fullmatch(parts[0])) and made["of"] in self.document["Resources"]:
            return resource_names.attribute(parts[0], {"Type": "AWS::IAM::Role"}, parts[1])
        message = f"!GetAtt {'.'.join(map(str, parts))}: there is no such name in the template"
        raise TemplateError(message)

    def _resource(self, name: str) -> Properties:
        resource = self.document["Resources"][name]
        named = (*resource_names.NAME_PROPERTIES, "EmailIdentity")
        properties = resource.get("Properties") or {}
        known = {key: self.resolve(properties[key]) for key in named if key in properties}
        return {"Type": resource["Type"], "Properties": known}

    def _sub(self, argument: Node) -> str:
        text, own = argument if isinstance(argument, list) else (argument, {})

        def filled(match: re.Match[str]) -> str:
            literal, name = match.groups()
            name = name.strip()
            if literal:
                return f"${{{name}}}"
            if name in own:
                return str(self.resolve(own[name]))
            dotted = "." in name and name not in self.values
            return str(self._get_att(name) if dotted else self._ref(name))

        return PLACEHOLDER.sub(filled, text)

    def _join(self, argument: Node) -> str:
        separator, parts = argument
        return str(separator).join(map(str, self.resolve(parts)))

    def _split(self, argument: Node) -> list[str]:
        separator, text = argument
        return str(self.resolve(text)).split(separator)

    def _select(self, argument: Node) -> Node:
        index, choices = argument
        resolved = self.resolve(choices)
        try:
            return resolved[int(self.resolve(index))]
        except IndexError:
            message = f"!Select {index} is past the end of {resolved}"
            raise TemplateError(message) from None

    def _find_in_map(self, argument: Node) -> Node:
        first, second, third = (str(self.resolve(key)) for key in argument[:3])
        try:
            return self.resolve(self.document["Mappings"][first][second][third])
        except KeyError:
            message = f"!FindInMap {first}.{second}.{third} is not in Mappings"
            raise TemplateError(message) from None

    def _if(self, argument: Node) -> Node:
        condition, yes, no = argument
        return self.resolve(yes if self.holds(condition) else no)

    def _condition(self, name: Node) -> Node:
        return self.holds(name) if isinstance(name, str) else {"Condition": self.resolve(name)}

    def _truth_of(self, function: str) -> Callable[[Node], bool]:
        return lambda argument: self._truth({function: argument})

    def _truth(self, node: Node) -> bool:
        match node:
            case {"Fn::Equals": [left, right]}:
                return _comparable(self.resolve(left)) == _comparable(self.resolve(right))
            case {"Fn::And": terms}:
                return all(self._truth(term) for term in terms)
            case {"Fn::Or": terms}:
                return any(self._truth(term) for term in terms)
            case {"Fn::Not": [term]}:
                return not self._truth(term)
            case {"Condition": name}:
                return self.holds(name)
        message = f"{node} is not a condition"
        raise TemplateError(message)


def _comparable(value: Node) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
