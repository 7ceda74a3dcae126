"""The pipe is closed to others: SCRAM and certificates over TLS, and a broker that denies what is not granted."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from streams.access import acls, console_acls, operator_acls, webhooks_acls
from streams.app import build
from streams.broker import Broker
from streams.console.app import App
from streams.console.documents import Workers
from streams.console.looks import Recommendation
from streams.dead_letters import dead_letter
from streams.embedded import free_port
from streams.errors import BrokerUnreachable, NotAllowed, TopicsUnfit
from streams.letters.choice import Choice
from streams.letters.done import By, deal_with, looked_at
from streams.records import LogRecord
from streams.setting_sources import read_settings
from streams.settings import Settings
from streams.topics import DEAD_LETTERS
from streams.webhooks.delivery import Switch
from streams.webhooks.orders import switch
from streams.webhooks.process import process_of
from tests.building import Log, at
from tests.console.test_whole import read, with_console
from tests.kafka.broker import ApacheKafka, missing
from tests.kafka.runs import feed
from tests.kafka.workers import WorkerProcess
from tests.webhooks.building import SECRET as HOOK_SECRET
from tests.webhooks.building import signal
from tests.webhooks.listener import Listener
from tests.webhooks.running import Clock, publish, running, settled, until

pytestmark = pytest.mark.kafka

SECRET = "canary-7f3a-of-the-worker"  # noqa: S105 - made up, and searched for in what the worker logs

NOW = 4_102_444_800_000

SECURITY = """
listeners=PLAINTEXT://127.0.0.1:{port},SASL://127.0.0.1:{sasl},MTLS://127.0.0.1:{mtls},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL://127.0.0.1:{sasl},MTLS://127.0.0.1:{mtls}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL:SASL_SSL,MTLS:SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.crt
listener.name.mtls.ssl.client.auth=required
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
"""Appended: the last value of a property counts. Only the tests' own port, without TLS, may do everything."""


def certificates(folder: Path) -> None:
    """Create an authority, and certificates of a server at 127.0.0.1 and of a client, for an hour."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder, timeout=30)

    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test-authority"),
        *("-keyout", "ca.key", "-out", "ca.crt"),
    )
    for name, subject in (("server", "/CN=127.0.0.1"), ("client", "/CN=backstay")):
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr"
        )
        (folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1\n")
        openssl(
            *("x509", "-req", "-days", "1", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key"),
            *("-CAcreateserial", "-extfile", f"{name}.ext", "-out", f"{name}.crt"),
        )
        (folder / f"{name}.pem").write_text((folder / f"{name}.key").read_text() + (folder / f"{name}.crt").read_text())


class Guarded:
    """A broker with three doors: ours, one for passwords, one for certificates."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        certificates(folder)
        self.folder, self.sasl, self.mtls = folder, free_port(), free_port()
        extra = SECURITY.replace("{sasl}", str(self.sasl)).replace("{mtls}", str(self.mtls))
        self.kafka = ApacheKafka(folder / "kafka", extra=extra.replace("{folder}", str(folder)))
        self.kafka.scram = {"backstay": SECRET, "operator": SECRET, "console": SECRET, "webhooks": SECRET}

    def settings(self, **values: str) -> Settings:
        base = {"kafka.session_timeout": "2", "topics.prefix": "g.", "kafka.group": "g", "time.clock": "log"}
        said = base | {"web.enabled": "false", "kafka.bootstrap_servers": self.kafka.address}
        return read_settings(overrides=said | {k.replace("__", "."): v for k, v in values.items()})

    def by_password(self, password: str = SECRET, user: str = "backstay", **values: str) -> Settings:
        return self.settings(
            **values,
            kafka__bootstrap_servers=f"127.0.0.1:{self.sasl}",
            kafka__security="sasl_ssl",
            kafka__username=user,
            kafka__password=password,
            kafka__ca_file=str(self.folder / "ca.crt"),
        )

    def by_certificate(self) -> Settings:
        return self.settings(
            kafka__bootstrap_servers=f"127.0.0.1:{self.mtls}",
            kafka__security="ssl",
            kafka__ca_file=str(self.folder / "ca.crt"),
            kafka__cert_file=str(self.folder / "client.crt"),
            kafka__key_file=str(self.folder / "client.key"),
        )

    async def grant(self, principal: str, needed: Callable[[Broker, str], Iterator[list[str]]] = acls) -> None:
        """Grant what `backstay topics acl` prints, with Kafka's own tool."""
        for arguments in needed(Broker(self.settings()), principal):
            command = self.kafka.java(
                "org.apache.kafka.tools.AclCommand", "--bootstrap-server", self.kafka.address, *arguments
            )
            await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, timeout=120)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def guarded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Guarded]:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    broker = Guarded(tmp_path_factory.mktemp("guarded") / "broker")
    broker.kafka.start()
    await Broker(broker.settings()).create_topics()
    yield broker
    broker.kafka.stop()


async def works(settings: Settings, plain: Settings) -> dict[tuple[str, str], int]:
    await feed(plain, Log().starts(0).login(1, 2).lines(), last=False)
    async with await build(settings) as worker:
        await asyncio.wait_for(worker.until_idle(), 60)
        return worker.gauges.outcomes()


@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_worker_with_a_password_needs_what_acl_prints_and_no_more(guarded: Guarded) -> None:
    with pytest.raises(TopicsUnfit, match="topics acl"):
        await build(guarded.by_password())

    await guarded.grant("User:backstay")

    assert (await works(guarded.by_password(), guarded.settings()))["logins", "applied"] == 2


@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
async def test_an_operator_needs_what_acl_prints_and_no_more(guarded: Guarded) -> None:
    broker, by = Broker(guarded.by_password(user="operator")), By("ann", "", 0)
    plain = Broker(guarded.settings())
    record = LogRecord("g.logins", 0, 0, NOW, b"c-9", Log("c-9").login(1).lines()[0], ())
    letter = dead_letter(plain.topic(DEAD_LETTERS), "g.logins", record, "unsupported", "not yet")
    producer = plain.producer()
    await producer.start()
    await producer.send_and_wait(letter.topic, letter.value, letter.key, 1, headers=list(letter.headers))
    await producer.stop()
    with pytest.raises(TopicsUnfit, match="topics acl"):
        await looked_at(broker, Choice(), "retried")

    await guarded.grant("User:operator", operator_acls)

    account, ends = await looked_at(broker, Choice(), "retried")
    assert account.fates["sendable"] == 1
    done = await deal_with(broker, Choice(), "retried", by, ends)
    assert done.fates["sendable"] == 1
    assert (await looked_at(broker, Choice(), "dropped"))[0].chosen == 0
    with pytest.raises((NotAllowed, TopicsUnfit)):
        await build(guarded.by_password(user="operator"))


@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_console_needs_what_acl_prints_and_no_more(guarded: Guarded) -> None:
    settings = with_console(guarded.by_password(user="console"))
    async with App(settings) as app:
        while app.subscriber.status.error is None:
            await asyncio.sleep(0.05)
        assert "topics acl" in app.subscriber.status.error

        await app.workers.fresh()
        assert app.workers.found == Workers()
        await guarded.grant("User:console", console_acls)

        await read(app)
        await app.workers.fresh()
        assert app.workers.found.error is None
        assert app.workers.found.partitions > 0
        app.looks.note("at_risk", customers=0)
        assert await app.looks.request_erasure("c-of-nobody")
        assert await app.looks.report("c-of-nobody", Recommendation("r-1", "value-review", "e-1"), "delivered", at(1))
        while app.looks.waiting:
            await asyncio.sleep(0.05)
        assert app.views.pipeline(at(1)).connected
    with pytest.raises((NotAllowed, TopicsUnfit)):
        await build(settings)


@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
async def test_webhooks_need_what_acl_prints_and_no_more(guarded: Guarded) -> None:
    async with Listener() as listener:
        said = {"url": listener.url, "secrets": HOOK_SECRET, "allow_private": "127.0.0.1"}
        values = {f"webhooks__crm__{name}": value for name, value in said.items()}
        settings = guarded.by_password(user="webhooks", **values)
        with pytest.raises(TopicsUnfit, match="topics acl"):
            await process_of(Broker(settings), Clock(), lambda: 0.5)

        await guarded.grant("User:webhooks", webhooks_acls)

        await publish(guarded.settings(), [signal("id-1")])
        async with running(settings, Clock()) as process:
            await until(lambda: listener.accepted["id-1"] == 1, process)
            await settled(process)
            found = Switch(endpoint="crm", at=NOW, disabled=True, by="ann")
            await switch(Broker(settings), process.width, found)
            await until(lambda: process.targets["crm"].disabled, process)
        with pytest.raises((NotAllowed, TopicsUnfit)):
            await build(settings)


@pytest.mark.timeout(300)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_worker_with_a_certificate(guarded: Guarded) -> None:
    await guarded.grant("User:CN=backstay")

    assert (await works(guarded.by_certificate(), guarded.settings()))["logins", "duplicate"] == 2


@pytest.mark.timeout(120)
@pytest.mark.asyncio(loop_scope="module")
async def test_a_wrong_password_is_told_and_never_shown(guarded: Guarded, tmp_path: Path) -> None:
    with pytest.raises((BrokerUnreachable, NotAllowed), match="password"):
        await build(guarded.by_password("canary-wrong"))

    settings = guarded.by_password()
    worker = WorkerProcess(settings, tmp_path / "worker.log", "", {"BACKSTAY_LOG_LEVEL": "debug", **secret(settings)})
    for _ in range(60):
        if "worker up" in worker.log.read_text():
            break
        await asyncio.sleep(1)
    worker.terminate()
    said = worker.log.read_text()
    assert "worker up" in said
    assert SECRET not in said
    assert SECRET not in repr(settings)


def secret(settings: Settings) -> dict[str, str]:
    password = settings.kafka.password
    return {"BACKSTAY_KAFKA__PASSWORD": password.get_secret_value() if password is not None else ""}
