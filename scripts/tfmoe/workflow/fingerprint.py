"""A hash of the code of a stage, so that an edited package reruns what it must.

Snakemake tracks a rule's script but not the package that the script calls; each rule therefore
carries this hash as a param.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path

STAGES = (
    "core",
    "jaspar",
    "data",
    "models",
    "evaluation",
    "attribution",
    "motifs",
    "figures",
    "report",
)
SOURCES = (".py", ".j2", ".css")
_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def stage_hash(stage: str, package: Path = _PACKAGE) -> str:
    """Hash the source of `stage` and of all stages before it.

    Parameters
    ----------
    stage
        One of `STAGES`.
    package
        The folder that holds one folder a stage.

    Returns
    -------
    str
        Sixteen hexadecimal digits; they change when a file of these stages changes, comes or goes.
    """
    digest = blake2b(digest_size=8)
    for name in STAGES[: STAGES.index(stage) + 1]:
        for path in sorted((package / name).rglob("*")):
            if path.suffix in SOURCES and not path.name.startswith("."):
                digest.update(path.relative_to(package).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()
