"""The AsyncAPI document: whole, true of what a played company writes, and true of what was ever written."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jsonschema
import pytest
import pytest_asyncio
import yaml
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from retention.statements import Statement
from schemas.families import TOPIC_OF
from schemas.outbound import CONTRACT_OF, CustomerReturned
from streams.asyncapi.as_yaml import as_yaml
from streams.asyncapi.document import document
from streams.asyncapi.examples import Example, examples
from streams.asyncapi.messages import HEARTBEAT, LETTER, MESSAGES
from streams.broker import Broker
from streams.cli.commands import backstay
from streams.contracts import contracts, schema_of
from streams.errors import BadSettings
from streams.outbox import TYPE_PREFIX, Outbox
from streams.partition_processor import ROLL_KEY
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.topics import INPUTS, OUTPUTS, TOPIC_OF_TYPE
from tests.outputs import ever_written, read_by_us, telling, written

DOCUMENT = document(Settings())
NAMES = DOCUMENT["components"]["messages"]
OLD = ever_written()


def from_yaml(text: str) -> Any:
    """Read YAML as libyaml does, which is much faster."""
    return yaml.load(text, yaml.CSafeLoader)


def at(reference: str) -> Any:
    """Return what a reference into the document means."""
    found: Any = DOCUMENT
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if isinstance(node.get("$ref"), str) else [])
        node = list(node.values())
    if isinstance(node, list):
        for one in node:
            yield from references(one)


def validator(schema: dict[str, Any]) -> jsonschema.Draft7Validator:
    """Return what checks a value by a schema of the document, with formats."""
    whole = {"components": DOCUMENT["components"], **schema}
    if "$ref" in schema:
        whole = {"components": DOCUMENT["components"], "allOf": [schema]}
    return jsonschema.Draft7Validator(whole, format_checker=jsonschema.FormatChecker())


VALIDATORS = {name: (validator(said.get("headers", {})), validator(said["payload"])) for name, said in NAMES.items()}


def check(one: Example) -> None:
    headers, payload = VALIDATORS[one.message]
    headers.validate(one.headers)
    payload.validate(one.payload)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))

    assert found
    assert all(at(one) for one in found)


def test_every_input_and_output_is_a_channel_with_its_messages_and_who_sends_them() -> None:
    said = {
        name: (one["action"], {at(message["$ref"])["$ref"].rpartition("/")[2] for message in one["messages"]})
        for one in DOCUMENT["operations"].values()
        for name in [one["channel"]["$ref"].rpartition("/")[2]]
    }

    assert said == {
        **{
            topic.name: ("receive", {k for k, of in TOPIC_OF.items() if of == topic.name} | {HEARTBEAT})
            for topic in INPUTS
        },
        **{topic.name: ("send", set(MESSAGES[topic.name])) for topic in OUTPUTS},
    }
    assert set(DOCUMENT["channels"]) == set(said)


@pytest.mark.parametrize("kind", TOPIC_OF_TYPE)
def test_every_type_of_output_is_a_message_of_its_topic_with_an_example(kind: str) -> None:
    assert kind in DOCUMENT["channels"][TOPIC_OF_TYPE[kind].name]["messages"]
    assert NAMES[kind]["headers"]["properties"]["ce_type"]["const"] == f"{TYPE_PREFIX}{kind}.v1"
    assert [one["headers"]["ce_type"] for one in NAMES[kind]["examples"]] == [f"{TYPE_PREFIX}{kind}.v1"]


def test_the_topics_of_sources_are_channels_that_are_received_with_their_page() -> None:
    rule = {"topic": "shop.orders", "type": "login.succeeded", "customer_id": "user", "occurred_at": "at"}
    overrides = {"sources.stripe.topic": "billing.stripe", "sources.mapping.events": json.dumps([rule])}
    found = document(read_settings(overrides=overrides))
    channels = {name: one for name, one in found["channels"].items() if name.startswith("sources.")}

    assert {name: one["address"] for name, one in channels.items()} == {
        "sources.stripe": "billing.stripe",
        "sources.mapping.shop.orders": "shop.orders",
    }
    for name, one in channels.items():
        assert found["operations"][f"receive-{name}"]["channel"] == {"$ref": f"#/channels/{name}"}
        said = found["components"]["messages"][next(iter(one["messages"]))]
        assert (Path(__file__).parents[1] / said["x-page"]).is_file()


def test_no_schema_of_an_output_refuses_a_word_that_comes_later() -> None:
    for contract in CONTRACT_OF.values():
        schema = json.dumps(schema_of(contract.__name__, contract))
        assert '"enum"' not in schema, contract.__name__
    severity = schema_of("ChurnSignal", CONTRACT_OF["churn_signal.raised"])["properties"]["severity"]
    assert severity["examples"] == ["low", "medium", "high", "critical"]


def test_every_type_of_output_has_its_contract() -> None:
    assert set(CONTRACT_OF) == set(TOPIC_OF_TYPE)


@pytest.mark.parametrize("one", examples().values(), ids=lambda one: one.message)
def test_every_example_is_what_its_message_says(one: Example) -> None:
    check(one)


def test_the_examples_of_inputs_are_the_golden_bytes() -> None:
    wanted = {one.message: one for one in read_by_us()}

    assert {name: examples()[name] for name in wanted} == wanted


@pytest.mark.parametrize("one", OLD.values(), ids=OLD)
def test_what_was_ever_written_is_still_what_the_contracts_say(one: Example) -> None:
    check(one)
    contract = CONTRACT_OF[one.message]
    jsonschema.validate(one.payload, schema_of(contract.__name__, contract))
    contract.model_validate_json(json.dumps(one.payload))


def test_every_type_of_output_has_golden_bytes() -> None:
    assert {one.message for one in OLD.values()} == set(TOPIC_OF_TYPE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def company() -> dict[str, list[Example]]:
    """Return what a company that is played now has sent, by message."""
    return await written()


@pytest.mark.asyncio(loop_scope="module")
async def test_all_that_a_played_company_sends_is_in_the_document(company: dict[str, list[Example]]) -> None:
    sent = {name for topic in OUTPUTS for name in MESSAGES[topic.name]}

    assert set(company) == sent
    for one in (one for some in company.values() for one in some if one.key != ROLL_KEY.decode()):
        check(one)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_examples_have_the_fields_of_today(company: dict[str, list[Example]]) -> None:
    """`python -m tests.outputs` writes them anew; what they were joins `tests/golden` then."""
    for name, some in company.items():
        now, stored = telling(some), examples()[name]
        assert set(now.headers) == set(stored.headers), name
        assert name == LETTER or set(now.payload or ()) == set(stored.payload or ()), name


def test_topics_and_the_source_are_those_of_the_deployment() -> None:
    said = {"deployment": "eu-1", "topics.prefix": "crm.", "topics.partitions": "12", "topics.replication": "3"}
    found = document(read_settings(overrides=said))
    channel = found["channels"]["churn-signals"]

    assert channel["address"] == channel["bindings"]["kafka"]["topic"] == "crm.churn-signals"
    assert (channel["bindings"]["kafka"]["partitions"], channel["bindings"]["kafka"]["replicas"]) == (12, 3)
    assert found["channels"]["metric-updates"]["bindings"]["kafka"]["partitions"] == 1
    source = found["components"]["messages"]["metric.updated"]["headers"]["properties"]["ce_source"]
    assert source["const"] == "/backstay/eu-1"


@given(st.text() | st.from_regex(str(Settings.model_json_schema()["properties"]["deployment"]["pattern"])))
@example("local\n")
@example("../x")
@example("a%zz")
def test_no_name_of_a_deployment_spoils_the_source_of_its_events(name: str) -> None:
    try:
        settings = Settings(deployment=name)
    except ValidationError:
        return

    source = document_source(settings)
    assert source == f"/backstay/{name}"
    assert URI_PATH.fullmatch(source)
    assert urljoin("https://example.org/a/b", source) == f"https://example.org{source}"


URI_PATH = re.compile(r"(/([A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})+)+")
"""An absolute path of RFC 3986, no segment of it empty: a URI reference that means the same wherever it stands."""


A_BODY = CustomerReturned(customer_id="c-1", basis="purchase", at=datetime(2026, 1, 1, tzinfo=UTC), cause="returned")


def document_source(settings: Settings) -> str:
    """Return the source that outputs of a deployment carry."""
    outbox = Outbox(Broker(settings))
    statement = Statement("customer.returned", "i", "c-1", 0, "e", A_BODY)
    return (dict(outbox.record(statement).headers)["ce_source"] or b"").decode()


def test_amounts_of_outputs_are_exact_texts_and_new_fields_are_allowed() -> None:
    schema = schema_of("MrrMovement", contracts()["MrrMovement"])
    record = dict(examples()["movement.made"].payload)

    jsonschema.validate(record | {"a_new_field": {"x": 1}}, schema)
    for wrong in (19.9, 20, "1e2", "abc", ""):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(record | {"after": wrong}, schema)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-9_999, 9_999).map(lambda n: n / 8) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON_VALUES)
def test_yaml_is_read_as_what_was_written(value: Any) -> None:
    assert repr(from_yaml(as_yaml(value))) == repr(value)


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "b.YML"])
def test_the_command_writes_the_document(name: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(backstay, ["schemas", "asyncapi", "--out", str(tmp_path / name)])

    text = (tmp_path / name).read_text(encoding="utf-8")
    assert done.exit_code == 0, done.output
    assert (json.loads(text) if name.endswith("json") else from_yaml(text)) == DOCUMENT


def test_the_command_writes_yaml_to_the_screen_and_refuses_another_suffix() -> None:
    shown = CliRunner().invoke(backstay, ["schemas", "asyncapi"])
    wrong = CliRunner().invoke(backstay, ["schemas", "asyncapi", "--out", "a.html"])

    assert from_yaml(shown.stdout)["asyncapi"] == "3.0.0"
    assert isinstance(wrong.exception, BadSettings)
    assert ".yaml, .yml or .json" in str(wrong.exception)
