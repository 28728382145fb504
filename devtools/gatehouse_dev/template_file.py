"""Parse a SAM template: YAML with CloudFormation's short tags."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from samtranslator.yaml_helper import intrinsics_multi_constructor

type Node = Any  # whatever YAML can hold
type Properties = dict[str, Any]

DEFAULT_PATH = Path(__file__).resolve().parents[2] / "template.yaml"


class TemplateError(Exception):
    """The template is invalid; the message says what and where."""


def parse_template(path: Path) -> Properties:
    """Parse a template file; raises TemplateError for an invalid one."""
    try:
        document = json.loads(_expand_aliases(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path.name} cannot be read: {error}"
        raise TemplateError(message) from None
    except yaml.YAMLError as error:
        message = f"{path.name} is not YAML: {' '.join(str(error).split())}"
        raise TemplateError(message) from None
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        message = f"{path.name} is not a template: it has no Resources"
        raise TemplateError(message)
    return document


@lru_cache(maxsize=2)
def _expand_aliases(text: str) -> str:
    """Return the template as JSON: aliases are expanded, as in SAM CLI, and nodes are not shared."""
    return json.dumps(_Loader(text).get_single_data())


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]
    """A loader for CloudFormation's tags. It rejects duplicate keys, with which a route would be lost."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> Properties:
    pairs = loader.construct_pairs(node)
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise yaml.constructor.ConstructorError(None, None, f"{twice} is there twice", node.start_mark)
    return mapping


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", yaml.CSafeLoader.construct_yaml_str)
_Loader.add_multi_constructor("!", intrinsics_multi_constructor)
