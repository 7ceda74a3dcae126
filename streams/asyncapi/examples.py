"""The examples of the document: records as a played company has sent and received them, stored with the program."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

FILE: Final = Path(__file__).parent / "examples.jsonl"


class Example(NamedTuple):
    """One record: the message that it is, its key, its headers, and what its value says."""

    message: str
    key: str | None
    headers: dict[str, str]
    payload: Any

    def as_json(self) -> dict[str, Any]:
        """Return it in the form of AsyncAPI, which has no place for the key."""
        told = {"headers": self.headers} if self.headers else {}
        return {"name": self.message, "summary": f"Key: {self.key}", **told, "payload": self.payload}


@cache
def examples() -> dict[str, Example]:
    """Return the example of each message that has one."""
    return {one.message: one for one in read(FILE)}


def read(file: Path) -> Iterator[Example]:
    """Yield the examples of a file."""
    for line in file.read_text(encoding="utf-8").splitlines():
        yield Example(**json.loads(line))
