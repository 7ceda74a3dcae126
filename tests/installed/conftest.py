"""Two fresh environments: one in which the compiled wheel is installed, one that was made where nothing compiles."""

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from venv import EnvBuilder

import pytest

ROOT = Path(__file__).resolve().parents[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names a compiled wheel of these sources, which saves compiling them once more."""
    parser.addoption("--wheel", type=Path, help="a compiled wheel of these sources; one is built if it is left out")


@dataclass(frozen=True)
class Environment:
    """A virtual environment of its own, in which Backstay is installed and nothing of this checkout is found."""

    folder: Path

    def run(self, program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run one of its programs in its folder, and return what it printed."""
        return subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | variables,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=1_800,
        )

    def pip(self, *arguments: str, **variables: str) -> str:
        """Run pip, and return all that it printed."""
        done = self.run("python", "-m", "pip", *arguments, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def environment(folder: Path) -> Environment:
    """Return a fresh environment, with the libraries of the one that runs the tests, but without its Backstay."""
    EnvBuilder(with_pip=True, symlinks=True).create(folder)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = folder / "lib" / version / "site-packages"
    # A path file within this folder is not read, and an editable install is nothing but that.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Environment(folder)


@pytest.fixture(scope="session")
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the compiled wheel: as `pip install .` builds it, its tools in isolation."""
    made = environment(tmp_path_factory.mktemp("compiled"))
    wheel = request.config.getoption("--wheel")
    source = ROOT if wheel is None else (ROOT / wheel).resolve()
    made.pip("install", "--no-deps", str(source), BACKSTAY_COMPILE="1")
    return made


@pytest.fixture(scope="session")
def without_compiler(tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, str]:
    """Return an environment that was made where the C compiler fails, and what pip printed."""
    made = environment(tmp_path_factory.mktemp("interpreted"))
    return made, made.pip("install", "--no-deps", "--verbose", str(ROOT), CC="/bin/false", BACKSTAY_COMPILE="")
