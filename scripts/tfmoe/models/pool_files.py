"""Which networks a mixture was fitted on: a table of their weights beside the mixture's own.

A rule that reads a mixture takes this table as its input in the place of the networks. With as many
networks as ENCODE has experiments, to name all of them in each of as many jobs would take Snakemake
minutes and gigabytes; and none of them is newer than the mixture that it is in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv, write_tsv


def write_pool(members: Sequence[str], weights: Sequence[Pathlike], path: Pathlike) -> None:
    """Write the weights of the networks of a mixture's pool, in its order.

    Parameters
    ----------
    members
        Their names in the pool.
    weights
        Their files, relative to the folder in which Snakemake runs.
    path
        Where to.
    """
    files = [str(file) for file in weights]
    write_tsv(pd.DataFrame({"network": list(members), "weights": files}), path)


def read_pools(paths: Iterable[Pathlike]) -> list[str]:
    """Read the weights of the networks of some pools, one pool after the other."""
    return [file for path in paths for file in read_tsv(path, ["network", "weights"])["weights"]]
