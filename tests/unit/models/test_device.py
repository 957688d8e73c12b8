import platform
import subprocess
import sys

import pytest
import torch

from tfmoe.core.errors import ConfigError
from tfmoe.models.device import resolve_device


def test_cuda_without_a_gpu_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert resolve_device("auto") == resolve_device("cpu") == torch.device("cpu")
    with pytest.raises(ConfigError, match=r"compute\.device: cuda was asked for"):
        resolve_device("cuda")


def test_a_gpu_is_taken_unless_the_cpu_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert resolve_device("auto") == resolve_device("cuda") == torch.device("cuda")
    assert resolve_device("cpu") == torch.device("cpu")


def test_another_name_is_an_error() -> None:
    with pytest.raises(ConfigError, match="expected auto, cpu or cuda"):
        resolve_device("gpu")


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
for step in range(10):
    before = faults()
    network(sequences).sum().backward()
print(faults() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is an option of glibc")
def test_memory_of_a_step_serves_the_next() -> None:
    """It is some 25 MB: 6,000 pages of 4 kB, were they to come from the system each time."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 1000
