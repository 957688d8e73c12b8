"""Which device a job computes on."""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import tempfile
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

import torch

from tfmoe.core.errors import ConfigError

logger = logging.getLogger("tfmoe")

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

    A GPU is this process's alone, among the jobs of one user on one machine: of those that the job
    may use (``CUDA_VISIBLE_DEVICES``) it takes the first that no other job has, or waits for one.
    A job that was given a GPU that torch cannot use says so once. With ``auto`` a job of SLURM that
    was given none leaves those it may see on its node to others: not every cluster hides them.

    Raises
    ------
    ConfigError
        If ``cuda`` is asked for and torch sees no GPU, or for any other name.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"compute.device: found {name!r}, expected auto, cpu or cuda")
    if name == "cpu" or (name == "auto" and _slurm_gave_none()):
        return torch.device("cpu")
    if torch.cuda.is_available():
        return _own_gpu().device
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    build = torch.version.cuda or "CPU only"
    if name == "cuda":
        raise ConfigError(
            f"compute.device: cuda was asked for, but torch sees no GPU (build of torch: {build}; "
            f"CUDA_VISIBLE_DEVICES: {given or 'not set'}); set it to auto or cpu, or install a "
            "CUDA build of torch and check the driver"
        )
    if given:
        _warn_once(
            f"compute.device: this job was given GPU {given} (CUDA_VISIBLE_DEVICES), but torch "
            f"sees none (build of torch: {build}); it computes on the CPU"
        )
    return torch.device("cpu")


def _slurm_gave_none() -> bool:
    """Tell whether this is a job of SLURM without a GPU; one with a GPU is told which."""
    return "SLURM_JOB_ID" in os.environ and not os.environ.get("CUDA_VISIBLE_DEVICES")


@dataclass(frozen=True)
class _OwnGpu:
    """A GPU, and the lock that says that it is taken; it ends with the process in any case."""

    device: torch.device
    lock: IO[str]


@cache
def _own_gpu() -> _OwnGpu:
    """Take a GPU for this process; waits until one is free."""
    taken = _free_gpu()
    if taken is None:
        logger.info("all %d GPUs are taken by other jobs: waiting", torch.cuda.device_count())
    while taken is None:
        time.sleep(1)
        taken = _free_gpu()
    torch.cuda.set_device(taken.device)
    logger.info("device: %s, %s", taken.device, torch.cuda.get_device_name(taken.device))
    return taken


def _free_gpu() -> _OwnGpu | None:
    """Take the first GPU that no other job of this user has, if there is one."""
    folder = Path(tempfile.gettempdir()) / f"tfmoe-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    for number in range(torch.cuda.device_count()):
        # by what it is, as each job may count from 0 those that it was given
        identity = torch.cuda.get_device_properties(number).uuid
        lock = (folder / f"{identity}.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return _OwnGpu(torch.device("cuda", number), lock)
    return None


@cache
def _warn_once(message: str) -> None:
    logger.warning("%s", message)


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
