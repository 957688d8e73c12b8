import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.fixtures.application import DESCRIBED, parts
from tests.fixtures.conditioned import NAMES, Run

import tfmoe
from tfmoe.application.model.assemble import write_members
from tfmoe.application.model.model import Query, load
from tfmoe.application.model.thresholds import COLUMNS
from tfmoe.core.errors import InputError
from tfmoe.core.files import read_parquet, write_tsv
from tfmoe.core.sliding import SlidingWindows
from tfmoe.data.datasets import read_sequences
from tfmoe.jaspar.matrices import read_matrices
from tfmoe.models.conditioned.evidence import Evidence
from tolerance import close


def test_the_package_loads_models_lazily(model_folder: Path) -> None:
    assert tfmoe.load(model_folder).factors == NAMES
    with pytest.raises(AttributeError, match="has no attribute 'predict'"):
        _ = tfmoe.predict
    code = "import sys, tfmoe; print('torch' in sys.modules, 'pandas' in sys.modules)"
    scripts = Path(tfmoe.__file__).parents[1]
    printed = subprocess.check_output([sys.executable, "-c", code], cwd=scripts, text=True)
    assert printed == "False False\n"


@pytest.mark.parametrize(("factor", "own"), [("Delta", None), ("Beta", "Beta")])
def test_scores_are_those_of_the_pipeline_to_the_last_bit(
    run: Run, fitted: Path, model_folder: Path, tmp_path: Path, factor: str, own: str | None
) -> None:
    output = tmp_path / "x.parquet"
    run.score(run.files(fitted), factor, run.sequences(factor), output, own)
    written = read_parquet(output)
    windows = read_sequences(run.sequences(factor), splits=["test"]).windows
    model = load(model_folder, threads=1)
    query = model.query(factor)
    assert (query.own_expert, query.model) == (own, "moe_conditioned")
    found = model.score(windows, query)
    assert list(found.columns) == [
        *(f"expert_{name}_seed0" for name in NAMES), "mean_of_experts_seed0", "moe_seed0",
        "pooled_seed0", "gkm", "moe_conditioned_seed0",
    ]  # fmt: skip
    for name, values in found.columns.items():
        np.testing.assert_array_equal(values, written[name], err_msg=name)
    np.testing.assert_array_equal(found.logits[:, 0], written["moe_conditioned_seed0"])
    gates = read_parquet(output.with_suffix(".gates.parquet"))
    np.testing.assert_array_equal(found.gates[0]["Beta"], gates["Beta"])
    members = read_parquet(output.with_suffix(".members.parquet"))
    np.testing.assert_array_equal(found.members["kmers"], members["kmers"])


def test_the_threshold_is_that_of_the_question(copied_folder: Path) -> None:
    rows = [
        ("Beta", "moe_conditioned", 1.0), ("Beta", "moe", 2.0), ("any", "moe", 3.0),
        ("unseen", "moe_conditioned", 4.0), ("unseen_without_matrix", "moe_conditioned", 5.0),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["asked", "model", "logit"]).reindex(columns=COLUMNS)
    table = table.assign(balance="validation", precision=0.9)
    write_tsv(table, copied_folder / "thresholds.tsv")
    model = load(copied_folder)
    jaspar = copied_folder / "jaspar"
    matrix = read_matrices(jaspar / "matrices.meme", jaspar / "matrices.tsv")[0]
    for query, logit in (
        (model.query("beta"), 1.0), (model.query(), 3.0), (model.query("Delta"), 4.0),
        (model.query("Unheard", [matrix]), 4.0), (Query("Delta", None, Evidence("Delta")), 5.0),
    ):  # fmt: skip
        assert model.threshold(query, 0.9) == logit
    with pytest.raises(InputError, match=r"none at the precision 0\.5 of moe_conditioned for Beta"):
        model.threshold(model.query("Beta"), 0.5)


def test_windows_in_another_order_keep_their_scores(model_folder: Path, run: Run) -> None:
    windows = np.ascontiguousarray(read_sequences(run.sequences("Delta"), splits=["test"]).windows)
    model = load(model_folder, threads=1)
    query = model.query("Delta")
    whole = model.score(windows, query).logits
    reverse = model.score(np.ascontiguousarray(windows[::-1]), query).logits
    close(reverse[::-1], whole, terms=40)


def test_without_a_factor_the_mixture_is_told_nothing(model_folder: Path, run: Run) -> None:
    model = load(model_folder)
    query = model.query()
    assert query == Query()
    assert query.model == "moe"
    found = model.score(read_sequences(run.sequences("Delta"), splits=["test"]).windows, query)
    np.testing.assert_array_equal(found.logits[:, 0], found.columns["moe_seed0"])
    assert "gkm" not in found.columns
    assert found.kinds == {}


def test_a_matrix_of_the_user_replaces_the_factors_own(
    model_folder: Path, run: Run, tmp_path: Path
) -> None:
    model = load(model_folder)
    given = read_matrices(run.matrices.motifs, run.matrices.table)
    windows = read_sequences(run.sequences("Delta"), splits=["test"]).windows
    own = model.score(windows, model.query("Delta")).logits
    for matrix in (given[1:], run.matrices.motifs):
        query = model.query(matrix=matrix)
        assert query.evidence is not None
        assert query.factor in ("Delta", "Alpha")
    same = model.query("Delta", given[1:])
    np.testing.assert_array_equal(model.score(windows, same).logits, own)
    other = model.query("Delta", given[:1])
    assert other.evidence is not None
    # the matrix is that of Alpha, so Alpha's expert joins in
    assert other.evidence.specialists == {"Alpha": 0.999}
    assert not np.array_equal(model.score(windows, other).logits, own)


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_factor_is_refused(model_folder: Path, name: str) -> None:
    with pytest.raises(InputError) as error:
        load(model_folder, threads=1).query(name)
    assert str(error.value) == f"factor: found {name!r}, expected the name of a factor"


def test_an_unknown_factor_is_refused_with_similar_names(model_folder: Path) -> None:
    model = load(model_folder)
    with pytest.raises(InputError, match=r"factor Detla: found neither.*similar names: Delta"):
        model.query("Detla")
    assert model.query("delta").evidence is not None
    assert model.query("BETA").own_expert == "Beta"


def test_a_run_without_a_conditioned_mixture_answers_only_without_a_factor(
    run: Run, tmp_path: Path
) -> None:
    write_members(parts(run, None), DESCRIBED, tmp_path / "model")
    model = load(tmp_path / "model")
    windows = read_sequences(run.sequences("Delta"), splits=["test"]).windows
    assert model.score(windows, model.query()).logits.shape == (len(windows), 1)
    with pytest.raises(InputError, match=r"knows the factor \(conditioned\.fit: false\)"):
        model.query("Beta")


def test_windows_of_another_length_are_refused(model_folder: Path) -> None:
    model = load(model_folder)
    with pytest.raises(ValueError, match=r"codes have shape \(2, 40\), expected \(n, 41\)"):
        model.score(np.zeros((2, 40), dtype=np.uint8), model.query())
    windows = SlidingWindows(np.zeros(50, dtype=np.uint8), 40)
    with pytest.raises(ValueError, match=r"windows have shape \(11, 40\), expected \(n, 41\)"):
        model.logits(windows, model.query())


def test_an_unknown_seed_is_refused(model_folder: Path) -> None:
    with pytest.raises(InputError, match="found no training seed 7, expected 0"):
        load(model_folder).checkpoints(7)


def test_a_copied_model_loads_elsewhere(model_folder: Path, tmp_path: Path) -> None:
    moved = shutil.copytree(model_folder, tmp_path / "with space" / "model")
    assert load(moved).manifest == load(model_folder).manifest


@pytest.mark.parametrize("factor", [None, "Delta", "Beta"])
def test_logits_alone_are_those_among_all_scores(model_folder: Path, factor: str | None) -> None:
    model = load(model_folder, threads=1)
    query = model.query(factor)
    codes = np.random.default_rng(0).integers(0, 4, 300, dtype=np.uint8)
    codes[100:160] = 4
    windows = SlidingWindows(codes, model.window, 3)
    expected = model.score(windows.rows(), query).logits
    assert expected.shape == (87, 1)
    assert expected.std() > 0.01
    np.testing.assert_allclose(model.logits(windows.rows(), query), expected, atol=1e-6)
    np.testing.assert_allclose(model.logits(windows, query), expected, atol=1e-5)


def test_logits_that_are_not_finite_are_refused(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = np.array([[0.5], [np.nan]], dtype=np.float32)
    monkeypatch.setattr("tfmoe.application.model.model.factor_logits", lambda *_: missing)
    model = load(model_folder, threads=1)
    codes = np.zeros((2, model.window), dtype=np.uint8)
    with pytest.raises(InputError, match="found logits that are not finite"):
        model.logits(codes, model.query("Delta"))


def test_a_question_needs_a_matrix_if_it_gives_any(model_folder: Path) -> None:
    with pytest.raises(InputError, match="matrix: found no matrices, expected at least one"):
        load(model_folder).query(matrix=[])


def test_logits_of_a_matrix_that_is_given(model_folder: Path, run: Run) -> None:
    model = load(model_folder, threads=1)
    # the matrix is that of Alpha, so Alpha's expert joins in
    given = read_matrices(run.matrices.motifs, run.matrices.table)[:1]
    query = model.query("Delta", given)
    codes = np.random.default_rng(0).integers(0, 4, 200, dtype=np.uint8)
    windows = SlidingWindows(codes, model.window)
    expected = model.score(windows.rows(), query).logits
    np.testing.assert_allclose(model.logits(windows, query), expected, atol=1e-5)
