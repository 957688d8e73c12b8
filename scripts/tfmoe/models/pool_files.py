"""Tables of the networks in a mixture's pool, stored next to the mixture.

A rule that reads a mixture takes this table as input instead of the networks. With as many networks
as ENCODE has experiments, listing all of them in as many jobs would take Snakemake minutes and
gigabytes. None of them is newer than the mixture that contains it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv, write_tsv


def write_pool(members: Sequence[str], weights: Sequence[Pathlike], path: Pathlike) -> None:
    """Write the weight files of a mixture's pool, in its order.

    Parameters
    ----------
    members
        Names of the networks in the pool.
    weights
        Weight files, relative to Snakemake's working directory.
    path
        Output file.
    """
    files = [str(file) for file in weights]
    write_tsv(pd.DataFrame({"network": list(members), "weights": files}), path)


def read_pools(paths: Iterable[Pathlike]) -> list[str]:
    """Read the weight files of several pools, one pool after the other."""
    return [file for path in paths for file in read_tsv(path, ["network", "weights"])["weights"]]
