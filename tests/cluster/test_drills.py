"""Faults of a cluster, injected into a real SLURM; `make drills` runs them."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from .conftest import TARGET, Job, Slurm, contents, write_mini

pytestmark = pytest.mark.drill

SEQUENCES = "results/mini/sequences/{}.parquet"
WEIGHTS = "results/mini/experts/{}/tfmoe/convnet/seed0/model.safetensors"
KILLS = 20


@pytest.fixture(scope="module")
def undisturbed(snakemake, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Complete the mini run locally; return its folder."""
    folder: Path = tmp_path_factory.mktemp("undisturbed") / "run"
    write_mini(folder, root)
    ended = snakemake(folder, "--", TARGET)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


@pytest.fixture(scope="module", autouse=True)
def leave_nothing(slurm: Slurm) -> Iterator[None]:
    """Restart the controller, which may count a free GPU as taken after a fault."""
    yield
    for action in (["restart", "slurmctld"], ["up"]):
        subprocess.run([slurm.script, *action], check=True, capture_output=True)


@pytest.fixture
def prepared(undisturbed: Path, tmp_path: Path) -> Path:
    """Return a folder with all sequences, before any training."""
    folder = tmp_path / "run"
    shutil.copytree(undisturbed, folder)
    for name in ("experts", "moe", "predictions", "evaluation", ".state", "logs"):
        shutil.rmtree(folder / "results/mini" / name, ignore_errors=True)
    return folder


@pytest.fixture
def fresh(root: Path, tmp_path: Path) -> Path:
    """Return a folder with only the config."""
    write_mini(tmp_path / "run", root)
    return tmp_path / "run"


def change(folder: Path, section: str, **settings: object) -> None:
    path = folder / "config/config.yaml"
    config = yaml.safe_load(path.read_text())
    config[section] |= settings
    path.write_text(yaml.safe_dump(config))


def started(slurm: Slurm, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = slurm.command(*arguments)
    with (folder / "printed.txt").open("w") as printed:
        return subprocess.Popen(
            command, cwd=folder, env=slurm.environment, stdout=printed, stderr=subprocess.STDOUT
        )


def until(condition: Callable[[], object], seconds: float = 180) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.5)


def running(slurm: Slurm, folder: Path) -> list[str]:
    """Return the numbers of the running jobs that were submitted from a folder."""
    shown = slurm.call("squeue", "-h", "-t", "R", "-o", "%A %Z", folder=folder).stdout
    rows = [line.split(" ", 1) for line in shown.splitlines()]
    return [number for number, place in rows if Path(place).resolve() == folder.resolve()]


def trainings(slurm: Slurm, folder: Path) -> list[Job]:
    return [job for job in slurm.jobs(folder) if job.name == "train_expert"]


def test_a_job_that_is_killed_for_memory_succeeds_with_more(slurm: Slurm, prepared: Path):
    more = "train_expert:mem_mb=500 * 2 ** (attempt - 1)"
    weights = WEIGHTS.format("ARID3A")
    ended = slurm.snakemake(prepared, "--set-resources", more, "--", weights)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    jobs = trainings(slurm, prepared)
    assert [job.megabytes for job in jobs] == [500 * 2**number for number in range(len(jobs))]
    assert jobs[0].state in ("OUT_OF_MEMORY", "FAILED")
    assert jobs[-1].state == "COMPLETED"


def test_a_job_at_its_time_limit_goes_on_with_more(slurm: Slurm, prepared: Path):
    change(prepared, "training", epochs=2000, patience=2000)
    more = "train_expert:runtime=2 ** (attempt - 1)"
    weights = WEIGHTS.format("ARID3A")
    ended = slurm.snakemake(prepared, "--retries", "4", "--set-resources", more, "--", weights)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    jobs = trainings(slurm, prepared)
    assert [job.minutes for job in jobs] == [2**number for number in range(len(jobs))]
    assert jobs[0].state == "TIMEOUT"
    assert jobs[-1].state == "COMPLETED"
    log = prepared / "results/mini/logs/train_expert/ARID3A.tfmoe.convnet.seed0.log"
    assert "epoch 1 of" not in log.read_text(), "the last attempt began where the one before was"


def test_a_failing_job_shows_its_log_and_the_others_finish(slurm: Slurm, prepared: Path):
    broken = prepared / SEQUENCES.format("FOXM1")
    before = broken.stat()
    broken.write_bytes(b"no table")
    os.utime(broken, ns=(before.st_atime_ns, before.st_mtime_ns))
    targets = [WEIGHTS.format(name) for name in ("FOXM1", "ARID3A")]
    ended = slurm.snakemake(prepared, "--retries", "0", "--", *targets)
    assert ended.returncode == 1
    printed = ended.stdout + ended.stderr
    assert "Error in rule train_expert" in printed
    assert "FOXM1.parquet" in printed.split("Error in rule train_expert")[1]
    assert [(prepared / target).exists() for target in targets] == [False, True]


def resume(slurm: Slurm, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Resume the run by the command in `docs/how-to/slurm.md`."""
    command = slurm.command(*arguments)
    options = command[command.index("--workflow-profile") :]
    script = slurm.root / "profiles/resume.sh"
    snakefile = ("--snakefile", str(slurm.root / "Snakefile"))
    return slurm.call(str(script), *snakefile, *options, folder=folder)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_main_process_is_killed_and_the_run_resumed(
    slurm: Slurm, undisturbed: Path, fresh: Path, seed: int
):
    main = started(slurm, fresh, "--", TARGET)
    time.sleep(random.Random(seed).uniform(10, 80))
    main.kill()
    main.wait()
    ended = resume(slurm, fresh, "--", TARGET)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert contents(fresh) == contents(undisturbed)


def test_a_node_goes_down_and_comes_back(slurm: Slurm, undisturbed: Path, prepared: Path):
    change(prepared, "training", epochs=300, patience=300)
    anywhere = ("--set-resources", "train_expert:slurm_partition=both")
    main = started(slurm, prepared, *anywhere, "--", WEIGHTS.format("ARID3A"))
    try:
        until(lambda: running(slurm, prepared))
        time.sleep(10)
        subprocess.run([slurm.script, "stop", "cpu1"], check=True, capture_output=True)
        nodes = ("sinfo", "-h", "-n", "cpu1", "-o", "%T")
        until(lambda: "down" in slurm.call(*nodes, folder=prepared).stdout)
        subprocess.run([slurm.script, "up"], check=True, capture_output=True)
        assert main.wait(400) == 0, (prepared / "printed.txt").read_text()
    finally:
        subprocess.run([slurm.script, "up"], check=True, capture_output=True)
    assert (prepared / WEIGHTS.format("ARID3A")).exists()


def test_the_controller_restarts(slurm: Slurm, undisturbed: Path, prepared: Path):
    main = started(slurm, prepared, "--", TARGET)
    for _ in range(2):
        until(lambda: running(slurm, prepared))
        time.sleep(3)
        subprocess.run([slurm.script, "restart", "slurmctld"], check=True, capture_output=True)
    assert main.wait(400) == 0, (prepared / "printed.txt").read_text()
    assert contents(prepared) == contents(undisturbed)


@pytest.fixture
def small_disk(slurm: Slurm, prepared: Path) -> Iterator[Path]:
    """Return the prepared run on a disk with an eighth of a megabyte left."""
    size = sum(path.stat().st_size for path in prepared.rglob("*") if path.is_file())
    disk = prepared.parent / "disk"
    disk.mkdir()
    megabytes = size // 2**20 + 6
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        shutil.copytree(prepared, disk, dirs_exist_ok=True)
        free = shutil.disk_usage(disk).free
        (disk / "filler").write_bytes(bytes(max(0, free - 2**17)))
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_full_disk_is_told_and_the_run_resumed(slurm: Slurm, undisturbed: Path, small_disk: Path):
    ended = slurm.snakemake(small_disk, "--retries", "0", "--", TARGET)
    assert ended.returncode != 0
    assert "No space left on device" in ended.stdout + ended.stderr
    (small_disk / "filler").unlink()
    ended = resume(slurm, small_disk, "--", TARGET)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert contents(small_disk) == contents(undisturbed)


def test_twenty_kills_of_a_local_run_leave_the_same_bytes(
    slurm: Slurm, snakemake, root: Path, tmp_path: Path
):
    folders = tmp_path / "undisturbed", tmp_path / "killed"
    for folder in folders:
        write_mini(folder, root)
        # long enough that the run is not complete before the last kill, even on a fast machine
        change(folder, "training", epochs=2000, patience=2000)
    ended = snakemake(folders[0], "--", TARGET)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    arguments = ("--snakefile", str(root / "Snakefile"), "--cores", "2", "--", TARGET)
    again = (str(root / "profiles/resume.sh"), *arguments)
    waits = random.Random(0)
    kills = 0
    for _ in range(KILLS):
        with (folders[1] / "printed.txt").open("a") as printed:
            main = subprocess.Popen(
                again, cwd=folders[1], env=slurm.environment, stdout=printed, stderr=printed
            )
            time.sleep(waits.uniform(4, 14))
            kills += main.poll() is None
            main.kill()
            main.wait()
    ended = slurm.call(*again, folder=folders[1])
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert kills == KILLS, "the run was over before it had been killed as often"
    assert contents(folders[1]) == contents(folders[0])


def test_the_whole_demo_runs_through_slurm(slurm: Slurm, root: Path, tmp_path: Path):
    shutil.copytree(root / "config", tmp_path / "config")
    ended = slurm.call("timeout", "-s", "INT", "3600", *slurm.command(), folder=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    jobs = slurm.jobs(tmp_path)
    assert {job.state for job in jobs} == {"COMPLETED"}
    assert (tmp_path / "results/demo/report.html").stat().st_size > 1_000_000
