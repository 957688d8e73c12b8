"""Peak files of several factors that are copies of one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from tfmoe.core.experiments import Experiment
from tfmoe.data.reading.sources import InputFile, file_checksum


def same_content_faults(
    experiments: Mapping[str, Experiment], files: Mapping[str, Sequence[InputFile]]
) -> list[str]:
    """Return one message per pair of equal peak files of two factors.

    Parameters
    ----------
    experiments
        The experiment table.
    files
        The peak files of each experiment; missing and empty files are left to other checks.
    """
    owners: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for name, found in files.items():
        for path in dict.fromkeys(file.path for file in found):
            if Path(path).is_file() and Path(path).stat().st_size:
                owners[Path(path).stat().st_size].append((name, path))
    faults = []
    # only files of one size can be equal, so few checksums are computed
    for group in owners.values():
        first: dict[str, tuple[str, str]] = {}
        for name, path in group if len(group) > 1 else ():
            other, known = first.setdefault(file_checksum(path), (name, path))
            factors = [experiments[each].factor for each in (other, name)]
            if factors[0].upper() != factors[1].upper():
                faults.append(
                    f"experiments {other} and {name}: {known} and {path} have the same content, "
                    f"but the factors are {factors[0]} and {factors[1]}; give each factor its "
                    "own peaks"
                )
    return faults
