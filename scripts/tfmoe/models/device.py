"""Device that a job computes on: the CPU, or a GPU that it shares with no other job."""

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
from tfmoe.core.private_files import open_private

logger = logging.getLogger("tfmoe")

# options of glibc's mallopt (malloc.h), and the largest mmap threshold that it accepts
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _LARGEST = -1, -3, 32 * 2**20


@dataclass(frozen=True)
class Compute:
    """The config's section ``compute``.

    Attributes
    ----------
    device
        ``auto``, ``cpu`` or ``cuda``.
    threads
        Threads of torch; 1 and 2 threads yield different weights.
    batch_size
        Sequences per batch outside of training; it bounds the memory.
    """

    device: str
    threads: int
    batch_size: int


def resolve_device(name: str) -> torch.device:
    """Return the device for ``auto``, ``cpu`` or ``cuda``; ``auto`` uses a GPU if there is one.

    Jobs of one user on one machine never share a GPU. Among the GPUs that the job may use
    (``CUDA_VISIBLE_DEVICES``), it takes the first that no other job has, or waits for one. If the
    job was given a GPU that torch cannot use, it warns once. With ``auto``, a SLURM job that was
    given no GPU computes on the CPU even if it sees GPUs, because not every cluster hides those of
    other jobs.

    Raises
    ------
    ConfigError
        If ``cuda`` is requested but torch sees no GPU, or if the name is none of the three.
    """
    if name not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"compute.device: found {name!r}, expected auto, cpu or cuda")
    if name == "cpu" or (name == "auto" and _is_slurm_job_without_gpu()):
        return torch.device("cpu")
    if torch.cuda.is_available():
        return _claim_gpu().device
    given = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    build = torch.version.cuda or "CPU only"
    if name == "cuda":
        raise ConfigError(
            f"compute.device: found cuda, but torch sees no GPU (build of torch: {build}; "
            f"CUDA_VISIBLE_DEVICES: {given or 'not set'}); set it to auto or cpu, or install a "
            "CUDA build of torch and check the driver"
        )
    if given:
        _warn_once(
            f"compute.device: this job was given GPU {given} (CUDA_VISIBLE_DEVICES), but torch "
            f"sees none (build of torch: {build}); it computes on the CPU"
        )
    return torch.device("cpu")


def _is_slurm_job_without_gpu() -> bool:
    """Return whether this is a SLURM job without a GPU; SLURM names the GPUs that it assigns."""
    return "SLURM_JOB_ID" in os.environ and not os.environ.get("CUDA_VISIBLE_DEVICES")


@dataclass(frozen=True)
class _ClaimedGpu:
    """A GPU and the lock that marks it as taken; the lock ends with the process in any case."""

    device: torch.device
    lock: IO[str]


@cache
def _claim_gpu() -> _ClaimedGpu:
    """Claim a GPU for this process, waiting until one is free."""
    taken = _claim_free_gpu()
    if taken is None:
        logger.info("all %d GPUs are in use by other jobs: waiting", torch.cuda.device_count())
    while taken is None:
        time.sleep(1)
        taken = _claim_free_gpu()
    torch.cuda.set_device(taken.device)
    logger.info("device: %s, %s", taken.device, torch.cuda.get_device_name(taken.device))
    return taken


def _claim_free_gpu() -> _ClaimedGpu | None:
    """Claim the first GPU that no other job of this user has; return `None` if all are taken.

    All jobs of a user on a machine have to find the same locks. The path of their folder can
    therefore be guessed, and `open_private` checks who made it.

    Raises
    ------
    InputError
        As for `open_private`.
    """
    folder = Path(tempfile.gettempdir()) / f"tfmoe-gpus-{os.getuid()}"
    for number in range(torch.cuda.device_count()):
        # identified by its UUID, because each job may number its GPUs from 0
        identity = torch.cuda.get_device_properties(number).uuid
        lock = open_private(folder, f"{identity}.lock")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
        else:
            return _ClaimedGpu(torch.device("cuda", number), lock)
    return None


@cache
def _warn_once(message: str) -> None:
    logger.warning("%s", message)


def prepare_torch(threads: int) -> None:
    """Set torch's threads, keep its memory and, on a GPU, request exact, deterministic algorithms.

    On the CPU, algorithms are deterministic for a given number of threads. Requesting determinism
    there would only import torch's compiler, which takes a second. On a GPU, torch would compute
    convolutions and LSTMs in TF32 by default, with 10 bits instead of 23, so that logits and
    attribution maps would differ from those of a CPU. Training uses bfloat16 if the config asks for
    it.

    Parameters
    ----------
    threads
        The config's ``compute.threads``; 1 and 2 threads yield different weights.
    """
    torch.set_num_threads(threads)
    _keep_memory()
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS requires this
        torch.use_deterministic_algorithms(True)
        # one by one: a value for all of cuDNN does not replace one that was set for a part
        for part in ("conv", "rnn"):
            getattr(torch.backends.cudnn, part).fp32_precision = "ieee"


def _keep_memory() -> None:
    """Let the C library, if it is glibc, keep up to 1 GiB of freed memory.

    Each training step allocates and frees the same tens of megabytes. By default they are returned
    to the system and come back as pages that must be zeroed, which takes a quarter of a LegNet
    step.
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_TRIM_THRESHOLD, 2**30)
        set_option(_MMAP_THRESHOLD, _LARGEST)
