"""The benchmark of GPUs: its part for the CPU at tiny sizes, and its verdicts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def modules(root: Path) -> Iterator[SimpleNamespace]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "benchmarks")
        patch.syspath_prepend(root / "benchmarks/workers")
        import gpu
        import gpu_task

        yield SimpleNamespace(gpu=gpu, task=gpu_task)


@pytest.fixture
def gpu(modules: SimpleNamespace) -> ModuleType:
    return modules.gpu


@pytest.fixture
def worker(modules: SimpleNamespace) -> ModuleType:
    return modules.task


def rows_of(printed: str) -> Rows:
    return [json.loads(line) for line in printed.splitlines()]


def test_all_measurements_on_the_cpu(
    worker: ModuleType,
    gpu: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # threads are those of the other tests, too
    monkeypatch.setattr(worker, "prepare_torch", lambda threads: None)
    given = gpu.task_of("convnet", "cpu", str(tmp_path), seconds=0.001, scale=0.001)
    worker.run(worker.Task(**given))
    rows = rows_of(capsys.readouterr().out)
    assert [row["task"] for row in rows] == [
        "training, AUROC after it",
        "training, steps",
        "training, with drawing",
        "prediction, both strands",
        "scan, both strands",
        "attribution, shiftsmooth_n5_corrected",
    ]
    assert not any("verdict" in row for row in rows)
    assert [row["size"] for row in rows[1:]] == [1400, 1400, 200, 100, 200]
    assert all(row["seconds"] > 0 and row["runs"] >= 1 for row in rows[1:])

    # a CPU agrees with itself; bfloat16 does not, and is only reported
    bench = worker.Bench(worker.Task(**given), torch.device("cpu"))
    bench.load()
    bench.compare()
    agreement = rows_of(capsys.readouterr().out)
    assert [row["task"].split(": ")[1] for row in agreement] == 3 * ["logits", "scan", "maps"]
    exact, half = agreement[:3], agreement[3:6]
    assert [(row["value"], row["verdict"]) for row in exact] == 3 * [(0.0, "ok")]
    assert half[0]["value"] > 1e-4 and half[0]["verdict"] == "reported only"


def test_a_failing_measurement_is_a_row(
    worker: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path, gpu: ModuleType
) -> None:
    task = worker.Task(**gpu.task_of("convnet", "cpu", str(tmp_path), 0.001, 0.001))

    def fail() -> None:
        raise RuntimeError("no kernel\nfor this device")

    worker.Bench(task, torch.device("cpu")).measure("prediction", 5, 1, fail)
    (row,) = rows_of(capsys.readouterr().out)
    assert row["verdict"] == "FAILED: RuntimeError: no kernel for this device"
    assert "seconds" not in row


def test_differences_are_relative_to_the_largest_value(worker: ModuleType) -> None:
    logits = np.array([2.0, -4.0, 1.0], dtype=np.float32)
    close = worker.difference(logits + np.float32([0, 0, 0.0002]), logits)
    assert (close["value"], close["verdict"]) == (5e-05, "ok")
    far = worker.difference(logits + np.float32([0, 0.004, 0]), logits)
    assert (far["value"], far["verdict"]) == (0.001, "FAILED")
    assert worker.difference(logits[:2], logits)["verdict"].startswith("FAILED: found the shape")
    assert worker.difference(logits * np.nan, logits)["verdict"].startswith("FAILED")


def test_a_few_maps_may_differ(worker: ModuleType) -> None:
    maps = np.ones((100, 4, 3), dtype=np.float32)
    changed = maps.copy()
    changed[[3, 50], 0, 0] = 2
    assert worker.difference(changed, maps)["verdict"] == "ok"
    changed[7, 0, 0] = 2
    assert worker.difference(changed, maps)["verdict"] == "FAILED"


def test_two_jobs_may_not_hold_the_gpu_at_once(gpu: ModuleType) -> None:
    first, second = {"claimed": 10.0, "released": 13.0}, {"claimed": 13.5, "released": 16.5}
    assert gpu.apart([second, first]) == {"value": 0.5, "verdict": "ok"}
    second["claimed"] = 12.0
    assert gpu.apart([first, second])["verdict"] == "FAILED: they overlap"


def test_speeds_are_relative_to_the_cpu(gpu: ModuleType, tmp_path: Path) -> None:
    table = gpu.Table(tmp_path / "gpu.tsv")
    named = {"backbone": "legnet", "precision": "float32", "batch": 128}
    scan = {"task": "scan, both strands"}
    table.add({**named, **scan, "device": "cpu", "size": 100, "seconds": 2.0})
    table.add({**named, **scan, "device": "cuda", "size": 3000, "seconds": 3.0})
    other = {"task": "scan, window by window", "device": "cuda"}
    table.add({**named, **other, "size": 500, "seconds": 1.0, "verdict": "FAILED"})
    assert [row["ratio"] for row in table.rows] == [None, 20.0, 10.0]
    assert table.failed == table.rows[2:]
    header, *lines = (line.split("\t") for line in (tmp_path / "gpu.tsv").read_text().splitlines())
    assert header == list(gpu.COLUMNS)
    assert [line[header.index("per_second")] for line in lines] == ["50", "1000", "500"]
    assert lines[0][header.index("ratio")] == "-"


def test_without_a_gpu_what_was_skipped_is_listed(
    gpu: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = {"gpu": False, "build": "CPU only", "torch": "2", "visible": None}
    measured: list[tuple[str, str]] = []
    monkeypatch.setattr(gpu, "_output", lambda command: json.dumps(found))
    monkeypatch.setattr(
        gpu, "measure", lambda task, *_: measured.append((task["backbone"], task["device"]))
    )
    monkeypatch.setattr("sys.argv", ["gpu.py", "--backbones", "convnet", "danq"])
    assert gpu.main() == 0
    assert measured == [("convnet", "cpu"), ("danq", "cpu")]
    assert "- two jobs on one GPU\n" in capsys.readouterr().out


def test_nothing_starts_once_the_time_is_over(gpu: ModuleType) -> None:
    table = gpu.Table(None)
    gpu.measure({"backbone": "danq", "device": "cuda"}, 0.0, table)
    (row,) = table.rows
    assert row["verdict"] == "skipped: out of time" and table.failed == []


WORKER = """
import json, time
print("a warning of a library")
print(json.dumps({"task": "training, steps"}), flush=True)
"""


@pytest.mark.parametrize(
    ("more", "verdict"),
    [("", None), ("raise SystemExit(3)", "FAILED: exit status 3"),
     ("time.sleep(60)", "skipped: out of time")],
)  # fmt: skip
def test_rows_of_a_worker_are_kept_however_it_ends(
    more: str,
    verdict: str | None,
    gpu: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "workers").mkdir()
    (tmp_path / "workers/gpu_task.py").write_text(WORKER + more)
    monkeypatch.setattr(gpu, "FOLDER", tmp_path)
    table = gpu.Table(None)
    seconds = 2 if more.startswith("time") else 60
    gpu.measure({"backbone": "danq", "device": "cpu"}, gpu.time.monotonic() + seconds, table)
    rows = [row for row in table.rows if "verdict" not in row]
    # on a busy machine, two seconds may be over before the worker starts
    if seconds == 60 or rows:
        assert rows == [{"backbone": "danq", "device": "cpu", "task": "training, steps"}]
    verdicts = [row["verdict"] for row in table.rows if "verdict" in row]
    assert verdicts == ([] if verdict is None else [verdict])


def test_utilisation_is_that_of_the_gpu_in_use(
    worker: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text('#!/bin/sh\ncase "$1" in --id=GPU-b) echo " 40 " ;; *) exit 1 ;; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    described = [SimpleNamespace(uuid="a"), SimpleNamespace(uuid="b")]
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: described[device.index])
    used = worker.Utilisation(torch.device("cuda", 1))
    while not used._values:
        assert used._reader.is_alive()
        time.sleep(0.02)
    assert used.end() == 40
    unknown = worker.Utilisation(torch.device("cuda", 0))
    unknown._reader.join()
    assert unknown.end() is None
    assert worker.Utilisation(torch.device("cpu")).end() is None
