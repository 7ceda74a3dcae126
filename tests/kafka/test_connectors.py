"""Reads what the real classes of Kafka Connect 4.4.0 and Debezium 3.7.0 write of one row, in every form."""

import base64
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sources.base import Foreign, Translation
from sources.envelopes.debezium import TRUNCATE
from sources.envelopes.opening import Opener, Plain
from sources.exact import decoded

pytestmark = pytest.mark.kafka
FOLDER = Path(__file__).parent / "connectors"
MIDNIGHT = 1_767_571_200
TYPED: dict[str, Any] = {
    "id": 7,
    "price": Decimal("29.90"),
    "large": 1_000,
    "small": Decimal("1E-8"),
    "any": Decimal("29.90"),
    "day": "2026-01-05",
    "ms": "2026-01-05T00:00:00.123",
    "us": "2026-01-05T00:00:00.123456",
    "ns": "2026-01-05T00:00:00.123456789",
    "zoned": "2026-01-05T10:00:00Z",
    "connect": "2026-01-05T00:00:00",
    "plan": "free",  # it was null
}
BARE: dict[str, Any] = TYPED | {
    "price": "C64=",
    "large": "AQ==",
    "small": "AQ==",
    "any": {"scale": 2, "value": "C64="},
    "day": 20_458,
    "ms": MIDNIGHT * 1_000 + 123,
    "us": MIDNIGHT * 1_000_000 + 123_456,
    "ns": MIDNIGHT * 1_000_000_000 + 123_456_789,
    "connect": MIDNIGHT * 1_000,
}
NUMBERS = {name: TYPED[name] for name in ("price", "large", "small")}


def written(folder: Path) -> dict[str, tuple[bytes | None, bytes | None]]:
    """Return the keys and values that the classes write, by their names."""
    maven = ["mvn", "-q", "-B", "-f", str(FOLDER / "pom.xml"), "dependency:copy-dependencies"]
    subprocess.run([*maven, f"-DoutputDirectory={folder}"], check=True, capture_output=True, timeout=200)
    java = ["java", "-cp", f"{folder}/*", str(FOLDER / "Rows.java")]
    done = subprocess.run(java, check=True, capture_output=True, text=True, timeout=100)
    parts = [one.split("\t") for one in done.stdout.splitlines()]
    return {name: (bytes_of(key), bytes_of(value)) for name, key, value in parts}


def bytes_of(text: str) -> bytes | None:
    return None if text == "-" else base64.b64decode(text)


def test_every_form_of_a_row_is_the_row(tmp_path: Path) -> None:
    found = written(tmp_path / "lib")

    assert len(found) > 60
    for name, (key, value) in found.items():
        schemas, form, way, op = name.split(" ")
        opened = Opener("mapping", changes=True).open(Foreign(value, (), key, 1))
        if op == "t":
            assert opened == Translation((), TRUNCATE), name
            continue
        assert isinstance(opened, Plain)
        document = decoded(opened.foreign.value or b"")
        row = TYPED if schemas == "schemas" else BARE | (NUMBERS if form == "NUMERIC" else {})
        is_of_key = op == "tombstone" or (op == "d" and way in {"tombstone", "delete-to-tombstone"})
        wanted = {"id": 7} if is_of_key else row
        assert {one: document[one] for one in wanted} == wanted, name
        about = document["envelope"]
        assert about["op"] == ("d" if op == "tombstone" else op), name
        assert about["deleted"] is (op in {"d", "tombstone"}), name
        assert about["key"] == {"id": 7}, name
        assert about["at"] == (1 if is_of_key else 1_772_352_000_000), name
        assert opened.is_tombstone is (value is None), name
