"""The mixture of experts: a dense soft gate over the outputs of frozen experts.

Tripathi et al. 2025 (arXiv 2507.09754): with the experts' embeddings e_1..e_n and E = concat(e_i),

    g = softmax(W_g E + b_g),    logit = classifier(sum_i g_i (W_i e_i + b_i)).

Every expert runs on every input. The options below change the input of the gate, how many of its
weights are kept, and the quantities that it weighs. With the experts' own logits z_1..z_n,

    logit = sum_i g_i (a_i z_i + c_i).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from tfmoe.core.errors import ConfigError
from tfmoe.models.encoding import average_strands, both_strands
from tfmoe.models.expert import Expert


@dataclass(frozen=True)
class HeadOptions:
    """Options of the config's section ``mixture`` that determine the shape of the head.

    Attributes
    ----------
    combines
        Quantities that the gate weighs: ``embeddings``, as in the paper, or ``logits``.
    gate_reads
        Input of the gate's linear layer: ``embeddings``, ``logits``, or ``both``.
    normalise
        Whether each embedding is scaled to a Euclidean norm of 1 before gate and projections.
    temperature
        Temperature of the gate's softmax, whose input is divided by it.
    top_k
        The gate keeps the `top_k` largest weights of an input, and those equal to the smallest of
        them, scaled to sum to 1; `None` keeps all. Because ties are kept, the start is uniform.
    """

    combines: str
    gate_reads: str
    normalise: bool
    temperature: float
    top_k: int | None

    def check(self, experts: int) -> None:
        """Check that these options fit a pool of `experts` networks.

        Raises
        ------
        ConfigError
            If more weights have to be kept than there are networks.
        """
        if self.top_k is not None and self.top_k > experts:
            raise ConfigError(
                f"mixture.top_k: found {self.top_k}, expected at most {experts}, the number of "
                "networks in the pool"
            )


@dataclass(frozen=True)
class ExpertOutputs:
    """Outputs of n experts for B sequences.

    Attributes
    ----------
    embeddings
        float32 (B, n, E).
    logits
        Each expert's own logits, float32 (B, n).
    """

    embeddings: Tensor
    logits: Tensor

    def __len__(self) -> int:
        return len(self.logits)

    def select(self, rows: Tensor) -> ExpertOutputs:
        """Return the outputs of the rows with the given numbers, int64 (R,)."""
        return ExpertOutputs(self.embeddings[rows], self.logits[rows])


class MixtureHead(nn.Module):
    """Gate and combination of the experts, the part of the mixture that is fitted first.

    Its logits are calibrated by the buffers ``calibration_scale`` and ``calibration_offset``, which
    start at 1 and 0; `tfmoe.models.calibration` sets them.

    Parameters
    ----------
    experts
        Number n of experts.
    embedding
        Size E of each expert's embedding, which the projections keep.
    options
        Options of the head.

    Raises
    ------
    ConfigError
        If the options do not fit the number of experts.
    """

    calibration_scale: Tensor
    calibration_offset: Tensor

    def __init__(self, experts: int, embedding: int, options: HeadOptions) -> None:
        super().__init__()
        options.check(experts)
        self.options = options
        read = {"embeddings": embedding, "logits": 1, "both": embedding + 1}[options.gate_reads]
        self.gate = nn.Linear(experts * read, experts)
        self.softmax = nn.Softmax(dim=1)
        if options.combines == "logits":
            self.scales = nn.Parameter(torch.ones(experts))
            self.offsets = nn.Parameter(torch.zeros(experts))
        else:
            self.projections = nn.Parameter(torch.zeros(experts, embedding, embedding))
            self.biases = nn.Parameter(torch.zeros(experts, embedding))
            self.classifier = nn.Linear(embedding, 1)
        self.register_buffer("calibration_scale", torch.tensor(1.0))
        self.register_buffer("calibration_offset", torch.tensor(0.0))

    @torch.no_grad()
    def start_from(self, weights: Tensor, biases: Tensor, norms: Tensor) -> None:
        """Initialise as the mean of the experts' logits under a uniform gate.

        W_g and b_g are zero, so each g_i is 1 / n. Over logits, a_i = 1 and c_i = 0. Over
        embeddings, the classifier is the unit vector u = 1 / sqrt(E) without a bias, W_i = u h_i^T
        and b_i = u k_i, so that classifier(W_i e_i + b_i) is h_i e_i + k_i, the logit of expert i.
        Nothing is drawn at random. The fit may change all of these. The start has rank one, which
        loses nothing because only classifier . W_i enters the logit.

        A normalised embedding has lost its norm |e_i|, so no start over such embeddings equals the
        experts' logits on every input. In this case W_i = m_i u h_i^T with a typical norm m_i, and
        expert i starts with h_i e_i m_i / |e_i| + k_i, which is its logit where the norm is the
        typical one.

        Parameters
        ----------
        weights
            Shape (n, E): the experts' head weights h_i.
        biases
            Shape (n,): the experts' head biases k_i.
        norms
            Shape (n,): the typical norms m_i; only used if embeddings are normalised.
        """
        self.gate.weight.zero_()
        self.gate.bias.zero_()
        if self.options.combines == "logits":
            self.scales.fill_(1)
            self.offsets.zero_()
            return
        if self.options.normalise:
            weights = weights * norms.unsqueeze(1)
        unit = weights.new_full((weights.shape[1],), 1 / math.sqrt(weights.shape[1]))
        self.classifier.weight.copy_(unit.unsqueeze(0))
        self.classifier.bias.zero_()
        self.projections.copy_(unit.view(1, -1, 1) * weights.unsqueeze(1))
        self.biases.copy_(unit.unsqueeze(0) * biases.unsqueeze(1))

    def weigh(self, outputs: ExpertOutputs, masked: Tensor | None = None) -> Tensor:
        """Return the gate's weights.

        Parameters
        ----------
        outputs
            Expert outputs of B sequences.
        masked
            Bool (B, n): experts that receive no weight. A row that masks all experts masks none.

        Returns
        -------
        Tensor
            Shape (B, n), rows summing to 1.
        """
        read = [self._embeddings(outputs).flatten(1), outputs.logits]
        chosen = {"embeddings": read[:1], "logits": read[1:], "both": read}
        scores = self.gate(torch.cat(chosen[self.options.gate_reads], dim=1))
        scores = scores / self.options.temperature
        if masked is not None:
            masked = masked & ~masked.all(dim=1, keepdim=True)
            scores = scores.masked_fill(masked, -math.inf)
        weights: Tensor = self.softmax(scores)
        return weights if self.options.top_k is None else _keep_largest(weights, self.options.top_k)

    def combine(self, outputs: ExpertOutputs, weights: Tensor) -> Tensor:
        """Return the calibrated logits (B,) of the outputs under gate weights (B, n)."""
        if self.options.combines == "logits":
            logits = (weights * (self.scales * outputs.logits + self.offsets)).sum(1)
        else:
            embeddings = self._embeddings(outputs)
            projected = torch.einsum("bne,nme->bnm", embeddings, self.projections) + self.biases
            logits = self.classifier((weights.unsqueeze(2) * projected).sum(1)).squeeze(1)
        return self.calibration_scale * logits + self.calibration_offset

    def forward(self, outputs: ExpertOutputs) -> Tensor:
        """Return the calibrated logits (B,) of the experts' outputs."""
        return self.combine(outputs, self.weigh(outputs))

    def _embeddings(self, outputs: ExpertOutputs) -> Tensor:
        embeddings = outputs.embeddings
        return normalize(embeddings, dim=2) if self.options.normalise else embeddings


class Mixture(nn.Module):
    """Experts, frozen unless they are fine-tuned, and the head over them.

    Parameters
    ----------
    experts
        Experts by name, in the order of the gate's columns.
    head
        The gate and the combination of the experts.
    averages_strands
        Whether logits and gate weights are means over both strands.

    Attributes
    ----------
    expert_names
        Names of the experts, in the order of the gate's columns.
    fine_tuned
        Whether the experts were fitted together with the head. They then belong to the mixture and
        differ from the pool's networks.
    """

    def __init__(
        self, experts: Mapping[str, Expert], head: MixtureHead, averages_strands: bool
    ) -> None:
        super().__init__()
        self.expert_names = tuple(experts)
        self.experts = nn.ModuleList(experts.values())
        self.head = head
        self.averages_strands = averages_strands
        self.fine_tuned = False
        self.experts.requires_grad_(False)

    @property
    def embedding(self) -> int:
        """Size E of the experts' embeddings."""
        return self.networks()[0].embedding

    @property
    def strands(self) -> int:
        """Number of strands on which a sequence is read: 2 if they are averaged, otherwise 1."""
        return 2 if self.averages_strands else 1

    def train(self, mode: bool = True) -> Self:
        """Set the head's training mode; the experts always stay in evaluation mode.

        With dropout and batch norms active, the head would learn from embeddings that never occur
        in use. The same holds for fine-tuning, which therefore starts from the embeddings that the
        head was fitted on.
        """
        super().train(mode)
        self.experts.eval()
        return self

    def run_experts(self, sequences: Tensor) -> ExpertOutputs:
        """Return the outputs (S B, ...) for sequences (B, 4, L); S = 2 if strands are averaged.

        In that case the second half of the rows is the other strand.
        """
        if self.averages_strands:
            sequences = both_strands(sequences)
        experts = self.networks()
        # Filled in place. Small results that are kept between the large, temporary ones of the
        # experts would make the memory grow with each batch.
        shape = len(sequences), len(experts)
        embeddings = sequences.new_empty((*shape, experts[0].embedding))
        logits = sequences.new_empty(shape)
        for index, expert in enumerate(experts):
            embedded = expert.embed(sequences)
            embeddings[:, index] = embedded
            logits[:, index] = expert.classify(embedded)
        return ExpertOutputs(embeddings, logits)

    def forward(self, sequences: Tensor) -> Tensor:
        """Return the logits (B,) of one-hot sequences (B, 4, L)."""
        return self.reduce(self.head(self.run_experts(sequences)))

    def gate(self, sequences: Tensor) -> Tensor:
        """Return the gate's weights (B, n), rows summing to 1, of one-hot sequences (B, 4, L)."""
        return self.reduce(self.head.weigh(self.run_experts(sequences)))

    def reduce(self, values: Tensor) -> Tensor:
        """Average values (S B, ...) over the strands, if the mixture does, to (B, ...)."""
        return average_strands(values) if self.averages_strands else values

    def networks(self) -> list[Expert]:
        """Return the experts, in the order of the gate's columns.

        Raises
        ------
        TypeError
            If one of them was replaced by another module.
        """
        found = [expert for expert in self.experts if isinstance(expert, Expert)]
        if len(found) < len(self.experts):
            kinds = ", ".join(sorted({type(expert).__name__ for expert in self.experts}))
            raise TypeError(f"the mixture has members of the types {kinds}, expected experts alone")
        return found


def _keep_largest(weights: Tensor, number: int) -> Tensor:
    """Keep the `number` largest weights of each row, and any equal to the smallest of them."""
    least = weights.detach().topk(number, dim=1).values[:, -1:]
    kept = torch.where(weights >= least, weights, 0.0)
    return kept / kept.sum(1, keepdim=True)
