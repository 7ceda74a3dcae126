"""A schema registry over HTTP: schemas are fetched once, a registry that fails is waited for, and nothing is lost."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2

from sources.base import Foreign, Unreadable
from sources.encodings.framing import Framed
from streams.app import build
from streams.embedded import EmbeddedBroker
from streams.errors import BadSettings
from streams.registry import Registry, _descriptors, require_formats
from streams.registry_settings import RegistrySettings
from streams.setting_sources import read_settings
from streams.settings import Settings
from tests.kafka.oracle import left_by
from tests.registry import PROTO, SmallRegistry, basic, registry
from tests.running import filled, on
from tests.test_encodings import COMMON, COMMON_TEXT, ORDER_INDEX, ORDERS, TEXT, frame, varint, written

MONEY = {"type": "record", "name": "Money", "namespace": "shop", "fields": [{"name": "cents", "type": "long"}]}
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [{"name": "id", "type": "long"}, {"name": "total", "type": "shop.Money"}],
}
BODY = varint(7) + varint(2_990)


def registered(small: SmallRegistry) -> int:
    """Register a schema that refers to another; return its id."""
    small.register("money", json.dumps(MONEY))
    return small.register(
        "orders-value", json.dumps(ORDER), references=[{"name": "shop.Money", "subject": "money", "version": 1}]
    )


async def no_sleep(_: float) -> None:
    await asyncio.sleep(0)


async def prepared(registry: Registry, *values: bytes, headers: Any = ()) -> bool:
    return await registry.prepare([Foreign(value, headers) for value in values], sleep=no_sleep)


def of(small: SmallRegistry, **more: Any) -> Registry:
    return Registry(RegistrySettings(url=small.url, **more))


async def test_a_schema_is_fetched_once_with_what_it_refers_to() -> None:
    with registry() as small:
        ident = registered(small)
        found = of(small)
        for _ in range(3):
            assert await prepared(found, frame(BODY, ident), b"{}", frame(BODY, ident))
        guid = small.by_id[ident]["guid"]
        headers = [("__value_schema_id", b"\1" + bytes.fromhex(guid.replace("-", "")))]
        assert await prepared(found, BODY, headers=headers)

    assert found.schemas.read(Framed(ident, BODY), "mapping") == {"id": 7, "total": {"cents": 2_990}}
    assert found.schemas.read(Framed(guid, BODY), "mapping") == {"id": 7, "total": {"cents": 2_990}}
    assert small.asked[:2] == [f"/schemas/ids/{ident}", "/subjects/money/versions/1?deleted=true"]
    assert len(small.asked) == 4


async def test_protobuf_is_asked_for_as_descriptors() -> None:
    with registry() as small:
        small.register("common", COMMON_TEXT, "PROTOBUF")
        said = [{"name": "shop/common.proto", "subject": "common", "version": 1}]
        ident = small.register("orders-value", TEXT, "PROTOBUF", said)
        found = of(small)
        await prepared(found, frame(ORDER_INDEX, ident))

    assert found.schemas.read(Framed(ident, ORDER_INDEX), "mapping")["of_int64"] == 0


async def test_a_registry_without_descriptors_needs_a_file_of_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "orders.desc"
    file.write_bytes(descriptor_pb2.FileDescriptorSet(file=[COMMON, ORDERS]).SerializeToString())
    with registry() as small:
        small.has_descriptors = False
        ident = small.register("orders-value", TEXT, "PROTOBUF")
        tries = iter((True, True, False))

        given_up = not await of(small).prepare(
            [Foreign(frame(b"", ident))], goes_on=lambda: next(tries, False), sleep=no_sleep
        )
        found = of(small, descriptors=file)
        await prepared(found, frame(ORDER_INDEX, ident))

    assert given_up
    assert "set registry.descriptors" in caplog.text
    with pytest.raises(Unreadable, match="no descriptor of"):  # the small registry's text is of no message
        found.schemas.read(Framed(ident, ORDER_INDEX), "mapping")
    assert PROTO


FAULTS = [
    (500, b"{}", "answers 500"),
    (429, b"{}", "answers 429"),
    (401, b"{}", "registry.username and registry.password"),
    (404, b"<html>no such page</html>", "set registry.url"),
    (404, b'{"error_code": 404}', "set registry.url"),
    (404, b'{"error_code": [40403]}', "set registry.url"),
    (200, b"<html>", "is no registry"),
    (200, b"{}", "is no registry"),
    (302, b"", "answers 302"),
    (200, b'{"schema": "\\"long\\"", "references": ["money"]}', "its references are no objects"),
]


@pytest.mark.parametrize(("status", "answer", "says"), FAULTS)
async def test_a_registry_that_fails_is_waited_for(
    status: int, answer: bytes, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    with registry() as small:
        ident = registered(small)
        small.faults = [(status, answer)] * 3
        found = of(small)

        assert await prepared(found, frame(BODY, ident))

    assert found.schemas.read(Framed(ident, BODY), "mapping")["id"] == 7
    assert caplog.text.count("its records wait, and nothing is lost") == 3
    assert says in caplog.text


async def test_a_registry_that_is_not_there_is_waited_for_until_it_is_or_the_worker_stops(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with registry() as small:
        ident = registered(small)
        port, kept = small.port, (small.by_id, small.versions)
    found = of(small)
    records = [Foreign(frame(BODY, ident))]
    assert not await found.prepare(records, goes_on=lambda: False, sleep=no_sleep)
    waiting = asyncio.create_task(found.prepare(records, sleep=no_sleep))
    while "does not answer" not in caplog.text:
        await asyncio.sleep(0)
    with registry(port) as again:
        again.by_id, again.versions = kept

        assert await waiting

    assert found.schemas.read(Framed(ident, BODY), "mapping")["id"] == 7


async def test_an_answer_may_come_in_pieces() -> None:
    with registry() as small:
        ident = registered(small)
        small.in_pieces = True
        found = of(small)
        await prepared(found, frame(BODY, ident), frame(BODY, 99))

    assert found.schemas.read(Framed(ident, BODY), "mapping")["id"] == 7
    with pytest.raises(Unreadable, match="the schema 99 is not in the registry"):
        found.schemas.read(Framed(99, BODY), "mapping")


async def test_a_kind_of_schema_that_is_no_text_is_a_reason_for_dead_letters() -> None:
    with registry() as small:
        ident = registered(small)
        small.faults = [(200, b'{"schema": "{}", "schemaType": {"a": 1}}')]
        found = of(small)
        await prepared(found, frame(BODY, ident))

    with pytest.raises(Unreadable, match="of a kind other than Avro, Protobuf and JSON"):
        found.schemas.read(Framed(ident, BODY), "mapping")


async def test_a_schema_that_the_registry_lacks_is_a_reason_for_dead_letters(caplog: pytest.LogCaptureFixture) -> None:
    dangling = json.dumps(ORDER)
    with registry() as small:
        ident = small.register(
            "orders-value", dangling, references=[{"name": "shop.Money", "subject": "gone", "version": 1}]
        )
        found = of(small)
        await prepared(found, frame(BODY, ident), frame(BODY, 99))

    assert "has no schema 99: its records become dead letters" in caplog.text
    with pytest.raises(Unreadable, match="the schema 99 is not in the registry"):
        found.schemas.read(Framed(99, BODY), "mapping")
    with pytest.raises(Unreadable, match="one that refers to another, which the registry does not have"):
        found.schemas.read(Framed(ident, BODY), "mapping")


async def test_a_schema_that_was_unknown_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with registry() as small:
        found = of(small)
        await prepared(found, frame(BODY, 2))
        await prepared(found, frame(BODY, 2))
        asked = len(small.asked)
        ident = registered(small)
        monkeypatch.setattr("streams.registry.ASKED_AGAIN", -1.0)
        await prepared(found, frame(BODY, 2))

    assert (asked, ident) == (1, 2)
    assert found.schemas.read(Framed(2, BODY), "mapping")["id"] == 7


async def test_a_key_of_eight_bytes_beside_plain_json_is_no_schema_s() -> None:
    with registry() as small:
        found = of(small)
        await found.prepare([Foreign(b"{}", (), (7).to_bytes(8, "big"))], sleep=no_sleep)

    assert small.asked == []


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (basic("user", "pässword:x"), {"username": "user", "password": "pässword:x"}),
        ("Bearer t-1", {"token": "t-1"}),
    ],
)
async def test_the_registry_knows_this_user(wanted: str, said: dict[str, str]) -> None:
    with registry() as small:
        ident = registered(small)
        small.authorization = wanted

        assert await prepared(of(small, **said), frame(BODY, ident))


async def test_without_a_registry_nothing_is_asked_for() -> None:
    found = Registry(RegistrySettings())

    assert await prepared(found, frame(BODY, 7))
    assert not found.schemas.is_served


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"url": "registry:8081"}, "registry.url"),
        ({"url": "http://u:p@registry:8081"}, "set registry.username and registry.password"),
        ({"url": "http://registry:8081", "username": "u"}, "set both, or neither"),
        ({"url": "http://r", "username": "u", "password": "p", "token": "t"}, "either token, or username"),
        ({"username": "u", "password": "p"}, "url is missing"),
        ({"urll": "http://r"}, "did you mean 'url'"),
    ],
)
def test_settings_of_a_registry_that_cannot_be_meant_are_refused(said: dict[str, str], error: str) -> None:
    with pytest.raises(BadSettings, match=error):
        read_settings(overrides={f"registry.{name}": value for name, value in said.items()})


def test_what_is_missing_at_start_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"registry\.descriptors: .*gone\.desc: No such file"):
        _descriptors(RegistrySettings(url="http://r", descriptors=tmp_path / "gone.desc"))
    with pytest.raises(BadSettings, match=r"registry\.ca_file: .*gone\.pem: No such file"):
        Registry(RegistrySettings(url="https://r", ca_file=tmp_path / "gone.pem"))
    (tmp_path / "empty.pem").write_text("no certificate")
    with pytest.raises(BadSettings, match=r"registry\.ca_file: .*empty\.pem: "):
        Registry(RegistrySettings(url="https://r", ca_file=tmp_path / "empty.pem"))
    monkeypatch.setitem(__import__("sys").modules, "fastavro", None)
    with pytest.raises(BadSettings, match=r"pip install '\.\[formats\]'"):
        require_formats(RegistrySettings(url="http://r"))


def test_secrets_of_the_registry_are_not_shown() -> None:
    said = {"registry.url": "http://r", "registry.username": "u", "registry.password": "hidden-7"}

    assert "hidden-7" not in repr(read_settings(overrides=said))


ROW = {
    "type": "record",
    "name": "Row",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "customer", "type": "string"},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}
RULES = json.dumps(
    [
        {
            "type": "purchase.completed",
            "event_id": "id",
            "customer_id": "customer",
            "occurred_at": "at",
            "fields": {"order_id": "id", "amount": "amount", "currency": {"value": "EUR"}},
        }
    ]
)


def in_avro(ident: int, number: int) -> list[bytes]:
    """Return so many orders of seven customers, framed with the id of their schema."""
    at = 1_772_352_000_000
    rows = [{"id": n, "customer": f"c-{n % 7}", "amount": b"\x0b\xae", "at": at + n} for n in range(number)]
    return [frame(written(ROW, row), ident) for row in rows]


def reading_avro(settings: Settings, small: SmallRegistry, topic: str) -> Settings:
    """Return settings by which a worker reads a topic by a small registry."""
    said = {"sources.mapping.topic": topic, "sources.mapping.events": RULES, "registry.url": small.url}
    read = read_settings(overrides=said)
    return settings.model_copy(update={"sources": read.sources, "registry": read.registry})


async def test_a_worker_waits_for_the_registry_and_reads_avro(caplog: pytest.LogCaptureFixture) -> None:
    with registry() as small:
        ident = small.register("shop-value", json.dumps(ROW))
        small.faults = [(503, b"")] * 2
        async with EmbeddedBroker() as embedded:
            settings = reading_avro(on(embedded.address, "avro-"), small, "shop")
            await filled(settings, "shop", [*in_avro(ident, 20), frame(b"", 99), frame(b"\xff", ident)])

            async with await build(settings) as worker:
                await asyncio.wait_for(worker.until_idle(), 120)
                counts = worker.outcomes()
            left = await left_by(settings)

    assert counts["sources.mapping", "applied"] == 20
    assert counts["sources.mapping", "rejected"] == 2
    assert len(left.states) == 7
    assert "its records wait, and nothing is lost" in caplog.text
