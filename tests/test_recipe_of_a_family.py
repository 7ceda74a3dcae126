"""The recipes of CONTRIBUTING.md, all carried out on one copy of the tree: files of their own, lines in registers."""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from difflib import ndiff
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest

from retention.money import decimal_text
from tests.building import Log, at, line, text

pytestmark = [pytest.mark.lasting, pytest.mark.timeout(1_800)]  # what others leave of a processor may be little

ROOT = Path(__file__).resolve().parents[1]
RECIPES = ROOT / "tests/recipes"
FILES = {
    **{
        f"{family}/{name}": f"retention/features/{family}/{name}"
        for family in ("deposits", "panels")
        for name in ("__init__.py", "facets.py", "section.py", "folds.py", "feature.py")
    },
    "deposits/contracts.py": "schemas/deposits.py",
    "deposits/deposit_failing.py": "retention/signals/deposit_failing.py",
    "second_try.py": "retention/actions/second_try.py",
    "panels/contracts.py": "schemas/panels.py",
    "panels/approval.py": "retention/measures/approval.py",
    "panels/approval_balance.py": "retention/metrics/approval_balance.py",
    "panels/median_mark.py": "retention/metrics/median_mark.py",
    **{
        f"{family}/golden/{kind}.v1.json": f"tests/golden/{kind}.v1.json"
        for family, kinds in (
            ("deposits", ("deposit.failed", "deposit.succeeded", "mandate.expiring", "fee.announced")),
            ("panels", ("panel.answered",)),
        )
        for kind in kinds
    },
    "panels/golden/section-61-1.hex": "tests/golden/section-61-1.hex",
    "deposits/golden/section-62-1.hex": "tests/golden/section-62-1.hex",
}
"""The place of each file of the recipes in the tree of an author who follows them."""
MODULES = {
    "tests.recipes.deposits.contracts": "schemas.deposits",
    "tests.recipes.panels.contracts": "schemas.panels",
    "tests.recipes.panels.approval": "retention.measures.approval",
    "tests.recipes.second_try": "retention.actions.second_try",
    "tests.recipes.deposits": "retention.features.deposits",
    "tests.recipes.panels": "retention.features.panels",
}
Edits = list[tuple[str, str]]
DEPOSIT_TYPES = "| `deposits` | `deposit.failed`, `deposit.succeeded`, `mandate.expiring`, `fee.announced` |\n"
DEPOSIT_ENTRY = '    "deposits": ("deposit.failed", "deposit.succeeded", "mandate.expiring", "fee.announced"),\n'
PANEL_ENTRY = '    "panels": ("panel.answered",),\n'
REGISTERS: dict[str, Edits] = {
    "schemas/families.py": [
        ("from schemas.logins", "from schemas.deposits import DEPOSITS\nfrom schemas.logins"),
        ("from schemas.privacy", "from schemas.panels import PANELS\nfrom schemas.privacy"),
        ("    PRIVACY,\n", "    PANELS,\n    DEPOSITS,\n    PRIVACY,\n"),
    ],
    "schemas/catalogue.py": [
        ("tuple[str, ...]]] = {\n", f"tuple[str, ...]]] = {{\n{DEPOSIT_ENTRY}{PANEL_ENTRY}"),
    ],
    "retention/features/__init__.py": [
        (
            "from retention.features.logins",
            "from retention.features.deposits.feature import DEPOSITS\nfrom retention.features.logins",
        ),
        (
            "from retention.features.privacy",
            "from retention.features.panels.feature import PANELS\nfrom retention.features.privacy",
        ),
        ("    PRIVACY,\n", "    PANELS,\n    DEPOSITS,\n    PRIVACY,\n"),
    ],
    "retention/actions/__init__.py": [
        (
            "from retention.actions.value_review",
            "from retention.actions.second_try import SECOND_TRY\nfrom retention.actions.value_review",
        ),
        ("    WE_MISS_YOU,\n", "    WE_MISS_YOU,\n    SECOND_TRY,\n"),
    ],
    "retention/signals/__init__.py": [
        (
            "from retention.signals.downgrade",
            "from retention.signals.deposit_failing import DEPOSIT_FAILING\nfrom retention.signals.downgrade",
        ),
        ("    NO_LOGIN,\n", "    NO_LOGIN,\n    DEPOSIT_FAILING,\n"),
    ],
    "retention/measures/__init__.py": [
        (
            "from retention.measures.base import Measure\n",
            "from retention.measures.approval import APPROVAL\nfrom retention.measures.base import Measure\n",
        ),
        ("    PURCHASE,\n", "    PURCHASE,\n    APPROVAL,\n"),
    ],
    "retention/metrics/__init__.py": [
        (
            "from retention.metrics.mrr",
            "from retention.metrics.median_mark import MEDIAN_MARK\nfrom retention.metrics.mrr",
        ),
        ("import ARPA\n", "import ARPA\nfrom retention.metrics.approval_balance import APPROVAL_BALANCE\n"),
        ("    CRR_NAIVE,\n", "    CRR_NAIVE,\n    APPROVAL_BALANCE,\n    MEDIAN_MARK,\n"),
    ],
    "retention/periods.py": [
        ('    PeriodKind("year"', '    PeriodKind("half", months=6),\n    PeriodKind("year"'),
    ],
}
"""All that is changed in files of the program that were there: an import, and a name in the register."""
SECOND_TRY_ROW = (
    "| `second-try` | Say that a deposit failed, and how to pay. No discount. | a message, again with each rise in "
    "severity | `email`, `sms` | 10 days |"
)
DEPOSIT_STORY = (
    '    "deposit-failing": Log().add("deposit.failed", 3, deposit_id="p").add("deposit.failed", 6, deposit_id="p"),'
)
DEPOSIT_NAME = '    "deposit-failing": Phrase("Deposit failing", "Depósito fallido", "Deposito non riuscito"),\n'
TRY_NAME = '    "second-try": Phrase("Second try", "Segundo intento", "Secondo tentativo"),\n'
BALANCE_NAME = '    "approval_balance": Phrase("Approval", "Aprobación", "Approvazione"),\n'
MARK_NAME = '    "median_mark": Phrase("Median mark", "Nota mediana", "Voto mediano"),\n'
OF_A_LIFE = """        {"type": "deposit.failed", "deposit_id": pick("ab")},
        {"type": "panel.answered", "score": pick((1, 9))},
"""
HALF_BEGINS = """        case "half":
            return day.day == 1 and (day.month - rules.fiscal_start_month) % 6 == 0
"""
LISTS: dict[str, Edits] = {
    "docs/events.md": [
        ("\n| any of them | ", f"\n| `panels` | `panel.answered` |\n{DEPOSIT_TYPES}| any of them | "),
    ],
    "docs/actions.md": [
        (
            "\n\n## The gates",
            f"\n{SECOND_TRY_ROW}\n\n## The gates",
        ),
    ],
    "tests/test_sections.py": [("GIVEN = {", 'GIVEN = {61: "panels", 62: "deposits", ')],
    "tests/test_signals.py": [
        (
            '    "paused": Log()',
            f'{DEPOSIT_STORY}\n    "paused": Log()',
        ),
    ],
    "tests/test_merging.py": [
        ('        {"type": "referral.converted"},\n', f'        {{"type": "referral.converted"}},\n{OF_A_LIFE}'),
    ],
    "streams/recomputation/periods.py": [('        case "year":\n', f'{HALF_BEGINS}        case "year":\n')],
    "streams/console/pages/words/signal_names.py": [
        ('    "downgrade": Phrase', f'{DEPOSIT_NAME}    "downgrade": Phrase'),
    ],
    "streams/console/pages/words/action_names.py": [
        ('    "ask-preferences": Phrase', f'{TRY_NAME}    "ask-preferences": Phrase'),
    ],
    "streams/console/pages/words/names.py": [
        ('    "nps": Phrase', f'{BALANCE_NAME}{MARK_NAME}    "nps": Phrase'),
        ('    "year": Phrase', '    "half": Phrase("Half-year", "Semestre", "Semestre"),\n    "year": Phrase'),
    ],
}
"""The rows and literals beside them that the recipes name: pages that list members, ids that were given, a story,
events of a drawn life, when a period begins by the recomputation, and the names of members in three languages."""
GENERATED = {"streams/asyncapi/examples.jsonl"}
"""What `python -m tests.outputs` writes anew."""
SHARED_TESTS = (
    *(
        "house",
        "features",
        "contracts",
        "effects",
        "sections",
        "measures",
        "metrics",
        "quantiles",
        "periods",
        "actions",
    ),
    *("signals", "settings", "schemas", "deployment", "refused", "asyncapi", "console_words", "merging", "gauges"),
)
"""The tests that hold the registers: what else a member needed, one of them would name."""
NOT_OF_A_COPY = {
    "no_machine_and_no_registry": "asks git which files are tracked",
    "no_docstring_begins_with_a_question": "asks git which files are tracked",
    "what_is_no_text_is_a_picture": "asks git which files are tracked",
    "golden_file_is_as_it_was": "asks git when a file was added",
    "each_floor_is_ours_alone": "asks which distribution is installed",
    "imports_go_down_the_stair_only": "asks what the test of floors and folders asks of the copy",
    "a_circle_is_found": "puts a mistake into modules that no recipe touches",
    "reaches_out_of_its_layer_is_found": "puts a mistake into modules that no recipe touches",
    "importing_a_module_does_nothing": "starts a process for each of five modules, and all other tests import them",
}
OF_NEW = "deposit or mandate.expiring or fee.announced or panel or approval or median_mark or second-try"
"""Parts of the names of the new members, as they stand in the names of their cases."""
EACH_ALONE = ("hostile_value", "of_one_customer_is_bounded", "is_joined_and_stays_bounded")
"""In the names of laws that take long for every event type or family, whatever others there are: the new ones pass them
here."""


def added(copy: Path) -> None:
    """Put the files of the recipes where they belong, and carry out the edits of registers and lists."""
    for name, place in FILES.items():
        text = (RECIPES / name).read_text()
        for module, other in MODULES.items() if place.endswith(".py") else ():
            text = text.replace(module, other)
        (copy / place).parent.mkdir(exist_ok=True)
        assert not (copy / place).exists()
        (copy / place).write_text(text)
    for place, edits in (REGISTERS | LISTS).items():
        text = (copy / place).read_text()
        for before, after in edits:
            assert text.count(before) == 1, (place, before)
            text = text.replace(before, after)
        (copy / place).write_text(text)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of this tree to which all members are added."""
    copy = tmp_path_factory.mktemp("tree")
    listed = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    added(copy)
    run(copy, sys.executable, "-m", "tests.outputs")
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


def pytest_in(tree: Path, *arguments: str) -> str:
    files = [f"tests/test_{name}.py" for name in SHARED_TESTS]
    return run(tree, sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", *arguments, *files)


def test_no_shared_test_names_another_place_that_the_members_need(tree: Path) -> None:
    """All of them run, but for laws of drawn logs, which run below for the new members."""
    unfit = " and ".join(f"not {name}" for name in NOT_OF_A_COPY)
    old = " or ".join(EACH_ALONE)
    chosen = f"{unfit} and (not ({old}) or {OF_NEW})"

    assert "failed" not in pytest_in(tree, "-m", "not hypothesis and not ops and not kafka", "-k", chosen)


def test_the_laws_of_the_registers_hold_for_the_new_members(tree: Path) -> None:
    assert "failed" not in pytest_in(tree, "-m", "hypothesis", "-k", f"({OF_NEW}) and not hostile")


def test_a_recipe_is_files_of_its_own_and_lines_in_registers(tree: Path) -> None:
    """Counted on the copy: what it has besides, and where what both have is not the same."""
    before, after = files_of(ROOT), files_of(tree)
    anew = {name: lines_anew(ROOT / name, tree / name) for name in before & after}
    anew = {name: lines for name, lines in anew.items() if lines}

    assert {
        "new files": len(after - before),
        "registers": len(anew.keys() & REGISTERS.keys()),
        "lines in registers": sum(len(anew[name]) for name in REGISTERS),
        "pages and lists": len(anew.keys() & LISTS.keys()),
        "lines in pages and lists": sum(len(anew[name]) for name in LISTS),
        "generated files": len(anew.keys() & GENERATED),
        "hunks in shared code": len(anew.keys() - REGISTERS.keys() - LISTS.keys() - GENERATED),
    } == {
        "new files": 24,
        "registers": 8,
        "lines in registers": 21,
        "pages and lists": 9,
        "lines in pages and lists": 14,
        "generated files": 1,
        "hunks in shared code": 0,
    }
    in_registers = [one for name in REGISTERS for one in anew[name]]
    assert [one for one in in_registers if not ENTRY.fullmatch(one)] == []


ENTRY = re.compile(
    r"from [a-z_.]+ import [A-Z_]+| +[A-Z_]+,|[A-Z]+: Final(\[[^=]*\])? = \([A-Z_, ]+\)"
    r'| +"[a-z]+": \(("[a-z.]+",? ?)+\),| +PeriodKind\("[a-z]+", months=\d\),'
)
"""An import of one name, a name or an entry on a line of its own, or a register on one line."""


def files_of(folder: Path) -> set[str]:
    """Return the files of the program, its tests and its pages."""
    folders = ("schemas", "sources", "retention", "agents", "streams", "tests", "docs", "compiling", "benchmarks")
    found = [file for name in folders for file in (folder / name).rglob("*.*") if file.is_file()]
    return {
        file.relative_to(folder).as_posix()
        for file in found
        if file.suffix in {".py", ".md", ".json", ".jsonl", ".hex"}
    }


def lines_anew(before: Path, after: Path) -> list[str]:
    """Return the lines that are new, or written anew."""
    found = ndiff(before.read_text().splitlines(), after.read_text().splitlines()) if differ(before, after) else ()
    return [line[2:] for line in found if line.startswith("+ ")]


def differ(before: Path, after: Path) -> bool:
    return before.read_bytes() != after.read_bytes()


def test_events_of_a_new_family_are_read_and_raise_its_signal(tree: Path, tmp_path: Path) -> None:
    log = Log().login(1).add("deposit.failed", 3, deposit_id="p-1").add("deposit.failed", 6, deposit_id="p-1")
    log.add("mandate.expiring", 7, expires_at="2024-03-01T00:00:00Z").add("deposit.succeeded", 8, deposit_id="p-1")
    (tmp_path / "log.jsonl").write_bytes(b"\n".join([*log.lines(), log.lines()[2]]))

    backstay(tree, "replay", str(tmp_path / "log.jsonl"), "--out", str(tmp_path / "out"), "--format", "json")

    summary = json.loads((tmp_path / "out/summary.json").read_text())
    said = [json.loads(one)["value"] for one in (tmp_path / "out/churn-signals.jsonl").read_text().splitlines()]
    assert (summary["applied"], summary["duplicate"], summary["rejected"]) == (5, 1, {})
    assert [(one["signal"], one["transition"]) for one in said] == [
        ("deposit-failing", "raised"),
        ("deposit-failing", "cleared"),
    ]
    done = [json.loads(one)["headers"]["ce_type"] for one in (tmp_path / "out/actions.jsonl").read_text().splitlines()]
    assert done == ["io.backstay.action.recommended.v1", "io.backstay.action.withdrawn.v1"]


def test_the_contracts_of_a_new_family_are_written_as_schemas(tree: Path, tmp_path: Path) -> None:
    backstay(tree, "schemas", "write", str(tmp_path))

    assert list(tmp_path.rglob("deposit.failed*.json"))


# The balance of approval: in open and closed periods, months and years, against the raw log

APPROVAL_UNTIL = at(500)


def votes(seed: int) -> list[dict[str, Any]]:
    """Draw answers of a few customers over 16 months; several may lie in one instant."""
    random = Random(seed)
    log = Log()
    for number in range(160):
        log.customer = f"c-{random.randrange(9)}"
        log.add("panel.answered", random.randrange(480) + random.choice((0, 0.25)), score=random.randrange(11))
        log.events[-1]["event_id"] = f"e-{number:03d}"
    return sorted(log.events, key=lambda one: (one["occurred_at"], one["event_id"]))


def balance(events: list[dict[str, Any]], end: datetime) -> tuple[int, int, list[int]]:
    """Return promoters less detractors, answers, and scores: of each customer's latest answer before an instant."""
    latest: dict[str, dict[str, Any]] = {}
    for event in events:
        if datetime.fromisoformat(event["occurred_at"]) < end:
            latest[event["customer_id"]] = event
    holding = [
        one["score"]
        for one in latest.values()
        if datetime.fromisoformat(one["occurred_at"]) + timedelta(days=90) >= end
    ]
    return sum(score >= 9 for score in holding) - sum(score <= 6 for score in holding), len(holding), sorted(holding)


def test_approval_is_right_in_open_and_closed_months_halves_and_years_and_by_country(
    tree: Path, tmp_path: Path
) -> None:
    events = votes(7)
    countries = {one["customer_id"]: ("ES", "IT", "FR")[int(one["customer_id"][-1]) % 3] for one in events}
    told = [
        Log(name).add("customer.updated", -1, attributes={"country": country}).events[0]
        for name, country in sorted(countries.items())
    ]
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(map(line, [*told, *events])))

    backstay(
        tree,
        *(
            "replay",
            str(tmp_path / "log.jsonl"),
            "--set",
            "segments.country.values=ES,IT",
            "--out",
            str(tmp_path / "out"),
            "--format",
            "json",
        ),
        *(
            "--until",
            text(APPROVAL_UNTIL),
            "--set",
            "metrics.periods=month,half,year",
            "--set",
            "metrics.horizon_months=24",
        ),
    )

    found: dict[tuple[str, str, str, str], Any] = {}
    for one in map(json.loads, (tmp_path / "out/metric-updates.jsonl").read_text().splitlines()):
        update = one["value"]
        if update["basis"] == "panels":
            segment = update["segment"]["value"]
            found[update["metric"], segment, update["period"]["kind"], update["period"]["end"]] = update
    assert {segment for _, segment, _, _ in found} == {"all", "ES", "IT", "other"}
    assert {kind for _, _, kind, _ in found} == {"month", "half", "year"}
    assert {update["edition"] for update in found.values()} >= {"provisional", "final"}
    for (metric, segment, _, last), update in found.items():
        end = min(datetime.fromisoformat(last).replace(tzinfo=UTC), APPROVAL_UNTIL)
        of_segment = [
            one
            for one in events
            if segment
            in {"all", countries[one["customer_id"]], "other" if countries[one["customer_id"]] == "FR" else ""}
        ]
        balanced, answers, scores = balance(of_segment, end)
        if metric == "approval_balance":
            assert (update["numerator"], update["denominator"]) == (str(balanced), str(answers)), last
            assert update["value"] == (decimal_text(Fraction(balanced, answers), 10) if answers else None)
        else:
            wanted = f"{scores[-(-answers // 2) - 1]}.0" if answers else None
            assert (update["value"], update["denominator"]) == (wanted, str(answers)), last
