"""The four splits, by chromosome, the same for all experiments."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tfmoe.core.errors import ConfigError

SPLITS = ("train", "gate", "validation", "test")


def assign_splits(
    chromosomes: Collection[str], splits: Mapping[str, Sequence[str]]
) -> dict[str, str]:
    """Give each chromosome its split.

    Parameters
    ----------
    chromosomes
        Names of the chromosomes in use, as the genome names them.
    splits
        The chromosomes of ``test``, ``validation`` and ``gate``; all others are ``train``.

    Returns
    -------
    dict
        Split of each chromosome, in the order of `chromosomes`.

    Raises
    ------
    ConfigError
        If a split names a chromosome that is not in use, or if none is left for ``train``.
    """
    assigned = dict.fromkeys(chromosomes, "train")
    for split, names in splits.items():
        unknown = [name for name in names if name not in assigned]
        if unknown:
            raise ConfigError(
                f"splits.{split}: the genome has no chromosome {', '.join(unknown)} in use; the "
                f"chromosomes in use are {', '.join(chromosomes)}"
            )
        assigned.update(dict.fromkeys(names, split))
    if "train" not in assigned.values():
        raise ConfigError(
            "splits: no chromosome is left for training; take one out of test, validation or gate"
        )
    return assigned
