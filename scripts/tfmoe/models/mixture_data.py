"""Examples that a mixture is fitted and validated on, and its experts' outputs for them.

The pooled label means "bound by the factor of its own set". Negatives that overlap a peak of any
training experiment are dropped, and negatives of kind ``other_factor`` are never used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tfmoe.core.dna import Codes
from tfmoe.core.errors import TrainingError
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import Kind, Split
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences
from tfmoe.data.negatives.shuffled_positives import shuffle_positives
from tfmoe.models.checkpoints import ExpertConfig
from tfmoe.models.moe import ExpertOutputs, Mixture
from tfmoe.models.prediction import batches
from tfmoe.models.training_data import drop_bound_negatives


@dataclass(frozen=True)
class MixtureExamples:
    """N examples from all training experiments, for a pool of n experts.

    Attributes
    ----------
    sequences
        The sequences; their table has the additional column ``experiment``.
    windows
        uint8 (N, L).
    labels
        float32 (N,), on the device.
    own
        bool (N, n), on the device: experts that were trained only on the example's factor.
    """

    sequences: SequenceSet
    windows: Codes
    labels: Tensor
    own: Tensor

    def __len__(self) -> int:
        return len(self.windows)


def read_examples(
    sequences: Mapping[str, Path],
    splits: Collection[str],
    negatives: Mapping[str, float],
    training_peaks: Path,
    run_seed: int,
) -> SequenceSet:
    """Read the given splits of all training experiments.

    Shuffles of the train split are not stored, because each expert draws new ones in each epoch. A
    mixture computes the embeddings of its examples only once. For the train split, the requested
    number of shuffles per positive is therefore drawn once, the same for all mixtures of a run.

    Parameters
    ----------
    sequences
        Path of ``sequences/<x>.parquet`` by training experiment.
    splits
        The splits to read.
    negatives
        Negatives of each kind per positive.
    training_peaks
        As for `tfmoe.models.training_data.drop_bound_negatives`.
    run_seed
        The run's seed.

    Returns
    -------
    SequenceSet
        With the column ``experiment``.
    """
    kinds = [Kind.PEAK, *(kind for kind, share in negatives.items() if share > 0)]
    parts = []
    for experiment, path in sequences.items():
        part = read_sequences(path, splits=splits, kinds=kinds)
        train = ((part.table["split"] == Split.TRAIN) & (part.table["label"] == 1)).to_numpy()
        wanted = round(int(train.sum()) * negatives.get(Kind.DINUCLEOTIDE, 0.0))
        if wanted:
            rng = generator(run_seed, "shuffles of the mixtures", experiment)
            shuffles = shuffle_positives(part.select(train), wanted, experiment, rng)
            part = concatenate([part, shuffles])
        table = part.table.assign(experiment=experiment)
        parts.append(SequenceSet(table, part.codes, part.flank))
    return drop_bound_negatives(concatenate(parts), training_peaks)


def draw_examples(
    sequences: SequenceSet, most: int, run_seed: int, splits: Collection[str]
) -> SequenceSet:
    """Subsample the examples above a maximum number, without replacement and in their order.

    Each expert reads all examples that a head is fitted on, and its outputs are kept. More factors
    mean more examples and more experts. A bound on the number of examples keeps cost and memory
    linear in the number of experts.

    Parameters
    ----------
    sequences
        All available examples.
    most
        Maximum number of examples.
    run_seed
        The run's seed.
    splits
        The splits that they belong to.
    """
    if len(sequences) <= most:
        return sequences
    rng = generator(run_seed, "examples of the mixtures", *splits)
    chosen = np.zeros(len(sequences), dtype=np.bool_)
    chosen[rng.permutation(len(sequences))[:most]] = True
    return sequences.select(chosen)


def make_examples(
    sequences: SequenceSet, pool: Mapping[str, ExpertConfig], device: torch.device
) -> MixtureExamples:
    """Move examples to the device, and mark each example's own experts in the pool."""
    own = own_experts(sequences.table["experiment"].to_numpy(dtype=np.str_), pool)
    return MixtureExamples(
        sequences,
        np.ascontiguousarray(sequences.windows),
        torch.from_numpy(sequences.labels).to(device),
        torch.from_numpy(own).to(device),
    )


def check_classes(examples: SequenceSet, key: str, splits: Collection[str], label: str) -> None:
    """Check that the examples include positives and negatives.

    Parameters
    ----------
    examples
        Examples to check.
    key, splits
        The key of the section ``mixture`` that lists their splits, and those splits.
    label
        Name of the mixture, for messages.

    Raises
    ------
    TrainingError
        If either class is missing.
    """
    positives = int(examples.labels.sum())
    if min(positives, len(examples) - positives) == 0:
        raise TrainingError(
            f"{label}: mixture.{key} ({', '.join(splits)}) has {positives} positives and "
            f"{len(examples) - positives} negatives over all training experiments, expected "
            f"both; change the section `splits`, mixture.{key} or negatives.training"
        )


def own_experts(
    experiments: NDArray[np.str_], pool: Mapping[str, ExpertConfig]
) -> NDArray[np.bool_]:
    """Return which experts of a pool were trained only on an example's factor.

    Several experiments of one factor (in any spelling) may each have an expert; all of these are
    own experts of the factor's examples. A generalist is never an own expert.

    Parameters
    ----------
    experiments
        Shape (N,): the experiment of each example.
    pool
        Configs of the n experts, with their training factors.

    Returns
    -------
    ndarray
        Shape (N, n).
    """
    known = [{factor.upper() for factor in config.factors} for config in pool.values()]
    factors = {
        name: found
        for config, found in zip(pool.values(), known, strict=True)
        for name in config.experiments
        if len(found) == 1
    }
    names, indices = np.unique(experiments, return_inverse=True)
    own = [[found == factors.get(name) for found in known] for name in map(str, names)]
    return np.array(own, dtype=np.bool_).reshape(len(names), len(pool))[indices]


class CachedOutputs:
    """Outputs of a mixture's experts for examples, in order, one batch at a time.

    While the experts are frozen, the outputs are computed once and cached on the device. After
    `stop_caching`, each iteration runs the experts again. A batch has up to `batch_size` sequences
    and, if strands are averaged, twice as many rows, in the layout of `Mixture.run_experts`.

    Parameters
    ----------
    mixture
        Mixture whose experts are run, without gradients.
    examples
        Examples to run them on.
    batch_size
        Sequences per batch.

    Attributes
    ----------
    examples
        The examples.
    rows
        int64 (S N,), on the device: the number of the example of each row, over all batches.
    """

    def __init__(self, mixture: Mixture, examples: MixtureExamples, batch_size: int) -> None:
        self.examples = examples
        self._mixture = mixture
        self._batch_size = batch_size
        numbers = torch.split(
            torch.arange(len(examples), device=examples.labels.device), batch_size
        )
        self.rows = torch.cat([part.repeat(mixture.strands) for part in numbers])
        self._cached: ExpertOutputs | None = self._join()

    def __iter__(self) -> Iterator[ExpertOutputs]:
        if self._cached is None:
            yield from self._run()
            return
        rows = self._batch_size * self._mixture.strands
        parts = torch.split(self._cached.embeddings, rows), torch.split(self._cached.logits, rows)
        for embeddings, logits in zip(*parts, strict=True):
            yield ExpertOutputs(embeddings, logits)

    @property
    def joined(self) -> ExpertOutputs:
        """All batches concatenated."""
        return self._join() if self._cached is None else self._cached

    def stop_caching(self) -> None:
        """Drop the cache, because the experts are about to change."""
        self._cached = None

    def _join(self) -> ExpertOutputs:
        rows, first = len(self.rows), 0
        kept: ExpertOutputs | None = None
        for part in self._run():
            if kept is None:  # filled in label, to avoid twice the memory
                kept = ExpertOutputs(
                    part.embeddings.new_empty((rows, *part.embeddings.shape[1:])),
                    part.logits.new_empty((rows, *part.logits.shape[1:])),
                )
            last = first + len(part.logits)
            kept.embeddings[first:last], kept.logits[first:last] = part.embeddings, part.logits
            first = last
        if kept is None:
            raise ValueError("found no examples")
        return kept

    def _run(self) -> Iterator[ExpertOutputs]:
        device = self.examples.labels.device
        for batch in batches(self.examples.windows, self._batch_size, device):
            with torch.no_grad():
                outputs = self._mixture.run_experts(batch)
            yield outputs
