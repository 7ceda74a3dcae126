"""`backstay schemas`: write the contracts as JSON Schema."""

import json
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from schemas.families import FAMILIES
from schemas.family import type_of
from schemas.outbound import OUTBOUND
from streams.writing import writing


@click.group()
def schemas() -> None:
    """Write the contracts of all inbound and outbound events."""


@schemas.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
def write(directory: Path) -> None:
    """Write one JSON Schema (draft 2020-12) per contract into DIRECTORY."""
    with writing(directory):
        directory.mkdir(parents=True, exist_ok=True)
        for name, contract in contracts().items():
            document = schema_of(name, contract)
            (directory / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    click.echo(f"wrote {len(contracts())} schemas to {directory}")


def schema_of(name: str, contract: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON Schema of a contract, with an `$id` made from its name."""
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:backstay:schema:{name}"}
    return {**about, **contract.model_json_schema()}


def contracts() -> dict[str, type[BaseModel]]:
    """Return every contract, by the name of its file."""
    inbound = {type_of(contract): contract for family in FAMILIES for contract in family.contracts}
    return {**inbound, **{contract.__name__: contract for contract in OUTBOUND}}
