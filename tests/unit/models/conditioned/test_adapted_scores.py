from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.conditioned import UNSEEN, Run, few_peaks, unseen_sets
from tests.fixtures.models import COMPUTE

from tfmoe.core.errors import InputError
from tfmoe.core.files import read_parquet, read_tsv
from tfmoe.data.datasets import read_sequences, write_sequences
from tfmoe.models.conditioned import adapted_scores
from tfmoe.models.conditioned.adapted_scores import (
    HEAD,
    AdaptedFiles,
    FewPeaksSettings,
    score_adapted,
)
from tfmoe.models.conditioned.columns import Question
from tfmoe.models.few_peaks import FineTuneSettings
from tfmoe.models.training_loop import auroc

SETTINGS = FewPeaksSettings(2, 5, 4, [1.0], FineTuneSettings(epochs=2, learning_rate=0.01))
MODELS = ("moe_adapted", "gkm_from_scratch", "fine_tuned")


@pytest.fixture(scope="module")
def scored(run: Run, fitted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with sets of peaks, predictions and adapted predictions; one seed."""
    folder = tmp_path_factory.mktemp("adapted")
    unseen_sets(run, folder / "sets.parquet", draws=2)
    run.score(run.files(fitted), UNSEEN, run.sequences(UNSEEN), folder / "x.parquet")
    adapt(run, fitted, folder, folder)
    return folder


def adapt(
    run: Run, fitted: Path, folder: Path, output: Path, sets: Path | None = None, seed: int = 1
) -> None:
    files = AdaptedFiles(
        run.sequences(UNSEEN),
        sets or folder / "sets.parquet",
        folder / "x.parquet",
        output / "x.adapted.parquet",
        output / "x.held_out.tsv",
    )
    score_adapted(
        "Delta_x", files, Question(UNSEEN), run.checkpoints(), run.files(fitted), SETTINGS,
        COMPUTE, seed,
    )  # fmt: skip


def test_each_number_of_peaks_and_draw_has_its_columns(scored: Path) -> None:
    table = read_parquet(scored / "x.adapted.parquet")
    predictions = read_parquet(scored / "x.parquet")
    expected = {
        f"{model}_{peaks}_seed{draw}"
        for model in MODELS
        for peaks in ("5", "10", "all")
        for draw in (0, 1)
    }
    references = {"moe_conditioned_seed0", "moe_conditioned_seed1", "gkm", "pwm"}
    assert tuple(table.columns[:8]) == HEAD == tuple(predictions.columns[:8])
    assert set(table.columns[8:]) == expected | references
    assert table[list(HEAD)].equals(predictions[list(HEAD)])
    assert {str(dtype) for dtype in table.dtypes[8:]} == {"float32"}
    assert np.isfinite(table[table.columns[8:]].to_numpy()).all()
    # the one training seed gives the reference of both draws
    for draw in (0, 1):
        assert table[f"moe_conditioned_seed{draw}"].equals(
            predictions["moe_conditioned_seed0"].rename(f"moe_conditioned_seed{draw}")
        )


def test_draws_differ_but_all_peaks_are_the_same_in_each(scored: Path) -> None:
    table = read_parquet(scored / "x.adapted.parquet")
    assert not np.array_equal(table["moe_adapted_5_seed0"], table["moe_adapted_5_seed1"])
    for model in MODELS:
        np.testing.assert_array_equal(table[f"{model}_all_seed0"], table[f"{model}_all_seed1"])


def test_peaks_improve_on_models_of_other_factors(scored: Path) -> None:
    table = read_parquet(scored / "x.adapted.parquet")
    labels = table["label"].to_numpy()
    found = {name: auroc(table[name].to_numpy(), labels) for name in table.columns[8:]}
    assert found["gkm"] < 0.8
    for peaks in ("5", "10", "all"):
        assert found[f"moe_adapted_{peaks}_seed0"] > 0.95
        assert found[f"gkm_from_scratch_{peaks}_seed0"] > 0.8


def test_held_out_logits_cover_each_window_of_each_set(scored: Path) -> None:
    table = read_tsv(scored / "x.held_out.tsv")
    assert list(table.columns) == ["experiment", "draw", "peaks", "name", "label", "logit"]
    assert set(table["experiment"]) == {"Delta_x"}
    sizes = table.groupby(["draw", "peaks"]).size()
    assert {(draw, str(peaks)): int(size) for (draw, peaks), size in sizes.items()} == {
        (0, "5"): 15, (0, "10"): 30, (0, "all"): 120,
        (1, "5"): 15, (1, "10"): 30,
    }  # fmt: skip
    assert table["logit"].notna().all()
    assert table["label"].sum() == 2 * (5 + 10) + 40


def test_folds_keep_windows_together_that_overlap(
    run: Run, fitted: Path, scored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = read_sequences(scored / "sets.parquet").select(np.arange(15))
    start = np.array([0, 40, 81, *range(1000, 13_000, 1000)])
    moved = sets.table.assign(start=start, end=start + 41, draw=0, peaks=5, all_peaks=False)
    write_sequences(replace(sets, table=moved), tmp_path / "sets.parquet")
    found = []

    def held_out(library, labels, groups, rng, kernel):  # type: ignore[no-untyped-def]
        found.append(groups.tolist())
        return np.zeros(len(labels))

    monkeypatch.setattr(adapted_scores, "held_out_logits", held_out)
    adapt(run, fitted, scored, tmp_path, tmp_path / "sets.parquet")
    # windows of 41 bases: the first two overlap, the third begins where the second ends
    assert found == [[0, 0, *range(1, 14)]]


def test_the_same_seed_gives_the_same_file(
    run: Run, fitted: Path, scored: Path, tmp_path: Path
) -> None:
    adapt(run, fitted, scored, tmp_path)
    for name in ("x.adapted.parquet", "x.held_out.tsv"):
        assert (tmp_path / name).read_bytes() == (scored / name).read_bytes()


def test_without_sets_only_the_references_are_written(
    run: Run, fitted: Path, scored: Path, tmp_path: Path
) -> None:
    none = few_peaks(read_sequences(run.sequences(UNSEEN)), 0, 0)
    write_sequences(none, tmp_path / "sets.parquet")
    adapt(run, fitted, scored, tmp_path, tmp_path / "sets.parquet")
    table = read_parquet(tmp_path / "x.adapted.parquet")
    assert list(table.columns) == [*HEAD, "gkm", "pwm"]
    assert len(table) == 60
    assert len(read_tsv(tmp_path / "x.held_out.tsv")) == 0


def test_predictions_of_other_windows_are_an_error(
    run: Run, fitted: Path, scored: Path, tmp_path: Path
) -> None:
    read_parquet(scored / "x.parquet").iloc[1:].to_parquet(tmp_path / "x.parquet")
    with pytest.raises(InputError, match=r"x.parquet: found other test windows than in .*Delta"):
        adapt(run, fitted, tmp_path, tmp_path, scored / "sets.parquet")
