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
