"""Checkpoints: weights as safetensors, everything else as JSON. Nothing is ever unpickled.

A folder holds ``model.safetensors`` and ``config.json``. The JSON has neither a path nor a time in
it, so that training again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, atomic_path, read_json, write_json
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead
from tfmoe.models.registry import build_backbone

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
# its rule runs again only if the weights are gone, too: no other reads the settings alone
REMEDY = "remove its folder"


@dataclass(frozen=True)
class ExpertConfig:
    """What an expert's ``config.json`` says.

    Attributes
    ----------
    name
        The expert's name, ``pooled`` or ``background_vs_shuffle``.
    experiments, factors
        What it was trained on.
    seed, recipe, backbone
        As in the folder's path.
    hyperparameters
        Those of the backbone.
    embedding, dropout
        Size of the embedding; probability of dropout.
    window
        Length of the windows, in bases.
    averages_strands
        Whether its logit is the mean over both strands.
    training
        The training section of the config it was trained with, and its best epoch.
    versions
        Versions of what its weights depend on.
    """

    name: str
    experiments: list[str]
    factors: list[str]
    seed: int
    recipe: str
    backbone: str
    hyperparameters: dict[str, Any]
    embedding: int
    dropout: float
    window: int
    averages_strands: bool
    training: dict[str, Any]
    versions: dict[str, str]


@dataclass(frozen=True)
class MixtureConfig:
    """What a mixture's ``config.json`` says.

    Attributes
    ----------
    name, seed
        As in the folder's path.
    experts
        SHA-256 of each expert's weights by the expert's name, in the order of the gate's columns.
    expert_names
        The names in that order (JSON keys are sorted).
    embedding
        Size of the embeddings.
    averages_strands
        Whether logits and gate weights are means over both strands.
    head
        The options of its head, as `tfmoe.models.moe.HeadOptions` names them.
    fine_tuned
        Whether its experts were fitted along, so that its own folder holds their weights.
    fit
        What else the mixture section of the config says that it was fitted with, and its best
        epoch.
    versions
        Versions of what its weights depend on.
    """

    name: str
    seed: int
    experts: dict[str, str]
    expert_names: list[str]
    embedding: int
    averages_strands: bool
    head: dict[str, Any]
    fine_tuned: bool
    fit: dict[str, Any]
    versions: dict[str, str]


def versions() -> dict[str, str]:
    """Return the versions that weights depend on."""
    return {"torch": str(torch.__version__)}


def build_expert(config: ExpertConfig) -> Expert:
    """Build the network that a config describes, with fresh weights from torch's random state."""
    backbone = build_backbone(config.backbone, config.window, config.hyperparameters)
    return Expert(backbone, config.embedding, config.dropout)


def save_expert(expert: Expert, config: ExpertConfig, folder: Pathlike) -> None:
    """Write an expert's weights and config into `folder`."""
    _save(expert, config, Path(folder))


def save_mixture(mixture: Mixture, config: MixtureConfig, folder: Pathlike) -> None:
    """Write a mixture's head and config into `folder`.

    Frozen experts stay in their own folders; fine-tuned ones are written along.
    """
    _save(mixture if mixture.fine_tuned else mixture.head, config, Path(folder))


def read_expert(folder: Pathlike) -> tuple[Expert, ExpertConfig]:
    """Read an expert without its averaging over strands, in evaluation mode, on the CPU.

    Raises
    ------
    InputError
        If a file is missing or truncated, or the weights belong to another architecture.
    """
    config = _read_config(ExpertConfig, Path(folder))
    expert = build_expert(config)
    _load(expert, Path(folder), f"backbone {config.backbone} with {config.hyperparameters}")
    return expert, config


def load_expert(folder: Pathlike) -> nn.Module:
    """Load an expert for use.

    Returns
    -------
    nn.Module
        In evaluation mode, on the CPU; it maps one-hot (B, 4, L) to logits (B,), averaged over both
        strands if the expert was trained to be.

    Raises
    ------
    InputError
        As `read_expert`.
    """
    expert, config = read_expert(folder)
    return StrandAveraged(expert).eval() if config.averages_strands else expert


def load_mixture(folder: Pathlike, expert_folders: Mapping[str, Path]) -> Mixture:
    """Load a mixture and its experts for use, in evaluation mode, on the CPU.

    The experts of a fine-tuned mixture are its own, with the weights in its folder.

    Parameters
    ----------
    folder
        The mixture's folder.
    expert_folders
        Folder by expert's name, at least those the mixture was fitted on; their order is of no
        matter, as the mixture knows its own.

    Raises
    ------
    InputError
        As `read_expert`, or if an expert is missing or is not the one the mixture was fitted on.
    """
    config = _read_config(MixtureConfig, Path(folder))
    experts = {}
    for name in config.expert_names:
        if name not in expert_folders:
            raise InputError(f"{folder}: the mixture needs the expert {name}, which was not given")
        # a damaged expert is told first: its weights are others, too, and no fit would mend it
        experts[name] = read_expert(expert_folders[name])[0]
        if weights_hash(expert_folders[name]) != config.experts[name]:
            raise InputError(
                f"{folder}: the mixture was fitted on other weights of expert {name} than those in "
                f"{expert_folders[name]}; {REMEDY} and run again"
            )
    head = MixtureHead(len(experts), config.embedding, _options(config, Path(folder)))
    mixture = Mixture(experts, head, config.averages_strands)
    mixture.fine_tuned = config.fine_tuned
    described = f"a mixture of {len(experts)} experts with {config.head}"
    _load(mixture if config.fine_tuned else head, Path(folder), described)
    return mixture.eval()


def _options(config: MixtureConfig, folder: Path) -> HeadOptions:
    expected = [field.name for field in fields(HeadOptions)]
    if sorted(config.head) != sorted(expected):
        raise InputError(
            f"{folder / CONFIG}: `head` has the keys {', '.join(sorted(config.head))}; expected "
            f"{', '.join(sorted(expected))}; {REMEDY} and run again"
        )
    return HeadOptions(**config.head)


def weights_hash(folder: Pathlike) -> str:
    """Return the SHA-256 of a checkpoint's weights file."""
    path = Path(folder) / WEIGHTS
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None


def check_number(what: str, files: Sequence[Pathlike], expected: int) -> None:
    """Check that there are as many files as names to sort them by.

    A rule gives its files in an order agreed upon, so that one too many or too few would be read as
    another network than it is.

    Raises
    ------
    ValueError
        If there are not.
    """
    if len(files) != expected:
        raise ValueError(f"found {len(files)} files of {what}, expected {expected}")


def _save(module: nn.Module, config: ExpertConfig | MixtureConfig, folder: Path) -> None:
    tensors = {name: value.detach().cpu().contiguous() for name, value in _state(module).items()}
    with atomic_path(folder / WEIGHTS) as temporary:
        save_file(tensors, temporary)
    write_json(asdict(config), folder / CONFIG)


def _state(module: nn.Module) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = module.state_dict()
    return state


Config = TypeVar("Config", ExpertConfig, MixtureConfig)


def _read_config(kind: type[Config], folder: Path) -> Config:
    path = folder / CONFIG
    content = read_json(path, REMEDY)
    expected = sorted(field.name for field in fields(kind))
    found = sorted(content) if isinstance(content, dict) else []
    if found != expected:
        raise InputError(
            f"{path}: this is no {kind.__name__}: it has the keys {', '.join(found)}; expected "
            f"{', '.join(expected)}; {REMEDY} and run again"
        )
    return kind(**content)


def _load(module: nn.Module, folder: Path, what: str) -> None:
    path = folder / WEIGHTS
    try:
        tensors = load_file(path)
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: the checkpoint is truncated or damaged ({error}); {REMEDY} and run again"
        ) from None
    expected = {name: tuple(value.shape) for name, value in _state(module).items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    if found != expected:
        differing = sorted(
            name for name in {*expected, *found} if expected.get(name) != found.get(name)
        )
        name = differing[0]
        raise InputError(
            f"{path}: the weights are of another architecture than {CONFIG} says ({what}): {name} "
            f"has shape {found.get(name, 'none')}, expected {expected.get(name, 'none')}; "
            f"{REMEDY} and run again"
        )
    module.load_state_dict(tensors)
    module.eval()
