"""The house keeps its own rules: floors, names, registers, nothing of this machine in it."""

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

import pytest

from agents.readings import READINGS
from retention.actions import ACTIONS
from retention.features import FEATURES, REGISTER
from retention.gates import GATES
from retention.measures import MEASURES
from retention.signals import SIGNALS, name_of
from schemas.catalogue import CATALOGUE
from schemas.families import FAMILIES, TOPIC_OF, UNSUPPORTED
from streams.app import READERS
from streams.topics import CONSUMED, INPUTS, TOPIC_OF_TYPE, TOPICS
from tests.conftest import LONGEST

ROOT = Path(__file__).resolve().parents[1]
OURS = ("schemas", "sources", "retention", "agents", "streams")

_VERBS: Final = """
    Accept Add Advance Answer Append Apply Arm Ask Begin Bind Book Bring Build Check Clear Close Collect Commit
    Compare Compute Continue Convert Copy Count Create Decode Delete Deliver Derive Do Drop Empty Encode End Erase
    Fence Fetch Fill Find Fire Fit Fold Format Free Hand Have Insert Install Join Keep Leave List Load Lock Mark
    Measure Merge Move Multiply Name Note Open Pack Parse Pass Pause Play Post Prepare Print Publish Push Put Queue
    Raise Read Rebuild Recommend Record Register Release Remove Replace Report Require Restore Retrieve Return Run
    Schedule Seal Send Set Settle Show Sort Split Start Stop Store Sum Take Turn Update Upgrade Use Validate Wait Walk
    Withdraw Write Yield
"""
VERBS: Final = frozenset(_VERBS.split())
"""Verbs with which docstrings of functions begin. Add a missing one; not Give, Tell or Say, which name no result."""
QUESTIONS: Final = frozenset(["What", "How", "When", "Where", "Whether", "Which", "Who", "Whose", "Why"])
"""Words with which no docstring begins: the text after them names neither a subject nor what is done."""
NOBODY: Final = re.compile(r"\b(nobody|somebody|anybody|everybody|whoever|whomever)\b", re.IGNORECASE)


def test_imports_go_down_the_stair_only() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_a_circle_is_found_even_behind_type_checking(tmp_path: Path) -> None:
    line = "\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from agents.processor import Processor\n"

    assert ".record -> .processor" in _broken_by(tmp_path, "agents/record.py", line)


@pytest.mark.parametrize(
    ("module", "line", "named"),
    [
        ("engine/timers.py", "from retention.features.logins.facets import LOGINS", "retention.features.logins.facets"),
        (
            "engine/once.py",
            "from retention.measures.subscription import SUBSCRIPTION",
            "retention.measures.subscription",
        ),
        ("signals/paused.py", "from retention.engine.timers import Timers", "retention.engine.timers"),
        ("spans.py", "from retention.state.customer import Customer", "retention.state.customer"),
        ("of_no_layer.py", "", "of_no_layer"),
    ],
)
def test_a_module_that_reaches_out_of_its_layer_is_found(tmp_path: Path, module: str, line: str, named: str) -> None:
    assert named in _broken_by(tmp_path, f"retention/{module}", f"\n{line}\n")


def _broken_by(folder: Path, module: str, lines: str) -> str:
    """Return what import-linter says of the source with some lines more in one module."""
    for floor in OURS:
        shutil.copytree(ROOT / floor, folder / floor, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    with (folder / module).open("a") as file:
        file.write(lines)
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    _, broken = done.stdout.split("Broken contracts")
    return broken


@pytest.mark.parametrize("name", OURS)
def test_each_floor_is_ours_alone(name: str) -> None:
    assert importlib.metadata.packages_distributions().get(name, ["backstay"]) == ["backstay"]


@pytest.mark.parametrize(
    "name",
    ["streams.app", "streams.cli.commands", "agents.readings", "retention.engine.partition_state", "schemas.families"],
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
    assert {*REGISTER.entries, *REGISTER.apart, "erasure.requested"} == set(TOPIC_OF)  # who is forgotten is not folded
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


class Named(Protocol):
    """A member of a register."""

    @property
    def name(self) -> str: ...


NAMED: Final = {
    "retention/policy.py": "the default of metrics.basis",
    "retention/engine/partials.py": "the measures of records that earlier builds wrote",
    "retention/state/upgrades.py": "what earlier builds stored",
}
"""Modules of shared code that name members of a register, and what for."""


def test_shared_code_names_no_member_of_a_register() -> None:
    registers: tuple[tuple[Named, ...], ...] = (SIGNALS, FEATURES, MEASURES, ACTIONS, GATES)
    names = {member.name for register in registers for member in register} | set(TOPIC_OF.values())
    shared = [file for part in ("", "engine", "state") for file in sorted((ROOT / "retention" / part).glob("*.py"))]

    found = {
        f"{file.relative_to(ROOT)}": node.value
        for file in [*shared, ROOT / "streams/months.py"]
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and node.value in names
    }

    assert found.keys() == NAMED.keys()


def test_no_fold_asks_of_which_class_an_event_is() -> None:
    """Most events are structs of the fast decoder, of no class of `schemas/`: `event.type` tells them apart."""
    asked = re.compile(r"isinstance\(event\b")

    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for part in ("retention", "agents")
        for file in sorted((ROOT / part).rglob("*.py"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if asked.search(line)
    ]

    assert found == ["agents/pieces.py: return event if isinstance(event, bytes) else encoded(event)"]


def test_whoever_decodes_json_expects_bytes_that_are_no_text() -> None:
    """For them msgspec raises `UnicodeDecodeError`, which is no `DecodeError`: it ended workers."""
    caught = re.compile(r"except \(?[^:]*msgspec\.DecodeError[^:]*:")

    found = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for part in ("agents", "retention", "schemas", "sources", "streams")
        for file in sorted((ROOT / part).rglob("*.py"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if caught.search(line) and "ValueError" not in line
    ]

    assert found == []


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
    assert [name for name in tracked if (ROOT / name).is_symlink()] == []  # one would replace a folder in each checkout


def test_what_is_no_text_is_a_picture_of_the_docs() -> None:
    """A file that a program has left beside the sources is otherwise committed with them."""
    there = [ROOT / name for name in git("ls-files")]
    no_text = [file.relative_to(ROOT) for file in there if file.is_file() and b"\0" in file.read_bytes()]

    assert no_text
    assert [file for file in no_text if file.suffix != ".png" or file.parts[0] != "docs"] == []


def git(*words: str) -> list[str]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_golden_file_is_as_it_was_when_it_was_added() -> None:
    """Records of another version join in a file of their own: an edited file no longer says what was ever written."""
    added = git("log", "--raw", "--no-abbrev", "--no-renames", "--diff-filter=A", "--format=", "--", "tests/golden")
    first = {name: line.split()[3] for line in added for name in [line.rpartition("\t")[2]]}  # the newest comes first
    there = [name for name in first if (ROOT / name).is_file()]
    now = dict(zip(there, git("hash-object", "--", *there), strict=True))

    assert first
    assert [name for name, was in first.items() if now.get(name) != was] == []


def _pinned(lock: str) -> list[str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").split("\n")
    return [entry for entry in lines if "==" in entry and not entry.startswith((" ", "#"))]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-image.lock"])
def test_a_lock_file_has_a_hash_for_every_package(lock: str) -> None:
    assert _pinned(lock)
    assert all(entry.endswith("\\") for entry in _pinned(lock))


def test_the_image_has_the_versions_that_are_tested_and_nothing_that_only_tests_need() -> None:
    image, checkout = _pinned("requirements-image.lock"), _pinned("requirements.lock")
    versions = {entry.split(" ")[0] for entry in image}

    assert versions <= {entry.split(" ")[0] for entry in checkout}
    assert not [entry for entry in versions if entry.startswith(("pytest=", "mypy=", "hypothesis=", "scikit-learn="))]
    assert any(entry.startswith("rocksdict") for entry in versions)


def test_the_files_that_run_first_are_there() -> None:
    assert [name for name in LONGEST if not list((ROOT / "tests").rglob(f"{name}.py"))] == []


def _docstrings(source: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, name and text of each docstring; the name is empty unless it is that of a function."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Module):
            text = ast.get_docstring(node)
            if text is not None:
                name = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else ""
                yield getattr(node, "lineno", 1), name, text


def riddles(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and fault of each docstring that does not begin with a verb, or does not name its subject."""
    for line, name, text in _docstrings(source):
        word = text.split()[0].rstrip(",:;.")
        if word in QUESTIONS:
            yield line, f"{name or 'module or class'}: say what it is or does, such as Defines or Returns, not {word!r}"
        elif name and word not in VERBS:
            yield line, f"{name}: begin with a verb such as Return, Report, Yield or Raise, not with {word!r} (VERBS)"
        if found := NOBODY.search(text):
            yield line, f"name the customer, record, event or worker that is meant, not {found[0]!r}"


def test_docstrings_begin_with_a_verb_and_name_their_subject() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {fault}"
        for floor in OURS
        for file in sorted((ROOT / floor).rglob("*.py"))
        for line, fault in riddles(file.read_text())
    ]

    assert not found, "\n" + "\n".join(found)


def test_no_docstring_begins_with_a_question() -> None:
    """Not in tests, benchmarks and tools either."""
    files = subprocess.run(
        ["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    found = [
        f"{name}:{line}: {fault}"
        for name in files
        if (ROOT / name).is_file()
        for line, fault in riddles((ROOT / name).read_text())
        if "say what it is or does" in fault
    ]

    assert not found, "\n" + "\n".join(found)


def test_a_docstring_that_is_a_riddle_is_found() -> None:
    source = '''"""How timers fire."""


def due():
    """Give when somebody is due."""


class Timer:
    """When a timer fires."""

    async def fire(self):
        """Whether it fired."""

    def stop(self):
        """Stop it."""
'''

    assert [(line, fault[:9], fault[-14:]) for line, fault in riddles(source)] == [
        (1, "module or", "rns, not 'How'"),
        (4, "due: begi", "'Give' (VERBS)"),
        (4, "name the ", "not 'somebody'"),
        (8, "module or", "ns, not 'When'"),
        (11, "fire: say", " not 'Whether'"),
    ]
