"""Equal bytes from equal configs, and measured differences between kernels of other CPUs.

Without an option, the small run is computed with other numbers of cores, folders, locales, time
zones, umasks, hash seeds and orders of jobs, and once more by ``tfmoe reproduce``; every result has
to be equal byte for byte. With ``--kernels`` it is computed with the kernels that the numerical
libraries select on other CPUs, and the largest difference of each kind of number is printed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import tiny

from tfmoe.core.environment import describe_cpu
from tfmoe.workflow.result_comparison import (
    DISAGREEING,
    ComparedFile,
    compare_results,
    counts,
)


@dataclass(frozen=True)
class Variation:
    """Circumstances of a run, none of which may change its results."""

    name: str
    folder: str
    cores: int
    umask: int = 0o022
    locale: str = "C"
    environment: Mapping[str, str] = field(default_factory=dict)
    options: Sequence[str] = ()
    config: Mapping[str, object] = field(default_factory=dict)


BASE = Variation("as usual, 2 cores", "base", 2)
OTHERS = (
    Variation(
        "1 core",
        "vär eins/ordner mit leerzeichen",
        1,
        umask=0o077,
        locale="tr_TR.UTF-8",
        environment={"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "1", "HOME": "home eins"},
    ),
    Variation(
        "4 cores, other order of jobs",
        "four/" + "deep/" * 12,
        4,
        umask=0o000,
        locale="de_DE.UTF-8",
        environment={"TZ": "America/St_Johns", "PYTHONHASHSEED": "4242", "HOME": "home four"},
        options=("--scheduler", "greedy", "--prioritize", "draw_audit"),
    ),
)
_OLDEST = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3",
    "NUMBA_CPU_NAME": "generic",
}
_AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "AVX2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "NUMBA_CPU_NAME": "haswell",
}
_AVX512 = {
    "ATEN_CPU_CAPABILITY": "avx512",
    "MKL_CBWR": "AVX512",
    "ONEDNN_MAX_CPU_ISA": "AVX512_CORE",
    "OPENBLAS_CORETYPE": "SkylakeX",
    "NUMBA_CPU_NAME": "skylake-avx512",
}
_THREADS = {"compute": {"threads": 2}}


def kernels() -> list[Variation]:
    """Return the kernels that this CPU can run."""
    features = describe_cpu()["features"]
    found = [Variation("SSE4 (oldest)", "oldest", 2, environment=_OLDEST)]
    if "avx2" in features:
        found.append(Variation("AVX2 of Intel", "avx2", 2, environment=_AVX2))
    if "avx512f" in features:
        found.append(Variation("AVX-512", "avx512", 2, environment=_AVX512))
    return [*found, Variation("2 threads per job", "threads", 2, config=_THREADS)]


def compute(variation: Variation, top: Path) -> Path:
    """Compute the small run; return the folder of its results.

    Raises
    ------
    SystemExit
        If the run fails.
    """
    folder = top / variation.folder
    tiny.write_project(folder, **variation.config)
    changes = {"LC_ALL": _available(variation.locale), **variation.environment}
    if "HOME" in changes:
        changes["HOME"] = str(top / changes["HOME"])
        Path(changes["HOME"]).mkdir(parents=True, exist_ok=True)
    log = top / f"{PurePosixPath(variation.folder).parts[0]}.log"
    with log.open("w", encoding="utf-8") as printed:
        ended = subprocess.run(
            tiny.command(folder, variation.cores, *variation.options),
            env=tiny.environment(**changes),
            umask=variation.umask,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
    if ended.returncode != 0:
        raise SystemExit(f"{variation.name}: the run failed, see {log}")
    return folder / tiny.RESULTS


def check_bytes(top: Path) -> int:
    """Compute all variations; return the number of those that differ from the usual run."""
    base = compute(BASE, top)
    expected = tiny.digests(base)
    found = {other.name: tiny.digests(compute(other, top)) for other in OTHERS}
    again = top / "again"
    command = [sys.executable, "-c", "from tfmoe.cli import main; main()", "reproduce"]
    command += [str(base), "--output", str(again), "--cores", "2", "--tolerance", "0"]
    ended = subprocess.run(command, env=tiny.environment(PYTHONPATH=str(tiny.ROOT / "scripts")))
    found["tfmoe reproduce"] = tiny.digests(again / tiny.RESULTS)
    print("run\tfiles\tdiffer")
    for name, digests in found.items():
        differing = tiny.differing(expected, digests)
        print(name, len(digests), len(differing), sep="\t")
        for path in differing:
            print(f"  {path}")
    failed = sum(bool(tiny.differing(expected, digests)) for digests in found.values())
    return failed + (ended.returncode != 0)


def measure_kernels(top: Path) -> None:
    """Compute the run with other kernels, and print all differences.

    It only measures: a network that is fine-tuned on ten peaks amplifies the last digits.
    """
    base = compute(BASE, top)
    for other in kernels():
        files = compare_results(base, compute(other, top))
        print(f"== {other.name}: {dict(counts(files))}")
        for line in largest_by_kind(files):
            print("\t".join(line))


def largest_by_kind(files: Sequence[ComparedFile]) -> list[tuple[str, ...]]:
    """Return kind of file, column, and the largest relative and absolute difference of each."""
    largest: dict[tuple[str, str], tuple[float, float, str]] = defaultdict(lambda: (0.0, 0.0, ""))
    for file in files:
        parts = PurePosixPath(file.path).parts
        kind = f"{parts[0]}/*/{parts[-1]}" if len(parts) > 2 else file.path
        for row in file.differences:
            key = (kind, row.column)
            largest[key] = max(largest[key], (row.largest, row.absolute, file.path))
        if file.agreement in DISAGREEING and not file.differences:
            largest[(kind, file.agreement)] = (float("inf"), float("nan"), file.path)
    ordered = sorted(largest.items(), key=lambda item: (item[0][0], -item[1][0]))
    return [
        (kind, column, f"{relative:.1e}", f"{absolute:.1e}", path)
        for (kind, column), (relative, absolute, path) in ordered
    ]


def _available(locale: str) -> str:
    """Return a locale, or ``C`` where the system lacks it."""
    listed = subprocess.run(["locale", "-a"], capture_output=True, text=True).stdout.split()
    return locale if locale.replace("UTF-8", "utf8") in listed or locale in listed else "C"


def main() -> None:
    """Run the drill; the exit code is 1 if bytes differ, or if a run fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernels", action="store_true", help="measure differences of CPUs")
    parser.add_argument("--folder", type=Path, help="folder of the runs [default: temporary]")
    given = parser.parse_args()
    os.nice(10)
    with tempfile.TemporaryDirectory(prefix="tfmoe-drill-") as temporary:
        top = (given.folder or Path(temporary)).absolute()
        if given.kernels:
            measure_kernels(top)
        elif check_bytes(top):
            sys.exit(1)


if __name__ == "__main__":
    main()
