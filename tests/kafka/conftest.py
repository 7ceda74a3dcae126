"""The broker that these tests share, and the settings of a test of its own on it."""

import itertools
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.setting_sources import read_settings
from streams.settings import Settings
from tests.kafka.broker import ApacheKafka, missing
from tests.kafka.workers import STARTED

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files first that may take longest, so that workers, a file at a time, end at the same time."""
    patience: Counter[Path] = Counter()
    for item in items:
        patience[item.path] += _patience(item)
    items.sort(key=lambda item: (patience[item.path], _patience(item)), reverse=True)


def _patience(item: pytest.Item) -> int:
    """Return the seconds that a test on Apache Kafka may take; any other test keeps its place."""
    if item.get_closest_marker("kafka") is None:
        return 0
    marker = item.get_closest_marker("timeout")
    return 60 if marker is None else int(marker.args[0])


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """Return a running Apache Kafka; skip the test if it cannot run."""
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    broker = ApacheKafka(tmp_path_factory.mktemp("kafka")).start()
    yield broker
    broker.stop()


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    """End the workers that a failed test has left running."""
    yield
    for process in STARTED:
        if process.poll() is None:
            process.kill()
            process.wait(timeout=30)
    STARTED.clear()


@pytest.fixture
def settings(kafka: ApacheKafka) -> Settings:
    """Return settings under a prefix that no other test uses; sessions are short, time goes by the log."""
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
