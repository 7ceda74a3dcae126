"""A port that cannot be listened on: the error says who has it, and which setting to change."""

import errno
import os
import re
import socket
import sys
from pathlib import Path

import pytest

from streams.extras import missing
from streams.ports import by, refused

SOURCES = Path(__file__).parent.parent


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens")
@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_the_process_that_has_a_port_is_named(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as taken:
        taken.bind((host, 0))
        port = taken.getsockname()[1]
        before = by(port)
        taken.listen()

        named = by(port)

    assert before == by(port) == ""
    assert re.fullmatch(rf" by \S.* \(process {os.getpid()}\)", named)


REASONS = {
    errno.EADDRINUSE: "port 6066 of 127.0.0.1 is taken",
    errno.EACCES: "port 6066 is not for this user",
    errno.EADDRNOTAVAIL: "cannot listen on 127.0.0.1:6066 (",
}


@pytest.mark.parametrize("reason", REASONS)
def test_whatever_the_reason_the_setting_is_named(reason: int) -> None:
    said = str(refused("127.0.0.1", 6066, OSError(reason, os.strerror(reason)), "set web.port to another one"))

    assert said.startswith(REASONS[reason])
    assert said.endswith(": set web.port to another one")


def test_what_to_install_is_worded_in_one_place_and_names_an_extra_that_there_is() -> None:
    extras = set(re.findall(r"^(\w+) = \[", (SOURCES / "pyproject.toml").read_text(), re.MULTILINE))
    texts = {one: one.read_text() for one in (SOURCES / "streams").rglob("*.py") if one.name != "extras.py"}
    asked = [
        name
        for text in texts.values()
        for name in re.findall(r"""missing\(f?(?:"[^"]+"|'[^']+'), ["'](\w+)["']""", text)
    ]

    assert [str(one) for one, text in texts.items() if "pip install '" in text] == []
    assert len(asked) >= 7
    assert set(asked) <= extras
    assert "pip install '.[files]'" in missing("x", "files")
