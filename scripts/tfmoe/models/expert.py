"""The expert network: backbone, linear embedding with LayerNorm, dropout and one logit."""

from __future__ import annotations

from torch import Tensor, nn

from tfmoe.models.encoding import average_strands, both_strands


class Expert(nn.Module):
    """A network whose logit predicts whether a factor binds a window.

    The architecture follows Tripathi et al. 2025 (arXiv 2507.09754): features of the backbone,
    linear layer to the embedding, LayerNorm, dropout, linear layer to one logit. The embedding is
    the output of LayerNorm; dropout belongs to the head.

    Parameters
    ----------
    backbone
        Maps (B, 4, L) to (B, F) and has the attribute ``features`` = F.
    embedding
        Size E of the embedding.
    dropout
        Probability that dropout zeroes a dimension of the embedding, only in training.
    """

    def __init__(self, backbone: nn.Module, embedding: int, dropout: float) -> None:
        super().__init__()
        self.backbone = backbone
        self.projection = nn.Linear(int(backbone.features), embedding)  # type: ignore[arg-type]
        self.norm = nn.LayerNorm(embedding)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(embedding, 1)

    @property
    def embedding(self) -> int:
        """Size E of the embedding."""
        return self.head.in_features

    def embed(self, sequences: Tensor) -> Tensor:
        """Return the embeddings (B, E), float32, of one-hot sequences (B, 4, L)."""
        return self.embed_features(self.backbone(sequences))

    def embed_features(self, features: Tensor) -> Tensor:
        """Return the embeddings (B, E), float32, of the backbone's features (B, F)."""
        embeddings: Tensor = self.norm(self.projection(features))
        return embeddings

    def classify(self, embeddings: Tensor) -> Tensor:
        """Return the logits (B,) of embeddings (B, E)."""
        logits: Tensor = self.head(self.dropout(embeddings)).squeeze(1)
        return logits

    def forward(self, sequences: Tensor) -> Tensor:
        """Return the logits (B,) of one-hot sequences (B, 4, L)."""
        return self.classify(self.embed(sequences))


class StrandAveraged(nn.Module):
    """A network whose output is averaged over both strands of its input.

    Both strands pass as one batch, so that each module inside runs once per pass.

    Parameters
    ----------
    network
        Maps (B, 4, L) to (B, ...).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, sequences: Tensor) -> Tensor:
        """Return the output (B, ...) for one-hot sequences (B, 4, L)."""
        return average_strands(self.network(both_strands(sequences)))
