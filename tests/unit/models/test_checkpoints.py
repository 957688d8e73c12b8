import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tfmoe.core.errors import InputError
from tfmoe.core.files import read_json, write_json
from tfmoe.models.checkpoints import (
    WEIGHTS,
    ExpertConfig,
    MixtureConfig,
    build_expert,
    load_expert,
    load_mixture,
    read_expert,
    save_expert,
    save_mixture,
    versions,
    weights_hash,
)
from tfmoe.models.encoding import one_hot, reverse_complement
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead
from tolerance import close

Changes = dict[str, object]
TERMS = 4 * 6  # of the longest sum in these networks: a filter's


def expert_config(name: str, **changes: object) -> ExpertConfig:
    values: Changes = {
        "name": name,
        "experiments": [name],
        "factors": [name],
        "seed": 0,
        "recipe": "tfmoe",
        "backbone": "convnet",
        "hyperparameters": {"filters": 4, "kernel_width": 6, "pool": "max"},
        "embedding": 8,
        "dropout": 0.2,
        "window": 20,
        "averages_strands": True,
        "training": {},
        "versions": versions(),
    }
    return ExpertConfig(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for seed, name in enumerate(("b", "a")):
        torch.manual_seed(seed)
        config = expert_config(name)
        save_expert(build_expert(config), config, tmp_path / name)
        found[name] = tmp_path / name
    return found


def make_mixture(
    folders: dict[str, Path], fine_tuned: bool = False
) -> tuple[Mixture, MixtureConfig]:
    options = HeadOptions("embeddings", "both", True, 1.0, None)
    experts = {name: read_expert(folder)[0] for name, folder in folders.items()}
    mixture = Mixture(experts, MixtureHead(2, 8, options), True).eval()
    mixture.fine_tuned = fine_tuned
    hashes = {name: weights_hash(folder) for name, folder in folders.items()}
    config = MixtureConfig(
        "default", 0, hashes, ["b", "a"], 8, True, asdict(options), fine_tuned, {}, versions()
    )
    return mixture, config


@pytest.fixture
def mixture_folder(folders: dict[str, Path], tmp_path: Path) -> Path:
    mixture, config = make_mixture(folders)
    save_mixture(mixture, config, tmp_path / "mixture")
    return tmp_path / "mixture"


def test_an_expert_comes_back_as_it_was(folders: dict[str, Path]) -> None:
    torch.manual_seed(0)
    expert = build_expert(expert_config("b")).eval()
    loaded, config = read_expert(folders["b"])
    assert config == expert_config("b")
    assert sorted(load_file(folders["b"] / "model.safetensors")) == sorted(expert.state_dict())
    sequences = one_hot(torch.randint(0, 5, (6, 20), dtype=torch.uint8))
    assert torch.equal(loaded(sequences), expert(sequences))
    assert not loaded.training


def test_an_expert_is_averaged_over_strands_if_it_was_trained_so(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    sequences = one_hot(torch.randint(0, 4, (6, 20), dtype=torch.uint8))
    other = reverse_complement(sequences)
    averaged = load_expert(folders["b"])
    close(averaged(sequences), averaged(other), terms=TERMS)
    config = expert_config("c", averages_strands=False)
    save_expert(build_expert(config), config, tmp_path / "c")
    plain = load_expert(tmp_path / "c")
    assert not torch.allclose(plain(sequences), plain(other))


def test_a_mixture_keeps_its_own_order_of_experts(
    mixture_folder: Path, folders: dict[str, Path]
) -> None:
    mixture = load_mixture(mixture_folder, {name: folders[name] for name in sorted(folders)})
    assert mixture.expert_names == ("b", "a")
    assert not mixture.training
    sequences = one_hot(torch.randint(0, 4, (3, 20), dtype=torch.uint8))
    logits = mixture.reduce(mixture.run_experts(sequences).logits)
    close(logits[:, 1], load_expert(folders["a"])(sequences), terms=TERMS)


def test_a_mixture_comes_back_with_its_head_and_calibration(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    mixture, config = make_mixture(folders)
    with torch.no_grad():
        for value in mixture.head.parameters():
            value.normal_()
        mixture.head.calibration_scale.fill_(2)
        mixture.head.calibration_offset.fill_(-3)
    save_mixture(mixture, config, tmp_path)
    loaded = load_mixture(tmp_path, folders)
    sequences = one_hot(torch.randint(0, 4, (5, 20), dtype=torch.uint8))
    assert torch.equal(loaded(sequences), mixture(sequences))
    assert not any(name.startswith("experts") for name in load_file(tmp_path / WEIGHTS))


def test_a_fine_tuned_mixture_has_experts_of_its_own(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    mixture, config = make_mixture(folders, fine_tuned=True)
    with torch.no_grad():
        for value in mixture.parameters():
            value += 0.1
    save_mixture(mixture, config, tmp_path)
    loaded = load_mixture(tmp_path, folders)
    sequences = one_hot(torch.randint(0, 4, (5, 20), dtype=torch.uint8))
    assert torch.equal(loaded(sequences), mixture(sequences))
    assert loaded.fine_tuned
    frozen = load_expert(folders["b"])(sequences)
    assert not torch.allclose(loaded.reduce(loaded.run_experts(sequences).logits)[:, 0], frozen)


def change_options(folder: Path) -> None:
    content = read_json(folder / "config.json")
    content["head"]["combines"] = "logits"
    write_json(content, folder / "config.json")


def drop_option(folder: Path) -> None:
    content = read_json(folder / "config.json")
    del content["head"]["top_k"]
    write_json(content, folder / "config.json")


def as_expert(folder: Path) -> None:
    write_json(asdict(expert_config("b")), folder / "config.json")


def claim_fine_tuning(folder: Path) -> None:
    content = read_json(folder / "config.json")
    write_json({**content, "fine_tuned": True}, folder / "config.json")


def truncate(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-40])


def remove_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def change_architecture(folder: Path) -> None:
    content = read_json(folder / "config.json")
    content["hyperparameters"]["filters"] = 5
    write_json(content, folder / "config.json")


def drop_tensor(folder: Path) -> None:
    tensors = load_file(folder / "model.safetensors")
    del tensors["backbone.convolution.bias"]
    save_file(tensors, folder / "model.safetensors")


def break_config(folder: Path) -> None:
    (folder / "config.json").write_text('{"name": ')


def remove_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def drop_key(folder: Path) -> None:
    content = read_json(folder / "config.json")
    del content["window"]
    write_json(content, folder / "config.json")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (truncate, r"model\.safetensors: the checkpoint is truncated or damaged"),
        (remove_weights, r"model\.safetensors: the file does not exist"),
        (change_architecture, r"architecture in config\.json .*convolution\.bias has shape \(4,\)"),
        (
            drop_tensor,
            r"architecture in config\.json .*convolution\.bias has shape none, expected \(4,\)",
        ),
        (break_config, r"config\.json: .*not valid JSON .*; remove its folder and run again"),
        (remove_config, r"config\.json: the file does not exist; remove its folder and run again"),
        (drop_key, r"config\.json: not a valid ExpertConfig"),
    ],
)
def test_a_spoilt_checkpoint_is_one_clear_error(
    folders: dict[str, Path], spoil: Callable[[Path], None], message: str
) -> None:
    spoil(folders["b"])
    with pytest.raises(InputError, match=message):
        load_expert(folders["b"])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (truncate, r"model\.safetensors: the checkpoint is truncated"),
        (
            change_options,
            r"architecture in config\.json .*2 experts with .*'logits'.*biases has shape",
        ),
        (
            claim_fine_tuning,
            r"architecture in config\.json .*biases has shape \(2, 8\), expected none",
        ),
        (drop_option, r"config\.json: found the keys .* in `head`, expected .*top_k"),
        (as_expert, r"config\.json: not a valid MixtureConfig"),
    ],
)
def test_a_spoilt_mixture_is_one_clear_error(
    mixture_folder: Path, folders: dict[str, Path], spoil: Callable[[Path], None], message: str
) -> None:
    spoil(mixture_folder)
    with pytest.raises(InputError, match=message):
        load_mixture(mixture_folder, folders)


def test_a_mixture_refuses_other_experts(mixture_folder: Path, folders: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="needs expert a, which is missing"):
        load_mixture(mixture_folder, {"b": folders["b"]})
    swapped = {"a": folders["b"], "b": folders["a"]}
    with pytest.raises(InputError, match="fitted on weights of expert b that differ"):
        load_mixture(mixture_folder, swapped)


def test_a_damaged_expert_is_reported_and_not_its_mixture(
    mixture_folder: Path, folders: dict[str, Path]
) -> None:
    truncate(folders["b"])
    with pytest.raises(InputError, match=rf"^{folders['b']}/model\.safetensors: .*truncated"):
        load_mixture(mixture_folder, folders)


def test_saving_twice_gives_the_same_bytes_and_no_path(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    expert, config = read_expert(folders["b"])
    save_expert(expert, config, tmp_path / "again")
    for name in ("model.safetensors", "config.json"):
        assert (tmp_path / "again" / name).read_bytes() == (folders["b"] / name).read_bytes()
    assert str(tmp_path) not in (folders["b"] / "config.json").read_text()
    shutil.rmtree(tmp_path / "again")
