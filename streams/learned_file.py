"""Reads files that a command learned and that people may edit: the company calendar, and the model of the risk.

A file that does not fit is refused, with what is wrong with it and what to do: it is never read half.
"""

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from streams.text_files import no_text, text_of


class Unfit(Exception):
    """Raised for a file that is none of its kind, or not of this build or this company. The text says what differs."""


class Part(BaseModel):
    """A table of a file, or the whole of it: names that it does not have are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


P = TypeVar("P", bound=Part)


def read_document(file: Path, noun: str, form: int) -> dict[str, Any]:
    """Return what is in a file of a format, decimals as they are written; raise `Unfit` if it cannot be read."""
    try:
        document = tomllib.loads(text_of(file), parse_float=Decimal)
    except OSError as error:
        raise Unfit(f"cannot read {file}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Unfit(f"{file} is not valid TOML: {no_text(error)}") from error
    except (tomllib.TOMLDecodeError, ArithmeticError) as error:
        raise Unfit(f"{file} is not valid TOML: {error}") from error
    if "format" not in document:
        raise Unfit(f"{file} is no {noun}: it does not say its format, as in format = {form}. Learn it again")
    if document["format"] != form:
        raise Unfit(
            f"{file} is a {noun} of format {document['format']!r}, and this build reads format {form}: learn it again"
        )
    return document


def checked(file: Path, noun: str, document: Mapping[str, Any], wanted: type[P]) -> P:
    """Return a document by its contract; raise `Unfit` with every fault that it has."""
    try:
        return wanted.model_validate(document)
    except ValidationError as error:
        raise Unfit(f"{file} is no {noun} of this build: {'; '.join(_faults(error))}") from error


def _faults(error: ValidationError) -> Iterator[str]:
    for one in error.errors(include_input=False):
        yield f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}"


def quoted(value: str) -> str:
    """Return a text as TOML writes it; signs that would have to be escaped are left out."""
    return '"' + "".join(one for one in value if one.isprintable() and one not in '"\\') + '"'
