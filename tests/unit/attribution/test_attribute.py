from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from tfmoe.attribution.attribute import (
    AttributionSettings,
    attribute_experiment,
    load_models,
    sample_rows,
)
from tfmoe.attribution.methods import attribute
from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import InputError, TrainingError
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tolerance import close

CPU = torch.device("cpu")
LABELS = {"experiment": "Reb1", "model": "expert_Reb1"}
TERMS = 4 * 5 + 3 * 8  # of a filter, and of the logit
METHODS = ["gradient", "shiftsmooth_n2_corrected"]
SETTINGS = AttributionSettings(
    methods=METHODS, batch_size=16, max_sequences=8, ism_sequences=5, bootstrap=50
)


class Network(nn.Module):
    def __init__(self, seed: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.convolution = nn.Conv1d(4, 3, 5)

    def forward(self, inputs: Tensor) -> Tensor:
        activity: Tensor = torch.tanh(self.convolution(inputs)).sum(dim=(1, 2))
        return activity


def positives(rows: int) -> SequenceSet:
    codes = np.random.default_rng(1).integers(0, 4, (rows, 2 + 12 + 2)).astype(np.uint8)
    table = pd.DataFrame({"name": [f"Reb1:peak:I:{row}" for row in range(rows)], "chrom": "I"})
    table = table.assign(**dict.fromkeys(COLUMNS[2:], 0))
    return SequenceSet(table, codes, 2)


def test_maps_are_means_over_seeds() -> None:
    sequences, networks = positives(6), [Network(seed) for seed in range(3)]
    found = attribute_experiment(networks, sequences, SETTINGS, LABELS, 1, CPU)
    assert list(found.maps) == METHODS
    for method, maps in found.maps.items():
        each = [attribute(network, sequences.codes, 2, method, 16, CPU) for network in networks]
        close(maps.attributions, np.mean(each, axis=0), terms=TERMS)
        assert maps.attributions.dtype == np.float32
        np.testing.assert_array_equal(maps.sequences, sequences.windows)
        assert maps.name.tolist() == sequences.table["name"].tolist()


def test_the_mean_over_seeds_is_the_map_of_the_mean_logit() -> None:
    class Ensemble(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.networks = nn.ModuleList(networks)

        def forward(self, inputs: Tensor) -> Tensor:
            return torch.stack([network(inputs) for network in self.networks]).mean(0)

    networks = [Network(seed) for seed in range(2)]
    apart = attribute_experiment(networks, positives(8), SETTINGS, LABELS, 1, CPU)
    joint = attribute_experiment([Ensemble()], positives(8), SETTINGS, LABELS, 1, CPU)
    for method in METHODS:
        maps = joint.maps[method].attributions
        close(apart.maps[method].attributions, maps, terms=TERMS)
    column = "spearman"
    np.testing.assert_allclose(apart.faithfulness[column], joint.faithfulness[column], atol=0.05)


def test_all_measures_are_present_and_paired_with_the_gradient() -> None:
    networks = [Network(seed) for seed in (1, 2)]
    table = attribute_experiment(networks, positives(8), SETTINGS, LABELS, 1, CPU).quality
    measures = ["deletion", "insertion", "stability_shifts", "stability_seeds"]
    assert table["measure"].tolist() == [name for name in measures for _ in METHODS]
    assert table["method"].tolist() == METHODS * 4
    assert table["n_sequences"].tolist() == [5] * 8
    assert set(table["model"]) == {"expert_Reb1"}
    plain, smooth = (table[table["method"] == method].set_index("measure") for method in METHODS)
    assert plain["gain"].isna().all()
    gain = smooth["value"] - plain["value"]
    close(smooth["gain"], gain, terms=8, size=smooth["value"])
    assert (smooth["value_low"] <= smooth["value"]).all()
    assert smooth["value"]["stability_shifts"] > plain["value"]["stability_shifts"]
    alone = attribute_experiment(networks[:1], positives(8), SETTINGS, LABELS, 1, CPU).quality
    assert "stability_seeds" not in set(alone["measure"])
    again = attribute_experiment(networks, positives(8), SETTINGS, LABELS, 1, CPU).quality
    pd.testing.assert_frame_equal(again, table)


def test_sampled_sequences_are_capped_seeded_and_the_same_for_all_models() -> None:
    sequences = positives(30)
    moe = {"experiment": "Reb1", "model": "moe"}
    found = [
        attribute_experiment([Network(0)], sequences, SETTINGS, labels, seed, CPU)
        for labels, seed in ((LABELS, 1), (moe, 1), (LABELS, 2))
    ]
    names = [part.maps["gradient"].name.tolist() for part in found]
    assert len(names[0]) == 8
    assert names[0] == names[1] != names[2]
    order = [int(name.rsplit(":", 1)[1]) for name in names[0]]
    assert order == sorted(order)
    np.testing.assert_array_equal(found[0].maps["gradient"].sequences, sequences.windows[order])
    assert found[0].faithfulness["n_sequences"].tolist() == [5, 5]


def test_the_reference_is_not_computed_twice() -> None:
    sequences = positives(6)
    with_ism = AttributionSettings([*METHODS, "ism"], 16, None, 5, 50)
    without = AttributionSettings(METHODS, 16, None, 5, 50)
    found = attribute_experiment([Network(0)], sequences, with_ism, LABELS, 1, CPU)
    expected = attribute_experiment([Network(0)], sequences, without, LABELS, 1, CPU)
    assert list(found.maps) == [*METHODS, "ism"]
    pd.testing.assert_frame_equal(found.faithfulness, expected.faithfulness, atol=1e-6)


def test_rows_are_sampled_in_order() -> None:
    assert sample_rows(4, None, 1, "a").tolist() == [0, 1, 2, 3]
    assert sample_rows(4, 4, 1, "a").tolist() == [0, 1, 2, 3]
    chosen = sample_rows(100, 10, 1, "a")
    assert len(set(chosen.tolist())) == 10
    assert chosen.tolist() != sample_rows(100, 10, 1, "b").tolist()


def test_no_positives_and_weights_that_are_not_finite_are_named() -> None:
    with pytest.raises(InputError, match="Reb1: there are no positives to attribute"):
        attribute_experiment([Network(0)], positives(0), SETTINGS, LABELS, 1, CPU)
    broken = Network(0)
    with torch.no_grad():
        broken.convolution.weight[0, 0, 0] = float("nan")
    with pytest.raises(TrainingError, match="expert_Reb1 on Reb1: gradient is not finite"):
        attribute_experiment([broken], positives(3), SETTINGS, LABELS, 1, CPU)
    with pytest.raises(ValueError, match="at least one model"):
        attribute_experiment([], positives(3), SETTINGS, LABELS, 1, CPU)


def test_a_model_is_loaded_seed_by_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    for name in ("load_expert", "load_mixture"):
        monkeypatch.setattr(
            f"tfmoe.attribution.attribute.{name}", lambda *arguments: calls.append(arguments)
        )
    own = [f"r/experts/Reb1/tfmoe/convnet/seed{seed}/model.safetensors" for seed in (0, 1)]
    other = [f"r/experts/Abf1/tfmoe/convnet/seed{seed}/model.safetensors" for seed in (0, 1)]
    mixtures = [f"r/moe/default/seed{seed}/model.safetensors" for seed in (0, 1)]
    by_seed = [path for seed in (0, 1) for path in (own[seed], other[seed])]
    assert len(list(load_models(own, [], []))) == 2
    assert len(list(load_models(mixtures, by_seed, ["Reb1", "Abf1"]))) == 2
    folders = {name: Path(f"r/experts/{name}/tfmoe/convnet") for name in ("Reb1", "Abf1")}
    assert calls == [
        (folders["Reb1"] / "seed0",),
        (folders["Reb1"] / "seed1",),
        (Path("r/moe/default/seed0"), {name: path / "seed0" for name, path in folders.items()}),
        (Path("r/moe/default/seed1"), {name: path / "seed1" for name, path in folders.items()}),
    ]


def test_the_schema_has_the_settings() -> None:
    defaults = schema_defaults("attribution")
    keys = ("methods", "batch_size", "max_sequences", "ism_sequences")
    settings = AttributionSettings(**{key: defaults[key] for key in keys}, bootstrap=1000)
    assert settings.methods == [
        "gradient",
        "gradient_corrected",
        "shiftsmooth_n5",
        "shiftsmooth_n5_corrected",
    ]
    assert not defaults["ood"]


def test_the_run_seeds_the_draws_and_warnings_name_the_model(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # more points would make the contributions complete
    monkeypatch.setattr("tfmoe.attribution.integrated.MOST_DOUBLINGS", 0)
    sequences, noisy = positives(6), ["smoothgrad_n2", "integrated_gradients_n1_shuffles2"]
    settings = AttributionSettings(noisy, 16, None, 5, 50)
    found = [
        attribute_experiment([network], sequences, settings, LABELS, seed, CPU).maps
        for network, seed in ((Network(0), 1), (Network(0), 1), (Network(0), 2))
    ]
    for method in noisy:
        first, again, other = (maps[method].attributions for maps in found)
        np.testing.assert_array_equal(first, again)
        assert np.abs(first - other).max() > 1e-4
    warned = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert warned
    assert all("expert_Reb1 on Reb1: the contributions" in message for message in warned)
