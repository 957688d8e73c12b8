"""State of a run, and whether existing results belong to it.

Snakemake compares a job with its own records in ``.snakemake``. Where these are gone (a copied
folder, a renamed run) or describe other results (a restored backup), it would take any existing
file as up to date. Results that such records do not describe are used only if
``results/<run>/run.json`` shows the same config, inputs and code.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from platform import python_version
from typing import Any

from tfmoe import __version__
from tfmoe.core.environment import PACKAGES, installed_packages
from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import write_text
from tfmoe.core.run_record import (
    COMPARED,
    NAME,
    Difference,
    differences,
    read_record,
    recalled,
    record_text,
    state_digest,
)
from tfmoe.workflow.job_records import without_record

MEANS = ("mirror", "log_level")
"""Keys of the config that no result depends on, so that their change reruns nothing."""
NOT_RESULTS = frozenset({".state", "logs", "benchmarks"})
# options under which Snakemake reuses no results
_WITHOUT_REUSE = {"--forceall", "-F", "--unlock", "--delete-all-output", "--cleanup-metadata"}
_TOUCHES = {"--touch", "-t"}
_SHOWN = 5
# files of the project that results depend on
_CODE = ("Snakefile", "envs", "requirements.lock", "resources", "scripts", "workflow")


def without_means(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config without the keys that no result depends on."""
    return {key: value for key, value in config.items() if key not in MEANS}


def describe_run(
    config: Mapping[str, Any],
    experiments: Mapping[str, Experiment],
    inputs: Mapping[str, str],
    code: Mapping[str, str],
    project: Path,
) -> dict[str, Any]:
    """Return the state of a run.

    Parameters
    ----------
    config
        The validated config.
    experiments
        The experiment table.
    inputs
        The sha256 of each local input file, by path; of a downloaded file its pinned checksum.
    code
        The fingerprint of each script.
    project
        Folder of the project, whose commit is recorded.
    """
    packages = installed_packages()
    versions = {name: packages[name] for name in PACKAGES if name in packages}
    return {
        "config": without_means(config),
        "experiments": {name: asdict(row) for name, row in experiments.items()},
        "inputs": dict(inputs),
        "code": dict(code),
        "commit": find_commit(project),
        "versions": {"tfmoe": __version__, "python": python_version(), **versions},
    }


def find_commit(project: Path) -> dict[str, Any] | None:
    """Return ``commit`` and whether the code is ``clean``: without other or uncommitted files.

    `None` is returned for a project that is no git repository of its own, and without git.
    """

    def git(*arguments: str) -> str:
        # a file system monitor would be a program that the repository names
        command = ["git", "--no-optional-locks", "-C", str(project), "-c", "core.fsmonitor=false"]
        ended = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
        return ended.stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != project.resolve():
            return None
        changes = git("status", "--porcelain", "--", *_CODE)
        return {"commit": git("rev-parse", "HEAD"), "clean": not changes}
    except (OSError, subprocess.CalledProcessError):
        return None


def write_state(state: Mapping[str, Any], folder: Path) -> Path:
    """Write a state where jobs find it; return the absolute path."""
    path = (folder / f"state-{state_digest(state)}.json").absolute()
    text = record_text(state)
    if not path.is_file() or path.read_bytes() != text.encode():
        write_text(text, path)
    return path


def check_results(
    results: Path, state: Mapping[str, Any], folder: Path, produced: Callable[[str], bool]
) -> None:
    """Check that existing results may be reused.

    Parameters
    ----------
    results
        Folder of the run's results; it may be missing.
    state
        The present state.
    folder
        Folder of the project's own records, within ``.snakemake``.
    produced
        Whether a rule produces a path.

    Raises
    ------
    ConfigError
        If Snakemake's records do not describe the results, or not all of them, and their
        ``run.json`` differs from the present state; the message names the differences and the
        remedies.
    """
    if _WITHOUT_REUSE & set(sys.argv) or not _has_results(results):
        return
    recorded = read_record(results / NAME)
    remedy = (
        f"Move or remove {results}, choose another `run` in the config, or compute everything "
        "again with --forceall."
    )
    if recorded is None:
        raise ConfigError(
            f"{results}: found results without a readable {NAME}, so their config and inputs are "
            f"unknown. {remedy}"
        )
    found = _differences(recorded, state)
    if not found:
        return
    if _TOUCHES & set(sys.argv):
        raise ConfigError(
            f"{results}: these results come from another config, other inputs or other code "
            f"({_listed(found)}), and --touch would mark them as those of the present one. Run "
            "without --touch, or with --forceall added if they are the same all the same."
        )
    records = any((folder.parent / "metadata").glob("*"))
    # the last state that Snakemake's records describe: others are those of a restored backup
    if not records or recorded.get("digest") not in recalled(folder, results)[-1:]:
        raise ConfigError(
            f"{results}: these results come from another config, other inputs or other code, and "
            "Snakemake's records of them are missing, so it cannot know which jobs to run again: "
            f"{_listed(found)}. {remedy}"
        )
    lost = without_record(results, folder.parent, produced, NOT_RESULTS)
    if lost:
        raise ConfigError(
            f"{results}: the config, inputs or code changed ({_listed(found)}), and Snakemake's "
            f"records of {len(lost)} of these results are missing, so it cannot know whether to "
            f"compute them again: {_listed(lost)}. Remove these files, or compute everything again "
            "with --forceall."
        )


def _differences(recorded: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    found = [
        _described(difference)
        for key in COMPARED
        for difference in differences(key, recorded[key], state[key])
    ]
    if recorded.get("earlier") and not found:
        found = [f"parts were computed under {len(recorded['earlier'])} other configs before"]
    return found


def _listed(lines: list[str]) -> str:
    more = len(lines) - _SHOWN
    return "; ".join(lines[:_SHOWN] + ([f"and {more} more"] if more > 0 else []))


def _has_results(results: Path) -> bool:
    if not results.is_dir():
        return False
    return any(entry.name not in NOT_RESULTS for entry in results.iterdir())


def _described(difference: Difference) -> str:
    """Return a line about a value that differs."""
    key = difference.key
    label = key.removeprefix("config.").replace("inputs.", "input file ", 1)
    label = label.replace("code.", "code of ", 1)
    if key.startswith(("inputs.", "code.")):
        return f"{label} changed"
    return f"{label} was {difference.first!r}, is {difference.second!r}"
