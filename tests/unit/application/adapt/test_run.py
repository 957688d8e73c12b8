import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.adaptation import PEAKS, GenomePeaks
from tests.fixtures.application import DESCRIBED, parts
from tests.fixtures.card import card_inputs
from tests.fixtures.conditioned import UNSEEN, Run
from tests.fixtures.models import COMPUTE

from tfmoe.application.adapt.run import adapt_model, new_folder
from tfmoe.application.card.read import read_card
from tfmoe.application.card.write import write_card
from tfmoe.application.explain.contributions import kinds_of
from tfmoe.application.model.assemble import write_members
from tfmoe.application.model.folder import update_manifest
from tfmoe.application.model.model import Model, Query, load
from tfmoe.application.model.thresholds import read_thresholds
from tfmoe.application.variants.background import (
    read_background_variants,
    write_background_variants,
)
from tfmoe.application.variants.windows import Kind
from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError
from tfmoe.core.files import read_parquet
from tfmoe.core.sliding import SlidingWindows
from tfmoe.data.adaptation.peak_file import PeakSource
from tfmoe.data.datasets import read_sequences, write_sequences
from tfmoe.jaspar.matrices import read_matrices
from tfmoe.models.conditioned.adapted_scores import AdaptedFiles, FewPeaksSettings, score_adapted
from tfmoe.models.conditioned.columns import Question
from tfmoe.models.few_peaks import FineTuneSettings
from tfmoe.models.training_loop import auroc
from tolerance import close

SETTINGS = FewPeaksSettings(1, 5, 4, [1.0], FineTuneSettings(epochs=1, learning_rate=0.01))


def windows_of(run: Run, factor: str = UNSEEN) -> np.ndarray:
    return np.ascontiguousarray(read_sequences(run.sequences(factor), splits=["test"]).windows)


def test_logits_are_those_of_the_pipeline_for_the_same_windows(
    run: Run, fitted: Path, adapted: Model, tmp_path: Path
) -> None:
    given = read_sequences(adapted.folder / "adaptation" / "windows.parquet")
    marks = {"draw": 0, "peaks": PEAKS, "all_peaks": True}
    write_sequences(replace(given, table=given.table.assign(**marks)), tmp_path / "sets.parquet")
    run.score(run.files(fitted), UNSEEN, run.sequences(UNSEEN), tmp_path / "x.parquet")
    files = AdaptedFiles(
        run.sequences(UNSEEN), tmp_path / "sets.parquet", tmp_path / "x.parquet",
        tmp_path / "adapted.parquet", tmp_path / "held_out.tsv",
    )  # fmt: skip
    score_adapted(
        "x", files, Question(UNSEEN), run.checkpoints(), run.files(fitted), SETTINGS, COMPUTE, 1
    )
    expected = read_parquet(tmp_path / "adapted.parquet")
    query = adapted.query()
    assert query.model == "moe_adapted"
    found = adapted.score(windows_of(run), query)
    np.testing.assert_array_equal(found.logits[:, 0], found.columns["moe_adapted_seed0"])
    close(found.logits[:, 0], expected["moe_adapted_all_seed0"].to_numpy(), terms=8)
    np.testing.assert_array_equal(
        found.columns["moe_conditioned_seed0"], expected["moe_conditioned_seed0"]
    )


def test_the_strongest_peaks_are_used_with_matching_negatives(
    adapted: Model, genome_peaks: GenomePeaks
) -> None:
    table = read_parquet(adapted.folder / "adaptation" / "windows.parquet")
    positives, negatives = table[table["label"] == 1], table[table["label"] == 0]
    strong = [
        (chrom, summit - 20, summit + 21)
        for chrom, summits in genome_peaks.summits.items()
        for summit in summits[: PEAKS // 2]
    ]
    assert (
        list(zip(positives["chrom"], positives["start"], positives["end"], strict=True)) == strong
    )
    assert len(negatives) == 4 * PEAKS
    # peaks that are not used are avoided too, and a chromosome without peaks has no negatives
    assert set(negatives["chrom"]) == {"chr1", "chr2"}
    for chrom, part in negatives.groupby("chrom"):
        distance = part["start"].to_numpy()[:, None] - np.array(genome_peaks.summits[str(chrom)])
        assert ((distance >= 60 + 50) | (distance + 41 <= -60 - 50)).all()
    assert table["held_out_logit"].notna().all()


def test_the_expected_auroc_is_that_of_the_held_out_logits(adapted: Model) -> None:
    table = read_parquet(adapted.folder / "adaptation" / "windows.parquet")
    found = adapted.adapted
    assert found is not None
    assert (found.factor, found.own_expert) == (UNSEEN, None)
    assert (found.peaks, found.negatives, found.level) == (PEAKS, 4 * PEAKS, 0.95)
    expected = auroc(table["held_out_logit"].to_numpy(), table["label"].to_numpy())
    assert found.auroc == pytest.approx(expected)
    assert found.auroc > 0.95
    assert found.low is None or found.low < found.auroc < found.high
    manifest = json.loads((adapted.folder / "manifest.json").read_text())
    assert manifest["adapted"]["auroc"] == found.auroc


def test_peaks_that_overlap_share_a_fold(
    model_folder: Path, genome_peaks: GenomePeaks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the last two of six peaks have summits 30 bases apart
    summits = [500, 1100, 1700, 2300, 2900, 2930]
    lines = [f"chr1\t{at - 60}\t{at + 60}\t.\t0\t.\t9\t-1\t-1\t60\n" for at in summits]
    (tmp_path / "peaks.narrowPeak").write_text("".join(lines))
    found = []

    def fit(members, labels, groups, *rest):  # type: ignore[no-untyped-def]
        found.append(groups[labels].tolist())
        raise InputError("enough")

    monkeypatch.setattr("tfmoe.application.adapt.run.fit_mixtures", fit)
    with pytest.raises(InputError, match="enough"):
        load(model_folder, threads=1).adapt(
            tmp_path / "peaks.narrowPeak", genome_peaks.genome, UNSEEN
        )
    assert len(found[0]) == 6
    assert len(set(found[0])) == 5


def test_an_adapted_model_knows_the_factor_better_and_others_as_before(
    run: Run, model_folder: Path, adapted: Model
) -> None:
    base = load(model_folder, threads=1)
    data = read_sequences(run.sequences(UNSEEN), splits=["test"])
    codes = np.ascontiguousarray(data.windows)
    logits = adapted.score(codes, adapted.query("delta")).logits[:, 0]
    before = base.score(codes, base.query(UNSEEN)).logits[:, 0]
    assert not np.array_equal(logits, before)
    assert auroc(logits, data.labels) > 0.95
    assert base.manifest.adapted is None
    assert base.query() == Query()
    for model in (base, adapted):
        query = model.query("Beta")
        assert query.model == "moe_conditioned"
    np.testing.assert_array_equal(
        adapted.score(codes, adapted.query("Beta")).logits,
        base.score(codes, base.query("Beta")).logits,
    )


def test_a_matrix_is_asked_about_as_before_the_adaptation(run: Run, adapted: Model) -> None:
    given = read_matrices(run.matrices.motifs, run.matrices.table)
    assert adapted.query(UNSEEN, given[1:]).model == "moe_conditioned"


def test_windows_are_scored_in_pieces(
    run: Run, adapted: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = windows_of(run)
    query = adapted.query()
    whole = adapted.score(codes, query).logits
    monkeypatch.setattr("tfmoe.models.conditioned.adapted_mixtures._PIECE", 7)
    close(adapted.score(codes, query).logits, whole, terms=8)


def test_the_evidence_is_that_of_the_adaptation(
    run: Run, model_folder: Path, genome_peaks: GenomePeaks
) -> None:
    given = read_matrices(run.matrices.motifs, run.matrices.table)
    model = load(model_folder, threads=1)
    adapted = model.adapt(genome_peaks.peaks, genome_peaks.genome, "Epsilon", matrix=given[:1])
    query = adapted.query()
    assert (query.factor, query.adapted) == ("Epsilon", True)
    assert query.evidence is not None
    # the matrix is that of Alpha, so Alpha's expert joins in
    assert query.evidence.specialists == {"Alpha": 0.999}
    np.testing.assert_array_equal(query.evidence.matrices[0].probabilities, given[0].probabilities)
    # all 30 peaks, fewer than the usual maximum
    assert adapted.adapted is not None
    assert adapted.adapted.peaks == 30
    assert not (adapted.folder / "card.md").exists()


def test_a_factor_of_which_nothing_is_known_is_adapted_by_its_peaks(
    model_folder: Path, genome_peaks: GenomePeaks, caplog: pytest.LogCaptureFixture
) -> None:
    model = load(model_folder, threads=1)
    adapted = model.adapt(genome_peaks.peaks, genome_peaks.genome, "Detla")
    assert "factor Detla: found neither an expert nor a matrix of it; similar names: Delta" in (
        caplog.text
    )
    assert adapted.query("DETLA").adapted
    assert not adapted.query("Delta").adapted


def test_the_same_peaks_give_the_same_files(
    model_folder: Path, genome_peaks: GenomePeaks, adapted: Model, tmp_path: Path
) -> None:
    again = load(model_folder, threads=1).adapt(
        genome_peaks.peaks, genome_peaks.genome, UNSEEN, max_peaks=PEAKS, output=tmp_path / "again"
    )
    assert again.manifest == adapted.manifest


def test_the_card_gets_a_part_and_the_thresholds_get_rows(
    copied_folder: Path, genome_peaks: GenomePeaks, tmp_path: Path
) -> None:
    (tmp_path / "inputs").mkdir()
    write_card(*card_inputs(tmp_path / "inputs"), copied_folder)
    update_manifest(copied_folder)
    before = (copied_folder / "card.md").read_bytes()
    adapted = load(copied_folder).adapt(genome_peaks.peaks, genome_peaks.genome, UNSEEN)
    lines = (adapted.folder / "card.md").read_text().splitlines()
    start = lines.index("## Adaptation to Delta")
    assert lines[start + 2].startswith(
        "This model was adapted to Delta, with 30 of its peaks and 120"
    )
    assert read_card(adapted.folder)["adapted"]["peaks"] == 30
    # the card of the model that was adapted stays as it is
    assert (copied_folder / "card.md").read_bytes() == before
    old, new = (read_thresholds(one / "thresholds.tsv") for one in (copied_folder, adapted.folder))
    assert len(new) == len(old) + 8
    assert set(new["model"][len(old) :]) == {"moe_adapted"}


@pytest.mark.parametrize("name", ["config.json", "seed0.safetensors"])
def test_files_of_the_adaptation_have_to_be_listed(
    adapted: Model, tmp_path: Path, name: str
) -> None:
    folder = Path(shutil.copytree(adapted.folder, tmp_path / "model"))
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"][f"adaptation/{name}"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=f"files: adaptation/{name} missing, expected all files"):
        load(folder)


def test_the_threshold_is_that_of_the_held_out_logits(adapted: Model) -> None:
    table = read_parquet(adapted.folder / "adaptation" / "windows.parquet")
    threshold = adapted.threshold(adapted.query(), 0.9)
    called = table[table["held_out_logit"] >= threshold]
    assert called["label"].mean() >= 0.9
    # held-out logits are on the scale of the mixture's own
    codes = encode(table["sequence"].tolist())
    logits = adapted.score(codes, adapted.query()).logits.mean(axis=1)
    assert abs(np.median(logits - table["held_out_logit"])) < 1


def test_windows_of_a_long_sequence_have_the_same_logits(adapted: Model) -> None:
    sequence = np.random.default_rng(4).integers(0, 4, 90).astype(np.uint8)
    windows = SlidingWindows(sequence, adapted.window, 3)
    query = adapted.query()
    found = adapted.logits(windows, query)
    assert found.shape == (17, 1)
    close(found, adapted.score(windows.rows(), query).logits, terms=8)


def test_background_variants_are_those_of_the_adapted_mixture(
    run: Run, copied_folder: Path, genome_peaks: GenomePeaks
) -> None:
    base = load(copied_folder, threads=1)
    write_background_variants(base, [run.sequences("Alpha")], {Kind.SNV: 20})
    update_manifest(copied_folder)
    adapted = load(copied_folder, threads=1).adapt(genome_peaks.peaks, genome_peaks.genome, UNSEEN)
    background = read_background_variants(adapted)
    assert background is not None
    query = adapted.query()
    effects = background.effects(adapted, query)
    ref, alt = (
        adapted.score(encode(background.table[f"{side}sequence"].tolist()), query).logits
        for side in ("ref_", "alt_")
    )
    close(effects.effect, (alt - ref).mean(axis=1), terms=8, size=ref)


def test_answers_of_adapted_mixtures_are_not_separated_by_member(adapted: Model, run: Run) -> None:
    query = adapted.query()
    scores = adapted.score(windows_of(run), query)
    with pytest.raises(InputError, match="adapted to Delta weighs hundreds of scores, which"):
        kinds_of(adapted, query, scores)


def test_an_existing_folder_is_replaced_only_if_it_is_a_model(
    model_folder: Path, genome_peaks: GenomePeaks, tmp_path: Path
) -> None:
    model = load(model_folder, threads=1)
    source = PeakSource(UNSEEN, genome_peaks.peaks, genome_peaks.genome)
    output = tmp_path / "out"
    output.mkdir()
    (output / "notes.txt").write_text("mine")
    for force, message in ((False, "the folder exists; choose"), (True, "other files than those")):
        with pytest.raises(InputError, match=message):
            adapt_model(model, source, output=output, force=force)
    assert (output / "notes.txt").read_text() == "mine"
    shutil.rmtree(output)
    shutil.copytree(model_folder, output)
    (output / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="the file is not part of the model to replace"):
        adapt_model(model, source, output=output, force=True)
    (output / "notes.txt").unlink()
    adapt_model(model, source, output=output, force=True)
    assert load(output).adapted is not None
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with pytest.raises(InputError, match=r"is that of the model to adapt; choose another name"):
        adapt_model(model, source, output=model_folder, force=True)
    with pytest.raises(InputError, match="missing: the folder does not exist; create it first"):
        adapt_model(model, source, output=tmp_path / "missing" / "out")


def test_nothing_is_left_of_a_folder_that_could_not_be_completed(
    model_folder: Path, genome_peaks: GenomePeaks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tfmoe.application.adapt.run.add_to_card", interrupt)
    model = load(model_folder, threads=1)
    with pytest.raises(KeyboardInterrupt):
        model.adapt(genome_peaks.peaks, genome_peaks.genome, UNSEEN, output=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_cannot_be_replaced_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, rename = tmp_path / "out", Path.rename
    target.mkdir()
    (target / "old").touch()

    def interrupted(path: Path, new: Path) -> Path:
        if path.name.endswith(".partial"):
            raise KeyboardInterrupt
        return rename(path, new)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), new_folder(target):
        pass
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")] == [
        "out", "out/old",
    ]  # fmt: skip


def test_models_that_cannot_be_adapted_are_refused(
    run: Run, adapted: Model, genome_peaks: GenomePeaks, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="already adapted to Delta; adapt the model of the run"):
        adapted.adapt(genome_peaks.peaks, genome_peaks.genome, "Other")
    write_members(parts(run, None), DESCRIBED, tmp_path / "model")
    with pytest.raises(InputError, match=r"conditioned\.fit: false\), so the model cannot be"):
        load(tmp_path / "model").adapt(genome_peaks.peaks, genome_peaks.genome, UNSEEN)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "seed0.safetensors").write_bytes(b"x"), "cannot be read"),
        (lambda folder: (folder / "seed0.safetensors").unlink(), "cannot be read"),
        (lambda folder: _edit(folder / "config.json", bank=[]), "other matrices than those"),
        (lambda folder: _edit(folder / "config.json", kmer=[1]), "other content than an adapt"),
    ],
)
def test_damaged_files_are_refused(adapted: Model, tmp_path: Path, change, message: str) -> None:
    folder = Path(shutil.copytree(adapted.folder, tmp_path / "model"))
    change(folder / "adaptation")
    with pytest.raises(InputError, match=message):
        replace(adapted, folder=folder).query()


def _edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
