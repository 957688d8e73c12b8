"""Config, experiment table, plan and input files of a run, checked before any job is planned.

The Snakefile and ``tfmoe check`` use the same checks, which need no numerical library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfmoe.core.config import usable_config, validate_config
from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import Experiment, check_experiments
from tfmoe.core.faults import Faults
from tfmoe.workflow.contradictions import contradictions
from tfmoe.workflow.input_files import InputFiles, Tables, find_inputs
from tfmoe.workflow.plan import Plan, check_models, plan_run
from tfmoe.workflow.studied_networks import studied_networks


@dataclass(frozen=True)
class Run:
    """A run that can be planned.

    Attributes
    ----------
    config
        The validated config, with all defaults.
    experiments
        The experiment table.
    plan
        Experts, seeds, recipes and models.
    studied
        Recipe and backbone of the networks of the attribution study.
    files
        The input files.
    """

    config: dict[str, Any]
    experiments: dict[str, Experiment]
    plan: Plan
    studied: list[tuple[str, str]]
    files: InputFiles


@dataclass(frozen=True)
class CheckedRun:
    """The parts of a run that can be read, and the faults of all.

    Attributes
    ----------
    faults
        One line per fault of config, experiment table, plan and input files.
    config
        The config with all defaults, also those of faulty keys; `None` if a key without a default
        is faulty.
    experiments
        The experiments without a fault in their own line of the table.
    plan, studied, files
        As in `Run`; `None` where faulty.
    """

    faults: list[str]
    config: dict[str, Any] | None
    experiments: dict[str, Experiment]
    plan: Plan | None
    studied: list[tuple[str, str]] | None
    files: InputFiles | None


def check_run(config: Mapping[str, Any], label: str, project: Path) -> CheckedRun:
    """Check a config with all that it names, and plan the run.

    A value that the schema forbids is replaced by its default for the further checks; faults of
    these checks that name the key of such a value are left out.

    Parameters
    ----------
    config
        The config as read.
    label
        Name of the config file, for messages.
    project
        Folder of the project, with its schemas and tables.
    """
    schema = project / "workflow/schemas/config.schema.yaml"
    faults, further = Faults(), Faults()
    usable = faults.result(validate_config, config, schema, label)
    faulty: frozenset[str] = frozenset()
    if usable is None:
        usable, faulty = usable_config(config, schema)
    table = (usable or config).get("experiments")
    found = faults.result(check_experiments, table) if isinstance(table, str) else None
    experiments, row_faults = found or ({}, [])
    faults.add(*row_faults)
    if usable is None:
        return CheckedRun(faults.messages, None, experiments, None, None, None)
    plan = studied = None
    if not experiments or row_faults:
        further.add(*contradictions(usable))
    else:
        plan = further.result(plan_run, usable, experiments)
    if plan is not None:
        studied = further.result(studied_networks, usable, plan.own, plan.recipes)
    further.result(check_models, usable, plan, studied or [])
    files = find_inputs(usable, experiments, Tables.of_project(str(project)), further)
    faults.add(*_independent(further.messages, faulty))
    return CheckedRun(faults.messages, usable, experiments, plan, studied, files)


def read_run(config: Mapping[str, Any], label: str, project: Path) -> Run:
    """Check a config as `check_run` does, and plan the run.

    Raises
    ------
    ConfigError
        With one line per fault.
    """
    checked = check_run(config, label, project)
    if checked.faults:
        raise ConfigError("\n".join(checked.faults))
    parts = (checked.config, checked.experiments, checked.plan, checked.studied, checked.files)
    # a part is missing only if it has a fault
    assert all(part is not None for part in parts)
    return Run(*parts)  # type: ignore[arg-type]


def _independent(messages: Iterable[str], keys: Iterable[str]) -> Iterator[str]:
    """Yield the messages that name none of the given keys, and no key within them."""
    patterns = [re.compile(_mention(key)) for key in keys if key]
    for message in messages:
        if not any(pattern.search(message) for pattern in patterns):
            yield message


def _mention(key: str) -> str:
    """Return a pattern of a key in a message; the name of a section alone is a common word."""
    name = re.escape(key)
    return rf"(?<![\w.]){name}(?!\w)" if "." in key else rf"(?<![\w.]){name}\.\w|^{name}[:,]"
