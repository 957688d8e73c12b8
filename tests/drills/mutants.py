"""Drill: mutation testing of the modules that decide about science. Run it by `make mutants`.

`mutation/modules.toml` lists the modules and their tests. Of each module, a sample of mutants is
tested. A mutant is killed if a test fails, or if it needs many times the processor time of the
unchanged module. The drill prints a table, lists the mutants that survived, and fails if a module's
tests kill fewer than 85 %, or if a survivor is missing in `mutation/survivors.tsv`, which holds a
judgement of each.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "mutation"
sys.path.insert(0, str(FOLDER))

from forks import ROOT, path_of, prepare, run_all  # noqa: E402
from mutating import draw_mutants  # noqa: E402

SURVIVORS = FOLDER / "survivors.tsv"
LEAST = 0.85
SEED = 19
# a mutant may run endlessly: it gets this many times the processor time of the unchanged module
PATIENCE, LEAST_SECONDS = 4, 20


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


def test_module(module: str, entry: Mapping[str, Any], number: int, jobs: int) -> Outcome:
    """Test a sample of the mutants of one module."""
    source = path_of(module).read_text()
    tests = [*entry["tests"], *entry.get("options", [])]
    ((_, status, taken),) = run_all(module, [source], tests, 1)
    if status != 0:
        sys.exit(f"{module}: its tests fail without a mutant: pytest {' '.join(tests)}")
    mutants, possible = draw_mutants(source, number, SEED)
    limit = LEAST_SECONDS + int(PATIENCE * taken)
    survivors = []
    for index, status, seconds in run_all(module, [m.source for m in mutants], tests, jobs, limit):
        taken += seconds
        mutant = mutants[index]
        if status == 0:
            survivors.append(Survivor(module, mutant.operator, mutant.before, mutant.after))
    return Outcome(module, possible, len(mutants), tuple(survivors), taken)


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
    parser.add_argument("--number", type=int, default=40, help="most mutants per module")
    parser.add_argument("--jobs", type=int, default=2, help="mutants tested at once")
    options = parser.parse_args()
    prepare(ROOT / "build" / "mutants")
    modules = tomllib.loads((FOLDER / "modules.toml").read_text())
    known, outcomes, failed = judged(), [], False
    for module, entry in modules.items():
        if options.parts and not any(part in module for part in options.parts):
            continue
        outcome = test_module(module, entry, options.number, options.jobs)
        outcomes.append(outcome)
        failed |= outcome.rate < LEAST or any(one not in known for one in outcome.survivors)
        for one in outcome.survivors:
            line = (one.module, one.operator, one.before, one.after, known.get(one, "NOT JUDGED"))
            print("\t".join(line))
        print(list(table([outcome]))[1], flush=True)
    print("\n".join(table(outcomes)))
    sys.exit(failed)


if __name__ == "__main__":
    main()
