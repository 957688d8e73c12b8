"""After a finished run, a change reruns the jobs that depend on it and no others.

The finished run is made without computing: every output is created empty, and ``--touch`` records
each job with its params and inputs (see `snakemake_forks`). A dry-run then plans each change.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from tests.workflow import rerun_targets
from tests.workflow.rerun_cases import NOTHING, PEAKS, READY, Case, ConfigEdit, Edit, config
from tests.workflow.rerun_targets import SIMULATED

from snakemake_forks import Snakemakes
from tfmoe.core.run_record import record_run

COPIED = ("Snakefile", "workflow", "scripts", "resources", "envs", "profiles")
CHROMOSOMES = ("chr1", "chr2", "chr3", "chr4", "chr5")
# the second prepares data that the first does not read
TARGETS = ("all", "data")
COMMAND = (
    "--snakefile", "project/Snakefile", "--configfile", "config.yaml", "--cores", "1",
    "--quiet", "host",
)  # fmt: skip
METADATA = ".snakemake/metadata"
JOB = re.compile(r"^(?=(?:local)?(?:rule|checkpoint) \w+:)", re.MULTILINE)
RULE = re.compile(r"^ *(?:rule|checkpoint) (\w+):|^ *use rule \w+ as (\w+) with", re.MULTILINE)
HEADER = (
    "experiment", "factor", "biosample", "role", "stratum", "family", "peaks", "sha256",
    "negatives",
)  # fmt: skip
ROWS = (
    ("A_x", "GATA3", "train", "-", "A.narrowPeak"),
    ("B_x", "FOXM1", "train", "-", "B.narrowPeak"),
    ("C_x", "ARID3A", "train", "-", "C.narrowPeak"),
    ("O_x", "CTCF", "ood", "cross_family", "O.narrowPeak"),
)
SETTINGS = {
    "run": "small",
    "experiments": "experiments.tsv",
    "genome": {"assembly": "toy", "fasta": "genome.fa", "blacklist": "blacklist.bed"},
    "splits": {"test": ["chr1"], "validation": ["chr2"], "gate": ["chr3"]},
    "training": {"seeds": 1, "epochs": 2, "minimum_positives": 5},
}
READY_SETTINGS = {
    "run": "small",
    "experiments": "experiments.tsv",
    "genome": None,
    "splits": {"by": "rank"},
    "negatives": {
        "training": {"genomic": 0, "dinucleotide": 1},
        "evaluation": {"genomic": 0, "dinucleotide": 1},
    },
    "motifs": {"confirmation_negatives": "dinucleotide"},
    "training": {"seeds": 1, "epochs": 2, "minimum_positives": 5},
}


def run(snakemakes: Snakemakes, folder: Path, *arguments: str) -> str:
    """Run Snakemake on the project's copy in a folder; return its output."""
    ended = snakemakes.run([*COMMAND, *arguments], folder)
    printed: str = ended.stdout + ended.stderr
    assert ended.returncode == 0, printed
    return printed


def write_peaks(folder: Path) -> None:
    """Write a toy genome and the peaks of each experiment."""
    rng = random.Random(1)
    with (folder / "genome.fa").open("w") as fasta:
        for name in CHROMOSOMES:
            fasta.write(f">{name}\nA{''.join(rng.choices('ACGT', k=20_000))}\n")
    (folder / "blacklist.bed").write_text("chr4\t100\t200\n")
    for _, _, _, _, file in (*ROWS, ("", "", "", "", "A.narrowPeak.2")):
        lines = [
            f"{chrom}\t{start}\t{start + 200}\tp{number}\t9\t.\t9\t9\t9\t{rng.randrange(50, 150)}\n"
            for chrom in CHROMOSOMES
            for number, start in enumerate(range(500, 19_000, rng.randrange(900, 1500)))
        ]
        (folder / file).write_text("".join(lines))


def write_ready(folder: Path) -> None:
    """Write files of ready sequences."""
    rng = random.Random(1)
    for name in ("A1", "A2", "B", "O", "N", "background"):
        lines = [f">{name}_{number}\n{''.join(rng.choices('ACGT', k=101))}" for number in range(40)]
        (folder / f"{name}.fa").write_text("\n".join(lines) + "\n")


def write_table(
    folder: Path, rows: Iterator[tuple[str, ...]], negatives: dict[str, str] | None = None
) -> None:
    """Write the experiment table; `negatives` has the user's own negatives by experiment."""
    own = negatives or {}
    lines = ["\t".join(HEADER)]
    lines += [
        f"{name}\t{factor}\tx\t{role}\t{stratum}\t-\t{file}\t-\t{own.get(name, '-')}"
        for name, factor, role, stratum, file in rows
    ]
    (folder / "experiments.tsv").write_text("\n".join(lines) + "\n")


def finish(
    folder: Path, root: Path, snakemakes: Snakemakes, targets: tuple[str, ...] = TARGETS
) -> Path:
    """Finish a run without computing it."""
    for name in COPIED:
        source, target = root / name, folder / "project" / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    write_outputs(folder, run(snakemakes, folder, "--dry-run", *targets))
    (state,) = (folder / ".snakemake/tfmoe").glob("state-*.json")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFMOE_RUN_STATE", str(state))
        patch.chdir(folder)
        record_run(Path("results/small/logs/any.log"))
    if "scan" in targets:
        # the jobs after the checkpoint are planned once its output is there
        run(snakemakes, folder, "--touch", "--forceall", "results/small/scan/chromosomes.tsv")
        write_outputs(folder, run(snakemakes, folder, "--dry-run", *targets))
    run(snakemakes, folder, "--touch", "--forceall", *targets)
    return folder


def write_outputs(folder: Path, printed: str) -> None:
    """Create the outputs of the jobs of a dry-run: empty, but for the list of chromosomes."""
    for job in JOB.split(printed):
        found = re.search(r"^    output: (.*)$", job, re.MULTILINE)
        for path in found.group(1).split(", ") if found else ():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.name in ("logos", "model"):
                target.mkdir(exist_ok=True)
            elif target.as_posix().endswith("scan/chromosomes.tsv"):
                target.write_text("name\tlength\nsim1\t20000\n")
            else:
                target.touch()


@pytest.fixture(scope="module")
def peaks_run(tmp_path_factory: pytest.TempPathFactory, root: Path, snakemakes: Snakemakes) -> Path:
    """Return the folder of a finished run on peaks."""
    folder: Path = tmp_path_factory.mktemp("reruns") / "peaks"
    folder.mkdir()
    write_peaks(folder)
    write_table(folder, iter(ROWS))
    (folder / "config.yaml").write_text(yaml.safe_dump(SETTINGS))
    return finish(folder, root, snakemakes)


@pytest.fixture(scope="module")
def ready_run(tmp_path_factory: pytest.TempPathFactory, root: Path, snakemakes: Snakemakes) -> Path:
    """Return the folder of a finished run on ready sequences."""
    folder: Path = tmp_path_factory.mktemp("reruns") / "ready"
    folder.mkdir()
    write_ready(folder)
    files = {"A_x": "A1.fa;A2.fa", "B_x": "B.fa", "O_x": "O.fa"}
    rows = ((*row[:4], files[row[0]]) for row in ROWS if row[0] in files)
    write_table(folder, rows, {"B_x": "N.fa"})
    (folder / "config.yaml").write_text(yaml.safe_dump(READY_SETTINGS))
    return finish(folder, root, snakemakes)


@pytest.fixture(scope="module")
def simulated_run(
    tmp_path_factory: pytest.TempPathFactory, root: Path, snakemakes: Snakemakes
) -> Path:
    """Return the folder of a finished, simulated run of all targets."""
    folder: Path = tmp_path_factory.mktemp("reruns") / "simulated"
    folder.mkdir()
    write_table(folder, ((*row[:4], "simulated") for row in ROWS if row[0] != "C_x"))
    (folder / "config.yaml").write_text(yaml.safe_dump(rerun_targets.SETTINGS))
    return finish(folder, root, snakemakes, rerun_targets.TARGETS)


def planned(printed: str) -> set[str]:
    """Return the jobs of a dry-run: each rule, and each rule with each value of its wildcards."""
    jobs: set[str] = set()
    for job in JOB.split(printed)[1:]:
        rule = re.search(r"\w+(?=:)", job)[0]
        wildcards = re.search(r"^    wildcards: (.*)$", job, re.MULTILINE)
        values = [pair.split("=")[1] for pair in wildcards[1].split(", ")] if wildcards else []
        if rule not in rerun_targets.TARGETS:
            jobs |= {"any", rule, *(f"{rule}:{value}" for value in values)}
    return jobs


def check(
    case: Case,
    finished: Path,
    folder: Path,
    snakemakes: Snakemakes,
    targets: tuple[str, ...] = TARGETS,
) -> None:
    """Apply a change to a copy of the finished run, and compare the jobs that are planned."""
    shutil.copytree(finished, folder, copy_function=shutil.copy2)
    case.edit(folder)
    printed = run(snakemakes, folder, "--dry-run", *targets)
    jobs = planned(printed)
    assert not [job for job in case.must if job not in jobs], sorted(jobs)
    assert not [job for job in case.must_not if job in jobs], sorted(jobs)


@pytest.mark.parametrize("case", PEAKS, ids=lambda case: case.name)
def test_a_change_reruns_what_depends_on_it(
    case: Case, peaks_run: Path, tmp_path: Path, snakemakes: Snakemakes
) -> None:
    check(case, peaks_run, tmp_path / "run", snakemakes)


@pytest.mark.parametrize("case", READY, ids=lambda case: case.name)
def test_a_change_of_ready_sequences_reruns_what_depends_on_it(
    case: Case, ready_run: Path, tmp_path: Path, snakemakes: Snakemakes
) -> None:
    check(case, ready_run, tmp_path / "run", snakemakes)


@pytest.mark.parametrize("case", SIMULATED, ids=lambda case: case.name)
def test_a_change_reruns_what_depends_on_it_in_all_targets(
    case: Case, simulated_run: Path, tmp_path: Path, snakemakes: Snakemakes
) -> None:
    check(case, simulated_run, tmp_path / "run", snakemakes, rerun_targets.TARGETS)


def delete_records(share: int) -> Edit:
    """Return an edit that deletes every so-manieth of Snakemake's records."""

    def edit(folder: Path) -> None:
        records = [path for path in (folder / METADATA).rglob("*") if path.is_file()]
        for path in sorted(records)[::share]:
            path.unlink()

    return edit


def rename_run(folder: Path) -> None:
    (folder / "results/small").rename(folder / "results/other")
    config(run="other")(folder)


def damage_record(folder: Path) -> None:
    path = next(path for path in (folder / METADATA).rglob("*") if path.is_file())
    path.write_text(path.read_text()[:-20])


def exchange_record_of_run(folder: Path) -> None:
    path = folder / "results/small/run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"digest": "0" * 16}))


LOSSES: dict[str, Edit] = {
    "a folder without .snakemake": lambda folder: shutil.rmtree(folder / ".snakemake"),
    "no records": lambda folder: shutil.rmtree(folder / METADATA),
    "half of the records": delete_records(2),
    "one record less": delete_records(100_000),
    "a damaged record": damage_record,
    "a renamed run": rename_run,
    "no run.json": lambda folder: (folder / "results/small/run.json").unlink(),
    "a damaged run.json": lambda folder: (folder / "results/small/run.json").write_text("{"),
    "run.json of another run": exchange_record_of_run,
}


@pytest.mark.parametrize("loss", LOSSES)
def test_results_without_their_records_are_not_reused_for_another_config(
    loss: str, peaks_run: Path, tmp_path: Path, snakemakes: Snakemakes
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(peaks_run, folder, copy_function=shutil.copy2)
    LOSSES[loss](folder)
    config(seed=2)(folder)
    ended = snakemakes.run([*COMMAND, "--dry-run", *TARGETS], folder)
    printed = ended.stdout + ended.stderr
    assert ended.returncode != 0, printed
    assert re.search("Move or remove results|Remove these files", printed), printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("loss", ["a folder without .snakemake", "half of the records"])
def test_results_without_their_records_are_reused_for_the_same_config(
    loss: str, peaks_run: Path, tmp_path: Path, snakemakes: Snakemakes
) -> None:
    check(Case("nothing else", LOSSES[loss], (), NOTHING), peaks_run, tmp_path / "run", snakemakes)


def test_touched_results_are_still_those_of_the_earlier_config(
    peaks_run: Path, tmp_path: Path, snakemakes: Snakemakes
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(peaks_run, folder, copy_function=shutil.copy2)
    config(seed=2)(folder)
    touched = snakemakes.run([*COMMAND, "--touch", *TARGETS], folder, record_touched=False)
    assert touched.returncode == 1
    assert "seed was 1, is 2), and --touch would mark them as those" in touched.stderr
    jobs = planned(run(snakemakes, folder, "--dry-run", *TARGETS))
    assert jobs >= {"select_windows", "draw_training_negatives", "train_expert", "fit_mixture"}


def test_each_section_of_the_config_is_changed(root: Path) -> None:
    schema = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    edits = [case.edit for case in (*PEAKS, *READY, *SIMULATED)]
    changed = {key for edit in edits if isinstance(edit, ConfigEdit) for key in edit.sections}
    # the experiment table is changed itself
    assert set(schema["properties"]) - changed == {"experiments"}


def test_each_rule_is_rerun_by_a_change(root: Path) -> None:
    files = [root / "Snakefile", *sorted((root / "workflow/rules").glob("*.smk"))]
    rules = {first or second for file in files for first, second in RULE.findall(file.read_text())}
    rerun = {job.split(":")[0] for case in (*PEAKS, *READY, *SIMULATED) for job in case.must}
    assert len(rules) > 60
    assert rules - rerun - set(rerun_targets.TARGETS) == set()
