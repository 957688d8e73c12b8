"""The stand-in of full size for config/encode, at a five-hundredth of its size."""

from __future__ import annotations

import csv
import gzip
import hashlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import yaml

from tfmoe.core.dna import encode_text
from tfmoe.data.reading.genome_files import read_genome
from tfmoe.jaspar.scanning import log_odds, scan

COLUMNS = ["chrom", "start", "end", "name", "score", "strand", "signal", "p", "q", "summit"]
SCALE = 0.002


@pytest.fixture(scope="module")
def encode(root: Path) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "benchmarks")
        import simulated_encode

        # the modules that it imported stay importable for it alone
        for name in ("running", "simulated_binding", "simulated_human"):
            assert Path(sys.modules[name].__file__ or "").parent == root / "benchmarks"
        return simulated_encode


@pytest.fixture(scope="module")
def bindings(encode: ModuleType) -> list:
    return encode.read_bindings(seed=1)


@pytest.fixture(scope="module")
def folder(encode: ModuleType, bindings: list, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("human")
    encode.simulate(folder, encode.Size(SCALE, 1), bindings)
    return folder


def peaks_of(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "peaks" / f"{name}.bed.gz", sep="\t", header=None, names=COLUMNS)


def sites_of(folder: Path) -> pd.DataFrame:
    columns = ["chrom", "start", "end", "name", "score", "strand"]
    return pd.read_csv(folder / "sites.bed.gz", sep="\t", header=None, names=columns)


def test_the_config_differs_from_encode_in_paths_and_checksums_only(
    folder: Path, root: Path
) -> None:
    ours = yaml.safe_load((folder / "config.yaml").read_text())
    theirs = yaml.safe_load((root / "config/encode/config.yaml").read_text())
    genome = ours.pop("genome")
    assert ours.pop("experiments") == str(folder / "experiments.tsv")
    assert genome.pop("fasta") == str(folder / "hg38.fa.gz")
    assert genome.pop("blacklist") == str(folder / "hg38-blacklist.bed.gz")
    for key, name in (("sha256", "hg38.fa.gz"), ("blacklist_sha256", "hg38-blacklist.bed.gz")):
        assert genome.pop(key) == hashlib.sha256((folder / name).read_bytes()).hexdigest()
    for key in ("fasta", "blacklist"):
        del theirs["genome"][key]
    del theirs["experiments"]
    assert ours | {"genome": genome} == theirs


def test_the_experiment_table_has_the_rows_of_encode(folder: Path, root: Path) -> None:
    def rows(path: Path) -> list[dict[str, str]]:
        lines = [line for line in path.read_text().splitlines() if line[0] != "#"]
        return list(csv.DictReader(lines, delimiter="\t"))

    ours, theirs = rows(folder / "experiments.tsv"), rows(root / "config/encode/experiments.tsv")
    for row in ours:
        path = Path(row.pop("peaks"))
        assert path == folder / "peaks" / f"{row['experiment']}.bed.gz"
        assert row.pop("sha256") == hashlib.sha256(path.read_bytes()).hexdigest()
        assert row.pop("md5") == "-"
    for row in theirs:
        for column in ("peaks", "sha256", "md5"):
            del row[column]
    assert ours == theirs


def test_peak_files_are_those_of_encode(folder: Path) -> None:
    path = folder / "peaks/GATA3_SH-SY5Y.bed.gz"
    assert path.read_bytes()[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"  # no name, no time
    first = gzip.decompress(path.read_bytes()).decode().splitlines()[0].split("\t")
    assert len(first) == 10
    assert (first[3], first[5], first[7]) == (".", ".", "-1.00000")
    peaks = peaks_of(folder, "GATA3_SH-SY5Y")
    assert (peaks["start"] >= 0).all()
    assert (peaks["summit"] >= 0).all()
    assert (peaks["start"] + peaks["summit"] < peaks["end"]).all()
    assert peaks["score"].between(0, 1000).all()
    assert peaks["signal"].is_monotonic_decreasing
    widths = peaks["end"] - peaks["start"]
    assert (widths == widths.mode()[0]).mean() > 0.75


def test_experiments_have_ten_to_sixty_thousand_peaks_at_full_size(bindings: list) -> None:
    numbers = [binding.number for binding in bindings]
    assert len(numbers) == 31
    assert 10_000 <= min(numbers) < 15_000
    assert 45_000 < max(numbers) <= 60_000


def test_the_genome_is_human_in_small(folder: Path) -> None:
    sizes, masked, gc = {}, [], []
    for name, letters in read_genome(folder / "hg38.fa.gz"):
        sizes[name] = len(letters)
        known = letters[letters != ord("N")]
        masked.append(float((known >= ord("a")).mean()))
        gc.append(float(np.isin(known & 95, [ord("C"), ord("G")]).mean()))
        assert letters[0] == letters[-1] == ord("N")
    assert len(sizes) == 24
    assert sizes["chr1"] == 497_912
    assert sizes["chrY"] == 114_454
    assert 0.45 < np.mean(masked) < 0.55
    assert 0.38 < np.mean(gc) < 0.46


def test_planted_sites_have_the_motif_of_their_matrix(
    folder: Path, encode: ModuleType, bindings: list
) -> None:
    sites = sites_of(folder)
    genome = dict(read_genome(folder / "hg38.fa.gz"))
    motifs = {
        f"{motif.factor}:{motif.matrix_id}": motif.probabilities
        for binding in bindings
        for motif in (*([binding.own] if binding.own else []), *binding.partners)
    }
    assert set(sites["name"]) <= set(motifs)
    for name in ("GATA3:MA0037.5", "REST:MA0138.3"):
        own = sites[sites["name"] == name]
        assert len(own) > 20
        cut = zip(own["chrom"], own["start"], own["end"], strict=True)
        codes = np.array([encode_text(genome[c][a:b].tobytes().upper()) for c, a, b in cut])
        hits = scan(codes, log_odds(motifs[name]))
        assert hits.score.mean() > 9
        assert (hits.strand == np.where(own["strand"] == "+", 1, -1)).mean() > 0.95


def test_most_peaks_have_the_motif_of_their_factor(folder: Path) -> None:
    def share(experiment: str, factor: str) -> float:
        """Return the share of peaks with a planted motif of a factor within 50 bases."""
        peaks, sites = peaks_of(folder, experiment), sites_of(folder)
        sites = sites[sites["name"].str.startswith(f"{factor}:")]
        near = []
        for chrom, rows in peaks.groupby("chrom"):
            middles = sites.loc[sites["chrom"] == chrom, ["start", "end"]].mean(axis=1).to_numpy()
            summits = (rows["start"] + rows["summit"]).to_numpy()
            distance = np.abs(summits[:, None] - middles[None]).min(axis=1, initial=1000)
            near += (distance <= 50).tolist()
        return float(np.mean(near))

    assert share("GATA3_SH-SY5Y", "GATA3") > 0.55
    assert share("GATA3_SH-SY5Y", "REST") < 0.1
    # a paralogue has peaks at the same sites
    assert share("GATA1_K562", "GATA3") > 0.2
    assert share("POLR2A_MCF-7", "GATA3") < 0.1


def test_the_same_seed_gives_the_same_bytes(
    folder: Path, encode: ModuleType, bindings: list, tmp_path: Path
) -> None:
    encode.simulate(tmp_path, encode.Size(SCALE, 1), bindings)
    for name in ("hg38.fa.gz", "hg38-blacklist.bed.gz", "sites.bed.gz", "peaks/JUN_A549.bed.gz"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def test_a_share_of_the_peaks_uses_the_same_genome(
    folder: Path, encode: ModuleType, bindings: list, tmp_path: Path
) -> None:
    path = encode.simulate(tmp_path, encode.Size(SCALE, 1), bindings, 0.25, folder)
    assert not (tmp_path / "hg38.fa.gz").exists()
    config = yaml.safe_load(path.read_text())
    assert config["genome"]["fasta"] == str(folder / "hg38.fa.gz")
    some, all_peaks = (peaks_of(place, "JUN_A549") for place in (tmp_path, folder))
    assert len(some) == round(0.25 * len(all_peaks))
    assert len(some.merge(all_peaks, on=["chrom", "start", "end", "summit"])) == len(some)
    with pytest.raises(SystemExit, match="another scale or seed"):
        encode.simulate(tmp_path, encode.Size(SCALE, 2), bindings, 0.25, folder)
