"""pydantic_core declares its schemas as TypedDicts with thousands of fields, which only type checkers read."""

import ast

SAVES = 26
UPSTREAM = "Put the TypedDicts of `core_schema` under `TYPE_CHECKING`: at run time only its functions are used."
NEEDED = """
import typing, pydantic_core.core_schema as schemas
needed = sum(map(typing.is_typeddict, vars(schemas).values())) > 20
"""


def _stripped(source: str) -> str:
    tree, shapes = ast.parse(source), {"TypedDict"}
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and shapes & {getattr(base, "id", "") for base in node.bases}:
            shapes.add(node.name)
            node.bases, node.keywords, node.body = [ast.Name("dict", ast.Load())], [], [ast.Pass()]
    return ast.unparse(ast.fix_missing_locations(tree))


FILES = {"pydantic_core/core_schema.py": _stripped}
