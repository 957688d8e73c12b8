"""Checkpoints of experts and mixtures: weights as safetensors, everything else as JSON.

A folder contains ``model.safetensors`` and ``config.json``; nothing is ever unpickled. The JSON
contains neither paths nor times, so that retraining yields the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.field_types import field_fault
from tfmoe.core.files import Pathlike, atomic_path, read_json, write_json
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead
from tfmoe.models.registry import build_backbone

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
# The whole folder, because the rule runs again only if the weights are missing too: no other rule
# reads the settings alone.
REMEDY = "remove its folder"


@dataclass(frozen=True)
class ExpertConfig:
    """Contents of an expert's ``config.json``.

    Attributes
    ----------
    name
        The expert's name, ``pooled`` or ``background_vs_shuffle``.
    experiments, factors
        The experiments and factors that it was trained on.
    seed, recipe, backbone
        As in the folder's path.
    hyperparameters
        Hyper-parameters of the backbone.
    embedding, dropout
        Size of the embedding; dropout probability.
    window
        Length of the windows, in bases.
    averages_strands
        Whether its logit is the mean over both strands.
    training
        The config's section ``training`` that it was trained with, and its best epoch.
    versions
        Versions of the packages that its weights depend on.
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
    """Contents of a mixture's ``config.json``.

    Attributes
    ----------
    name, seed
        As in the folder's path.
    experts
        SHA-256 of each expert's weights by expert name, in the order of the gate's columns.
    expert_names
        Names of the experts in that order (JSON keys are sorted).
    embedding
        Size of the embeddings.
    averages_strands
        Whether logits and gate weights are means over both strands.
    head
        Options of its head, named as in `tfmoe.models.moe.HeadOptions`.
    fine_tuned
        Whether its experts were fine-tuned; their weights are then in the mixture's own folder.
    fit
        The rest of the config's section ``mixture`` that it was fitted with, and its best epoch.
    versions
        Versions of the packages that its weights depend on.
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
    """Return the versions of the packages that weights depend on."""
    return {"torch": str(torch.__version__)}


def build_expert(config: ExpertConfig) -> Expert:
    """Build the network described by a config, with fresh weights from torch's random state."""
    backbone = build_backbone(config.backbone, config.window, config.hyperparameters)
    return Expert(backbone, config.embedding, config.dropout)


def save_expert(expert: Expert, config: ExpertConfig, folder: Pathlike) -> None:
    """Write an expert's weights and config into `folder`."""
    _save(expert, config, Path(folder))


def save_mixture(mixture: Mixture, config: MixtureConfig, folder: Pathlike) -> None:
    """Write a mixture's head and config into `folder`.

    Frozen experts stay in their own folders; fine-tuned experts are written with the head.
    """
    _save(mixture if mixture.fine_tuned else mixture.head, config, Path(folder))


def read_expert(folder: Pathlike) -> tuple[Expert, ExpertConfig]:
    """Read an expert without averaging over strands, in evaluation mode, on the CPU.

    Raises
    ------
    InputError
        If a file is missing or truncated, if the config has values of another type, or if the
        weights belong to another architecture or are not finite.
    """
    config = _read_config(ExpertConfig, Path(folder))
    if config.window < 1:
        raise InputError(
            f"{Path(folder) / CONFIG}: window: found {config.window}, expected at least 1; "
            f"{REMEDY} and run again"
        )
    expert = _build(lambda: build_expert(config), Path(folder))
    _load_weights(expert, Path(folder), f"backbone {config.backbone} with {config.hyperparameters}")
    return expert, config


def load_expert(folder: Pathlike) -> nn.Module:
    """Load an expert for use.

    Returns
    -------
    nn.Module
        In evaluation mode, on the CPU. It maps one-hot (B, 4, L) to logits (B,), averaged over both
        strands if the expert's config asks for it.

    Raises
    ------
    InputError
        As for `read_expert`.
    """
    expert, config = read_expert(folder)
    return StrandAveraged(expert).eval() if config.averages_strands else expert


def load_mixture(folder: Pathlike, expert_folders: Mapping[str, Path]) -> Mixture:
    """Load a mixture and its experts for use, in evaluation mode, on the CPU.

    A fine-tuned mixture has its own experts, whose weights are in its folder.

    Parameters
    ----------
    folder
        The mixture's folder.
    expert_folders
        Folder by expert name, at least for the experts that the mixture was fitted on. Their order
        does not matter, because the mixture stores its own.

    Raises
    ------
    InputError
        As for `read_expert`, or if an expert is missing or is not one that the mixture was fitted
        on.
    """
    config = _read_config(MixtureConfig, Path(folder))
    if sorted(config.expert_names) != sorted(config.experts):
        raise InputError(
            f"{Path(folder) / CONFIG}: `experts` and `expert_names` differ; {REMEDY} and run again"
        )
    experts = {}
    for name in config.expert_names:
        if name not in expert_folders:
            raise InputError(f"{folder}: the mixture needs expert {name}, which is missing")
        # read first, so that a damaged expert is reported as such and not as other weights
        experts[name] = read_expert(expert_folders[name])[0]
        if weights_hash(expert_folders[name]) != config.experts[name]:
            raise InputError(
                f"{folder}: the mixture was fitted on weights of expert {name} that differ from "
                f"those in {expert_folders[name]}; {REMEDY} and run again"
            )
    options = _head_options(config, Path(folder))
    head = _build(lambda: MixtureHead(len(experts), config.embedding, options), Path(folder))
    mixture = _build(lambda: Mixture(experts, head, config.averages_strands), Path(folder))
    mixture.fine_tuned = config.fine_tuned
    described = f"a mixture of {len(experts)} experts with {config.head}"
    _load_weights(mixture if config.fine_tuned else head, Path(folder), described)
    return mixture.eval()


def _head_options(config: MixtureConfig, folder: Path) -> HeadOptions:
    expected = [field.name for field in fields(HeadOptions)]
    if sorted(config.head) != sorted(expected):
        raise InputError(
            f"{folder / CONFIG}: found the keys {', '.join(sorted(config.head))} in `head`, "
            f"expected {', '.join(sorted(expected))}; {REMEDY} and run again"
        )
    fault = field_fault(HeadOptions, config.head)
    if fault:
        raise InputError(f"{folder / CONFIG}: head.{fault}; {REMEDY} and run again")
    return HeadOptions(**config.head)


def weights_hash(folder: Pathlike) -> str:
    """Return the SHA-256 of a checkpoint's weights file."""
    path = Path(folder) / WEIGHTS
    try:
        return sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None


def check_file_count(kind: str, files: Sequence[Pathlike], expected: int) -> None:
    """Check the number of files against the number of names that they will be matched with.

    A rule lists its files in an agreed order. With one file too many or too few, weights would be
    assigned to the wrong network.

    Raises
    ------
    ValueError
        If the numbers differ.
    """
    if len(files) != expected:
        raise ValueError(f"found {len(files)} files of {kind}, expected {expected}")


def _save(module: nn.Module, config: ExpertConfig | MixtureConfig, folder: Path) -> None:
    tensors = {name: value.detach().cpu().contiguous() for name, value in _tensors(module).items()}
    with atomic_path(folder / WEIGHTS) as temporary:
        save_file(tensors, temporary)
    write_json(asdict(config), folder / CONFIG)


def _tensors(module: nn.Module) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = module.state_dict()
    return state


Config = TypeVar("Config", ExpertConfig, MixtureConfig)
Module = TypeVar("Module", bound=nn.Module)


def _read_config(kind: type[Config], folder: Path) -> Config:
    path = folder / CONFIG
    content = read_json(path, REMEDY)
    expected = sorted(field.name for field in fields(kind))
    found = sorted(content) if isinstance(content, dict) else []
    if found != expected:
        raise InputError(
            f"{path}: not a valid {kind.__name__}: found the keys {', '.join(found)}, expected "
            f"{', '.join(expected)}; {REMEDY} and run again"
        )
    fault = field_fault(kind, content)
    if fault:
        raise InputError(f"{path}: {fault}; {REMEDY} and run again")
    return kind(**content)


def _build(build: Callable[[], Module], folder: Path) -> Module:
    """Build a network from a config whose values may not fit one another.

    The config may be anyone's. The network is built without memory first, and has to have no more
    parameters than the file of its weights has numbers.
    """
    try:
        with torch.device("meta"), _at_most_parameters(_stored_numbers(folder / WEIGHTS)):
            build()
        return build()
    except (
        ArithmeticError,
        ConfigError,
        LookupError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        raise InputError(
            f"{folder / CONFIG}: no network can be built from it ({error}); {REMEDY} and run again"
        ) from None


@contextmanager
def _at_most_parameters(most: int) -> Iterator[None]:
    """Raise a `ValueError` in the block once networks have more parameters than `most`."""
    count = 0

    def add(_module: nn.Module, _name: str, parameter: nn.Parameter | None) -> None:
        nonlocal count
        # an empty tensor takes time, too
        count += 0 if parameter is None else max(parameter.numel(), 1)
        if count > most:
            raise ValueError(f"it has more parameters than {WEIGHTS}, which has {most:,} numbers")

    handle = register_module_parameter_registration_hook(add)
    try:
        yield
    finally:
        handle.remove()


def _stored_numbers(path: Path) -> int:
    """Return an upper bound of how many numbers a file of weights holds, from its size."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None


def _check_finite(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    for name, values in tensors.items():
        if values.is_floating_point() and not bool(torch.isfinite(values).all()):
            raise InputError(
                f"{path}: found weights in {name} that are not finite; the training diverged or "
                f"the file is damaged: {REMEDY} and run again"
            )


def _load_weights(module: nn.Module, folder: Path, architecture: str) -> None:
    path = folder / WEIGHTS
    try:
        tensors = load_file(path)
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: the checkpoint is truncated or damaged ({error}); {REMEDY} and run again"
        ) from None
    expected = {name: tuple(value.shape) for name, value in _tensors(module).items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    if found != expected:
        differing = sorted(
            name for name in {*expected, *found} if expected.get(name) != found.get(name)
        )
        name = differing[0]
        raise InputError(
            f"{path}: the weights do not fit the architecture in {CONFIG} ({architecture}): "
            f"{name} has shape {found.get(name, 'none')}, expected {expected.get(name, 'none')}; "
            f"{REMEDY} and run again"
        )
    _check_finite(tensors, path)
    module.load_state_dict(tensors)
    module.eval()
