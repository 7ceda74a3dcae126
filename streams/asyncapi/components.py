"""The schemas of an AsyncAPI document: all contracts side by side, in the dialect that its tools have to read.

That is JSON Schema draft 7, with references into the document. `backstay schemas write` writes draft 2020-12: the
contracts differ in nothing else. A component has no `$id`, which would change what its references mean.
"""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

PLACE = "#/components/schemas/"


def schemas_of(contracts: list[type[BaseModel]]) -> tuple[dict[type[BaseModel], dict[str, Any]], dict[str, Any]]:
    """Return a reference to the schema of each contract, and all schemas by name."""
    references, document = models_json_schema(
        [(one, "validation") for one in contracts], ref_template=PLACE + "{model}"
    )
    return {contract: references[contract, "validation"] for contract in contracts}, draft_7(document["$defs"])


def draft_7(schema: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a schema of draft 2020-12 in the words of draft 7: they differ in how a tuple is written.

    >>> draft_7({"prefixItems": [{"type": "integer"}], "minItems": 1})
    {'items': [{'type': 'integer'}], 'minItems': 1}
    """
    if isinstance(schema, list):
        return [draft_7(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {"items" if name == "prefixItems" else name: draft_7(one) for name, one in schema.items()}
