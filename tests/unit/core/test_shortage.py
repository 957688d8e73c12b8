import errno

import pytest

from tfmoe.core.errors import ResourceError
from tfmoe.core.shortage import disk_fault, htslib_writes, memory_fault


def later(first: Exception, error: Exception) -> Exception:
    """Return an error that was raised in the handling of another."""
    error.__context__ = first
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOSPC, "Error writing bytes to file"), "the disk is full; free some space"),
        (OSError(errno.EDQUOT, "x"), "your disk quota is used up; delete files or request more"),
        (OSError(errno.EFBIG, "x"), "a limit on the size of a file (`ulimit -f`) is reached"),
        (OSError(errno.EROFS, "x"), "the file system is read-only"),
        (OSError(errno.ESTALE, "x"), "the network file system lost the file; run the same command"),
        # as safetensors and as matplotlib for a PDF
        (Exception("I/O error: No space left on device (os error 28)"), "the disk is full"),
        (later(OSError(errno.ENOSPC, "x"), ValueError("inconsistent state")), "the disk is full"),
    ],
)
def test_faults_of_the_disk(error: Exception, reason: str):
    found = disk_fault(error)
    assert found is not None
    assert found.startswith(reason)
    assert found.endswith("run the same command again; complete files are kept")


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOENT, "x"), OSError("writing failed"), ValueError("x"), MemoryError()]
)
def test_other_faults_are_not_of_the_disk(error: Exception):
    assert disk_fault(error) is None


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            MemoryError("Unable to allocate 3 GiB\nfor x"),
            "memory ran out (Unable to allocate 3 GiB",
        ),
        (MemoryError(), "memory ran out (MemoryError); run fewer jobs at once (`--cores 1`"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "memory ran out ([Errno 12] Cannot"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: x"), "memory ran out (Default"),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), "memory ran out (CUDA out"),
        (ImportError("libx.so: Cannot allocate memory"), "memory ran out (libx.so: Cannot"),
        (later(MemoryError(), SystemError("x")), "memory ran out (MemoryError)"),
    ],
)
def test_faults_of_memory(error: Exception, reason: str):
    assert (memory_fault(error) or "").startswith(reason)


@pytest.mark.parametrize("error", [RuntimeError("shape mismatch"), OSError(errno.ENOSPC, "x")])
def test_other_faults_are_not_of_memory(error: Exception):
    assert memory_fault(error) is None


def test_htslib_reports_no_error_number():
    with pytest.raises(ResourceError) as caught, htslib_writes("a.vcf.gz"):
        raise OSError("writing failed")
    assert str(caught.value).startswith(
        "a.vcf.gz: the file could not be written (writing failed), probably because the disk"
    )
    with pytest.raises(FileNotFoundError), htslib_writes("a.vcf.gz"):
        raise FileNotFoundError(errno.ENOENT, "No such file", "b")
