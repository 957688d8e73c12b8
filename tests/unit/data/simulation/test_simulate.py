from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tfmoe.core.config import SCHEMAS, schema_defaults, validate_config
from tfmoe.core.dna import encode_text
from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import Experiment, read_experiments
from tfmoe.data.simulation.simulate import (
    Simulation,
    SimulationSettings,
    simulate,
    write_simulation,
)
from tfmoe.jaspar.factors import Factors, own_matrix, read_factors
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.release import JasparSettings, read_release
from tfmoe.jaspar.scanning import log_odds, scan

REPOSITORY = Path(__file__).parents[4]
NONE = Factors((), {})
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def make_matrix(matrix_id: str, name: str, word: str, certainty: float = 0.94) -> Matrix:
    probabilities = np.full((4, len(word)), (1 - certainty) / 3)
    probabilities[encode_text(word), np.arange(len(word))] = certainty
    return Matrix(matrix_id, name, "vertebrates", "9606", "", "", "", probabilities)


def make_experiment(name: str, factor: str, role: str, stratum: str = "-") -> Experiment:
    return Experiment(name, factor, "simulated", role, stratum, "-", "simulated", "-")


MATRICES = [
    make_matrix("MA0001.1", "ONE", "GATTACAG"),
    make_matrix("MA0002.1", "TWO", "TGACTCAGC"),
    make_matrix("MA0003.1", "PARTNER", "CCACGTGG"),
]
EXPERIMENTS = {
    row.experiment: row
    for row in (
        make_experiment("one", "ONE", "train"),
        make_experiment("two", "TWO", "train"),
        make_experiment("general", "GENERAL", "ood", "general_factor"),
    )
}
COFACTORS = {"ONE": ["PARTNER"], "GENERAL": ["PARTNER", "ONE"]}


def settings(**changes: Any) -> SimulationSettings:
    small = {
        "chromosomes": 3,
        "chromosome_length": 150_000,
        "training_peaks": 100,
        "ood_peaks": 60,
        "cofactors": COFACTORS,
    }
    return SimulationSettings(**{**schema_defaults("simulation"), **small, **changes})


def write(simulation: Simulation, folder: Path) -> None:
    peaks = {name: folder / f"{name}.narrowPeak" for name in simulation.peaks}
    write_simulation(simulation, folder / "genome.fa", peaks, folder / "truth.tsv")


def read_genome(path: Path) -> dict[str, str]:
    records = path.read_text().split(">")[1:]
    return {name: "".join(lines) for name, *lines in (record.splitlines() for record in records)}


def read_rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("simulation")
    write(simulate(settings(), EXPERIMENTS, MATRICES, NONE), path)
    return path


def test_the_genome_is_soft_masked_fasta(folder: Path) -> None:
    genome = read_genome(folder / "genome.fa")
    assert {name: len(text) for name, text in genome.items()} == {
        "sim1": 200_000,
        "sim2": 150_000,
        "sim3": 100_000,
    }
    assert set("".join(genome.values())) == set("ACGTacgtN")
    lower = sum(letter.islower() for text in genome.values() for letter in text) / 450_000
    assert lower == pytest.approx(0.25, abs=0.03)
    lines = (folder / "genome.fa").read_text().splitlines()
    assert lines[0] == ">sim1" and max(map(len, lines)) == 60


def test_peaks_are_narrow_peaks_on_known_sequence(folder: Path) -> None:
    genome = read_genome(folder / "genome.fa")
    for name, number in {"one": 100, "two": 100, "general": 60}.items():
        rows = read_rows(folder / f"{name}.narrowPeak")
        assert len(rows) == number and {len(row) for row in rows} == {10}
        assert [row[3] for row in rows] == [f"{name}_peak_{i}" for i in range(1, number + 1)]
        for chrom, start, end, _, score, strand, signal, p_value, q_value, offset in rows:
            assert 0 <= int(start) < int(start) + int(offset) < int(end) <= len(genome[chrom])
            assert strand == "." and 0 <= int(score) <= 1000
            assert 0 < float(signal) < float(p_value) and 0 <= float(q_value) < float(p_value)
            summit = int(start) + int(offset)
            assert "N" not in genome[chrom][summit - 50 : summit + 51]
        places = [(row[0], int(row[1])) for row in rows]
        assert places == sorted(places)


def test_the_truth_stands_in_the_genome(folder: Path) -> None:
    genome = read_genome(folder / "genome.fa")
    header, *rows = read_rows(folder / "truth.tsv")
    assert header == [
        "chrom", "start", "end", "strand", "factor", "matrix_id", "experiment", "sequence",
    ]  # fmt: skip
    assert {(row[4], row[5]) for row in rows} == {
        ("ONE", "MA0001.1"),
        ("TWO", "MA0002.1"),
        ("PARTNER", "MA0003.1"),
    }
    for chrom, start, end, strand, _, _, _, sequence in rows:
        found = genome[chrom][int(start) : int(end)].upper()
        assert sequence == (found if strand == "+" else found.translate(COMPLEMENT)[::-1])
    assert {row[3] for row in rows} == {"+", "-"}
    exact = [row[7] == "GATTACAG" for row in rows if row[4] == "ONE"]
    assert np.mean(exact) == pytest.approx(0.94**8, abs=0.1)


def test_instances_lie_in_their_peaks_and_decoys_in_none(folder: Path) -> None:
    peaks = {name: read_rows(folder / f"{name}.narrowPeak") for name in EXPERIMENTS}
    _, *rows = read_rows(folder / "truth.tsv")

    def holders(row: list[str]) -> set[str]:
        return {
            name
            for name, found in peaks.items()
            for peak in found
            if peak[0] == row[0] and int(peak[1]) < int(row[2]) and int(row[1]) < int(peak[2])
        }

    for row in rows:
        assert (row[6] in holders(row)) if row[6] != "-" else not holders(row)
    decoys = [row[4] for row in rows if row[6] == "-"]
    assert decoys.count("ONE") == decoys.count("TWO") == 100 and decoys.count("PARTNER") == 0


def test_instances_do_not_overlap(folder: Path) -> None:
    _, *rows = read_rows(folder / "truth.tsv")
    for before, after in itertools.pairwise(rows):
        assert before[0] != after[0] or int(before[2]) <= int(after[1])


def test_most_own_motifs_lie_near_the_summit(folder: Path) -> None:
    peaks = read_rows(folder / "two.narrowPeak")
    _, *rows = read_rows(folder / "truth.tsv")
    near = 0
    for chrom, start, *_, offset in peaks:
        summit = int(start) + int(offset)
        near += any(
            row[0] == chrom
            and row[4] == "TWO"
            and abs((int(row[1]) + int(row[2])) / 2 - summit) < 40
            for row in rows
        )
    # a tenth of the peaks is false; TWO has no co-factor, so all others carry its motif
    assert 80 <= near <= 95


def test_a_factor_without_a_matrix_is_bound_through_others() -> None:
    simulation = simulate(settings(), EXPERIMENTS, MATRICES, NONE)
    own = [row for row in simulation.instances if row.experiment == "general"]
    assert {row.factor for row in own} == {"ONE", "PARTNER"}
    assert {row.site for row in own} == set(range(54))
    assert simulation.peaks["general"].is_true.sum() == 54


def test_peaks_are_shared_with_earlier_experiments_only_as_asked() -> None:
    def shared(share: float) -> int:
        simulation = simulate(settings(shared_peaks=share), EXPERIMENTS, MATRICES, NONE)
        one, two = simulation.peaks["one"].summit, simulation.peaks["two"].summit
        return int((np.abs(one[:, None] - two[None, :]).min(axis=0) < 60).sum())

    assert shared(0.5) >= 40
    assert shared(0.0) <= 5


def test_true_and_better_peaks_have_more_signal() -> None:
    simulation = simulate(settings(training_peaks=200), EXPERIMENTS, MATRICES, NONE)
    true = simulation.peaks["two"].is_true
    signal = simulation.signal["two"]
    assert np.median(signal[true]) > 2 * np.median(signal[~true])
    exact = {
        instance.site
        for instance, sequence in zip(simulation.instances, simulation.sequences, strict=True)
        if instance.experiment == "two" and np.array_equal(sequence, encode_text("TGACTCAGC"))
    }
    best = np.isin(np.arange(len(true)), list(exact))
    assert np.median(signal[true & best]) > np.median(signal[true & ~best])


def test_the_seed_decides_every_byte(folder: Path, tmp_path: Path) -> None:
    np.random.default_rng().random(3)
    write(simulate(settings(), EXPERIMENTS, MATRICES, NONE), tmp_path / "again")
    write(simulate(settings(seed=2), EXPERIMENTS, MATRICES, NONE), tmp_path / "other")
    for path in sorted(folder.iterdir()):
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()
        assert (tmp_path / "other" / path.name).read_bytes() != path.read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cofactors": {"THREE": ["ONE"]}}, "THREE is not a factor of the experiment table"),
        ({"cofactors": {"ONE": ["NOSUCH"]}}, "NOSUCH has no matrix"),
        ({"cofactors": {}}, "GENERAL has no JASPAR matrix, so its peaks need the motif of at"),
        ({"training_peaks": 5000}, r"more sites .* the genome has room for \d+; raise"),
        ({"gc_islands": 0.0}, "sites in GC-rich islands .* `simulation.chromosome_length`"),
    ],
)
def test_what_cannot_be_simulated(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        simulate(settings(**changes), EXPERIMENTS, MATRICES, NONE)


def test_the_demo_is_hard_but_not_too_hard_for_a_matrix(tmp_path: Path) -> None:
    config_path = REPOSITORY / "config" / "config.yaml"
    config = validate_config(
        yaml.safe_load(config_path.read_text()), SCHEMAS / "config.schema.yaml", "config.yaml"
    )
    experiments = read_experiments(REPOSITORY / config["experiments"])
    resources = REPOSITORY / "resources"
    factors = read_factors(resources / "factors.tsv", resources / "families.tsv")
    matrices = read_release(JasparSettings(**config["jaspar"]))
    simulation = simulate(
        SimulationSettings(**config["simulation"]), experiments, matrices, factors
    )
    codes = simulation.background.codes
    rng = np.random.default_rng(0)
    starts = rng.integers(0, len(codes) - 101, 4000)
    negatives = np.lib.stride_tricks.sliding_window_view(codes, 101)[starts]
    for name in ("ARID3A", "FOXM1", "GATA3", "FOXA1", "GATA2", "CTCF", "STAT3"):
        matrix = own_matrix(name, matrices, factors)
        assert matrix is not None
        summits = simulation.peaks[name].summit
        positives = codes[summits[:, None] + np.arange(-50, 51)]
        pwm = log_odds(matrix.probabilities)
        high, low = scan(positives, pwm).score, scan(negatives, pwm).score
        # the area under the ROC curve: how often a positive beats a negative
        auroc = (high[:, None] > low).mean() + (high[:, None] == low).mean() / 2
        assert 0.77 < auroc < 0.95, (name, auroc)
