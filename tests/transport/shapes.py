"""Requests, responses and errors of the operations that the layer calls, generated from botocore's descriptions.

Attributes and tables are partly named like DynamoDB's types and members.
"""

from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape
from botocore.session import get_session
from hypothesis import strategies as st

from gatehouse.transport.config import DYNAMODB, SECRETS_MANAGER, Service
from gatehouse.transport.json_codec import RESPONSES

_LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "blob": st.binary(max_size=9),
    "boolean": st.booleans(),
    "double": st.floats(0, 400) | st.integers(0, 400),
    "integer": st.integers(0, 400),
    "string": st.text(max_size=9),
}
_SCALARS = {"S": _LEAVES["string"], "N": st.integers().map(str), "B": _LEAVES["blob"]}
_NAMES = st.sampled_from(["B", "BS", "M", "L", "S", "Item", "Keys", "Responses", "sk"]) | st.text(max_size=5)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.just({"NULL": True}),
        st.fixed_dictionaries({"BOOL": st.booleans()}),
        *(st.fixed_dictionaries({kind: each}) for kind, each in _SCALARS.items()),
        *(st.fixed_dictionaries({f"{kind}S": st.lists(each, max_size=3)}) for kind, each in _SCALARS.items()),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"L": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"M": st.dictionaries(_NAMES, inner, max_size=3)}),
    ),
    max_leaves=6,
)
_NESTED = {"M": {"B": {"L": [{"B": b"\x00\xff"}, {"BS": [b"", b"B"]}]}}}
_NOT_READ = {"CreatedDate", "ItemCollectionMetrics", "SecretBinary"}  # the layer requests no metrics
_TEXTS = {"message": _LEAVES["string"], "Message": _LEAVES["string"]}
_CODES = ["AccessDenied", "ThrottlingException", "ProvisionedThroughputExceededException", "LimitExceededException"]
_WITH_MEMBERS = ["ResourceNotFoundException", "TransactionCanceledException", "ConditionalCheckFailedException"]
SERVICES = {name: SECRETS_MANAGER if name == "GetSecretValue" else DYNAMODB for name in RESPONSES}  # by operation


@cache
def model(service: Service) -> ServiceModel:
    """Return botocore's description of a service."""
    return get_session().get_service_model(service.name)


def values(shape: Shape) -> st.SearchStrategy[Any]:
    """Return the values of a shape: with any of the optional members, or with all and binary attributes everywhere."""
    return _values(shape, whole=False) | _values(shape, whole=True)


@cache
def _values(shape: Shape, *, whole: bool) -> st.SearchStrategy[Any]:
    if shape.name == "AttributeValue":
        return st.just(_NESTED) if whole else _VALUES
    if isinstance(shape, MapShape):
        return st.dictionaries(_NAMES, _values(shape.value, whole=whole), min_size=whole, max_size=1 if whole else 2)
    if isinstance(shape, ListShape):
        return st.lists(_values(shape.member, whole=whole), min_size=whole, max_size=1 if whole else 2)
    if isinstance(shape, StructureShape):
        members = {name: _values(each, whole=whole) for name, each in shape.members.items() if name not in _NOT_READ}
        needed = {name: members.pop(name) for name in ([*members] if whole else shape.required_members)}
        return st.fixed_dictionaries(needed, optional=members)
    return _LEAVES[shape.type_name]


def errors() -> st.SearchStrategy[dict[str, Any]]:
    """Return bodies of DynamoDB's errors: each spelling of a code, with the members that botocore knows, or without."""
    options: list[Any] = [st.fixed_dictionaries({}, optional=_TEXTS | {"__type": st.sampled_from(_CODES)})]
    for code in _WITH_MEMBERS:
        shape: Any = model(DYNAMODB).shape_for(code)
        members: dict[str, Any] = {name: values(member) for name, member in shape.members.items()}
        spellings = [code, f"com.amazonaws.x.v20120810#{code}", f"{code}:http://internal.amazon.com/x"]
        options.append(st.fixed_dictionaries({"__type": st.sampled_from(spellings)}, optional=_TEXTS | members))
    return st.one_of(*options)
