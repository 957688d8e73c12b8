"""Which device a job computes on."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass

import torch

from tfmoe.core.errors import ConfigError

# options of glibc's mallopt (malloc.h), and the most that it takes as a threshold for mmap
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _LARGEST = -1, -3, 32 * 2**20


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
    """Set torch's threads, keep its memory and, where there is a GPU, ask for determinism.

    The CPU's algorithms are deterministic for a given number of threads; to ask for it there would
    only import torch's compiler, which takes a second.

    Parameters
    ----------
    threads
        The config's ``compute.threads``: 1 and 2 threads give different weights.
    """
    torch.set_num_threads(threads)
    _keep_memory()
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS needs it for that
        torch.use_deterministic_algorithms(True)


def _keep_memory() -> None:
    """Have the C library keep what was freed, up to 1 GiB, where it is glibc.

    Each training step takes and frees the same tens of megabytes. By default they go back to the
    system and come again as pages to be zeroed: a quarter of the time of a LegNet's step.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_TRIM_THRESHOLD, 2**30)
        set_option(_MMAP_THRESHOLD, _LARGEST)
