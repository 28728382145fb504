"""A SAM template as it stands in the file: YAML with CloudFormation's short tags."""

from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import intrinsics_multi_constructor
from yaml import CSafeLoader, YAMLError, load  # type: ignore[import-untyped]

type Node = Any  # whatever YAML can hold
type Properties = dict[str, Any]

DEFAULT_PATH = Path(__file__).resolve().parents[2] / "template.yaml"


class _Loader(CSafeLoader):  # type: ignore[misc] # it has no types
    """libyaml's, which is seven times as fast as the one that SAM takes."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


class TemplateError(Exception):
    """One sentence that says what is broken in the template, and where."""


def read(path: Path) -> Properties:
    """Parse a template; TemplateError when it is none."""
    try:
        document = deepcopy(_parsed(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path.name} cannot be read: {error}"
        raise TemplateError(message) from None
    except YAMLError as error:
        message = f"{path.name} is not YAML: {' '.join(str(error).split())}"
        raise TemplateError(message) from None
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        message = f"{path.name} is not a template: it has no Resources"
        raise TemplateError(message)
    return document


@lru_cache(maxsize=2)
def _parsed(text: str) -> Node:
    """It is asked for again and again."""
    return load(text, Loader=_Loader)  # noqa: S506 -- a safe one
