"""Another run from ``run.json`` alone, in a folder of its own, to be compared with the first.

The inputs are verified before anything runs. Files that the config names by a path within the
project's folder are linked at the same path in the new one, so that the config stays the same.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from hashlib import file_digest
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import write_text
from tfmoe.core.regular_file import file_fault
from tfmoe.core.run_record import NAME, differences, read_record
from tfmoe.workflow.fingerprint import Fingerprints
from tfmoe.workflow.input_files import PROJECT
from tfmoe.workflow.locations import DOWNLOADS
from tfmoe.workflow.provenance import find_commit

CONFIG = "config.yaml"
"""The recorded config, in the new run's folder."""
_MADE = "<results>/"
_SHOWN = 5
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
# the parts that are read here; Snakemake validates the config itself
_SCHEMA = {
    "properties": {
        "config": {
            "type": "object",
            "required": ["run", "experiments"],
            "properties": {"run": {"type": "string"}, "experiments": {"type": "string"}},
        },
        "experiments": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": {
                **_TEXTS,
                "required": [field.name for field in fields(Experiment)],
            },
        },
        "inputs": _TEXTS,
        "code": _TEXTS,
        "versions": _TEXTS,
        "commit": {
            "type": ["object", "null"],
            "required": ["commit", "clean"],
            # part of a command in a message
            "properties": {"commit": {"type": "string", "pattern": "^[0-9a-f]{40,64}\\Z"}},
        },
        "environments": {
            "type": "array",
            "items": {"type": "object", "required": ["system", "cpu", "variables"]},
        },
    }
}


@dataclass(frozen=True)
class Inputs:
    """Local input files of a run, verified.

    Attributes
    ----------
    links
        Absolute path of each file by the relative path at which the config names it.
    moved
        Absolute path of each file that has to be named by another path than the recorded one.
    """

    links: Mapping[str, Path]
    moved: Mapping[str, str]


def read_finished(results: Path) -> dict[str, Any]:
    """Read the record of a run.

    Raises
    ------
    InputError
        If there is none, or if it is damaged.
    """
    recorded = read_record(results / NAME)
    if recorded is None:
        raise InputError(
            f"{results}: found no readable {NAME}, expected the results of a run, such as "
            "results/demo"
        )
    for fault in Draft202012Validator(_SCHEMA).iter_errors(recorded):
        raise InputError(
            f"{results / NAME}: `{'.'.join(map(str, fault.absolute_path))}` is damaged; restore "
            "the file, or run again from the config"
        )
    return recorded


def other_code(recorded: Mapping[str, Any], project: Path) -> str | None:
    """Return how the project's code differs from that of a run, and the remedy; `None` if equal.

    Scripts are compared by their fingerprints, which do not change with comments, and the project's
    tables by their checksums.
    """
    present = Fingerprints(cache=project / ".snakemake/tfmoe/modules.json").all()
    found = [
        row.key.removeprefix("code.") for row in differences("code", recorded["code"], present)
    ]
    for path, checksum in recorded["inputs"].items():
        if path.startswith(f"{PROJECT}/"):
            name = path.removeprefix(f"{PROJECT}/")
            if _checksum(project / name) != checksum:
                found.append(name)
    if not found:
        return None
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    changed = ", ".join([*found[:_SHOWN], *more])
    return f"the code of {changed} differs from that of the run. {_remedy(recorded, project)}"


def _remedy(recorded: Mapping[str, Any], project: Path) -> str:
    """Return where the code of a run is found."""
    commit, version = recorded.get("commit"), recorded.get("versions", {}).get("tfmoe", "unknown")
    if not commit:
        return f"Install tfmoe {version} as of that run"
    present = find_commit(project)
    here = f" (here: {present['commit'][:12]})" if present else ""
    place = f"Run `git checkout {commit['commit']}` in {project}{here}"
    if commit["clean"]:
        return place
    return f"{place}; the run had uncommitted changes, which no commit has"


def find_inputs(
    recorded: Mapping[str, Any], base: Path, given: Mapping[str, Path], folder: Path
) -> Inputs:
    """Find the local input files of a run and verify their checksums.

    Parameters
    ----------
    recorded
        Content of ``run.json``.
    base
        Folder to which its paths are relative.
    given
        Other places of files, by their recorded path.
    folder
        Folder of the new run.

    Raises
    ------
    InputError
        With one line per file that is missing or has another content, and per name in `given` that
        the run did not use.
    """
    local = dict(_local_inputs(recorded["inputs"]))
    faults = [f"{path}: the run had no input of this name" for path in given if path not in local]
    links: dict[str, Path] = {}
    moved: dict[str, str] = {}
    for path, checksum in local.items():
        place = given.get(path, base / path).absolute()
        fault = file_fault(place)
        if fault:
            faults.append(f"{path}: {place} {fault}; name its place: --input {path}=FILE")
        elif (found := _checksum(place)) != checksum:
            faults.append(f"{place}: found sha256 {found}, the run read {path} with {checksum}")
        elif not Path(path).is_absolute() and ".." not in PurePath(path).parts:
            links[path] = place
        elif str(place) != path:
            moved[path] = str(place)
    if faults:
        raise InputError("\n".join(faults))
    if any((folder / path).absolute() == place for path, place in links.items()):
        raise InputError(f"{folder}: the folder has inputs of the run; choose another one")
    return Inputs(links, moved)


def write_project(
    recorded: Mapping[str, Any], inputs: Inputs, mirror: Path | None, folder: Path
) -> None:
    """Write config, experiment table and links to the input files into the new run's folder.

    A folder in which the same was begun before is kept, so that the run goes on.

    Raises
    ------
    InputError
        If the folder has anything else.
    """
    config = _renamed(recorded["config"], inputs.moved)
    table = config["experiments"]
    if Path(table).is_absolute() or ".." in PurePath(table).parts:
        table = config["experiments"] = "experiments.tsv"
    config["mirror"] = None if mirror is None else str(mirror.absolute())
    texts = {
        CONFIG: yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
        table: _experiment_table(recorded["experiments"], inputs.moved),
    }
    begun = all(_has(folder / name, text) for name, text in texts.items())
    if not begun and folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise InputError(
            f"{folder}: it exists and is not the begun reproduction of this run; choose another "
            "place with --output, or remove it"
        )
    for name, text in texts.items():
        write_text(text, folder / name)
    for path, place in inputs.links.items():
        link = folder / path
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(place)


def run_again(project: Path, folder: Path, cores: int, options: Sequence[str]) -> None:
    """Run the pipeline in a folder written by `write_project`.

    Raises
    ------
    InputError
        If Snakemake is not installed, or if the run fails.
    """
    if find_spec("snakemake") is None:
        raise InputError(
            "a run needs Snakemake: run `pip install --editable '.[workflow]'` in the project"
        )
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(project / "Snakefile")]
    command += ["--directory", str(folder), "--configfile", str(folder / CONFIG)]
    command += ["--cores", str(cores), *options]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with subprocess.Popen(command, env={**os.environ, "PATH": path}) as process:
        try:
            code = process.wait()
        except BaseException:
            # Snakemake ends its jobs and frees its lock
            process.terminate()
            process.wait()
            raise
    if code != 0:
        raise InputError(f"{folder}: the run failed; see above. The same command continues it")


def _local_inputs(inputs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield inputs that are neither simulated, nor downloaded, nor part of the project."""
    for path, checksum in inputs.items():
        if not path.startswith((_MADE, f"{PROJECT}/", f"{DOWNLOADS}/")):
            yield path, checksum


def _renamed(content: Any, moved: Mapping[str, str]) -> Any:
    """Return a config with other paths of files."""
    if isinstance(content, dict):
        return {key: _renamed(value, moved) for key, value in content.items()}
    if isinstance(content, list):
        return [_renamed(value, moved) for value in content]
    return moved.get(content, content) if isinstance(content, str) else content


def _experiment_table(
    experiments: Mapping[str, Mapping[str, str]], moved: Mapping[str, str]
) -> str:
    columns = list(next(iter(experiments.values())))
    lines = [columns]
    for row in experiments.values():
        files = [_renamed(file, moved) for file in row["peaks"].split(";")]
        other = {**row, "peaks": ";".join(files), "negatives": _renamed(row["negatives"], moved)}
        lines.append([other[column] for column in columns])
    return "".join("\t".join(line) + "\n" for line in lines)


def _has(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


def _checksum(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
