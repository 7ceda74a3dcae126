"""The broker that these tests share, and the settings of a test of its own on it."""

import itertools
from collections.abc import Iterator

import pytest

from streams.setting_sources import read_settings
from streams.settings import Settings
from tests.kafka.broker import ApacheKafka, missing
from tests.kafka.workers import STARTED

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Give a running Apache Kafka; skip where it cannot run."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    broker = ApacheKafka(tmp_path_factory.mktemp("kafka")).start()
    yield broker
    broker.stop()


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    """End the workers that a test has left, as one does that failed."""
    yield
    for process in STARTED:
        if process.poll() is None:
            process.kill()
            process.wait(timeout=30)
    STARTED.clear()


@pytest.fixture
def settings(kafka: ApacheKafka) -> Settings:
    """Give settings under a prefix that no other test uses; sessions are short, time goes by the log."""
    name = f"t{next(_numbers)}"
    return read_settings(
        overrides={
            "kafka.bootstrap_servers": kafka.address,
            "kafka.group": name,
            "kafka.session_timeout": "2",
            "topics.prefix": f"{name}.",
            "time.clock": "log",
            "web.enabled": "false",
        }
    )
