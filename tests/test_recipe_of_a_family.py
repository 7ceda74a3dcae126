"""The recipe "A family" of CONTRIBUTING.md, carried out on a copy of the tree: files of its own, lines in registers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.building import Log

ROOT = Path(__file__).resolve().parents[1]
RECIPE = ROOT / "tests/recipes/payments"
COPIED = ("schemas", "retention", "agents", "streams", "tests")
FILES = {
    "contracts.py": "schemas/payments.py",
    "../dunning.py": "retention/actions/dunning.py",
    "payment_failing.py": "retention/signals/payment_failing.py",
    **{name: f"retention/features/payments/{name}" for name in ("__init__.py", "facets.py", "section.py")},
    **{name: f"retention/features/payments/{name}" for name in ("folds.py", "feature.py")},
    "golden": "tests/golden",
}
"""The place of each file of the recipe in the tree of an author who adds the family."""
MODULES = {
    "tests.recipes.payments.contracts": "schemas.payments",
    "tests.recipes.dunning": "retention.actions.dunning",
    "tests.recipes.payments import section": "retention.features.payments import section",
    "tests.recipes.payments": "retention.features.payments",
}
REGISTERS = {
    "schemas/families.py": [
        ("from schemas.privacy", "from schemas.payments import PAYMENTS\nfrom schemas.privacy"),
        (", PRIVACY)", ", PRIVACY, PAYMENTS)"),
    ],
    "retention/features/__init__.py": [
        (
            "from retention.features.privacy",
            "from retention.features.payments.feature import PAYMENTS\nfrom retention.features.privacy",
        ),
        ("    PRIVACY,\n", "    PRIVACY,\n    PAYMENTS,\n"),
    ],
    "retention/actions/__init__.py": [
        (
            "from retention.actions.one_owner",
            "from retention.actions.dunning import DUNNING\nfrom retention.actions.one_owner",
        ),
        ("    WE_MISS_YOU,\n", "    WE_MISS_YOU,\n    DUNNING,\n"),
    ],
    "retention/signals/__init__.py": [
        (
            "from retention.signals.repeated",
            "from retention.signals.payment_failing import PAYMENT_FAILING\nfrom retention.signals.repeated",
        ),
        ("    NO_LOGIN,\n", "    NO_LOGIN,\n    PAYMENT_FAILING,\n"),
    ],
}
"""All that is changed in files that were there: an import, and a name in the register."""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this tree to which the family is added."""
    copy = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for name, place in FILES.items():
        if name == "golden":
            shutil.copytree(RECIPE / name, copy / place, dirs_exist_ok=True)
            continue
        text = (RECIPE / name).read_text()
        for module, other in MODULES.items():
            text = text.replace(module, other)
        (copy / place).parent.mkdir(exist_ok=True)
        assert not (copy / place).exists()
        (copy / place).write_text(text)
    for place, changes in REGISTERS.items():
        text = (copy / place).read_text()
        for before, after in changes:
            assert text.count(before) == 1, (place, before)
            text = text.replace(before, after)
        (copy / place).write_text(text)
    return copy


def run(tree: Path, *command: str) -> str:
    """Run something in the copy; what it prints says what else the family would need."""
    done = subprocess.run(
        command, cwd=tree, env=os.environ | {"PYTHONPATH": str(tree)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def backstay(tree: Path, *arguments: str) -> str:
    return run(tree, sys.executable, "-c", "from streams.cli import main; main()", *arguments)


def test_the_floors_and_folders_hold_with_one_family_more(tree: Path) -> None:
    assert "0 broken" in run(tree, str(Path(sys.executable).with_name("lint-imports")), "--no-cache")


def test_the_laws_of_the_register_hold_for_one_family_more(tree: Path) -> None:
    said = run(
        tree,
        *(sys.executable, "-m", "pytest", "-q", "--no-header", "tests/test_features.py"),
        *("-k", "payment or card.expiring or price.announced"),
    )

    assert "failed" not in said


def test_events_of_a_new_family_are_read_and_raise_its_signal(tree: Path, tmp_path: Path) -> None:
    log = Log().login(1).add("payment.failed", 3, payment_id="p-1").add("payment.failed", 6, payment_id="p-1")
    log.add("card.expiring", 7, expires_at="2024-03-01T00:00:00Z").add("payment.succeeded", 8, payment_id="p-1")
    (tmp_path / "log.jsonl").write_bytes(b"\n".join([*log.lines(), log.lines()[2]]))

    backstay(tree, "replay", str(tmp_path / "log.jsonl"), "--out", str(tmp_path / "out"), "--format", "json")

    summary = json.loads((tmp_path / "out/summary.json").read_text())
    said = [json.loads(one)["value"] for one in (tmp_path / "out/churn-signals.jsonl").read_text().splitlines()]
    assert (summary["applied"], summary["duplicate"], summary["rejected"]) == (5, 1, {})
    assert [(one["signal"], one["transition"]) for one in said] == [
        ("payment-failing", "raised"),
        ("payment-failing", "cleared"),
    ]
    done = [json.loads(one)["headers"]["ce_type"] for one in (tmp_path / "out/actions.jsonl").read_text().splitlines()]
    assert done == ["io.backstay.action.recommended.v1", "io.backstay.action.withdrawn.v1"]


def test_the_contracts_of_a_new_family_are_written_as_schemas(tree: Path, tmp_path: Path) -> None:
    backstay(tree, "schemas", "write", str(tmp_path))

    assert list(tmp_path.rglob("payment.failed*.json"))
