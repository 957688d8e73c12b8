from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyBigWig
import pytest

from fake_model import FakeModel
from tfmoe.application.model.model import load
from tfmoe.application.reading.genome import open_genome
from tfmoe.application.reading.intervals import interval_stretches
from tfmoe.application.reading.stretches import Locus, locus_stretch
from tfmoe.application.scan import run as module
from tfmoe.application.scan.regions import Region
from tfmoe.application.scan.run import ScanOptions, ScanSummary, scan, score_region
from tfmoe.application.variants.checking import Allele, AlleleChecker
from tfmoe.application.variants.windows import Change, allele_windows
from tfmoe.core.dna import encode_text
from tfmoe.core.errors import InputError
from tfmoe.core.sliding import window_rows
from tfmoe.data.windows.select import window_starts

WINDOW = 12
BASES = "".join(np.random.default_rng(7).choice(list("AAcgT"), 200))
SEQUENCES = {"one": BASES[:90] + "N" * 20 + BASES[90:130], "two": BASES[130:], "tiny": "AAAA"}


class Bar:
    """A progress that keeps the numbers that it is given."""

    def __init__(self) -> None:
        self.total = self.done = 0

    @contextmanager
    def __call__(self, total: int) -> Iterator[Callable[[int], None]]:
        self.total = total

        def advance(number: int) -> None:
            self.done += number

        yield advance


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    path = tmp_path / "g.fa"
    path.write_text("".join(f">{name}\n{bases}\n" for name, bases in SEQUENCES.items()))
    return path


def run(genome: Path, factor: str | None = "X", model: Any = None, **options: Any) -> ScanSummary:
    model = model or FakeModel(WINDOW)
    bar = Bar()
    outputs = genome.with_name("x.bw"), genome.with_name("x.bed")
    summary = scan(model, model.query(factor), genome, *outputs, ScanOptions(**options), bar)
    assert bar.total == bar.done == summary.bases
    return summary


def by_hand(chrom: str, window: int = WINDOW) -> list[float]:
    """Return the mean logit of the fake model for each base; NaN for mostly unknown windows."""
    bases = "N" * window + SEQUENCES[chrom] + "N" * window
    values = []
    for base in range(len(SEQUENCES[chrom])):
        start = base + window - window // 2
        text = bases[start : start + window].upper()
        half = 2 * text.count("N") > window
        values.append(np.nan if half else text.count("A") - 4 + 0.25)
    return values


def track(genome: Path, chrom: str) -> list[float]:
    with pyBigWig.open(str(genome.with_name("x.bw"))) as file:
        return file.values(chrom, 0, len(SEQUENCES[chrom]))  # type: ignore[no-any-return]


def hits(genome: Path) -> list[list[str]]:
    lines = genome.with_name("x.bed").read_text().splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("size", [1 << 16, 7])
def test_every_base_has_the_logit_of_its_window(
    genome: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WINDOWS", size)
    summary = run(genome)
    expected = {chrom: by_hand(chrom) for chrom in SEQUENCES}
    for chrom, values in expected.items():
        if not np.isnan(values).all():
            np.testing.assert_array_equal(track(genome, chrom), values)
    unknown = sum(int(np.isnan(values).sum()) for values in expected.values())
    # the first base of a chromosome has half of its window, but no base of `tiny` has
    assert not np.isnan(expected["two"]).any()
    assert np.isnan(expected["tiny"]).all()
    assert unknown > 10
    found = len(hits(genome))
    assert summary == ScanSummary(224, 224, unknown, found)
    assert summary.notes() == [
        f"{found} hits in 224 bases",
        f"{unknown} of 224 windows have no value, because more than half of their bases are "
        "unknown",
    ]


def test_hits_are_maxima_at_or_above_the_threshold(genome: Path) -> None:
    run(genome)
    rows = hits(genome)
    assert len(rows) > 3
    values = {chrom: np.nan_to_num(by_hand(chrom), nan=-9) for chrom in SEQUENCES}
    for chrom, start, end, name, score, strand, logit, probability in rows:
        centre = int(name.split("_")[-1])
        assert name == f"X_{chrom}_{centre}"
        assert (int(start), int(end)) == (
            max(centre - 6, 0), min(centre + 6, len(SEQUENCES[chrom])),
        )  # fmt: skip
        assert float(logit) == values[chrom][centre] >= 1
        near = values[chrom][max(centre - 1, 0) : centre + 2]
        assert values[chrom][centre] == near.max()
        assert abs(float(probability) - 1 / (1 + np.exp(-float(logit)))) < 1e-4
        assert (int(score), strand) == (round(1000 * float(probability)), ".")
    assert [row[0] for row in rows] == sorted((row[0] for row in rows), key=list(SEQUENCES).index)
    head = genome.with_name("x.bed").read_text().splitlines()[:3]
    assert head == [
        "# tfmoe scan: model of run fake, factor X, windows of 12 bases, stride 1",
        "# threshold: logit 1.0000 (precision 0.9 on validation data)",
        "#chrom\tstart\tend\tname\tscore\tstrand\tlogit\tprobability",
    ]


def test_a_threshold_may_be_given(genome: Path) -> None:
    found = run(genome, None, threshold=2.5).hits
    rows = hits(genome)
    assert found == len(rows) > 0
    assert min(float(row[6]) for row in rows) >= 2.5
    assert rows[0][3].startswith("any_one_")
    text = genome.with_name("x.bed").read_text()
    assert "run fake, no factor, windows" in text
    assert "logit 2.5000 (given)" in text
    assert run(genome, threshold=50).hits == 0


class Unreached(FakeModel):
    """A model that reaches no precision."""

    def threshold(self, query: Any, precision: float) -> float:
        raise InputError("thresholds: none at the precision 0.9")


def test_a_precision_that_is_not_reached_leaves_the_track_without_hits(genome: Path) -> None:
    found = run(genome, model=Unreached(WINDOW))
    assert (found.hits, found.windows) == (0, len(BASES) + 24)
    assert "no hits: thresholds: none at the precision 0.9" in found.notes()
    assert hits(genome) == []
    assert "# threshold: none (precision 0.9" in genome.with_name("x.bed").read_text()
    with pyBigWig.open(str(genome.with_name("x.bw"))) as track:
        assert track.stats("two", exact=True)[0] is not None


def test_hits_alone_need_a_threshold(genome: Path) -> None:
    model = Unreached(WINDOW)
    path = genome.with_name("x.bed")
    with pytest.raises(InputError, match=r"thresholds: none at the precision 0\.9"):
        scan(model, model.query("X"), genome, None, path, ScanOptions(), Bar())
    assert not path.exists()


@pytest.mark.parametrize("window", [11, 12])
def test_all_commands_centre_the_same_window_on_a_base(genome: Path, window: int) -> None:
    base, found = 20, []

    class Recording(FakeModel):
        def logits(self, windows: Any, query: Any) -> Any:
            found.append(window_rows(windows).copy())
            return super().logits(windows, query)

    model = Recording(window)
    change = Change(base, SEQUENCES["one"][base].upper(), "")
    interval = {"name": "x", "chrom": "one", "start": base, "end": base + 1}
    intervals = pd.DataFrame([{**interval, "sequence": "one", "line": 1}])
    with open_genome(genome) as opened:
        list(score_region(model, model.query("X"), opened, Region("one", base, base + 1), 1))  # type: ignore[arg-type]
        (predicted,) = interval_stretches(intervals, opened, window)
        explained = locus_stretch(Locus("one", base, base + 1), opened, genome, window, 0, "+")
        checker = AlleleChecker(opened, {"one": "one"}, window, window)
        contexts = checker.contexts([Allele(0, 0, "one", change)])
    start = int(window_starts(pd.Series([base]), window)[0])
    expected = encode_text(SEQUENCES["one"][start : start + window])
    reference = allele_windows(contexts, [change], window)[0]
    for codes in (found[0], predicted.codes, explained.core, reference):
        np.testing.assert_array_equal(codes.reshape(-1), expected)


@pytest.mark.parametrize("size", [1 << 16, 25])
def test_a_stride_scores_some_bases(
    genome: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_WINDOWS", size)
    bed = genome.with_name("r.bed")
    bed.write_text("two\t3\t26\none\t10\t30\n")
    summary = run(genome, stride=10, regions=bed)
    assert (summary.bases, summary.windows) == (43, 5)
    expected = by_hand("two")
    values = track(genome, "two")
    for first, last in ((3, 13), (13, 23), (23, 26)):
        assert set(values[first:last]) == {expected[first]}
    assert np.isnan(values[26:]).all()
    assert track(genome, "one")[20] == by_hand("one")[20]


def test_one_chromosome_and_an_odd_window(genome: Path) -> None:
    model = FakeModel(7)
    assert run(genome, model=model, chromosomes=["two"]).bases == 70
    np.testing.assert_array_equal(track(genome, "two"), by_hand("two", 7))
    with pyBigWig.open(str(genome.with_name("x.bw"))) as file:
        assert list(file.chroms()) == list(SEQUENCES)


def test_hits_without_a_track_and_the_reverse(genome: Path) -> None:
    model = FakeModel(WINDOW)
    bed, bigwig = genome.with_name("only.bed"), genome.with_name("only.bw")
    scan(model, model.query("X"), genome, None, bed, ScanOptions(), Bar())  # type: ignore[arg-type]
    found = scan(model, model.query("X"), genome, bigwig, None, ScanOptions(), Bar())  # type: ignore[arg-type]
    assert bed.exists()
    assert bigwig.exists()
    assert found.hits is None
    assert "hits" not in " ".join(found.notes())


def test_hits_go_to_standard_output_and_tracks_do_not(
    genome: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(genome.parent)
    model = FakeModel(WINDOW)
    run(genome)
    scan(model, model.query("X"), genome, None, "-", ScanOptions(), Bar())  # type: ignore[arg-type]
    assert capsys.readouterr().out == genome.with_name("x.bed").read_text()
    with pytest.raises(InputError, match="-: a bigWig cannot be written to standard output"):
        scan(model, model.query("X"), genome, "-", None, ScanOptions(), Bar())  # type: ignore[arg-type]
    assert not Path("-").exists()


def test_a_failed_scan_leaves_no_file(genome: Path) -> None:
    class Failing(FakeModel):
        def logits(self, windows: Any, query: Any) -> Any:
            raise InputError("broken")

    before = set(genome.parent.iterdir()) | {genome.with_name("g.fa.fai")}
    with pytest.raises(InputError, match="broken"):
        run(genome, model=Failing(WINDOW))
    assert set(genome.parent.iterdir()) == before


def test_a_chromosome_without_values(genome: Path) -> None:
    assert run(genome, chromosomes=["tiny"]) == ScanSummary(4, 4, 4, 0)
    assert np.isnan(track(genome, "tiny")).all()


def test_a_real_model_gives_the_scores_of_its_windows(model_folder: Path, genome: Path) -> None:
    model = load(model_folder, threads=1)
    run(genome, "Beta", model, threshold=0.0, chromosomes=["two"])
    text = "N" * 20 + SEQUENCES["two"] + "N" * 20
    windows = np.stack([encode_text(text[start : start + 41]) for start in range(70)])
    expected = model.score(windows, model.query("Beta")).logits.mean(axis=1)
    missing = 2 * (windows == 4).sum(axis=1) > 41
    assert not missing.any()
    np.testing.assert_allclose(track(genome, "two"), expected, atol=1e-5)
