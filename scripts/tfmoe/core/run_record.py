"""Record of a run: the configuration, inputs and code that its results were computed from.

The Snakefile describes the present state in a file below ``.snakemake`` and names that file in the
environment variable `VARIABLE`. The first job that runs copies it to ``results/<run>/run.json``,
so that results can be recognised where Snakemake's own records are gone. Every job adds the
description of its environment there, if it is new.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from tfmoe.core.environment import job_versions, register_environment
from tfmoe.core.files import write_json, write_text

VARIABLE = "TFMOE_RUN_STATE"
NAME = "run.json"
ENVIRONMENTS = ".state/environments"
"""Folder of the descriptions of the jobs' environments, within a run's results."""
COMPARED = ("config", "experiments", "inputs", "code")
"""Parts of a state that results depend on; commit, versions and environments are recorded only."""
ORDERED = ("config", "experiments")
"""Parts whose order matters too: experts are mixed, and data is simulated, in that of the table."""


@dataclass(frozen=True)
class Difference:
    """A value that differs between two states: its key, such as ``config.seed``, and both values.

    A value that one state lacks is `None`.
    """

    key: str
    first: Any
    second: Any


def differences(key: str, first: Any, second: Any) -> Iterator[Difference]:
    """Yield the values that differ between two parts of states, by key."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        for name in sorted({*first, *second}):
            yield from differences(f"{key}.{name}", first.get(name), second.get(name))
    elif first != second:
        yield Difference(key, first, second)


def state_digest(state: Mapping[str, Any]) -> str:
    """Return a digest of the parts of a state that results depend on: 16 hexadecimal digits."""
    content = json.dumps({key: state[key] for key in COMPARED}, sort_keys=True, default=str)
    return sha256(content.encode()).hexdigest()[:16]


def record_text(state: Mapping[str, Any]) -> str:
    """Return a state as JSON with sorted keys, but for `ORDERED`, which keep their order."""
    content = json.loads(json.dumps(state, sort_keys=True))
    content |= {key: state[key] for key in ORDERED if key in state}
    return json.dumps(content, indent=2) + "\n"


def record_run(log: Path) -> None:
    """Write ``run.json`` of the run that a job belongs to, if it lacks this state or environment.

    ``versions`` are those of the jobs' environments, and those of the main process for packages
    that jobs do not have.

    Parameters
    ----------
    log
        The job's log, in the folder ``logs`` of the run's results. Without a state in the
        environment (a script outside Snakemake), nothing is written.
    """
    described = os.environ.get(VARIABLE)
    logs = next((folder for folder in log.parents if folder.name == "logs"), None)
    if not described or logs is None:
        return
    state = read_record(Path(described))
    if state is None:
        return
    path = logs.parent / NAME
    recorded = read_record(path)
    digest = state_digest(state)
    environments = register_environment(logs.parent / ENVIRONMENTS)
    if (
        recorded is not None
        and recorded.get("digest") == digest
        and recorded.get("environments") == environments
        # mappings are equal whatever their order
        and all(json.dumps(recorded.get(key)) == json.dumps(state.get(key)) for key in ORDERED)
    ):
        return
    earlier = [] if recorded is None else [*recorded.get("earlier", []), recorded.get("digest")]
    state |= {"digest": digest, "earlier": [other for other in earlier if other != digest]}
    state["environments"] = environments
    state["versions"] = {**state.get("versions", {}), **job_versions(environments)}
    remember(Path(described).parent, logs.parent, digest)
    write_text(record_text(state), path)


def remember(folder: Path, results: Path, digest: str) -> None:
    """Note, next to Snakemake's records, that these describe results of a state."""
    earlier = [known for known in recalled(folder, results) if known != digest]
    write_json([*earlier, digest], _note(folder, results))


def recalled(folder: Path, results: Path) -> list[str]:
    """Return the states of results that Snakemake's records describe, the latest last."""
    try:
        content = json.loads(_note(folder, results).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(digest) for digest in content] if isinstance(content, list) else []


def read_record(path: Path) -> dict[str, Any] | None:
    """Read a state; `None` where the file is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(content, dict) and all(key in content for key in COMPARED)
    return content if whole else None


def _note(folder: Path, results: Path) -> Path:
    name = sha256(results.as_posix().encode()).hexdigest()[:16]
    return folder / f"states-{name}.json"
