"""The mixture of experts: a dense soft gate over the embeddings of frozen experts.

Tripathi et al. 2025 (arXiv 2507.09754): with the experts' embeddings e_1..e_n and E = concat(e_i),

    g = softmax(W_g E + b_g),    logit = classifier(sum_i g_i (W_i e_i + b_i)).

Every expert runs on every input.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn

from tfmoe.models.encoding import average_strands, both_strands
from tfmoe.models.expert import Expert


class MixtureHead(nn.Module):
    """Gate, projections and classifier: all of the mixture that is fitted.

    Parameters
    ----------
    experts
        Number n of experts.
    embedding
        Size E of each expert's embedding; the projections keep it.
    """

    def __init__(self, experts: int, embedding: int) -> None:
        super().__init__()
        self.gate = nn.Linear(experts * embedding, experts)
        self.softmax = nn.Softmax(dim=1)
        self.projections = nn.Parameter(torch.zeros(experts, embedding, embedding))
        self.biases = nn.Parameter(torch.zeros(experts, embedding))
        self.classifier = nn.Linear(embedding, 1)

    @torch.no_grad()
    def start_from(self, weights: Tensor, biases: Tensor) -> None:
        """Start as the mean of the experts' logits under a uniform gate.

        W_g and b_g are zero, so each g_i is 1 / n. The classifier is the unit vector
        u = 1 / sqrt(E) without a bias, W_i = u h_i^T and b_i = u k_i, so classifier(W_i e_i + b_i)
        is h_i e_i + k_i, the logit of expert i. Nothing is drawn at random. Fitting may move all of
        it; that the start has rank one loses nothing, as only classifier . W_i enters the logit.

        Parameters
        ----------
        weights
            Shape (n, E): the experts' head weights h_i.
        biases
            Shape (n,): the experts' head biases k_i.
        """
        unit = torch.full((weights.shape[1],), 1 / math.sqrt(weights.shape[1]))
        self.gate.weight.zero_()
        self.gate.bias.zero_()
        self.classifier.weight.copy_(unit.unsqueeze(0))
        self.classifier.bias.zero_()
        self.projections.copy_(unit.view(1, -1, 1) * weights.unsqueeze(1))
        self.biases.copy_(unit.unsqueeze(0) * biases.unsqueeze(1))

    def weigh(self, embeddings: Tensor) -> Tensor:
        """Return the gate's weights (B, n), rows summing to 1, for embeddings (B, n, E)."""
        weights: Tensor = self.softmax(self.gate(embeddings.flatten(1)))
        return weights

    def combine(self, embeddings: Tensor, weights: Tensor) -> Tensor:
        """Return the logits (B,) of embeddings (B, n, E) under gate weights (B, n)."""
        projected = torch.einsum("bne,nme->bnm", embeddings, self.projections) + self.biases
        logits: Tensor = self.classifier((weights.unsqueeze(2) * projected).sum(1)).squeeze(1)
        return logits

    def forward(self, embeddings: Tensor) -> Tensor:
        """Return the logits (B,) of embeddings (B, n, E)."""
        return self.combine(embeddings, self.weigh(embeddings))


class Mixture(nn.Module):
    """Frozen experts and the head over them.

    Parameters
    ----------
    experts
        Expert by name; their order is the order of the gate's columns.
    head
        The fitted head.
    averages_strands
        Whether logits and gate weights are means over both strands.

    Attributes
    ----------
    expert_names
        The experts' names in the order of the gate's columns.
    """

    def __init__(
        self, experts: Mapping[str, Expert], head: MixtureHead, averages_strands: bool
    ) -> None:
        super().__init__()
        self.expert_names = tuple(experts)
        self.experts = nn.ModuleList(experts.values())
        self.head = head
        self.averages_strands = averages_strands
        self.experts.requires_grad_(False)

    def train(self, mode: bool = True) -> Self:
        """Put the head into training mode, or take it out; the frozen experts stay out of it.

        Their dropout would have the head learn from embeddings that it never sees in use.
        """
        super().train(mode)
        self.experts.eval()
        return self

    def embed(self, sequences: Tensor) -> Tensor:
        """Return embeddings (S B, n, E) of sequences (B, 4, L); S = 2 if strands are averaged.

        The second half of the batch then belongs to the other strand.
        """
        if self.averages_strands:
            sequences = both_strands(sequences)
        return torch.stack([expert.embed(sequences) for expert in self._experts()], dim=1)

    def forward(self, sequences: Tensor) -> Tensor:
        """Return the logits (B,) of one-hot sequences (B, 4, L)."""
        return self.reduce(self.head(self.embed(sequences)))

    def gate(self, sequences: Tensor) -> Tensor:
        """Return the gate's weights (B, n), rows summing to 1, of one-hot sequences (B, 4, L)."""
        return self.reduce(self.head.weigh(self.embed(sequences)))

    def expert_logits(self, embeddings: Tensor) -> Tensor:
        """Return each expert's own logits (B, n) from what `embed` returned."""
        logits = [
            expert.classify(embeddings[:, index]) for index, expert in enumerate(self._experts())
        ]
        return self.reduce(torch.stack(logits, dim=1))

    def reduce(self, values: Tensor) -> Tensor:
        """Average values (S B, ...) over the strands, if the mixture does, to (B, ...)."""
        return average_strands(values) if self.averages_strands else values

    def _experts(self) -> list[Expert]:
        return [expert for expert in self.experts if isinstance(expert, Expert)]
