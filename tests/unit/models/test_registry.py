import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tfmoe.core.errors import ConfigError
from tfmoe.core.recipes import Recipe
from tfmoe.models import backbones, registry

SHAPE = {"filters": 3, "kernel_width": 5, "pool": "max"}


def test_backbones_are_the_files_of_their_folder() -> None:
    assert registry.available() == ["convnet", "danq", "deepsea", "explainn", "legnet"]


def test_a_backbone_is_added_by_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "counting.py").write_text(
        "from torch import nn\n"
        "def build(length, scale):\n"
        "    network = nn.Flatten()\n"
        "    network.features = 4 * length * scale\n"
        "    return network\n"
    )
    monkeypatch.setattr(backbones, "__path__", [*backbones.__path__, str(tmp_path)])
    assert registry.available() == ["convnet", "counting", "danq", "deepsea", "explainn", "legnet"]
    backbone = registry.build_backbone("counting", 10, {"scale": 1})
    assert backbone(torch.zeros(2, 4, 10)).shape == (2, 40)


def test_unknown_backbone_names_those_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"training\.backbone: 'resnet' is not a backbone; .*convnet"
    ):
        registry.build_backbone("resnet", 101, SHAPE)


@pytest.mark.parametrize(
    ("backbone", "pool", "section", "key"),
    [
        ("resnet", None, "", "training.backbone"),
        ("resnet", ["convnet"], "", "training.backbone"),
        ("convnet", ["legnet", "resnet"], "", "mixture.backbones"),
        ("resnet", None, "recipes.robust", "recipes.robust.training.backbone"),
        ("convnet", ["resnet"], "ablations.two", "ablations.two.mixture.backbones"),
    ],
)
def test_the_key_that_names_an_unknown_backbone(
    backbone: str, pool: list[str] | None, section: str, key: str
) -> None:
    training = {"backbone": backbone, "backbones": {"convnet": SHAPE}}
    recipe = Recipe("r", False, "r", training, {"backbones": pool}, {}, {})
    with pytest.raises(ConfigError, match=f"^{re.escape(key)}: 'resnet' is not a backbone"):
        registry.check_backbones(recipe, section)


def test_hyperparameters_of_an_unknown_backbone() -> None:
    training = {"backbone": "convnet", "backbones": {"convnet": SHAPE, "convnt": {"filters": 3}}}
    recipe = Recipe("r", True, "r", training, {"backbones": None}, {}, {})
    with pytest.raises(ConfigError, match=r"^training\.backbones: 'convnt' is not a backbone"):
        registry.check_backbones(recipe, "")


@pytest.mark.parametrize("changes", [{"pool": "median"}, {"width": 3}])
def test_hyperparameters_that_a_backbone_does_not_take(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"training\.backbones\.convnet"):
        registry.build_backbone("convnet", 101, {**SHAPE, **changes})


def test_the_registry_needs_no_torch() -> None:
    code = (
        "import sys, tfmoe.models.registry as registry; registry.check_backbone('convnet'); "
        "sys.stdout.write(str('torch' in sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(registry.__file__).parents[2],
    )
    assert run.stdout == "False"
