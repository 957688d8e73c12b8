"""Plugin of coverage.py that counts the lines of scripts that Snakemake runs.

Snakemake does not run `scripts/name.py` itself. It runs a copy, `.snakemake/scripts/tmp….name.py`,
that starts with a few lines of its own and is deleted afterwards. This plugin attributes the lines
of the copy to the script.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import FrameType
from typing import Any

from coverage import CoveragePlugin, FileReporter, FileTracer
from coverage.plugin_support import Plugins

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
COPY = re.compile(r"\.snakemake/scripts/tmp\w+\.(?P<name>\w+\.py)$")
PREAMBLE = 3  # lines that Snakemake writes before the script


class Copy(FileTracer):
    """Lines of one copy of a script."""

    def __init__(self, script: Path) -> None:
        self.script = script

    def source_filename(self) -> str:
        return str(self.script)

    def line_number_range(self, frame: FrameType) -> tuple[int, int]:
        line = frame.f_lineno - PREAMBLE
        return (line, line) if line > 0 else (-1, -1)


class SnakemakeScripts(CoveragePlugin):
    """Recognise copies of scripts by their path."""

    def file_tracer(self, filename: str) -> FileTracer | None:
        found = COPY.search(filename)
        script = SCRIPTS / found["name"] if found else None
        return Copy(script) if script is not None and script.is_file() else None

    def file_reporter(self, filename: str) -> FileReporter | str:
        return "python"


def coverage_init(registry: Plugins, options: dict[str, Any]) -> None:
    """Register the plugin; coverage.py calls this."""
    registry.add_file_tracer(SnakemakeScripts())
