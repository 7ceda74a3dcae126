"""A watcher of a log that is applied in this process, for tests of what is made of its statements."""

from collections.abc import Sequence

from retention.engine.partition_state import PartitionState
from retention.statements import Statement
from streams.in_process import Watcher


class Statements(Watcher):
    """Keeps statements as they are."""

    def __init__(self) -> None:
        self.kept: list[Statement] = []

    def said(self, statements: Sequence[Statement], state: PartitionState) -> None:
        self.kept += statements
