"""The page for who receives: its receiver is run, and its tables are the settings' and the schedule's."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from retention.calendar import SECOND
from streams.webhook_settings import EndpointSettings
from streams.webhooks.bodies import body_of
from streams.webhooks.schedule import WAITS
from streams.webhooks.signing import Signer
from tests.webhooks.building import OTHER, SECRET, endpoint, signal

PAGE = (Path(__file__).resolve().parents[2] / "docs/webhooks.md").read_text(encoding="utf-8")
UNITS = {"s": SECOND, "min": 60 * SECOND, "h": 3_600 * SECOND}


def test_the_receiver_of_the_page_takes_each_event_once_and_no_forged_one(capsys: pytest.CaptureFixture[str]) -> None:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(source, "docs/webhooks.md", "exec"), names)  # noqa: S102 - our own page
    receive, body, now = names["receive"], body_of(endpoint(), signal(), str), int(time.time()) * SECOND

    for _ in range(2):
        assert receive(Signer([OTHER, SECRET]).headers("id-1", now, body), body.encode()) == 204
    assert receive(Signer([OTHER]).headers("id-2", now, body), body.encode()) == 401
    assert receive(Signer([SECRET]).headers("id-3", now - 3_600 * SECOND, body), body.encode()) == 401

    assert capsys.readouterr().out == "churn_signal.raised c-1\n"


def test_the_page_has_every_setting_and_the_schedule() -> None:
    rows = [row.split("|")[1] for row in PAGE.split("\n") if row.startswith("| `")]
    named = {name.partition(".")[0] for row in rows for name in re.findall(r"`([a-z_]+(?:\.NAME)?)`", row)}

    assert EndpointSettings.model_fields.keys() <= named
    (row,) = (row for row in PAGE.split("\n") if row.startswith("| after the one before"))
    waits = [cell.split() for cell in row.split("|")[3:-1]]
    assert [0, *(int(number) * UNITS[unit] for number, unit in waits)] == list(WAITS)
