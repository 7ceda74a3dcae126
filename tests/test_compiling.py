"""Tests whether a wheel is compiled, and what is in it then; `tests/installed` really builds one."""

import ast
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

import mypyc
import pytest
from prometheus_client import generate_latest

from compiling import hook as hooks
from compiling.backend import get_requires_for_build_editable
from compiling.choice import TOOLS, TYPED, VARIABLE, Choice, choice, compiler_fault, requirements
from compiling.floor import RARE, NotCompiledError
from compiling.hook import CompileFloor
from compiling.modules import LEFT, PACKAGES, SINGLE, compiled_modules
from streams.about import kind_of, version
from streams.gauges import Gauges

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BROKEN = {"CC": "/bin/false"}


@pytest.fixture
def working(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return an environment whose compiler takes anything, and headers, wherever this runs."""
    (tmp_path / "Python.h").write_text("")
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    return {"CC": "true -pthread"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [({}, Choice.IF_POSSIBLE), ({VARIABLE: ""}, Choice.IF_POSSIBLE), ({VARIABLE: "0"}, Choice.NEVER)],
)
def test_compiling_is_asked_for_left_to_the_machine_or_switched_off(asked: dict[str, str], expected: Choice) -> None:
    assert choice(asked) is expected


def test_another_answer_ends_with_what_to_write() -> None:
    with pytest.raises(SystemExit, match="BACKSTAY_COMPILE is 'yes': write 1 "):
        choice({VARIABLE: "yes"})


def test_a_compiler_that_works_has_no_fault(working: dict[str, str]) -> None:
    assert compiler_fault(working) is None


@pytest.mark.parametrize(
    ("compiler", "fault"),
    [
        ("/bin/false", r"the C compiler does not work \(/bin/false: no reason given\)"),
        ("/nowhere/cc", r"there is no C compiler \(/nowhere/cc: No such file or directory\)"),
        ("sh -c 'echo cc1: error: out of order >&2; exit 1'", "cc1: error: out of order"),
    ],
)
def test_a_compiler_that_cannot_be_used_is_named(working: dict[str, str], compiler: str, fault: str) -> None:
    assert re.search(fault, str(compiler_fault(working | {"CC": compiler})))


def test_headers_that_are_missing_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))

    assert "Python's headers are missing" in str(compiler_fault({"CC": "true"}))


def test_the_compiler_is_installed_only_where_it_will_be_used(working: dict[str, str]) -> None:
    assert requirements(working) == [*TOOLS, *TYPED]
    assert requirements(working | {VARIABLE: "0"}) == []
    assert requirements(BROKEN) == []
    with pytest.raises(SystemExit, match="BACKSTAY_COMPILE=1, but Backstay cannot be compiled here: the C compiler"):
        requirements(BROKEN | {VARIABLE: "1"})


def test_the_compiler_of_an_installation_is_that_of_the_tests() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    assert f"\n{TOOLS[0]} " in lock
    assert set(TYPED) <= set(PROJECT["project"]["dependencies"])


def declared(header: str) -> dict[str, list[str]]:
    """Return the types of the parameters of each function of mypyc's runtime, without their names."""
    found = re.findall(r"void (CPy_\w+)\(([^)]*)\)", header)
    return {
        name: ["".join(re.findall(r"char|int|void|PyObject|\*", one)) for one in taken.split(",")]
        for name, taken in found
    }


def test_what_is_declared_as_rare_mypyc_declares_with_the_same_parameters() -> None:
    """Otherwise compiling fails, and the product is installed to run interpreted."""
    runtime = declared((Path(mypyc.__file__).parent / "lib-rt" / "CPy.h").read_text())
    rare = declared(RARE)

    assert len(rare) == RARE.count("cold") == 5
    assert rare == {name: runtime[name] for name in rare}


@pytest.mark.parametrize("module", compiled_modules(ROOT))
def test_no_field_of_a_compiled_class_is_annotated_with_the_bare_name_object(module: str) -> None:
    """Of a `NamedTuple`, mypyc 2.4.1 then looks for `object` in the module, and importing it ends in a `KeyError`."""
    classes = [node for node in ast.walk(ast.parse((ROOT / module).read_text())) if isinstance(node, ast.ClassDef)]
    fields = [field for node in classes for field in node.body if isinstance(field, ast.AnnAssign)]

    assert [ast.unparse(field) for field in fields if ast.unparse(field.annotation) == "object"] == []


def test_no_interpreted_class_derives_from_a_compiled_one() -> None:
    """Making one ends in a `TypeError` where the product is compiled, and nowhere else."""
    compiled = {module.removesuffix(".py").replace("/", ".") for module in compiled_modules(ROOT)}
    found = []
    for file in sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        if file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") in compiled:
            continue
        nodes = list(ast.walk(ast.parse(file.read_text())))
        froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module in compiled]
        names = {name.asname or name.name for node in froms for name in node.names}
        classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        bases = [(one.name, ast.unparse(base).split("[")[0]) for one in classes for base in one.bases]
        found += [f"{file.relative_to(ROOT)}: {name}({base})" for name, base in bases if base in names]

    assert found == []


def test_what_is_compiled_is_there_and_structs_of_ours_are_not_among_it() -> None:
    modules = compiled_modules(ROOT)

    assert set(SINGLE) | {
        "retention/calendar.py",
        "retention/signals/no_login.py",
        "agents/processor.py",
        "sources/segment.py",
    } <= set(modules)
    assert all((ROOT / module).is_file() for module in modules)
    assert not {Path(module).name for module in modules} & LEFT
    assert PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(PACKAGES)


def a_hook() -> CompileFloor:
    nothing: Any = None
    return CompileFloor(str(ROOT), {}, nothing, nothing, "", "wheel")


def a_wheel(version: str = "standard") -> dict[str, Any]:
    data: dict[str, Any] = {"pure_python": True, "infer_tag": False, "force_include": {}}
    hook = a_hook()
    hook.initialize(version, data)
    hook.finalize(version, data, "")
    return data


COMPILED = ["backstay__mypyc.so", "retention/calendar.py", "retention/calendar.so"]
PURE = {"pure_python": True, "infer_tag": False, "force_include": {}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, working: dict[str, str]) -> pytest.MonkeyPatch:
    """Ask for a compiled wheel, of a compiler that builds two files at once."""

    def built(target: Path) -> list[Path]:
        (target / "retention").mkdir()
        for name in COMPILED:
            (target / name).write_text("")
        return [target / name for name in COMPILED if name.endswith(".so")]

    monkeypatch.setenv(VARIABLE, "1")
    monkeypatch.setenv("CC", working["CC"])
    monkeypatch.setattr(hooks, "compile_floor", built)
    return monkeypatch


def test_a_compiled_wheel_is_for_one_python_and_one_platform(asked: pytest.MonkeyPatch) -> None:
    data = a_wheel()

    assert (data["pure_python"], data["infer_tag"]) == (False, True)
    assert sorted(data["force_include"].values()) == COMPILED  # with the sources as they were when it was compiled


def test_an_editable_install_is_never_compiled_and_installs_no_compiler(asked: pytest.MonkeyPatch) -> None:
    assert a_wheel("editable") == PURE
    assert not [name for name in get_requires_for_build_editable() if "mypy" in name]


def test_a_wheel_is_not_compiled_if_that_is_switched_off(asked: pytest.MonkeyPatch) -> None:
    asked.setenv(VARIABLE, "0")

    assert a_wheel() == PURE


def test_where_nothing_can_be_compiled_the_wheel_is_pure_and_one_line_has_the_reason(
    asked: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked.delenv(VARIABLE)
    asked.setenv("CC", "/bin/false")

    assert a_wheel() == PURE
    said = capfd.readouterr()
    assert (said.out + said.err).strip() == (
        "Backstay is not compiled and will run interpreted: the C compiler does not work (/bin/false: no reason given)"
    )


def failing(target: Path) -> list[Path]:
    raise NotCompiledError("building\nretention/x.py:1: error: no such type\nFound 1 error")


def test_what_fails_to_compile_is_reported_with_its_first_error(
    asked: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked.setattr(hooks, "compile_floor", failing)
    asked.delenv(VARIABLE)

    assert a_wheel() == PURE
    said = capfd.readouterr()
    assert "compiling failed (retention/x.py:1: error: no such type)" in said.out + said.err


def test_a_wheel_that_has_to_be_compiled_ends_with_the_reason_and_all_of_the_output(asked: pytest.MonkeyPatch) -> None:
    asked.setattr(hooks, "compile_floor", failing)

    with pytest.raises(SystemExit, match=r"(?s)^building.*BACKSTAY_COMPILE=1, but .*no such type"):
        a_wheel()


def built(kind: str, source: Path, target: Path) -> Path:
    """Return what the build backend makes of a folder, as pip calls it, without compiling."""
    code = f"import sys; sys.path.insert(0, '.'); from compiling import backend; backend.build_{kind}({str(target)!r})"
    environment = os.environ | {VARIABLE: "0"}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (found,) = target.iterdir()
    return found


def test_what_the_image_copies_is_all_that_a_wheel_needs(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for copied in re.findall(r"^COPY (?!--from)(.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE):
        *names, target = copied.split()
        for name in names:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, source / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / name, source / target)

    wheel = built("wheel", source, tmp_path / "wheel")

    assert wheel.name == f"backstay-{version()}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {*PACKAGES, f"backstay-{version()}.dist-info"}
    assert {"streams/web/page.html"} <= set(names)


def test_a_source_distribution_can_be_compiled(tmp_path: Path) -> None:
    with tarfile.open(built("sdist", ROOT, tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}

    assert {f"compiling/{name}.py" for name in ("__init__", "backend", "choice", "floor", "hook", "modules")} <= names
    assert {"pyproject.toml", *compiled_modules(ROOT)} <= names


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("calendar.py", "interpreted"),
        ("calendar.pyc", "interpreted"),
        *((f"calendar{s}", "compiled") for s in EXTENSION_SUFFIXES),
    ],
)
def test_how_a_module_runs_is_seen_from_the_file_that_was_loaded(file: str, kind: str) -> None:
    assert kind_of(f"/usr/lib/retention/{file}") == kind


def test_a_worker_shows_which_build_runs() -> None:
    labels = f'build="interpreted",deployment="local",version="{version()}"'

    assert f"backstay_build_info{{{labels}}} 1.0" in generate_latest(Gauges().exposed).decode()
