"""Files that people write are read as editors and shells of all systems save them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.commands import backstay
from streams.company_file import read_calendar
from streams.console.gate import Gate
from streams.console_settings import ConsoleSettings
from streams.errors import BadSettings
from streams.learned_file import Unfit
from streams.setting_sources import read_settings
from streams.text_files import text_of
from streams.webhook_settings import EndpointSettings
from streams.webhooks.signing import signer_of
from tests.test_company_calendar import WRITTEN
from tests.webhooks.building import SECRET

TOKEN = "0123456789abcdef" * 3
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")
"""Of editors, of Notepad, and of `>` in PowerShell."""


def settings(file: Path) -> bool:
    return "Año" in read_settings(file).segments["tier"].values


def calendar(file: Path) -> bool:
    return read_calendar(file, "UTC") is not None


def secret(file: Path) -> bool:
    return bool(signer_of("crm", EndpointSettings(url="https://example.com", secret_file=file)))


def token(file: Path) -> bool:
    said = ConsoleSettings.model_validate({"tokens": {"anna": {"token_file": str(file)}}})
    return Gate(said, lambda: 0).holder(TOKEN) is not None


READ: dict[str, tuple[Callable[[Path], bool], str]] = {
    "settings": (settings, '[segments.tier]\nvalues = ["Año"]\n'),
    "calendar": (calendar, WRITTEN),
    "secret": (secret, SECRET),
    "token": (token, TOKEN + "\n"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", READ)
def test_each_is_read_however_it_was_saved(name: str, encoding: str, newline: str, tmp_path: Path) -> None:
    reader, text = READ[name]
    file = tmp_path / "file"
    file.write_bytes(text.replace("\n", newline).encode(encoding))

    assert reader(file)


@pytest.mark.parametrize("reader", [settings, calendar, secret, token])
def test_what_is_no_text_is_told_what_to_do(reader: Callable[[Path], bool], tmp_path: Path) -> None:
    file = tmp_path / "file.toml"
    file.write_bytes(b'format = 1\nname = "a\xf1o"')

    with pytest.raises((BadSettings, Unfit), match=r"it is not UTF-8 \(byte 20\): save it as UTF-8"):
        reader(file)


@pytest.mark.parametrize("reader", [settings, calendar, secret, token])
def test_a_named_pipe_is_refused_at_once(reader: Callable[[Path], bool], tmp_path: Path) -> None:
    """It would be waited for without a word."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises((BadSettings, Unfit), match=r"cannot read .*/pipe: it is a named pipe, which can be read once"):
        reader(pipe)


def test_a_command_refuses_a_named_pipe_as_its_settings(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    done = CliRunner().invoke(backstay, ["doctor", "--config", str(pipe)])

    assert isinstance(done.exception, BadSettings)
    assert (
        str(done.exception)
        == f"cannot read {pipe}: it is a named pipe, which can be read once: write it to a file first"
    )


def test_what_a_shell_substitutes_for_a_command_is_read() -> None:
    reads, writes = os.pipe()
    os.write(writes, READ["settings"][1].encode())
    os.close(writes)

    assert settings(Path(f"/dev/fd/{reads}"))
    os.close(reads)


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufeff")))
def test_the_text_is_that_which_was_saved(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.mktemp("saved") / "file"
    for encoding in ENCODINGS:
        file.write_bytes(text.encode(encoding))
        assert text_of(file) == text
