"""A topic in Avro on Apache Kafka, with a registry that fails at first: a worker waits for it, and reads all."""

import asyncio
import json
import subprocess
from pathlib import Path

import pytest

from sources.base import Foreign
from streams.app import build
from streams.broker import Broker
from streams.rebuild import rebuild
from streams.settings import Settings
from streams.topics import CHANGELOG
from tests.kafka.oracle import left_by
from tests.kafka.runs import differing_states
from tests.registry import registry
from tests.running import filled
from tests.test_registry import ROW, in_avro, no_sleep, of, prepared, reading_avro

pytestmark = pytest.mark.kafka


@pytest.mark.timeout(400)
async def test_a_worker_waits_for_the_registry_and_a_rebuild_reads_the_same(settings: Settings) -> None:
    with registry() as small:
        ident = small.register("shop-value", json.dumps(ROW))
        small.faults = [(503, b"")] * 2
        shop = f"{settings.topics.prefix}shop"  # tests share a broker
        ours = reading_avro(settings, small, shop)
        await filled(ours, shop, in_avro(ident, 200))

        async with await build(ours) as worker:
            await asyncio.wait_for(worker.until_idle(), 240)
            counts = worker.outcomes()
        left = await left_by(ours)

        waited = small.asked.count(f"/schemas/ids/{ident}")
        broker = Broker(ours)
        admin = await broker.admin()
        await admin.delete_topics([broker.topic(CHANGELOG)])
        await admin.close()
        rebuilt = await rebuild(Broker(ours))
        anew = await left_by(ours)

    assert waited == 3
    assert rebuilt == len(left.states)
    assert differing_states(anew, left) == {}
    assert len(left.states) == 7
    assert counts["sources.mapping", "rejected"] == 0
    assert counts["sources.mapping", "applied"] == 200


async def test_a_registry_is_believed_by_its_certificate(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    said = ["-subj", "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *said]
    await asyncio.to_thread(subprocess.run, make, check=True, capture_output=True, cwd=tmp_path, timeout=60)
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "key.pem").read_text() + (tmp_path / "cert.pem").read_text())
    with registry(certificate=both) as small:
        ident = small.register("shop-value", json.dumps(ROW))
        values = in_avro(ident, 1)
        tries = iter((True, False))

        known = await prepared(of(small, ca_file=tmp_path / "cert.pem"), *values)
        unknown = await of(small).prepare([Foreign(values[0])], goes_on=lambda: next(tries, False), sleep=no_sleep)

    assert (known, unknown) == (True, False)
    assert "ClientConnectorCertificateError" in caplog.text
