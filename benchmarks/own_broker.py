"""Apache Kafka for a benchmark, in a folder of its own: both are gone at the end."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

from streams.setting_sources import read_settings
from streams.settings import Settings
from tests.kafka.broker import LASTING, ApacheKafka


@contextmanager
def own_broker(heap: str = "1g") -> Iterator[ApacheKafka]:
    """Run a broker; its folder has room for what else a benchmark writes."""
    with tempfile.TemporaryDirectory(prefix="backstay-bench-", ignore_cleanup_errors=True) as folder:
        kafka = ApacheKafka(Path(folder), heap=heap, jvm=LASTING)
        try:
            yield kafka.start()
        finally:
            kafka.stop()


def on_topics(kafka: ApacheKafka, name: str, said: Mapping[str, str] = MappingProxyType({})) -> Settings:
    """Return the settings of a worker with topics and a group of its own, and others besides."""
    own = {"kafka.bootstrap_servers": kafka.address, "kafka.group": name, "topics.prefix": f"{name}-"}
    return read_settings(overrides={**own, **said})
