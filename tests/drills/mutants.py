"""Drill: mutation testing of the modules that decide about science. Run it by `make mutants`.

`mutation/modules.toml` lists the modules and their tests. Of each module, a sample of mutants is
tested (`MUTANTS`, by default 60). A mutant is killed if a test fails, or if it runs endlessly. The
drill prints a table, lists the mutants that survived, and fails if a module's tests kill fewer than
85 % or if a survivor is missing in `mutation/survivors.tsv`, which holds a judgement of each.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(__file__).resolve().parent / "mutation"
SURVIVORS = FOLDER / "survivors.tsv"
LEAST = 0.85
SEED = 19


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test finds: module, operator, and the line without and with the change."""

    module: str
    operator: str
    before: str
    after: str


@dataclass(frozen=True)
class Outcome:
    """Result of one module: places for mutants, mutants tested, killed, and the survivors."""

    module: str
    places: int
    tested: int
    survivors: tuple[Survivor, ...]
    seconds: float

    @property
    def rate(self) -> float:
        """Share of mutants killed."""
        return 1 - len(self.survivors) / self.tested if self.tested else 0.0


def test_module(module: str, entry: Mapping[str, Any], number: int) -> Outcome:
    """Test the mutants of one module in a process that has imported the libraries."""
    arguments = [module, str(number), str(SEED), *entry["tests"], *entry.get("options", [])]
    process = subprocess.run(
        [sys.executable, str(FOLDER / "testing.py"), *arguments],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    if process.returncode != 0 or not lines:
        sys.exit(f"{module}: its tests fail without a mutant; run: pytest {' '.join(arguments[3:])}")
    first, *mutants = lines
    survivors = tuple(
        Survivor(module, mutant["operator"], mutant["before"], mutant["after"])
        for mutant in mutants
        if mutant["status"] == 0
    )
    seconds = sum(line["seconds"] for line in lines)
    return Outcome(module, first["places"], len(mutants), survivors, seconds)


def judged() -> dict[Survivor, str]:
    """Read the judgement of each known survivor."""
    with SURVIVORS.open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {
            Survivor(row["module"], row["operator"], row["before"], row["after"]): row["judgement"]
            for row in rows
        }


def table(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines of the table, with a line for all modules together."""
    head = ("module", "places", "mutants", "killed", "survived", "rate", "CPU s")
    yield "{:44}{:>8}{:>9}{:>8}{:>10}{:>8}{:>7}".format(*head)
    everything = Outcome(
        "all",
        sum(outcome.places for outcome in outcomes),
        sum(outcome.tested for outcome in outcomes),
        tuple(survivor for outcome in outcomes for survivor in outcome.survivors),
        sum(outcome.seconds for outcome in outcomes),
    )
    for one in (*outcomes, everything):
        survived = len(one.survivors)
        yield (
            f"{one.module.removeprefix('tfmoe.'):44}{one.places:8}{one.tested:9}"
            f"{one.tested - survived:8}{survived:10}{one.rate:8.1%}{one.seconds:7.0f}"
        )


def main() -> None:
    """Test all modules, or those whose names contain one of the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="parts of the names of modules; none: all")
    parser.add_argument("--number", type=int, default=60, help="most mutants per module")
    options = parser.parse_args()
    modules = tomllib.loads((FOLDER / "modules.toml").read_text())
    known, outcomes, failed = judged(), [], False
    for module, entry in modules.items():
        if options.parts and not any(part in module for part in options.parts):
            continue
        outcome = test_module(module, entry, options.number)
        outcomes.append(outcome)
        failed |= outcome.rate < LEAST
        for survivor in outcome.survivors:
            judgement = known.get(survivor, "NOT JUDGED")
            failed |= survivor not in known
            print(
                f"survived\t{module}\t{survivor.operator}\t{survivor.before}\t{survivor.after}"
                f"\t{judgement}",
                flush=True,
            )
    print("\n".join(table(outcomes)))
    sys.exit(failed)


if __name__ == "__main__":
    main()
