"""The plan of a run: jobs, groups and hours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tfmoe.core.errors import InputError
from tfmoe.workflow.costs import (
    LOCAL,
    PROFILE,
    Estimate,
    estimate,
    read_groups,
    read_jobs,
    share_out,
)
from tfmoe.workflow.measured_costs import Cost, read_costs

HEADER = "s\th:m:s\tmax_rss\tcpu_time\n"
PRINTED = """Job stats:
job                count
---------------  -------
all                    1
draw_figures           1
fetch_file             3
predict               10
train_expert           8
total                 23

"""


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    """Return the benchmark files of a run of two sets and four networks."""
    times = {f"train_expert/{number}": (10.0, 8.0) for number in range(3)}
    times |= {"train_expert/pooled": (30.0, 24.0)}
    times |= {f"predict/{number}": (4.0, 2.0) for number in range(2)}
    times |= {"draw_figures": (6.0, 3.0)}
    for name, (seconds, processor) in times.items():
        path = tmp_path / f"{name}.tsv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{HEADER}{seconds}\t0:00:10\t500.0\t{processor}\n")
    return tmp_path


def test_jobs_are_read_off_snakemakes_table():
    expected = {"draw_figures": 1, "fetch_file": 3, "predict": 10, "train_expert": 8}
    assert read_jobs(PRINTED) == expected, "without the target, which does nothing"
    with pytest.raises(InputError, match="no table of jobs"):
        read_jobs("Nothing to be done.\n")


def test_hours_grow_with_networks_and_sets_where_a_job_reads_them_all(measured: Path):
    jobs = read_jobs(PRINTED)
    shares = share_out(jobs, [{}, read_costs(measured)], {"predict": "scores"}, {"scores": 4})
    by_rule = {share.rule: share for share in shares}
    assert by_rule["predict"].scale == 8 / 4, "twice the networks"
    assert by_rule["draw_figures"].scale == 10 / 2, "five times the sets"
    assert by_rule["train_expert"].scale == 1
    assert by_rule["predict"].submissions == 3, "ten jobs by four at a time"
    estimated = Estimate(shares, {"predict": "scores"})
    assert estimated.rows() == [
        ["draw_figures", "1", "-", "1", "30.0", "0.01"],
        ["fetch_file", "3", "(local)", "0", "?", "?"],
        ["predict", "10", "scores", "3", "8.0", "0.02"],
        ["train_expert", "8", "-", "8", "15.0", "0.03"],
    ]
    sums = estimated.sums()
    # 1 of draw_figures, 3 of predict, 8 of train_expert; downloads are Snakemake's own
    assert sums[0] == "22 jobs, about 12 on a cluster"
    # 8 x 15 s + 10 x 4 s x 2 + 6 s x 5, and their processor time
    assert sums[1] == (
        "expected: 0.0 node-hours where each job has a core of its own, "
        "0.1 on cores as busy as when they were measured"
    )
    # 12 x 3.2 s and 19 x 4.5 s
    assert sums[2] == "on a cluster, starting Snakemake for each job adds 0.0 processor hours"
    assert sums[3].startswith(f"measured in {measured} (2 sets, 4 networks): draw_figures, ")
    assert sums[4] == "not measured in any run and not in the sums: fetch_file"


def test_jobs_of_a_cluster_start_snakemake_on_the_node():
    shares = share_out({"predict": 4000, "fetch_file": 500}, [], {"predict": "p"}, {"p": 4})
    sums = Estimate(shares, {"predict": "p"}).sums()
    assert sums[0] == "4,500 jobs, about 1,000 on a cluster"
    # 1,000 x 3.2 s and 4,000 x 4.5 s
    assert sums[2] == "on a cluster, starting Snakemake for each job adds 5.9 processor hours"


def test_the_first_run_that_has_a_rule_counts(measured: Path, tmp_path_factory):
    own = tmp_path_factory.mktemp("own")
    (own / "draw_figures.tsv").write_text(f"{HEADER}1.0\t0:00:01\t1.0\t1.0\n")
    shares = share_out(read_jobs(PRINTED), [read_costs(own), read_costs(measured)], {}, {})
    found = {share.rule: share.cost.source for share in shares if share.cost}
    assert found == {
        "draw_figures": str(own),
        "predict": str(measured),
        "train_expert": str(measured),
    }


def test_the_faults_that_end_the_dry_run_are_those_of_the_estimate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text("run: x\nexperiments: none.tsv\ngenome: null\n")
    with pytest.raises(InputError) as error:
        estimate(Path("config.yaml"))
    assert str(error.value).split("\n")[0] == (
        "none.tsv: the experiment table does not exist; set `experiments` in the config"
    )


def test_the_jobs_that_no_cluster_gets_are_those_that_the_rules_say(root: Path):
    rules = "".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk"))
    said = re.findall(r"^localrules:\n((?:    \w+,\n)+)", rules, re.MULTILINE)
    assert [name for names in said for name in re.findall(r"\w+", names)] == list(LOCAL)


def test_rules_of_a_group_that_follow_one_another_are_one_job_of_the_cluster(measured: Path):
    groups = {"draw_figures": "report", "write_report": "report"}
    shares = share_out({"write_report": 1, "draw_figures": 1}, [], groups, {})
    assert Estimate(shares, groups).sums()[0] == "2 jobs, about 1 on a cluster"


def test_the_profile_of_a_cluster_names_groups_and_their_sizes():
    groups, sizes = read_groups(PROFILE)
    assert groups["predict"] in sizes
    assert set(sizes) <= set(groups.values())
    assert yaml.safe_load(PROFILE.read_text())["executor"] == "slurm"


def test_the_time_of_work_on_sequences_grows_with_the_positives_of_a_set():
    def cost(positives: float) -> Cost:
        return Cost("measured", 9, 10.0, 8.0, 4, 9, positives)

    jobs = {"train_expert": 9, "attribute": 9, "predict": 4}
    known = dict.fromkeys(jobs, cost(200.0))
    scales = [share.scale for share in share_out(jobs, [known], {}, {}, 1000.0)]
    assert scales == [5, 1, 5], "attribution is of a fixed number of sequences"
    scales = [share.scale for share in share_out(jobs, [known], {}, {})]
    assert scales == [1, 1, 1], "it is not known how many there are"
    unknown = dict.fromkeys(jobs, cost(0))
    assert [share.scale for share in share_out(jobs, [unknown], {}, {}, 1000.0)] == [1, 1, 1]
