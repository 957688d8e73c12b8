import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tfmoe.core.dna import reverse_complement
from tfmoe.core.errors import InputError, TrainingError
from tfmoe.core.files import read_tsv
from tfmoe.data.datasets import SequenceSet, read_sequences, write_sequences
from tfmoe.models.gkm import GkmSettings, fit_gkm, load_gkm
from tfmoe.models.training_data import Member
from tfmoe.models.training_loop import auroc
from tolerance import close

Make = Callable[..., SequenceSet]
SETTINGS = GkmSettings(True, 6, 5, [0.1, 10], 10_000)
NEGATIVES = {"genomic": 2, "dinucleotide": 0.5}
TERMS = 36  # gapped k-mers of a window


@pytest.fixture(scope="module")
def fitted(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gkm")
    members = [Member(x, [x], {x: project / f"{x}.parquet"}) for x in ("Beta", "Alpha")]
    fit_gkm(members, NEGATIVES, SETTINGS, False, 1, folder)
    return folder


def test_each_factor_has_a_model_of_its_own(project: Path, fitted: Path) -> None:
    model = load_gkm(fitted)
    assert model.experts == ["Beta", "Alpha"]
    test = read_sequences(project / "Alpha.parquet", splits=["test"])
    own, other, mean = (model.score(test.windows, name) for name in ("Alpha", "Beta", None))
    assert own.dtype == np.float32
    assert auroc(own, test.labels) > 0.75 > auroc(other, test.labels)
    close(mean, (own + other) / 2, terms=TERMS)
    close(model.score(reverse_complement(test.windows), "Alpha"), own, terms=TERMS)


def test_the_penalty_is_chosen_on_validation(fitted: Path) -> None:
    table = read_tsv(fitted / "validation.tsv")
    assert table["expert"].tolist() == ["Beta", "Beta", "Alpha", "Alpha"]
    assert set(table["examples"]) == {40 * 3 + 20}, (
        "stored examples, and a shuffle of every second positive"
    )
    best = table.loc[table.groupby("expert")["validation_auroc"].idxmax(), "expert"]
    assert sorted(best) == sorted(table.loc[table["chosen"], "expert"])
    assert table["chosen"].sum() == 2


def test_fitting_again_gives_the_same_bytes(project: Path, fitted: Path, tmp_path: Path) -> None:
    members = [Member(x, [x], {x: project / f"{x}.parquet"}) for x in ("Beta", "Alpha")]
    fit_gkm(members, NEGATIVES, SETTINGS, False, 1, tmp_path)
    for name in ("model.safetensors", "config.json", "validation.tsv"):
        assert (tmp_path / name).read_bytes() == (fitted / name).read_bytes()


def test_many_examples_are_subsampled(project: Path, tmp_path: Path) -> None:
    few = GkmSettings(True, 4, 3, [1], 100)
    member = Member("Alpha", ["Alpha"], {"Alpha": project / "Alpha.parquet"})
    fit_gkm([member], NEGATIVES, few, True, 1, tmp_path)
    assert read_tsv(tmp_path / "validation.tsv")["examples"].tolist() == [100]


def test_without_negatives_there_is_nothing_to_fit(sequences: Make, tmp_path: Path) -> None:
    write_sequences(sequences("x", "TGACTCA", {"train": 12, "validation": 5}, 0), tmp_path / "x")
    member = Member("x", ["F"], {"x": tmp_path / "x"})
    with pytest.raises(TrainingError, match="gkm x: the train split has no positives or no neg"):
        fit_gkm([member], {"genomic": 2}, SETTINGS, False, 1, tmp_path)


def test_damaged_and_mismatched_weights(fitted: Path, tmp_path: Path) -> None:
    shutil.copytree(fitted, tmp_path, dirs_exist_ok=True)
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace('"length": 6', '"length": 7'))
    with pytest.raises(InputError, match=r"found weights of shape .* expected .* to config.json"):
        load_gkm(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"x")
    with pytest.raises(InputError, match="the checkpoint is missing or damaged"):
        load_gkm(tmp_path)
