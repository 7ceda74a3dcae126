"""Hatchling's build hook: a wheel gets the compiled modules beside their sources; an editable install never does."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

from compiling.choice import Choice, choice, compiler_fault, refuse, tools_fault
from compiling.floor import NotCompiledError, compile_floor
from compiling.modules import PACKAGES

EDITABLE: Final = "editable"


class CompileFloor(BuildHookInterface[BuilderConfig]):
    """Compiles if that is requested, or possible; otherwise reports why not, and leaves the wheel as it is."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the compiled modules to the wheel, and name it for this Python and this platform."""
        wanted = choice(os.environ)
        if version == EDITABLE or wanted is Choice.NEVER:
            return
        fault = compiler_fault(os.environ) or tools_fault()
        if fault is not None:
            self._go_without(wanted, fault)
            return
        self._folder = TemporaryDirectory(prefix="backstay-compiled-")
        target = Path(self._folder.name)
        try:
            built = compile_floor(target)
        except NotCompiledError as error:
            self._go_without(wanted, str(error), error.output)
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        # With the sources that were compiled: those of the checkout may have been edited in the meantime.
        sources = [file for package in PACKAGES for file in (target / package).rglob("*.py")]
        build_data["force_include"].update({str(file): str(file.relative_to(target)) for file in (*built, *sources)})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the compiled modules: they are in the wheel."""
        if hasattr(self, "_folder"):
            self._folder.cleanup()

    def _go_without(self, wanted: Choice, fault: str, output: str = "") -> None:
        if wanted is Choice.ALWAYS:
            refuse(fault, output)
        self.app.display_warning(f"Backstay is not compiled and will run interpreted: {fault}")
