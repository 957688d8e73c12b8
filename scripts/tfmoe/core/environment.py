"""Facts about a job's process on which the bytes of its results depend.

Each job describes its own process, because a rule may have a conda environment of its own and a
cluster may have nodes with different CPUs. Jobs with the same facts share one description.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from tfmoe.core.files import write_json
from tfmoe.core.threads import VARIABLES

PACKAGES = (
    "snakemake",
    "torch",
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "scikit-posthocs",
    "statsmodels",
    "pyarrow",
    "pysam",
    "py2bit",
    "pybedtools",
    "bedtools",
    "pyfaidx",
    "pybigwig",
    "pyjaspar",
    "safetensors",
    "numba",
    "h5py",
    "modisco-lite",
    "memelite",
    "logomaker",
    "matplotlib",
    "jinja2",
    "markdown-it-py",
    "optuna",
)
"""Packages that results depend on directly, by the names of PyPI or conda."""
KERNELS = (
    "ATEN_CPU_CAPABILITY",
    "MKL_CBWR",
    "MKL_ENABLE_INSTRUCTIONS",
    "NPY_DISABLE_CPU_FEATURES",
    "NUMBA_CPU_FEATURES",
    "NUMBA_CPU_NAME",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
)
"""Environment variables that select kernels of the numerical libraries."""
FEATURES = ("avx", "avx2", "fma", "avx512f", "avx512bw", "avx512_bf16", "amx_tile", "asimd", "sve")
"""Features of a CPU by which the numerical libraries select kernels, as Linux names them."""
_DIGITS = 16
_CPU_FACTS = Path("/proc/cpuinfo")


def describe_environment() -> dict[str, Any]:
    """Return Python, packages, system, CPU, and variables for threads and kernels."""
    names = (*VARIABLES, *KERNELS)
    return {
        "python": platform.python_version(),
        "packages": installed_packages(),
        "system": " ".join([platform.system(), platform.machine(), *filter(None, _libc())]),
        "cpu": describe_cpu(),
        "variables": {name: os.environ[name] for name in names if name in os.environ},
    }


def installed_packages(
    folders: Iterable[str] | None = None, prefix: str = sys.prefix
) -> dict[str, str]:
    """Return the version of each installed package, by lower-case name with hyphens.

    The names of metadata folders are read, not their contents: every job does this.

    Parameters
    ----------
    folders
        Folders of Python packages; by default those of this process.
    prefix
        Folder of the environment. If it is conda's, its other packages are listed too.
    """
    found: dict[str, str] = {}
    for folder in sys.path if folders is None else folders:
        for path in Path(folder).glob("*.dist-info"):
            name, _, version = path.stem.partition("-")
            found.setdefault(name.replace("_", "-").lower(), version)
    for path in Path(prefix, "conda-meta").glob("*.json"):
        name, version, _ = path.stem.rsplit("-", 2)
        found.setdefault(name.lower(), version)
    return dict(sorted(found.items()))


def describe_cpu(facts: Path = _CPU_FACTS) -> dict[str, Any]:
    """Return the model of the CPU and those of its `FEATURES` that it has; both may be empty.

    Parameters
    ----------
    facts
        Linux's list of CPUs; elsewhere only the model is known.
    """
    try:
        text = facts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {"model": platform.processor(), "features": []}
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.*)$", text, re.MULTILINE)
    has = set(flags[1].split()) if flags else set()
    return {"model": model[1] if model else "", "features": [n for n in FEATURES if n in has]}


def register_environment(folder: Path) -> list[dict[str, Any]]:
    """Note this process's description in a folder; return all descriptions there, in fixed order.

    Each description has a file of its own, so that jobs that run at the same time lose none.
    """
    described = describe_environment()
    digest = sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()[:_DIGITS]
    path = folder / f"{digest}.json"
    if not path.is_file():
        write_json(described, path)
    return [
        json.loads(other.read_text(encoding="utf-8")) for other in sorted(folder.glob("*.json"))
    ]


def job_versions(environments: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the versions of Python and of `PACKAGES` in environments; all where they differ."""
    found: dict[str, set[str]] = {}
    for environment in environments:
        packages = environment["packages"]
        own = {"python": environment["python"]}
        own |= {name: packages[name] for name in PACKAGES if name in packages}
        for name, version in own.items():
            found.setdefault(name, set()).add(version)
    return {name: ", ".join(sorted(versions)) for name, versions in found.items()}


def _libc() -> tuple[str, str]:
    return platform.libc_ver()
