"""Which device a job computes on."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch

from tfmoe.core.errors import ConfigError


@dataclass(frozen=True)
class Compute:
    """The config's section ``compute``.

    Attributes
    ----------
    device
        ``auto``, ``cpu`` or ``cuda``.
    threads
        Threads of torch: 1 and 2 give different weights.
    batch_size
        Sequences a batch where nothing is trained; it bounds the memory.
    """

    device: str
    threads: int
    batch_size: int


def resolve_device(name: str) -> torch.device:
    """Return the device for ``auto``, ``cpu`` or ``cuda``; ``auto`` takes a GPU where there is one.

    Raises
    ------
    ConfigError
        If ``cuda`` is asked for and torch sees no GPU, or for any other name.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"compute.device: found {name!r}, expected auto, cpu or cuda")
    found = torch.cuda.is_available()
    if name == "cuda" and not found:
        raise ConfigError(
            "compute.device: cuda was asked for, but torch sees no GPU (build of torch: "
            f"{torch.version.cuda or 'CPU only'}); set it to auto or cpu, or install a CUDA build "
            "of torch and check the driver"
        )
    return torch.device("cuda" if found and name != "cpu" else "cpu")


def prepare_torch(threads: int) -> None:
    """Set torch's threads and, where there is a GPU, ask for deterministic algorithms.

    The CPU's algorithms are deterministic for a given number of threads; to ask for it there would
    only import torch's compiler, which takes a second.

    Parameters
    ----------
    threads
        The config's ``compute.threads``: 1 and 2 threads give different weights.
    """
    torch.set_num_threads(threads)
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS needs it for that
        torch.use_deterministic_algorithms(True)
