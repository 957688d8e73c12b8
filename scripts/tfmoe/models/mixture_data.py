"""What a mixture is fitted on and judged by, and what its experts say of it.

The pooled label says "bound by the factor of its own set". Negatives that overlap a peak of any
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
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences
from tfmoe.data.negatives.shuffled_positives import shuffle_positives
from tfmoe.models.checkpoints import ExpertConfig
from tfmoe.models.moe import ExpertOutputs, Mixture
from tfmoe.models.prediction import batches
from tfmoe.models.training import SHUFFLE, drop_bound_negatives


@dataclass(frozen=True)
class MixtureExamples:
    """N examples of all training experiments, with a pool of n experts.

    Attributes
    ----------
    sequences
        Their table has a column ``experiment`` more than those of other sequence sets.
    windows
        uint8 (N, L).
    labels
        float32 (N,), on the device.
    own
        bool (N, n), on the device: the experts that were trained on the example's factor and on no
        other.
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
    """Read some splits of all training experiments.

    Training shuffles are not stored, as each expert makes its own afresh in each epoch. Here the
    embeddings of the examples are computed once, so that the split ``train`` gets as many shuffles
    a positive as are asked for, drawn once for all mixtures of a run.

    Parameters
    ----------
    sequences
        Path of ``sequences/<x>.parquet`` by training experiment.
    splits
        The splits.
    negatives
        Negatives of each kind a positive.
    training_peaks
        As in `tfmoe.models.training.drop_bound_negatives`.
    run_seed
        The run's seed.

    Returns
    -------
    SequenceSet
        With the column ``experiment``.
    """
    kinds = ["peak", *(kind for kind, share in negatives.items() if share > 0)]
    parts = []
    for experiment, path in sequences.items():
        part = read_sequences(path, splits=splits, kinds=kinds)
        train = ((part.table["split"] == "train") & (part.table["label"] == 1)).to_numpy()
        asked = round(int(train.sum()) * negatives.get(SHUFFLE, 0.0))
        if asked:
            rng = generator(run_seed, "shuffles of the mixtures", experiment)
            shuffles = shuffle_positives(part.select(train), asked, experiment, rng)
            part = concatenate([part, shuffles])
        table = part.table.assign(experiment=experiment)
        parts.append(SequenceSet(table, part.codes, part.flank))
    return drop_bound_negatives(concatenate(parts), training_peaks)


def draw_examples(
    sequences: SequenceSet, most: int, run_seed: int, splits: Collection[str]
) -> SequenceSet:
    """Draw at most so many examples, without replacement, and keep their order.

    What a head is fitted on is read by every expert and kept. With more factors there are more
    examples and more experts; a bound on the one keeps cost and memory linear in the other.

    Parameters
    ----------
    sequences
        What there is.
    most
        The largest number of examples.
    run_seed
        The run's seed.
    splits
        The splits that they are of.
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
    """Put examples on the device, beside what each expert of the pool has to do with them."""
    own = own_experts(sequences.table["experiment"].to_numpy(dtype=np.str_), pool)
    return MixtureExamples(
        sequences,
        np.ascontiguousarray(sequences.windows),
        torch.from_numpy(sequences.labels).to(device),
        torch.from_numpy(own).to(device),
    )


def check_classes(examples: SequenceSet, key: str, splits: Collection[str], place: str) -> None:
    """Check that there are positives and negatives.

    Parameters
    ----------
    examples
        To check.
    key, splits
        The key of the section ``mixture`` that names the splits they are of, and those splits.
    place
        The mixture, for messages.

    Raises
    ------
    TrainingError
        If there are none of either.
    """
    positives = int(examples.labels.sum())
    if min(positives, len(examples) - positives) == 0:
        raise TrainingError(
            f"{place}: mixture.{key} ({', '.join(splits)}) has {positives} positives and "
            f"{len(examples) - positives} negatives of all training experiments, and both are "
            f"needed; change the section `splits`, mixture.{key} or negatives.training"
        )


def own_experts(
    experiments: NDArray[np.str_], pool: Mapping[str, ExpertConfig]
) -> NDArray[np.bool_]:
    """Say which experts of a pool were trained on an example's factor and on no other.

    Several experiments of one factor, however it is spelt, may have an expert each: all of these
    are its own. A generalist is nobody's own.

    Parameters
    ----------
    experiments
        Shape (N,): the experiment of each example.
    pool
        What each of n experts was trained on.

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
    names, places = np.unique(experiments, return_inverse=True)
    own = [[found == factors.get(name) for found in known] for name in map(str, names)]
    return np.array(own, dtype=np.bool_).reshape(len(names), len(pool))[places]


class Readings:
    """What the experts of a mixture say of examples, a batch at a time, in order.

    It is computed once and kept, on the device, as long as the experts are frozen, and computed
    anew each time after `forget`. A batch has up to `batch_size` sequences and, if strands are
    averaged, as many rows more, as `Mixture.run_experts` returns them.

    Parameters
    ----------
    mixture
        Whose experts are run, without gradients.
    examples
        What they are run on.
    batch_size
        Sequences a batch.

    Attributes
    ----------
    examples
        As given.
    rows
        int64 (S N,), on the device: the number of its example for each row, over all batches.
    """

    def __init__(self, mixture: Mixture, examples: MixtureExamples, batch_size: int) -> None:
        self.examples = examples
        self._mixture = mixture
        self._batch_size = batch_size
        numbers = torch.split(
            torch.arange(len(examples), device=examples.labels.device), batch_size
        )
        self.rows = torch.cat([part.repeat(mixture.strands) for part in numbers])
        self._kept: ExpertOutputs | None = self._join()

    def __iter__(self) -> Iterator[ExpertOutputs]:
        if self._kept is None:
            yield from self._run()
            return
        rows = self._batch_size * self._mixture.strands
        parts = torch.split(self._kept.embeddings, rows), torch.split(self._kept.logits, rows)
        for embeddings, logits in zip(*parts, strict=True):
            yield ExpertOutputs(embeddings, logits)

    @property
    def joined(self) -> ExpertOutputs:
        """All batches, one after the other."""
        return self._join() if self._kept is None else self._kept

    def forget(self) -> None:
        """Keep nothing any more, as the experts are going to change."""
        self._kept = None

    def _join(self) -> ExpertOutputs:
        rows, first = len(self.rows), 0
        kept: ExpertOutputs | None = None
        for part in self._run():
            if kept is None:  # filled in place, as batches and their whole would take twice as much
                kept = ExpertOutputs(
                    part.embeddings.new_empty((rows, *part.embeddings.shape[1:])),
                    part.logits.new_empty((rows, *part.logits.shape[1:])),
                )
            last = first + len(part.logits)
            kept.embeddings[first:last], kept.logits[first:last] = part.embeddings, part.logits
            first = last
        if kept is None:
            raise ValueError("there are no examples")
        return kept

    def _run(self) -> Iterator[ExpertOutputs]:
        device = self.examples.labels.device
        for batch in batches(self.examples.windows, self._batch_size, device):
            with torch.no_grad():
                outputs = self._mixture.run_experts(batch)
            yield outputs
