import logging
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.models import device
from tfmoe.models.device import resolve_device


def test_cuda_without_a_gpu_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == torch.device("cpu")
    with pytest.raises(ConfigError, match=r"compute\.device: found cuda, but torch sees no GPU"):
        resolve_device("cuda")


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Make torch report two GPUs, and keep their locks in a folder of the test."""
    described = [SimpleNamespace(uuid="GPU-a"), SimpleNamespace(uuid="GPU-b")]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", described.__getitem__)
    monkeypatch.setattr(torch.cuda, "get_device_name", str)
    monkeypatch.setattr(torch.cuda, "set_device", lambda _: None)
    monkeypatch.setattr(device.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    device._claim_gpu.cache_clear()
    yield
    device._claim_gpu().lock.close()
    device._claim_gpu.cache_clear()


@pytest.mark.usefixtures("two_gpus")
def test_a_gpu_is_claimed_unless_the_cpu_is_requested() -> None:
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto") == resolve_device("cuda") == torch.device("cuda", 0)


@pytest.mark.usefixtures("two_gpus")
def test_a_slurm_job_without_a_gpu_leaves_visible_gpus_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert resolve_device("auto") == torch.device("cpu")
    assert resolve_device("cuda") == torch.device("cuda", 0), "it was requested"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert resolve_device("auto") == torch.device("cuda", 0), "the first of those it was given"


HOLDS_THE_FIRST = """
import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.flock(lock, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.usefixtures("two_gpus")
def test_two_jobs_never_share_a_gpu(tmp_path: Path) -> None:
    folder = tmp_path / f"tfmoe-gpus-{device.os.getuid()}"
    folder.mkdir()
    command = [sys.executable, "-c", HOLDS_THE_FIRST, str(folder / "GPU-a.lock")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as other:
        assert other.stdout.readline() == "held\n"
        assert resolve_device("auto") == torch.device("cuda", 1)
        assert device._claim_free_gpu() is None, "both are taken now"
        other.kill()
        other.wait()
        taken = device._claim_free_gpu()
        assert taken is not None and taken.device == torch.device("cuda", 0), "its job was killed"
        taken.lock.close()


@pytest.mark.usefixtures("two_gpus")
def test_the_locks_of_another_user_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = tmp_path / f"tfmoe-gpus-{device.os.getuid()}"
    folder.mkdir()
    (folder / "GPU-a.lock").symlink_to(victim)
    with pytest.raises(InputError, match=r"GPU-a\.lock: the file cannot be used"):
        device._claim_free_gpu()
    assert victim.read_text() == "precious"
    (folder / "GPU-a.lock").unlink()


def test_a_given_gpu_that_torch_cannot_use_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    device._warn_once.cache_clear()
    with caplog.at_level(logging.WARNING, "tfmoe"):
        assert resolve_device("auto") == resolve_device("auto") == torch.device("cpu")
    (warning,) = caplog.messages
    assert warning.startswith("compute.device: this job was given GPU 1 (CUDA_VISIBLE_DEVICES)")
    with pytest.raises(ConfigError, match="CUDA_VISIBLE_DEVICES: 1"):
        resolve_device("cuda")


def test_another_name_is_an_error() -> None:
    with pytest.raises(ConfigError, match="expected auto, cpu or cuda"):
        resolve_device("gpu")


def test_a_gpu_computes_in_float32_and_deterministically(monkeypatch: pytest.MonkeyPatch) -> None:
    requested: list[bool] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "use_deterministic_algorithms", requested.append)
    monkeypatch.setattr(device, "_keep_memory", lambda: None)
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    parts = (torch.backends.cudnn.conv, torch.backends.cudnn.rnn)
    kept = [part.fp32_precision for part in parts]
    try:
        for part in parts:
            part.fp32_precision = "tf32"
        device.prepare_torch(torch.get_num_threads())
        assert requested == [True]
        assert [part.fp32_precision for part in parts] == ["ieee", "ieee"]
    finally:
        for part, precision in zip(parts, kept, strict=True):
            part.fp32_precision = precision


FAULTS = """
import resource, torch
from tfmoe.core.config import schema_defaults
from tfmoe.models.device import prepare_torch
from tfmoe.models.registry import build_backbone
prepare_torch(1)
network = build_backbone("legnet", 101, schema_defaults("training")["backbones"]["legnet"])
sequences = torch.rand(128, 4, 101)
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
counts = []
for step in range(20):
    before = faults()
    network(sequences).sum().backward()
    counts.append(faults() - before)
print(min(counts[10:]))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the option exists only in glibc")
def test_memory_of_a_step_is_reused_by_the_next() -> None:
    """Without it, thousands of 4 kB pages come from the system in each step (3,700 were observed).

    A busy system takes pages from any process now and then, so the best of several steps counts.
    """
    done = subprocess.run(
        [sys.executable, "-c", FAULTS],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 1000
