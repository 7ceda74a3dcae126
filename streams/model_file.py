"""The fitted model of the risk as a file that people can read: weights, calibration, bands, and how it fared.

`backstay learn` writes it, and `risk.model` names it. It has a digest of all that it contains, which stands on each
card: a file that was changed by hand, or that does not fit this build or these settings, is refused.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from retention.fitted import LARGEST, MILLI, Model, Weighed
from retention.risk.arithmetic import STEPS
from retention.risk.factors import NAMES, VERSION
from streams.learned_file import Part, Unfit, checked, quoted, read_document

FORMAT: Final = 1
"""The format that this build reads and writes."""
NOUN: Final = "model"
RENAMED: Final = "meaning"
"""What `factors_version` was called before."""
DIGEST_LETTERS: Final = 16
PLACES: Final = 3
"""Decimals of weights; bounds of bands have four, as risks have."""


def _weight(value: int | Decimal) -> int | Decimal:
    if not -LARGEST <= value * MILLI <= LARGEST:
        raise ValueError(f"a weight lies between -{LARGEST // MILLI} and {LARGEST // MILLI}")
    if value * MILLI != int(value * MILLI):
        raise ValueError("it has at most three decimals")
    return value


def _value(value: int | Decimal) -> int | Decimal:
    if not 0 <= value <= 1:
        raise ValueError("a factor lies between 0 and 1")
    return _weight(value)


def _risk(value: int | Decimal) -> int | Decimal:
    if not 0 < value <= 1 or value * STEPS != int(value * STEPS):
        raise ValueError("a risk lies above 0, and is at most 1, with at most four decimals")
    return value


Weight = Annotated[int | Decimal, AfterValidator(_weight)]
Value = Annotated[int | Decimal, AfterValidator(_value)]
Risk = Annotated[int | Decimal, AfterValidator(_risk)]


class _Factor(Part):
    weight: Weight
    usual: Value


class _Calibration(Part):
    slope: Annotated[Weight, Field(gt=0)]
    offset: Weight


class _Bands(Part):
    medium: Risk
    high: Risk


class _Document(Part):
    format: Literal[1]
    digest: str
    basis: str
    horizon_days: Annotated[int, Field(gt=0)]
    factors_version: int
    intercept: Weight
    calibration: _Calibration
    bands: _Bands
    factors: dict[str, _Factor]
    history: dict[str, Any] = Field(default_factory=dict)
    trained: dict[str, Any] = Field(default_factory=dict)
    judged: dict[str, Any] = Field(default_factory=dict)


def read_model(file: Path, basis: str, horizon_days: int) -> Model:
    """Return the model in a file, of a company that lives by this basis; raise `Unfit` with what differs."""
    document = read_document(file, NOUN, FORMAT)
    if RENAMED in document:
        raise Unfit(f"{file} is of an earlier build: what it calls {RENAMED} is factors_version now. Learn it again")
    found = checked(file, NOUN, document, _Document)
    for wrong in _differences(found, document, basis, horizon_days):
        raise Unfit(f"{file} {wrong}")
    return _model(found)


def _differences(found: _Document, document: Mapping[str, Any], basis: str, horizon_days: int) -> Iterator[str]:
    """Yield how a model differs from this build, these settings, or itself when it was learned."""
    if found.factors_version != VERSION:
        yield (
            f"was learned with factors of version {found.factors_version}, and those of this build have version "
            f"{VERSION}: learn it again"
        )
    for name in found.factors:
        if name not in NAMES:
            near = get_close_matches(name, NAMES, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            yield f"weighs the factor {name!r}, which this build does not know{meant}: learn it again"
    if found.basis != basis:
        yield f"is about losses on the basis {found.basis}, and metrics.basis is {basis}: learn it with that basis"
    if found.horizon_days != horizon_days:
        yield (
            f"is about losses within {found.horizon_days} days, and risk.horizon_days is {horizon_days}: set one like "
            "the other"
        )
    if found.bands.high < found.bands.medium:
        yield f"has bands of which high, from {found.bands.high}, begins below medium, from {found.bands.medium}"
    digest = digest_of(document)
    if found.digest != digest:
        yield (
            f"has the digest {found.digest}, and what it contains has {digest}: it was changed since it was written, "
            f'or is not whole. If the change is meant, write digest = "{digest}"'
        )


def _model(found: _Document) -> Model:
    return Model(
        digest=found.digest,
        basis=found.basis,
        horizon_days=found.horizon_days,
        intercept=_thousandths(found.intercept),
        factors=tuple(
            [
                Weighed(name, _thousandths(one.weight), _thousandths(one.usual))
                for name, one in sorted(found.factors.items(), key=_place)
            ]
        ),
        slope=_thousandths(found.calibration.slope),
        offset=_thousandths(found.calibration.offset),
        medium_from=int(found.bands.medium * STEPS),
        high_from=int(found.bands.high * STEPS),
    )


def _place(one: tuple[str, _Factor]) -> int:
    return NAMES.index(one[0])


def _thousandths(value: int | Decimal) -> int:
    return int(value * MILLI)


def digest_of(document: Mapping[str, Any]) -> str:
    """Return the digest of everything in a file, without the digest itself: comments and order do not count."""
    said = {name: value for name, value in document.items() if name != "digest"}
    return sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:DIGEST_LETTERS]


Table = Mapping[str, int | str | float]
"""Figures by name, as they are written into a table of the file."""


def written(model: Model, tables: Mapping[str, Table], about: str = "") -> str:
    """Return a model as a file, which `read_model` reads, with the digest that its contents have.

    `tables` are about the history, and how the model fared; `about` stands above.
    """
    head = [f"# {line}" for line in about.splitlines()]
    body = [
        f"basis = {quoted(model.basis)}",
        f"horizon_days = {model.horizon_days}",
        f"factors_version = {VERSION}",
        f"intercept = {_number(model.intercept)}",
        "",
        "# log-odds = offset + slope × (intercept + Σ weight × factor)",
        "[calibration]",
        f"slope = {_number(model.slope)}",
        f"offset = {_number(model.offset)}",
        "",
        "# The risk from which on a customer is in a band.",
        "[bands]",
        f"medium = {model.medium_from / STEPS:.4f}",
        f"high = {model.high_from / STEPS:.4f}",
        "",
        "# A factor lies between 0 and 1. `usual` is that of the mean customer, from which contributions are counted.",
        "[factors]",
    ]
    body += [
        f"{_key(one.name)} = {{ weight = {_number(one.weight)}, usual = {_number(one.usual)} }}"
        for one in model.factors
    ]
    for name, table in tables.items():
        body += ["", f"[{name}]", *[f"{_key(key)} = {_figure(value)}" for key, value in table.items()]]
    plain = "\n".join([f"format = {FORMAT}", *body, ""])
    digest = digest_of(tomllib.loads(plain, parse_float=Decimal))
    return "\n".join([*head, f"format = {FORMAT}", f"digest = {quoted(digest)}", *body, ""])


def _number(thousandths: int) -> str:
    sign = "-" if thousandths < 0 else ""
    return f"{sign}{abs(thousandths) // MILLI}.{abs(thousandths) % MILLI:0{PLACES}}"


def _figure(value: float | str) -> str:
    if isinstance(value, str):
        return quoted(value)
    return str(value) if isinstance(value, int) else f"{value:.{PLACES}f}"


def _key(name: str) -> str:
    return name if name.replace("-", "").replace("_", "").isalnum() else quoted(name)


def checked_model(file: Path | None, basis: str, horizon_days: int) -> Model | None:
    """Return the model of a file; None without one."""
    return read_model(file, basis, horizon_days) if file is not None else None
