"""`backstay schemas`: write the contracts as JSON Schema, and as an AsyncAPI document."""

import json
from pathlib import Path

import click

from streams.cli.options import config_options, settings_from
from streams.contracts import contracts, schema_of
from streams.errors import BadSettings
from streams.writing import writing

_SUFFIXES = (".json", ".yaml", ".yml")


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


@schemas.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File to write: .yaml, .yml or .json. Default: YAML to the screen.",
)
@config_options
def asyncapi(out: Path | None, config: Path | None, overrides: tuple[str, ...]) -> None:
    """Write an AsyncAPI 3.0 document of this deployment: topics, keys, headers, contracts and examples."""
    from streams.asyncapi.as_yaml import as_yaml
    from streams.asyncapi.document import as_json, document

    if out is not None and out.suffix.lower() not in _SUFFIXES:
        raise BadSettings(f"--out {out}: a file that ends in .yaml, .yml or .json, as in --out backstay.yaml")
    found = document(settings_from(config, overrides))
    text = as_json(found) if out is not None and out.suffix.lower() == ".json" else as_yaml(found)
    if out is None:
        click.echo(text, nl=False)
        return
    with writing(out):
        out.write_text(text, encoding="utf-8")
    click.echo(f"wrote {len(found['channels'])} topics and {len(found['components']['messages'])} messages to {out}")
