"""Drill: mutation testing of the modules that decide about science. Run it by `make mutants`.

`mutation/modules.toml` lists the modules and their tests. Of each module, a sample of mutants is
tested. A mutant is killed if a test fails, or if its tests need 40 seconds of processor time. The
drill prints a table, lists the mutants that survived, and fails if a module's
tests kill fewer than 85 %, or if a survivor is missing in `mutation/survivors.tsv`, which holds a
judgement of each.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "mutation"
sys.path.insert(0, str(FOLDER))

from forks import ROOT, Task, path_of, prepare, run_all  # noqa: E402
from mutating import Mutant, draw_mutants  # noqa: E402

SURVIVORS = FOLDER / "survivors.tsv"
LEAST = 0.85
SEED = 19
NICE = 15


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test finds: module, operator, and the line without and with the change."""

    module: str
    operator: str
    before: str
    after: str


@dataclass(frozen=True)
class Outcome:
    """Result of one module.

    Attributes
    ----------
    module
        Its name.
    possible, tested
        Number of mutants that there are, and number of those in the sample.
    survivors
        Mutants that no test found.
    seconds
        Processor seconds.
    """

    module: str
    possible: int
    tested: int
    survivors: tuple[Survivor, ...]
    seconds: float

    @property
    def rate(self) -> float:
        """Share of mutants killed."""
        return 1 - len(self.survivors) / self.tested if self.tested else 0.0


@dataclass(frozen=True)
class Plan:
    """The tests of one module: those of the unchanged module first, then those of its mutants."""

    module: str
    tests: tuple[str, ...]
    source: str
    mutants: list[Mutant]
    possible: int

    @property
    def tasks(self) -> list[Task]:
        """The tasks, one more than there are mutants."""
        sources = [self.source, *(mutant.source for mutant in self.mutants)]
        return [Task(self.module, source, self.tests) for source in sources]


def plan(module: str, entry: Mapping[str, Any], number: int) -> Plan:
    """Draw the mutants of one module."""
    source = path_of(module).read_text()
    tests = (*entry["tests"], *entry.get("options", []))
    return Plan(module, tests, source, *draw_mutants(source, number, SEED))


def test_all(plans: Sequence[Plan], jobs: int, known: Mapping[Survivor, str]) -> Iterator[Outcome]:
    """Test all mutants; print those that survive, and yield each module once it is complete."""
    tasks = [(one, number) for one in plans for number in range(len(one.tasks))]
    survivors: dict[str, list[Survivor]] = {one.module: [] for one in plans}
    left = {one.module: len(one.tasks) for one in plans}
    seconds = dict.fromkeys(left, 0.0)
    for index, status, taken in run_all([one.tasks[number] for one, number in tasks], jobs):
        one, number = tasks[index]
        left[one.module] -= 1
        seconds[one.module] += taken
        if number == 0 and status != 0:
            sys.exit(f"{one.module}: its tests fail without a mutant: pytest {' '.join(one.tests)}")
        if number > 0 and status == 0:
            mutant = one.mutants[number - 1]
            found = Survivor(one.module, mutant.operator, mutant.before, mutant.after)
            survivors[one.module].append(found)
            print(*astuple(found), known.get(found, "NOT JUDGED"), sep="\t", flush=True)
        if left[one.module] == 0:
            yield Outcome(
                one.module,
                one.possible,
                len(one.mutants),
                tuple(survivors[one.module]),
                seconds[one.module],
            )


def judged() -> dict[Survivor, str]:
    """Read the judgement of each known survivor."""
    with SURVIVORS.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {
            Survivor(row["module"], row["operator"], row["before"], row["after"]): row["judgement"]
            for row in rows
        }


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines of the table, with a line for all modules together."""
    head = ("module", "possible", "mutants", "killed", "survived", "rate", "CPU s")
    yield "{:40}{:>9}{:>9}{:>8}{:>10}{:>8}{:>7}".format(*head)
    everything = Outcome(
        "all",
        sum(outcome.possible for outcome in outcomes),
        sum(outcome.tested for outcome in outcomes),
        tuple(survivor for outcome in outcomes for survivor in outcome.survivors),
        sum(outcome.seconds for outcome in outcomes),
    )
    for one in (*outcomes, everything):
        survived = len(one.survivors)
        yield (
            f"{one.module.removeprefix('tfmoe.'):40}{one.possible:9}{one.tested:9}"
            f"{one.tested - survived:8}{survived:10}{one.rate:8.1%}{one.seconds:7.0f}"
        )


def main() -> None:
    """Test all modules, or those whose names contain one of the arguments."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", help="parts of the names of modules; none: all")
    parser.add_argument("--number", type=int, default=30, help="most mutants per module")
    parser.add_argument("--jobs", type=int, default=2, help="mutants tested at once")
    options = parser.parse_args()
    modules = tomllib.loads((FOLDER / "modules.toml").read_text())
    plans = [
        plan(module, entry, options.number)
        for module, entry in modules.items()
        if not options.parts or any(part in module for part in options.parts)
    ]
    prepare(ROOT / "build" / "mutants")
    os.nice(NICE)
    known, outcomes = judged(), []
    for outcome in test_all(plans, options.jobs, known):
        outcomes.append(outcome)
        print(list(table([outcome]))[1], flush=True)
    print("\n".join(table(outcomes)))
    survivors = [one for outcome in outcomes for one in outcome.survivors]
    sys.exit(
        any(outcome.rate < LEAST for outcome in outcomes)
        or any(one not in known for one in survivors)
    )


if __name__ == "__main__":
    main()
