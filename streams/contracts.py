"""The JSON Schema of each contract, inbound and outbound, as `backstay schemas` writes it."""

from typing import Any

from pydantic import BaseModel

from schemas.families import CONTRACTS
from schemas.outbound import OUTBOUND


def identity_of(name: str) -> str:
    """Return the `$id` of the schema of a contract.

    >>> identity_of("ChurnSignal")
    'urn:backstay:schema:ChurnSignal'
    """
    return f"urn:backstay:schema:{name}"


def schema_of(name: str, contract: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a contract, with an `$id` made from its name."""
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": identity_of(name)}
    return {**about, **contract.model_json_schema()}


def contracts() -> dict[str, type[BaseModel]]:
    """Return every contract, by the name of its file."""
    return {**CONTRACTS, **{contract.__name__: contract for contract in OUTBOUND}}
