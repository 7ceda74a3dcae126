"""The house keeps its own rules: floors, names, registers, nothing of this machine in it."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from agents.readings import READINGS
from retention.features import REGISTER
from retention.signals import SIGNALS, name_of
from schemas.catalogue import CATALOGUE
from schemas.families import FAMILIES, TOPIC_OF, UNSUPPORTED
from streams.app import READERS
from streams.topics import CONSUMED, INPUTS, TOPIC_OF_TYPE, TOPICS

ROOT = Path(__file__).resolve().parents[1]
OURS = ("schemas", "retention", "agents", "streams")


def test_imports_go_down_the_stair_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_a_circle_is_found_even_behind_type_checking(tmp_path: Path) -> None:
    for floor in OURS:
        shutil.copytree(ROOT / floor, tmp_path / floor, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "agents/record.py").open("a") as record:
        record.write("\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from agents.desk import Desk\n")

    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert ".record -> .desk" in done.stdout


@pytest.mark.parametrize("name", OURS)
def test_each_floor_is_ours_alone(name: str) -> None:
    assert importlib.metadata.packages_distributions().get(name, ["backstay"]) == ["backstay"]


@pytest.mark.parametrize(
    "name", ["streams.app", "streams.cli.commands", "agents.readings", "retention.portfolio", "schemas.families"]
)
def test_importing_a_module_does_nothing(name: str) -> None:
    code = f"import threading, {name}; assert threading.active_count() == 1"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_family_has_an_agent_a_topic_and_a_case_for_each_type() -> None:
    topics = [family.topic for family in FAMILIES]

    assert [agent.topic for agent in READINGS] == topics
    assert [topic.name for topic in INPUTS] == topics
    assert REGISTER.families == FAMILIES
    assert {*REGISTER.entries, "erasure.requested"} == set(TOPIC_OF)  # who is forgotten is not folded
    assert [topic.name for topic in CONSUMED] == [reader.topic for reader in READERS]


def test_the_page_of_events_lists_what_is_read_and_what_is_not() -> None:
    read, _, unread = (ROOT / "docs/events.md").read_text().partition("## Not read yet")
    rows = [re.findall(r"`([a-z._]+)`", row) for row in read.splitlines() if row.startswith("| `")]

    rows_unread = [re.findall(r"`([a-z._]+)`", row) for row in unread.splitlines() if row.startswith("| `")]

    assert {kind: topic for topic, *kinds in rows for kind in kinds} == TOPIC_OF
    assert {kind for _, *kinds in rows_unread for kind in kinds} == UNSUPPORTED
    for topic, *kinds in (*rows, *rows_unread):
        assert set(kinds) <= set(CATALOGUE[topic])


def test_every_statement_has_a_topic_of_the_register() -> None:
    assert all(topic in TOPICS for topic in TOPIC_OF_TYPE.values())


def test_signals_have_names_of_their_own() -> None:
    names = [signal.name for signal in SIGNALS]

    assert len(names) == len(set(names))
    keys = [signal.key for signal in SIGNALS]
    assert len(keys) == len(set(keys))
    assert {signal.key for signal in SIGNALS if signal.key != signal.name}.isdisjoint(names)
    assert {signal.key: signal.name for signal in SIGNALS} == {key: name_of(key) for key in keys}
    assert name_of("a-signal-of-yesterday") == "a-signal-of-yesterday"


def test_no_machine_and_no_registry_is_named() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    banned = ("/wo" + "rk/", "/ro" + "ot/", "pypi" + ".org", "pythonhosted" + ".org", "repo.maven" + ".apache")

    found = [
        (name, word)
        for name in tracked
        if (ROOT / name).is_file()
        for word in banned
        if word.encode() in (ROOT / name).read_bytes()
    ]

    assert found == []


def test_the_lock_file_has_a_hash_for_every_package() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    pinned = [entry for entry in lock.split("\n") if "==" in entry and not entry.startswith(" ")]
    assert pinned
    assert all(entry.endswith("\\") for entry in pinned)
