"""Measured costs of jobs: of finished runs, and those that come with the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_json
from tfmoe.workflow import measured_costs
from tfmoe.workflow.costs import LOCAL
from tfmoe.workflow.measured_costs import (
    Cost,
    main,
    mean_positives,
    rank_costs,
    read_costs,
    read_shipped,
)

HEADER = "s\th:m:s\tmax_rss\tcpu_time\n"
CHECKED = "experiment\ttrain\tgate\tvalidation\ttest\nA\t60\t10\t10\t20\nB\t240\t20\t20\t20\n"
SIZE = "\t500.0\t"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a finished run of two sets and four networks."""
    results = tmp_path / "mine"
    times = {f"train_expert/{number}": (10.0, 8.0) for number in range(3)}
    times |= {"train_expert/pooled": (30.0, 24.0), "write_report": (2.0, 1.0)}
    times |= {f"predict/{number}": (4.0, 2.0) for number in range(2)}
    for name, (seconds, processor) in times.items():
        path = results / f"benchmarks/{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{HEADER}{seconds}\t0:00:10{SIZE}{processor}\n")
    (results / "inputs").mkdir()
    (results / "inputs/check.tsv").write_text(CHECKED)
    write_json({"config": {"windows": {"max_peaks": None}}}, results / "run.json")
    return results


def test_costs_are_means_over_the_jobs_of_a_rule(run: Path):
    costs = read_costs(run / "benchmarks")
    assert costs["train_expert"].seconds == 15.0
    assert costs["train_expert"].processor_seconds == 12.0
    assert (costs["predict"].sets, costs["predict"].networks) == (2, 4)


def test_a_job_too_short_to_be_looked_at_has_no_processor_time(tmp_path: Path):
    (tmp_path / "export.tsv").write_text(f"{HEADER}0.2\t0:00:00\tNA\tNA\n")
    assert read_costs(tmp_path)["export"].processor_seconds == 0


def test_positives_are_those_of_all_splits(run: Path):
    assert read_costs(run / "benchmarks")["predict"].positives == (100 + 300) / 2
    write_json({"config": {"windows": {"max_peaks": 250}}}, run / "run.json")
    assert read_costs(run / "benchmarks")["predict"].positives == (100 + 250) / 2
    for name in ("inputs/check.tsv", "run.json"):
        (run / name).unlink()
        assert read_costs(run / "benchmarks")["predict"].positives == 0, "not known"
        (run / name).write_text("{")
    assert read_costs(run / "benchmarks")["predict"].positives == 0, "damaged"
    assert mean_positives([], None) == 0


def test_runs_are_ranked_by_their_kind_and_by_the_positives_of_their_sets():
    def costs(networks: int, positives: float, *rules: str) -> dict[str, Cost]:
        cost = Cost("measured", 1, 1.0, 1.0, 2, networks, positives)
        return dict.fromkeys(("train_expert", *rules), cost)

    own, broken_off = costs(2, 0), costs(90, 9000)
    few, many = costs(8, 400, "write_report"), costs(60, 20_000, "write_report")
    simulated = costs(70, 9000, "simulate_genome", "write_report")
    yeast, human = costs(51, 390), costs(9, 10_000)

    def ranked(positives: float) -> list[int]:
        found = rank_costs(own, [few, simulated, broken_off, many], [yeast, human], positives)
        return [costs["train_expert"].networks for costs in found]

    assert ranked(9000) == [2, 60, 8, 9, 51, 70]
    assert ranked(500) == [2, 8, 60, 51, 9, 70]
    assert ranked(0) == [2, 60, 8, 51, 9, 70], "not known: most networks, order of the table"


def test_who_has_no_run_yet_gets_the_costs_that_come_with_the_project(root: Path):
    rules = "".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk"))
    names = set(re.findall(r"^ *(?:use )?rule (?:\w+ as )?(\w+)(?: with)?:$", rules, re.MULTILINE))
    shipped = read_shipped()
    for costs in shipped:
        assert set(costs) <= names - set(LOCAL), "rules that there are"
        assert costs["train_expert"].jobs == costs["train_expert"].networks
        assert costs["predict"].jobs == costs["predict"].sets
        assert all(cost.processor_seconds > 0 and cost.positives for cost in costs.values())
    assert shipped[0]["predict"].positives < 1000, "yeast comes first"


def test_the_table_is_written_from_finished_runs(run: Path, monkeypatch: pytest.MonkeyPatch):
    table = run.parent / "costs.tsv"
    table.write_text("# two busy cores\nold\n")
    monkeypatch.setattr(measured_costs, "SHIPPED", table)
    main([str(run)])
    lines = table.read_text().splitlines()
    assert lines[0] == "# two busy cores"
    assert lines[1].split("\t")[:3] == ["run", "rule", "jobs"]
    assert lines[3] == "mine\ttrain_expert\t4\t15.0\t12.0\t2\t4\t200"
    (written,) = read_shipped(table)
    assert written["predict"] == Cost(f"{table} (mine)", 2, 4.0, 2.0, 2, 4, 200.0)
    (run / "benchmarks/write_report.tsv").unlink()
    with pytest.raises(InputError, match="no finished run"):
        main([str(run)])
