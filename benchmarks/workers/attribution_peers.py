"""Time the mutagenesis of tangermeme and captum on the networks that tfmoe's worker saved.

Arguments: folder, threads. captum replaces features by a baseline; each position is one feature,
and the baselines are the sequence with each base replaced by the next one, the second and the
third. Both results are centred and compared with tfmoe's.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import torch
from captum.attr import FeatureAblation
from measuring import answer, clock_for, seconds_of
from safetensors import safe_open
from safetensors.torch import load_file
from tangermeme.saturation_mutagenesis import saturation_mutagenesis
from torch import Tensor, nn

from tfmoe.models.encoding import one_hot
from tfmoe.models.expert import Expert
from tfmoe.models.registry import build_backbone

BATCH = 256  # sequences per pass, as in tfmoe


class Column(nn.Module):
    """A network with logits of shape (B, 1), which the peers expect."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, sequences: Tensor) -> Tensor:
        """Return logits (B, 1)."""
        return self.network(sequences).unsqueeze(1)


def read_network(path: Path) -> tuple[nn.Module, Tensor, Tensor]:
    """Return a network, its sequences as codes (N, L), and tfmoe's maps of some of them."""
    tensors = load_file(path)
    with safe_open(path, framework="pt") as file:
        built = json.loads(file.metadata()["built"])
    codes, maps = tensors.pop("codes"), tensors.pop("maps")
    backbone = build_backbone(path.stem, codes.shape[1], built["backbone"])
    network = Expert(backbone, built["embedding"], 0)
    network.load_state_dict({key.removeprefix("network."): tensors[key] for key in tensors})
    return network.eval(), codes, maps


def with_tangermeme(network: nn.Module, inputs: Tensor) -> Tensor:
    """Return the logits for each base at each position, (N, 4, L)."""
    _, logits = saturation_mutagenesis(
        network, inputs, batch_size=BATCH, raw_outputs=True, device="cpu"
    )
    return logits.squeeze(-1)


def with_captum(network: nn.Module, inputs: Tensor) -> Tensor:
    """Return the change in logit for each base at each position, (N, 4, L)."""
    ablation = FeatureAblation(network)
    mask = torch.arange(inputs.shape[2]).expand(1, 4, -1)
    changes = torch.zeros_like(inputs)
    at_once = max(1, BATCH // len(inputs))
    with torch.no_grad():
        for step in (1, 2, 3):
            other = inputs.roll(step, 1)
            lost = ablation.attribute(
                inputs, baselines=other, feature_mask=mask, perturbations_per_eval=at_once
            )
            changes -= lost * other
    return changes


threads = int(sys.argv[2])
torch.set_num_threads(threads)
clock = clock_for(threads)
programs = {"tangermeme": with_tangermeme, "captum": with_captum}
found: dict[str, dict[str, float]] = {}
for path in sorted(Path(sys.argv[1]).glob("*.safetensors")):
    network, codes, maps = read_network(path)
    column, inputs = Column(network).eval(), one_hot(codes).contiguous()
    found[path.stem] = {}
    for name, program in programs.items():
        program(column, inputs[:2])
        found[path.stem][name] = seconds_of(partial(program, column, inputs), clock)
        values = program(column, inputs[:10])
        centred = values - values.mean(1, keepdim=True)
        found[path.stem][f"apart {name}"] = float((centred - maps[:10]).abs().max())
answer(**found)
