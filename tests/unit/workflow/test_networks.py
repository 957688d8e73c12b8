from dataclasses import replace
from types import SimpleNamespace

import pytest
from tests.unit.workflow.test_plan import config

from tfmoe.core.experiments import Experiment
from tfmoe.data.negatives.parts import Part
from tfmoe.workflow.data_inputs import DataInputs
from tfmoe.workflow.input_files import InputFiles
from tfmoe.workflow.locations import Location
from tfmoe.workflow.motif_searches import MotifSearches
from tfmoe.workflow.networks import Networks, mixture_files, training_files, weights_of
from tfmoe.workflow.plan import plan_run

ROWS = (
    ("G1", "GATA3", "train"),
    ("G2", "gata3", "train"),
    ("F1", "FOXM1", "train"),
    ("C1", "CTCF", "ood"),
)
TRAINING = "<results>/sequences/training"


def experiments(order: int = 1) -> dict[str, Experiment]:
    return {
        name: Experiment(name, factor, "x", role, "-", "-", f"{name}.bed", "-")
        for name, factor, role in ROWS[::order]
    }


@pytest.fixture
def networks() -> Networks:
    return Networks(plan_run(config(), experiments()), experiments(), ready=False)


def trained(networks: Networks, name: str) -> list[str]:
    return networks.training_sequences(SimpleNamespace(expert=name))


def test_an_expert_reads_its_own_experiment_and_a_pooled_network_all(networks: Networks) -> None:
    assert trained(networks, "F1") == [f"{TRAINING}/F1.parquet"]
    assert trained(networks, "pooled") == [
        f"{TRAINING}/{name}.parquet" for name in ("G1", "G2", "F1")
    ]
    assert trained(networks, "pooled_without_GATA3") == [f"{TRAINING}/F1.parquet"]


def test_labels_of_pooled_networks_need_the_peaks_of_training(networks: Networks) -> None:
    def peaks(name: str) -> object:
        return networks.peaks_of_training(SimpleNamespace(expert=name))

    assert peaks("G1") == []
    assert peaks("pooled") == "<results>/regions/training_peaks.bed.gz"
    assert peaks("pooled_without_FOXM1") == "<results>/regions/without_FOXM1/training_peaks.bed.gz"


def test_ready_sequences_have_kmers_for_peaks() -> None:
    ready = Networks(plan_run(config(), experiments()), experiments(), ready=True)
    assert ready.training_peaks == "<results>/regions/training_kmers.npz"
    assert training_files(["background"]) == ["<results>/sequences/background.parquet"]


def test_weights_are_named_by_expert_recipe_backbone_and_seed(networks: Networks) -> None:
    own = networks.plan.own
    path = weights_of(own, own.pool["G1"], "1")
    assert path == "<results>/experts/G1/tfmoe/convnet/seed1/model.safetensors"
    assert networks.model_weights("expert_G1")[1] == path
    assert networks.model_weights("moe") == mixture_files([own], [0, 1], "model.safetensors")


def test_reports_list_experts_pooled_networks_and_mixtures_by_seed(networks: Networks) -> None:
    models = [model for model, _ in networks.trained()]
    assert models[:2] == [("expert_G1", 0), ("expert_G1", 1)]
    assert ("pooled", 0) in models
    assert ("moe", 1) in models


def test_searches_and_filters_of_motifs(networks: Networks) -> None:
    motifs = MotifSearches(networks, "gradient")
    assert motifs.maps[0] == "<results>/attribution/G1/expert_G1/gradient.npz"
    assert motifs.filter_pairs == [("G1", "expert_G1"), ("G2", "expert_G2"), ("F1", "expert_F1")]
    assert motifs.experts[0] == ["G1", "G1", "expert_G1"]
    assert motifs.subjects([("C1", "moe")]) == [["C1", "CTCF", "ood", "-", "moe"]]
    assert [motifs.figure(name) for name in ("G1", "C1")] == ["motifs", "motifs_ood"]


def data_inputs(order: int = 1, **training: float) -> DataInputs:
    peaks = {name: [Location(f"{name}.bed", None, None)] for name in experiments()}
    none: dict[str, list[Location]] = {name: [] for name in peaks}
    files = InputFiles(peaks, none | {"G1": peaks["G1"]}, [], [], [], [], [])
    kinds = {"other_factor": 0.0, "file": 0.0}
    negatives = {"training": kinds | training, "evaluation": kinds}
    return DataInputs(experiments(order), files, negatives)


def test_files_have_a_path_and_a_url_by_use() -> None:
    local, remote = Location("a.bed", None, None), Location("d/b.bed", "https://x.org/b.bed", "1")
    files = InputFiles({"A": [local, remote]}, {"A": []}, [local], [], [], [], [])
    assert files.origins["peaks of A"] == [("a.bed", None), ("d/b.bed", "https://x.org/b.bed")]
    assert files.origins["genome"] == [("a.bed", None)]
    assert files.origins["blacklist"] == []


@pytest.mark.parametrize("order", [1, -1])
def test_inputs_from_other_experiments_do_not_depend_on_the_order_of_rows(order: int) -> None:
    inputs = data_inputs(order, other_factor=1.0)
    assert [file.path for file in inputs.peaks_of_factor("G2")] == ["G1.bed", "G2.bed"]
    assert inputs.other_factors("F1", Part.TRAINING) == ["G1", "G2"]
    assert inputs.other_factors("F1", Part.TEST) == []


def test_peaks_of_other_cells_shape_no_negative_of_training() -> None:
    inputs = data_inputs()
    other = replace(inputs.experiments["G1"], experiment="G3", role="ood", stratum="same_factor")
    inputs = replace(inputs, experiments={**inputs.experiments, "G3": other})
    assert inputs.same_factor("G1") == ["G1", "G2"]
    assert inputs.same_factor("G3") == ["G1", "G2", "G3"]
    assert inputs.same_factor("C1") == ["C1"]


def test_own_negatives_are_inputs_only_if_they_are_drawn() -> None:
    assert data_inputs().user_negatives("G1", Part.TRAINING) == []
    drawn = data_inputs(file=1.0).user_negatives("G1", Part.TRAINING)
    assert [file.path for file in drawn] == ["G1.bed"]


def test_a_scan_for_factors_needs_few_networks_and_one_for_any_factor_the_pool() -> None:
    mixed = config()
    mixed["training"]["seeds"] = 2
    mixed["mixture"] |= {"backbones": ["convnet", "legnet"], "generalists": 1}
    plain = Networks(plan_run(config(), experiments()), experiments(), ready=False)
    assert plain.scan_backbones(conditioned=True) == ["convnet", "convnet"] * 2
    both = Networks(plan_run(mixed, experiments()), experiments(), ready=False)
    assert both.scan_backbones(conditioned=True) == ["convnet", "legnet", "convnet"] * 2
    pool = [*["convnet"] * 3, *["legnet"] * 3, "convnet"]
    assert both.scan_backbones(conditioned=False) == pool * 2
