"""Apache Kafka for a benchmark, in a folder of its own: both are gone at the end."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
