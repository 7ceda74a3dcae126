"""The listener of a processor, besides Kafka: gauges and the console."""

from retention.statements import Statement


class Listener:
    """Does nothing by itself."""

    def counted(self, topic: str, outcome: str, number: int = 1) -> None:
        """Count records of an outcome."""

    def refused(self, topic: str, reason: str) -> None:
        """Count a dead letter."""

    def doubted(self, topic: str, doubt: str) -> None:
        """Count a doubt about events that came by a source."""

    def read_as_other(self, topic: str, field: str) -> None:
        """Count a value that the contract does not know."""

    def said(self, statements: list[Statement]) -> None:
        """Note outputs that were committed."""
