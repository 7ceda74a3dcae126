"""The page of customers at risk: its filters as choices, each with how many customers it leaves."""

from collections.abc import Mapping, Sequence
from typing import Any

from retention.wording import Language
from streams.console.documents import AtRisk, AtRiskFilters, AtRiskRow, Facet, Limit
from streams.console.pages.asking import read
from streams.console.pages.formats import NONE
from streams.console.pages.words import said
from streams.console.pages.words.names import name_of, value_of

_FIELDS = tuple(AtRiskFilters.model_fields)
_NAMED = ("band", "signal", "stage")
"""Facets of which the values have names; those of the others are the company's own words."""


def filters_of(query: Mapping[str, str]) -> AtRiskFilters:
    """Return the filters of an address; raise `UnknownWord` for one that there is not."""
    return read(AtRiskFilters, {key: query[key] for key in _FIELDS if key in query})


def shown(found: AtRisk, language: Language) -> dict[str, Any]:
    """Return what the template needs besides the document."""
    filters = found.filters.model_dump()
    return {
        "found": found,
        "facets": _selects(_choices(found, filters), filters, language),
        "currencies": [(one, one) for one in found.currencies],
        "orders": [(one, name_of("order", one, language)) for one in ("value", "risk", "since", "customer")],
        "filtered": any(filters[key] for key in _FIELDS if key not in {"order", "currency"}),
        "others": _others,
        "ordered": said(f"ordered.{found.filters.order}", language, currency=found.currency or NONE),
        "calibrated": found.model is not None and found.model.calibrated,
        "limits": _limits(found),
    }


def _limits(found: AtRisk) -> list[Limit]:
    """Return what the risks of the rows leave out: whether they are shares, and whether they are as of today."""
    limits: list[Limit] = ["uncalibrated"] if found.model is not None and not found.model.calibrated else []
    if found.rows:
        limits.append("ages" if all(row.ages for row in found.rows) else "stands")
    return limits


def _others(row: AtRiskRow) -> list[str]:
    """Return the segments of a customer that its row does not name elsewhere."""
    return [value for key, value in row.segments.items() if key != "plan" and value not in {row.owner, "other"}]


def _choices(found: AtRisk, filters: dict[str, Any]) -> list[Facet]:
    """Return the facets that leave a choice. Plan and owner are segments, too, and asked for once."""
    several = [facet for facet in found.facets if len(facet.values) > 1 or _is_set(facet, filters)]
    return [facet for facet in several if not _is_asked_already(facet, found.facets, filters)]


def _is_asked_already(facet: Facet, facets: Sequence[Facet], filters: dict[str, Any]) -> bool:
    """Report whether a segment is the plan, or has the values of the owner; not of one that is chosen."""
    if not facet.name.startswith("segment.") or str(filters.get("segment")).startswith(_value(facet, "")):
        return False
    owners = next((one.values for one in facets if one.name == "owner"), None)
    return facet.name == "segment.plan" or facet.values == owners


def _field(facet: Facet) -> str:
    return "segment" if facet.name.startswith("segment.") else facet.name


def _value(facet: Facet, value: str) -> str:
    return f"{facet.name.removeprefix('segment.')}={value}" if facet.name.startswith("segment.") else value


def _is_set(facet: Facet, filters: dict[str, Any]) -> bool:
    return bool(filters.get(_field(facet)))


def _selects(facets: Sequence[Facet], filters: dict[str, Any], language: Language) -> list[dict[str, Any]]:
    """Return the choices of the form. Of several segments one is chosen: two would be one parameter twice."""
    segments = [facet for facet in facets if _field(facet) == "segment"]
    single = [_select(facet, filters, language) for facet in facets if facet not in segments or len(segments) == 1]
    if len(segments) < 2:  # noqa: PLR2004 - nothing to put together
        return single
    found = [_select(facet, filters, language) for facet in segments]
    label, groups = name_of("facet", "segment", language), [(one["label"], one["options"]) for one in found]
    return [*single, {**found[0], "label": label, "options": [], "groups": groups}]


def _select(facet: Facet, filters: dict[str, Any], language: Language) -> dict[str, Any]:
    field = _field(facet)
    options = [
        (_value(facet, one.value), f"{_shown(facet, one.value, language)} ({one.count})") for one in facet.values
    ]
    label = name_of("facet", facet.name.removeprefix("segment."), language)
    return {"label": label, "field": field, "options": options, "groups": [], "chosen": filters.get(field)}


def _shown(facet: Facet, value: str, language: Language) -> str:
    return name_of(facet.name, value, language) if facet.name in _NAMED else value_of(value, language)
