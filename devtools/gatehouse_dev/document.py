"""A SAM template as it stands in the file: YAML with CloudFormation's short tags."""

from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from samtranslator.yaml_helper import intrinsics_multi_constructor

type Node = Any  # whatever YAML can hold
type Properties = dict[str, Any]

DEFAULT_PATH = Path(__file__).resolve().parents[2] / "template.yaml"


class TemplateError(Exception):
    """One sentence that says what is broken in the template, and where."""


class Loader(yaml.CSafeLoader):  # type: ignore[misc] # YAML has no types
    """SAM's YAML, parsed by libyaml: seven times as fast."""


Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def read(path: Path) -> Properties:
    """Parse a template; TemplateError when it is none."""
    try:
        document = deepcopy(_parsed(path.read_text(encoding="utf-8")))
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
def _parsed(text: str) -> Node:
    """It is asked for again and again."""
    return yaml.load(text, Loader)  # noqa: S506 -- a safe one
