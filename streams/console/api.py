"""The interface for programs: a register of what can be asked, from which routes and the OpenAPI document are made.

Rule: an endpoint is one line of `ENDPOINTS`: its path, its parameters, its answer, and the role that it takes.
`site.py` makes its routes: under its path and, for ids that no path can carry, with the id as a parameter. What changes
something (forget, report) and the file for spreadsheets have routes of their own there, and are described here.

    Endpoint("contact", "/customers/{customer_id}/contact", …, NoQuery, Contact, ask)
        GET /api/v1/customers/c-1/contact        GET /api/v1/customer/contact?id=..

Cells of the file begin with no sign that a spreadsheet takes for a formula: an id is whatever a producer sent.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from schemas.outbound import ActionOutcome, Severity
from streams.about import version
from streams.console.documents import (
    MOST_ROWS,
    AtRisk,
    AtRiskFilters,
    AtRiskRow,
    Contact,
    CustomerPage,
    Document,
    Drill,
    Pipeline,
    Retention,
    RetentionFilters,
    Signals,
    Views,
)
from streams.console.pages.asking import known_figures, known_risks
from streams.console_settings import Role

PREFIX: Final = "/api/v1"
MOST_ITEMS: Final = 100_000
"""Items of the timeline in an export, which takes the role `act`."""
MOST_IN_FILE: Final = 20_000
"""Rows of the file of customers at risk."""


class AtRiskQuery(AtRiskFilters):
    """The question for customers at risk."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 50


class ItemsQuery(Document):
    """The question for a customer."""

    items: Annotated[int, Field(ge=1, le=MOST_ROWS, description="Items of a page of the timeline.")] = MOST_ROWS
    page: Annotated[int, Field(ge=1, le=1_000_000, description="The page of the timeline.")] = 1


class DrillQuery(Document):
    """The question for the customers behind a number."""

    key: Annotated[str, Field(max_length=500, description="The `drill` of a figure, a step, a cell or a reason.")]
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    size: Annotated[int, Field(ge=1, le=MOST_ROWS)] = 50


class SignalsQuery(Document):
    """The question for the worth of signals."""

    severity: Severity = "medium"
    horizon_days: Annotated[int | None, Field(ge=7, le=365, description="None: `console.horizon_days`.")] = None


class NoQuery(Document):
    """A question without parameters."""


class Requested(Document):
    """The receipt of a request to erase a customer: workers carry it out."""

    request: Annotated[str, Field(description="The `event_id` of the `erasure.requested`; `audit` names it.")]
    customer_id: str


class Report(Document):
    """A report of what became of a recommended action."""

    recommendation_id: Annotated[
        str, Field(min_length=1, max_length=128, description="That of one of the customer's `actions`.")
    ]
    outcome: Annotated[
        ActionOutcome,
        Field(
            description="`delivered`: it was done; `dismissed`: it is not done, or the customer has turned it down; "
            "`converted`: it has brought about what it was to."
        ),
    ]


class Receipt(Report):
    """The receipt of a report: it is on `outcomes`, and who made it on `audit`."""

    event_id: str
    customer_id: str


class Problem(Document):
    """A question that was not answered, and what to do."""

    problem: str


@dataclass(frozen=True)
class Endpoint:
    """A question: its path, its parameters, its answer, and the role that it takes."""

    name: str
    path: str
    says: str
    query: type[BaseModel]
    answer: type[Document]
    ask: Callable[[Views, str, Any, datetime, int], Document | None]
    role: Role = "see"
    missing: str = ""
    """What is said if there is no answer."""


_UNKNOWN_CUSTOMER: Final = "nothing is known of this customer: neither a card, nor a signal, nor a movement"
ENDPOINTS: Final = (
    Endpoint(
        "at_risk",
        "/at-risk",
        "The customers at risk, the greatest value first.",
        AtRiskQuery,
        AtRisk,
        lambda views, _, query, as_of, __: known_risks(views.at_risk(_filters(query), query.page, query.size, as_of)),
    ),
    Endpoint(
        "customer",
        "/customers/{customer_id}",
        "Everything that is known of a customer.",
        ItemsQuery,
        CustomerPage,
        lambda views, name, query, as_of, _: views.customer(name, as_of, items=query.items, page=query.page),
        missing=_UNKNOWN_CUSTOMER,
    ),
    Endpoint(
        "contact",
        "/customers/{customer_id}/contact",
        "What a service desk or a chatbot needs before it answers a customer.",
        NoQuery,
        Contact,
        lambda views, name, _, as_of, __: views.contact(name, as_of),
    ),
    Endpoint(
        "export",
        "/customers/{customer_id}/export",
        "All that the console stores of a customer.",
        NoQuery,
        CustomerPage,
        lambda views, name, _, as_of, __: views.customer(name, as_of, items=MOST_ITEMS),
        role="act",
        missing=_UNKNOWN_CUSTOMER,
    ),
    Endpoint(
        "retention",
        "/retention",
        "The figures of retention by period, and what lies behind one of them.",
        RetentionFilters,
        Retention,
        lambda views, _, query, as_of, __: known_figures(views.retention(query, as_of)),
    ),
    Endpoint(
        "drill",
        "/drill",
        "The customers behind a number.",
        DrillQuery,
        Drill,
        lambda views, _, query, as_of, __: views.drill(query.key, query.page, query.size, as_of),
        missing="no number has this key: take the `drill` of a figure, a step, a cell or a reason",
    ),
    Endpoint(
        "signals",
        "/signals",
        "The worth of each signal.",
        SignalsQuery,
        Signals,
        lambda views, _, query, as_of, days: views.signals(query.severity, query.horizon_days or days, as_of),
    ),
    Endpoint(
        "pipeline",
        "/pipeline",
        "How far the topics are read, and what could not be used.",
        NoQuery,
        Pipeline,
        lambda views, _, __, as_of, ___: views.pipeline(as_of),
    ),
)


def _filters(query: AtRiskQuery) -> AtRiskFilters:
    return AtRiskFilters(**{name: getattr(query, name) for name in AtRiskFilters.model_fields})


# OpenAPI

_IN_PATH: Final = "/customers/{customer_id}"
_IN_QUERY: Final = "/customer"
"""Where the id is a parameter: for ids that no path can carry, as `..`."""


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document of the interface."""
    models = [(one.answer, "serialization") for one in ENDPOINTS]
    models += [(one, "serialization") for one in (Requested, Report, Receipt, Problem)]
    _, shared = models_json_schema(
        models,  # type: ignore[arg-type] # pairs of a model and a literal
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, Any] = {PREFIX + one.path: {"get": _operation(one)} for one in ENDPOINTS}
    paths |= {
        PREFIX + one.path.replace(_IN_PATH, _IN_QUERY): {"get": _by_query(_operation(one))}
        for one in ENDPOINTS
        if _IN_PATH in one.path
    }
    paths[f"{PREFIX}/at-risk.csv"] = {"get": _csv_operation()}
    paths[f"{PREFIX}{_IN_PATH}/forget"] = {"post": _forget_operation()}
    paths[f"{PREFIX}{_IN_QUERY}/forget"] = {"post": _by_query(_forget_operation())}
    for path, operation in ((_IN_PATH, _report_operation()), (_IN_QUERY, _by_query(_report_operation()))):
        paths[f"{PREFIX}{path}/actions"] = {"post": operation}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Backstay console",
            "version": version(),
            "description": "What the output topics of Backstay say. Every look at a customer is a record on `audit`.",
        },
        "paths": paths,
        "components": {
            "schemas": shared["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}, {}],
    }


_REFUSALS: Final = {
    "400": "A parameter is wrong.",
    "401": "A token is needed.",
    "403": "The role is missing.",
    "503": "Looks cannot be written to `audit` now.",
}


def _operation(one: Endpoint) -> dict[str, Any]:
    refused = _REFUSALS | ({"404": "There is none."} if one.missing else {})
    return {
        "operationId": one.name,
        "summary": one.says if one.role == "see" else f"{one.says} Needs the role `{one.role}`.",
        "parameters": [*_in_path(one.path), *_in_query(one.query)],
        "responses": {
            "200": _json("The answer.", one.answer),
            **{code: _json(says, Problem) for code, says in refused.items()},
        },
    }


def _by_query(operation: dict[str, Any]) -> dict[str, Any]:
    """Return the same operation with the id of the customer in the query."""
    of_id, *others = operation["parameters"]
    named = {"name": "id", "in": "query", "required": True, "schema": of_id["schema"]}
    return {**operation, "operationId": f"{operation['operationId']}_by_id", "parameters": [named, *others]}


def _csv_operation() -> dict[str, Any]:
    return {
        "operationId": "at_risk_csv",
        "summary": f"The same as a file for spreadsheets, of at most {MOST_IN_FILE:,} rows. Needs the role `act`.",
        "parameters": _in_query(AtRiskFilters),
        "responses": {
            "200": {"description": "The file.", "content": {"text/csv": {"schema": {"type": "string"}}}},
            **{code: _json(says, Problem) for code, says in _REFUSALS.items()},
        },
    }


def _forget_operation() -> dict[str, Any]:
    return {
        "operationId": "forget",
        "summary": "Ask the workers to erase a customer. Needs the role `forget`.",
        "parameters": _in_path("{customer_id}"),
        "responses": {
            "202": _json("The request was written.", Requested),
            **{code: _json(says, Problem) for code, says in _REFUSALS.items()},
        },
    }


def _report_operation() -> dict[str, Any]:
    body = {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}}
    return {
        "operationId": "report",
        "summary": "Say what became of a recommended action. Needs the role `act`.",
        "parameters": _in_path("{customer_id}"),
        "requestBody": {"required": True, "content": body},
        "responses": {
            "202": _json("The event was written.", Receipt),
            **{code: _json(says, Problem) for code, says in (_REFUSALS | {"404": "There is none."}).items()},
        },
    }


def _in_path(path: str) -> list[dict[str, Any]]:
    if "{customer_id}" not in path:
        return []
    return [{"name": "customer_id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 128}}]


def _in_query(query: type[BaseModel]) -> list[dict[str, Any]]:
    schema = query.model_json_schema()
    needed = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in needed, "schema": field}
        for name, field in schema.get("properties", {}).items()
    ]


def _json(says: str, model: type[BaseModel]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"description": says, "content": {"application/json": {"schema": schema}}}


# CSV


def _first(texts: Iterator[str]) -> str:
    return next(texts, "")


COLUMNS: Final[Mapping[str, Callable[[AtRiskRow], object]]] = {
    "customer_id": lambda row: row.customer_id,
    "risk": lambda row: row.risk,
    "band": lambda row: row.band,
    "trend": lambda row: row.trend,
    "value_at_risk": lambda row: row.value.amount if row.value is not None else "",
    "currency": lambda row: row.value.currency if row.value is not None else "",
    "mrr": lambda row: "; ".join(f"{one.amount} {one.currency}" for one in row.mrr),
    "plan": lambda row: row.plan or "",
    "stage": lambda row: row.stage,
    "left": lambda row: "yes" if row.left else "no",
    "owner": lambda row: row.owner or "",
    "segments": lambda row: "; ".join(f"{name}={value}" for name, value in row.segments.items()),
    "signals": lambda row: "; ".join(one.signal for one in row.reasons),
    "since": lambda row: min((one.since for one in row.reasons), default=date.max).isoformat() if row.reasons else "",
    "why": lambda row: _first(one.explanation.en for one in row.reasons if one.explanation is not None),
    "why_on": lambda row: _first(one.explained_on.isoformat() for one in row.reasons if one.explained_on is not None),
    "action": lambda row: row.action.action if row.action is not None else "",
    "last_activity": lambda row: row.last_activity.isoformat() if row.last_activity is not None else "",
    "as_of": lambda row: row.as_of.isoformat(),
    "card_at": lambda row: row.card_at.isoformat(),
}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    >>> harmless("=HYPERLINK(1)"), harmless("c-1"), harmless(-5)
    ("'=HYPERLINK(1)", 'c-1', "'-5")
    """
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def as_csv(rows: list[AtRiskRow], *, with_names: bool) -> str:
    """Return rows as lines of a file for spreadsheets."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    if with_names:
        writer.writerow(COLUMNS)
    writer.writerows([harmless(read(row)) for read in COLUMNS.values()] for row in rows)
    return file.getvalue()


def csv_pages(views: Views, filters: AtRiskFilters, as_of: datetime) -> Iterator[str]:
    """Yield the file of the customers at risk, a piece at a time."""
    for number, rows in enumerate(views.at_risk_by_and_by(filters, MOST_IN_FILE, MOST_ROWS, as_of)):
        yield as_csv(rows, with_names=number == 0)
